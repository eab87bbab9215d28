"""Recipes outside of a run: where a new one starts from, which sections are asked for first, how one is written out."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

from backend import exports, plugins
from backend import recipe as schema
from backend.modality import modality, of, of_recipe
from backend.targets import NONE, declared, metrics, type_of

from .modality import shown
from .verdicts import arms

COMMITTED = Path(schema.__file__).parents[2] / "sample_data" / "recipes"
FIRST = ("minutes", "epochs", "batch_size")  # of [train]: what a beginner decides
DATA = schema.Data
TRAIN, LEAST, FEW = 0.7, 10, 1_000  # share of the rows that train; labels a class that say something; rows
SECTIONS = {
    "train": ("Training in detail", schema.Train),
    "collapse": ("Collapse watch", schema.Collapse),
    "finetune": ("Label-fraction study: did pretraining help?", schema.Finetune),
    "decide": ("Decisions and costs: alerts, thresholds, calibration", schema.Decide),
    "projection": ("Maps of the embeddings", schema.Projection),
    "attribution": ("Explanations", schema.Attribution),
    "fairness": ("Bias audit", schema.Fairness),
    "probes": ("Probes of the language model", schema.Probes),
}
ASKED_BY = {"probes": "probe_bias"}  # sections that only a stage reads which not every modality has


def committed() -> dict[str, dict[str, Any]]:
    """{title: recipe} of the recipes that come with the workbench."""
    found = {}
    for path in sorted(COMMITTED.glob("*.toml")):
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
        found[f"Recipe: {recipe.get('title') or path.stem}"] = recipe
    return found


def starts(runs: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """{label: recipe} for this modality: the defaults, the committed recipes, then the workspace's former runs
    that were no trials of a sweep."""
    fitting = {label: recipe for label, recipe in committed().items() if of_recipe(recipe).name == kind}
    former = [run for run in runs if run["kind"] == "run" and run["modality"] == kind and not run.get("sweep")]
    fitting |= {f"Run: {run['title'] or run['run']} ({run['run']})": run["recipe"] for run in former}
    return {"Sensible defaults": {}, **fitting}


def of_run(found: dict[str, dict[str, Any]], run: str | None) -> str | None:
    """The label of a former run among those of `starts`; None where it is none of them."""
    return next((label for label in found if run and label.endswith(f"({run})")), None)


def suggest(manifest: dict[str, Any], recipe: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
    """`recipe` over what suits the data: defaults of its modality, stages by what is known.

    A section that the recipe has itself is left as it is: its settings belong together.
    """
    data = of(manifest)
    stages = [s for s in data.recipe["stages"] if type_of(manifest) != NONE or not schema.needs_labels(s)]
    if not manifest["sensitive"]:
        stages = [s for s in stages if s not in ("audit_bias", "proxies")]
    fresh = {section: told for section, told in data.suggest(manifest, catalogue).items() if section not in recipe}
    told = schema.over({**data.recipe, "stages": stages, **fresh}, declared(type_of(manifest)).DEFAULTS)
    if "finetune" not in recipe:
        told["finetune"] = sized(told.get("finetune") or {}, manifest)
    return fitting(schema.over(told, recipe), manifest)


def sized(study: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    """The study's section for as many rows: of the label fractions those with LEAST labels a class; of few rows three
    of them, and the rival that tells least is left out."""
    rows, plan = manifest["count"] * TRAIN, schema.Finetune.model_validate(study)
    least = LEAST * max(2, len(manifest["classes"]))
    fractions = [f for f in plan.fractions if f * rows >= least] or plan.fractions[-1:]
    if manifest["count"] >= FEW:
        return {**study, "fractions": fractions}
    fractions = sorted({fractions[0], fractions[len(fractions) // 2], fractions[-1]})
    return {**study, "fractions": fractions, "baselines": [b for b in plan.baselines if b != "scratch_plain"]}


def fitting(recipe: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    """A recipe with the metric of the data set's target, where it names one of another type."""
    target, plan = declared(type_of(manifest)), recipe.get("finetune", {})
    if not target.METRICS or plan.get("metric", target.PRIMARY) in target.METRICS:
        return recipe
    return {**recipe, "finetune": {**plan, "metric": target.PRIMARY}}


def stages(kind: str) -> tuple[str, ...]:
    """The stages that a recipe for this modality may name: its own, and those of plug-ins."""
    own = modality(kind).recipe["stages"]
    return tuple(stage for stage in schema.known() if stage in own or stage not in schema.STAGES)


def sections(kind: str) -> dict[str, tuple[str, Any]]:
    """The sections of a recipe for this modality that are asked for folded: {name: (title, schema)}."""
    known = modality(kind).recipe["stages"]
    return {name: told for name, told in SECTIONS.items() if name not in ASKED_BY or ASKED_BY[name] in known}


def options(section: str, catalogue: dict[str, Any], manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Choices for a section's lists: plug-in names, sensitive attributes, the baselines that suit the data."""
    if section == "fairness":
        return {"sensitive": tuple(manifest["sensitive"])}
    if section not in schema.LISTED:
        return {}
    target, known = type_of(manifest), schema.of_kind(catalogue[schema.LISTED[section]], manifest["kind"])
    methods = tuple(name for name, entry in known.items() if target in entry.get("targets", [target]))
    if section != "finetune":
        return {"methods": methods}
    methods = tuple(name for name in methods if schema.is_readout(known[name]))
    return {"methods": methods, "baselines": of(manifest).baselines, "metric": tuple(declared(target).METRICS)}


def measured(section: str, catalogue: dict[str, Any], manifest: dict[str, Any]) -> str:
    """What a section measures without being asked, every method of its folder; nothing where methods are chosen."""
    known = section == "collapse" or (section == "fairness" and manifest["classes"])
    names = [exports.title(section, name) for name in catalogue[section]] if known else []
    return f"Measured: {', '.join(names)}." if names else ""


def option_names(section: str, kind: str) -> dict[str, dict[str, str]]:
    """How the choices of a section's lists are called, where their own name would not say it."""
    if section == "probes":
        return {"methods": {name: exports.title("probes", name) for name in schema.DEFAULTS[kind]["probes"]["methods"]}}
    if section in ("projection", "attribution"):
        return {"methods": {name: exports.headed(section, name) for name in plugins.files(section)}}
    if section != "finetune":
        return {}
    called = {name: one.title for name, one in metrics().items()}
    return {"baselines": shown(kind).words.arms, "methods": arms.methods(), "metric": called}


def in_order(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe from the ledger, whose keys are sorted, in the order in which recipes are written."""

    def ordered(found: dict[str, Any], model: Any) -> dict[str, Any]:
        known = list(model.model_fields)
        return {k: found[k] for k in sorted(found, key=lambda k: known.index(k) if k in known else len(known))}

    # a section that may be left out is annotated `Section | None`
    models = {name: next(iter(get_args(f.annotation)), f.annotation) for name, f in schema.Recipe.model_fields.items()}
    return {
        key: ordered(value, models[key]) if isinstance(value, dict) and key in models else value
        for key, value in ordered(recipe, schema.Recipe).items()
    }


def to_toml(recipe: dict[str, Any]) -> str:
    """A recipe (scalars and lists, in sections one deep) as TOML; None is left out."""
    top = {k: v for k, v in recipe.items() if not isinstance(v, dict)}
    blocks = [_lines(top)] if top else []
    blocks += [f"[{name}]\n{_lines(section)}" for name, section in recipe.items() if isinstance(section, dict)]
    return "\n\n".join(block.rstrip() for block in blocks) + "\n"


def _lines(section: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in section.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one sign JSON allows bare
