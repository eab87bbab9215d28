"""A recipe checked against the sections, the plug-ins' schemas and the kind of data."""

from __future__ import annotations

import math
from typing import Any

from .. import targets
from ..modality import DEFAULTS, FIRST, modality
from ..workspace import plain
from ..workspace.layout import BadInput
from ..workspace.refused import line, of_schema, validated
from .sections import Choice, Recipe

PLUGGED = {"pretext": "pretext", "encoder": "encoders", "augment": "augment", "tokenizer": "tokenizers"}
LISTED = {"finetune": "finetune", "projection": "projection", "attribution": "attribution", "probes": "probes"}

NEED_METHODS = {"study": "finetune", "attribute": "attribution"}  # stage: the section whose methods it is made of


def resolve(
    raw: dict[str, Any],
    catalogue: dict[str, Any],
    where: str = "recipe",
    kind: str = FIRST,
    target: str = targets.CLASS,
) -> Recipe:
    """Check `raw` against the sections and the plug-ins' schemas and write out every default of `kind` and `target`.

    Raises BadInput with one line that names the file, the field, what was expected and what was found.
    """
    recipe = checked_sections(raw, where, kind, target)
    for section, folder in PLUGGED.items():
        choice: Choice | None = getattr(recipe, section)
        if choice is None:
            continue
        schema = _known(catalogue, folder, choice.name, f"{where}: {section}.name", kind)["schema"]
        setattr(recipe, section, Choice(name=choice.name, **_filled(choice, schema, f"{where}: {section}")))
    for section, folder in LISTED.items():
        for name in getattr(recipe, section).methods:
            _known(catalogue, folder, name, f"{where}: {section}.methods", kind)
    _check_readouts(recipe, catalogue, where, kind)
    for stage, section in NEED_METHODS.items():
        if stage in recipe.stages and not getattr(recipe, section).methods:
            raise BadInput(f"{where}: {section}.methods: expected at least one for the stage {stage!r}, found none")
    _check_target(recipe, catalogue, where, target)
    _check_reading(recipe, catalogue, where, kind)
    _check_small(recipe, catalogue, where, kind)
    _check_together(recipe, where, kind)
    return recipe


def checked_sections(
    raw: dict[str, Any], where: str = "recipe", kind: str = FIRST, target: str = targets.CLASS
) -> Recipe:
    """`raw` over the defaults of `kind` and `target`, its sections checked, its plug-ins not yet. Raises BadInput."""
    given = over(over(DEFAULTS[kind], targets.declared(target).DEFAULTS), raw)
    recipe = validated(Recipe, given, lambda error: line(error, f"{where}: ", whole="recipe"))
    for key, value in raw.items():
        plain.settings(value, f"{where}: {key}")
    return recipe


def _check_readouts(recipe: Recipe, catalogue: dict[str, Any], where: str, kind: str) -> None:
    """Refuse as a use of the encoder what reads the raw data alone."""
    for name in recipe.finetune.methods:
        if not is_readout(catalogue["finetune"][name]):
            able = (n for n, entry in of_kind(catalogue["finetune"], kind).items() if is_readout(entry))
            raise BadInput(
                f"{where}: finetune.methods: expected uses of the pretrained encoder ({', '.join(able)}), found "
                f"{name!r}, which reads the raw data alone: it belongs to the baseline 'classical'"
            )


def is_readout(entry: dict[str, Any]) -> bool:
    """Whether a method of the catalogue's folder finetune makes use of a pretrained encoder."""
    return not entry["says"].get("rival")


def _check_target(recipe: Recipe, catalogue: dict[str, Any], where: str, target: str) -> None:
    """Refuse a metric and plug-ins for another type of target than the data set's."""
    known = targets.declared(target).METRICS
    if "study" in recipe.stages and known and recipe.finetune.metric not in known:
        raise BadInput(
            f"{where}: finetune.metric: expected one of target {target} ({', '.join(known)}), found "
            f"{recipe.finetune.metric!r}"
        )
    if target == "number" and recipe.finetune.loss != "cross_entropy":
        raise BadInput(
            f"{where}: finetune.loss: expected 'cross_entropy' where a number is predicted, which has no classes to "
            f"weigh, found {recipe.finetune.loss!r}"
        )
    named = [("pretext", "pretext.name", recipe.pretext.name)]
    named += [("finetune", "finetune.methods", name) for name in recipe.finetune.methods if "study" in recipe.stages]
    for folder, field, name in named:
        if target not in catalogue[folder][name].get("targets", [target]):
            fitting = [n for n, e in catalogue[folder].items() if target in e.get("targets", [target])]
            raise BadInput(
                f"{where}: {field}: expected one that takes target {target} ({', '.join(fitting)}), found {name!r}"
            )


def _check_reading(recipe: Recipe, catalogue: dict[str, Any], where: str, kind: str) -> None:
    """Refuse a pretext task for an encoder that reads the other way."""
    task, encoder = recipe.pretext.name, recipe.encoder.name
    fitting = fitting_encoders(catalogue["encoders"], catalogue["pretext"][task])
    if encoder not in fitting:
        able = of_kind(fitting, kind)
        raise BadInput(
            f"{where}: encoder.name: expected one that pretext {task} fits ({', '.join(able)}), found {encoder!r}"
        )


