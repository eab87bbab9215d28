"""Recipes outside of a run: where a new one starts from, which sections are asked for first, how one is written out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Container
from pathlib import Path
from typing import Any, get_args

from backend import recipe as schema
from backend.workspace.extras import missing

from . import modality
from .verdicts import arms

COMMITTED = Path(schema.__file__).parents[2] / "sample_data" / "recipes"
UNLABELLED = ("pretrain", "project", "probe_bias")  # stages that need no label
FIRST = ("epochs", "batch_size")  # of [train]: what a beginner decides
THIRD = {  # beside pretext task and encoder: section, title, help
    "image": ("augment", "Augmentation", "What two views may differ in"),
    "text": ("tokenizer", "Tokenizer", "How text is cut into tokens"),
}
DATA = schema.Data
SECTIONS = {
    "train": ("Training in detail", schema.Train),
    "collapse": ("Collapse watch", schema.Collapse),
    "finetune": ("Label-fraction study: did pretraining help?", schema.Finetune),
    "projection": ("Maps of the embeddings", schema.Projection),
    "attribution": ("Explanations", schema.Attribution),
    "fairness": ("Bias audit", schema.Fairness),
    "probes": ("Probes of the language model", schema.Probes),
}
OF_TEXT = ("probes",)  # sections of text only


def committed() -> dict[str, dict[str, Any]]:
    """{title: recipe} of the recipes that come with the workbench."""
    found = {}
    for path in sorted(COMMITTED.glob("*.toml")):
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
        found[f"Recipe: {recipe.get('title') or path.stem}"] = recipe
    return found


def kind_of(recipe: dict[str, Any], of_text: Container[str] = ()) -> str:
    """The kind of data that a recipe is for: "text" where it has a tokenizer or its pretext task is one `of_text`."""
    named = (recipe.get("pretext") or {}).get("name")
    return "text" if recipe.get("tokenizer") or named in of_text else "image"


def starts(runs: list[dict[str, Any]], kind: str, pretexts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{label: recipe} that fit this kind of data: the defaults, the committed recipes, then the workspace's former
    runs. pretexts: the catalogue's."""
    former = {f"Run: {r['title'] or r['run']} ({r['run']})": r["recipe"] for r in runs if r["kind"] == "run"}
    of_text = schema.of_kind(pretexts, "text").keys() - schema.of_kind(pretexts, "image").keys()
    fitting = {label: r for label, r in (committed() | former).items() if kind_of(r, of_text) == kind}
    return {"Sensible defaults": {}, **fitting}


def suggest(manifest: dict[str, Any], recipe: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
    """`recipe` over what suits the data: defaults of its kind, stages by what is known, augmentation by channels."""
    defaults = schema.DEFAULTS[manifest["kind"]]
    stages = [s for s in defaults["stages"] if manifest["label"] or s in UNLABELLED]
    if not manifest["sensitive"]:
        stages = [s for s in stages if s != "audit_bias"]
    if manifest["kind"] == "text":
        return schema.over(defaults | {"stages": stages}, recipe)
    grey = "xray" if "xray" in catalogue["augment"] else "photo"
    start = {"augment": {"name": grey if manifest["channels"] == 1 else "photo"}, "stages": stages}
    return {**start, "pretext": {"name": "simclr"}, "encoder": {"name": "convnet"}, **recipe}


def lacking(kind: str) -> str | None:
    """One line where what runs on this kind of data need is not installed."""
    return missing("language", "A run on texts") if kind == "text" else None


def stages(kind: str) -> tuple[str, ...]:
    """The stages that a recipe for this kind of data may name."""
    return schema.STAGES if kind == "text" else tuple(schema.DEFAULTS[kind]["stages"])


def options(section: str, catalogue: dict[str, Any], manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Choices for a section's lists: plug-in names, sensitive attributes, the baselines that suit the data."""
    if section == "fairness":
        return {"sensitive": tuple(manifest["sensitive"])}
    if section not in schema.LISTED:
        return {}
    methods = tuple(schema.of_kind(catalogue[schema.LISTED[section]], manifest["kind"]))
    baselines = {"baselines": tuple(modality.of(manifest).words.baselines)} if section == "finetune" else {}
    return {"methods": methods, **baselines}


def option_names(section: str, kind: str) -> dict[str, dict[str, str]]:
    """How the choices of a section's lists are called, where their own name would not say it."""
    return {"baselines": modality.shown(kind).words.arms, "methods": arms.METHOD} if section == "finetune" else {}


def third(kind: str, encoder: str, entries: dict[str, Any]) -> dict[str, Any]:
    """The plug-ins of the section `THIRD` that go with an encoder: one that comes pretrained has its own tokenizer."""
    return (
        {n: e for n, e in entries.items() if (n == "own") == (encoder == "pretrained")} if kind == "text" else entries
    )


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