def _check_small(recipe: Recipe, catalogue: dict[str, Any], where: str, kind: str) -> None:
    """Refuse small images first where the encoder or the pretext task cannot take them."""
    encoders, task = of_kind(catalogue["encoders"], kind), catalogue["pretext"][recipe.pretext.name]
    if not recipe.train.small_first or takes_small(encoders[recipe.encoder.name], task):
        return
    able = [name for name, entry in encoders.items() if takes_small(entry, task)]
    only = f"0 for {kind} data"
    if any(entry["says"].get("any_size") for entry in encoders.values()):
        only = f"0 unless the encoder is one of {', '.join(able)}" if able else f"0 for pretext {recipe.pretext.name}"
    raise BadInput(f"{where}: train.small_first: expected {only}, found {recipe.train.small_first:g}")


def takes_small(encoder: dict[str, Any], task: dict[str, Any]) -> bool:
    """Whether both (their entries in the catalogue) take images of other sizes: a task that counts patches does not."""
    return bool(encoder["says"].get("any_size")) and "whole" in task["reads"]


def fitting_encoders(encoders: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    """The encoders of the catalogue that read in a way that the pretext task (its entry) can train."""
    return {name: entry for name, entry in encoders.items() if set(entry["reads"]) & set(task["reads"])}


def _check_together(recipe: Recipe, where: str, kind: str) -> None:
    """Refuse what each section allows and the whole does not."""
    plan, borrowed = recipe.finetune, recipe.encoder.name == "pretrained"
    own = recipe.tokenizer is not None and recipe.tokenizer.name == "own"
    if borrowed != own:
        pair = "'own', the tokens that encoder 'pretrained' knows" if borrowed else "another: 'own' is of 'pretrained'"
        found = recipe.tokenizer.name if recipe.tokenizer else None
        raise BadInput(f"{where}: tokenizer.name: expected {pair}, found {found!r}")
    takes = modality(kind).baselines
    if "scratch_plain" in plan.baselines and "scratch_plain" not in takes:
        raise BadInput(
            f"{where}: finetune.baselines: expected no 'scratch_plain' for {kind} data, which is not augmented: "
            "'scratch_aug' is the same network from scratch"
        )
    if ("reference" in plan.baselines) != bool(plan.reference):
        wanted = "a model for baseline 'reference'" if not plan.reference else "it among finetune.baselines"
        raise BadInput(f"{where}: finetune.reference: expected {wanted}, found {plan.reference or 'none'!r}")
    if plan.reference and "reference" not in takes:
        raise BadInput(f"{where}: finetune.reference: expected none for {kind} data, found {plan.reference!r}")
    if borrowed and recipe.train.epochs == 0 and plan.pretrain_seeds > 1:
        raise BadInput(
            f"{where}: finetune.pretrain_seeds: expected 1 with train.epochs = 0, since an encoder that is taken as it "
            f"is does not differ by seed, found {plan.pretrain_seeds}"
        )


def over(defaults: dict[str, Any], raw: Any) -> Any:
    """`raw` over the defaults, key by key; a section that names another plug-in takes none of the default's keys."""
    if not isinstance(raw, dict):
        return raw
    merged = {**defaults, **raw}
    for key, value in defaults.items():
        given = raw.get(key)
        if isinstance(value, dict) and isinstance(given, dict) and given.get("name") in (None, value.get("name")):
            merged[key] = {**value, **given}
    return merged


def _filled(choice: Choice, schema: dict[str, Any], where: str) -> dict[str, Any]:
    """The parameters of a plug-in with its defaults written out. Raises BadInput for what its schema refuses."""
    import jsonschema  # a second's work where its extra formats are installed: only whoever submits waits for it

    properties = schema.get("properties", {})
    for key, value in choice.params.items():
        if key not in properties:
            known = ", ".join(properties) or "it has none"
            raise BadInput(f"{where}.{key}: expected a parameter of {choice.name} ({known}), found an unknown key")
        if isinstance(value, float) and not math.isfinite(value):  # JSON Schema lets NaN pass every bound
            raise BadInput(f"{where}.{key}: expected a finite number, found {value}")
    filled = {**{k: v["default"] for k, v in properties.items() if "default" in v}, **choice.params}
    for problem in jsonschema.Draft202012Validator(schema).iter_errors(filled):
        field = ".".join([where, *map(str, problem.absolute_path)])
        raise BadInput(f"{field}: {of_schema(problem, f'a value that {choice.name} takes')}"[:400])
    return filled


def _known(catalogue: dict[str, Any], folder: str, name: str, field: str, kind: str) -> dict[str, Any]:
    fitting = of_kind(catalogue[folder], kind)
    if name not in fitting:
        other = f", which is not for {kind} data" if name in catalogue[folder] else ""
        raise BadInput(f"{field}: expected one of {', '.join(fitting)}, found {name!r}{other}")
    return fitting[name]


def of_kind(folder: dict[str, Any], kind: str) -> dict[str, Any]:
    """The plug-ins of one folder of the catalogue that take this kind of data."""
    return {name: entry for name, entry in folder.items() if kind in entry["kinds"]}
