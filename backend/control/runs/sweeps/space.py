"""What a sweep searches: a recipe's pretext task, encoder and the settings whose own files give a range for them.

A method says so beside the setting, `Field(.., json_schema_extra={"sweep": {"low": 0.05, "high": 1.0, "log": True}})`;
{"factor": 8} is a range around the recipe's own value. No method is named here: a file that gives a range is searched.

    {"name": "pretext", "choices": ["a", "b"], "first": "a"}
    {"name": "pretext.a.temperature", "of": {"pretext": "a"}, "low": .., "high": .., "log": true, "first": 0.2}
    {"name": "augment.p.strength", "low": .., "high": .., "log": false, "first": 0.5}
    {"name": "train.lr", ..}

`first` is the recipe's own value (of another task than the recipe's: that task's default).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....recipe import PLUGGED, Train, of_kind
from ....workspace.layout import BadInput

PICKED = ("pretext", "encoder")  # sections whose method is itself searched
RUNGS = 4  # equal shares of a trial's training after which it is read

Resolve = Callable[[dict[str, Any]], Any]


def space(
    base: dict[str, Any], catalogue: dict[str, Any], kind: str, resolve: Resolve, tasks: bool
) -> list[dict[str, Any]]:
    """The settings that are searched around the resolved recipe `base`.

    resolve: raises BadInput for a recipe that the data set does not take. tasks: is the pretext task among them?
    """
    task, encoder = base["pretext"]["name"], base["encoder"]["name"]
    names = [n for n in _offered(catalogue, "pretext", kind, task) if tasks or n == task]
    names = [n for n in names if n == task or _fits(resolve, base, {"pretext": n})]
    encoders = [
        n
        for n in _offered(catalogue, "encoder", kind, encoder)
        if n == encoder or all(_fits(resolve, base, {"pretext": one, "encoder": n}) for one in names)
    ]
    found = [
        {"name": section, "choices": choices, "first": base[section]["name"]}
        for section, choices in (("pretext", names), ("encoder", encoders))
        if len(choices) > 1
    ]
    for section in PLUGGED:
        chosen = names if section == "pretext" else [base[section]["name"]] if base.get(section) else []
        for name in chosen:
            when = {"of": {section: name}} if section == "pretext" and len(names) > 1 else {}
            own = base[section] if base[section]["name"] == name else {}
            properties = catalogue[PLUGGED[section]][name]["schema"].get("properties", {})
            found += [one | when for one in _ranges(f"{section}.{name}", properties, own)]
    return found + _ranges("train", Train.model_json_schema()["properties"], base["train"])


def _offered(catalogue: dict[str, Any], section: str, kind: str, own: str) -> list[str]:
    """The methods of a section that may be tried, the recipe's own one first."""
    known = of_kind(catalogue[PLUGGED[section]], kind)
    tried = (n for n, entry in known.items() if entry["says"].get("swept", "experimental" not in entry["says"]))
    return [own, *(n for n in tried if n != own)]


def _fits(resolve: Resolve, base: dict[str, Any], params: dict[str, Any]) -> bool:
    try:
        resolve(applied(base, params))
    except BadInput:
        return False
    return True


def _ranges(prefix: str, properties: dict[str, Any], own: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for field, schema in properties.items():
        if not (told := schema.get("sweep")):
            continue
        first = own.get(field, schema.get("default"))
        if factor := told.get("factor"):
            most = schema.get("maximum", float("inf"))
            low, high = first / factor, min(first * factor, most)
        else:  # the recipe's own value is tried in any case, so the range holds it
            low, high = min(told["low"], first), max(told["high"], first)
        found.append(
            {
                "name": f"{prefix}.{field}",
                "low": float(low),
                "high": float(high),
                "log": bool(told.get("log")),
                "first": float(first),
            }
        )
    return found


def applies(dimension: dict[str, Any], base: dict[str, Any], params: dict[str, Any]) -> bool:
    """Does a setting belong to the methods that `params` name?"""
    return all(params.get(section, base[section]["name"]) == name for section, name in dimension.get("of", {}).items())


def firsts(dimensions: list[dict[str, Any]], base: dict[str, Any], task: str | None = None) -> dict[str, Any]:
    """The values of the recipe itself, or with another task its defaults."""
    params: dict[str, Any] = {}
    for one in dimensions:  # methods stand before their settings
        if applies(one, base, params):
            params[one["name"]] = task if one["name"] == "pretext" and task else one["first"]
    return params


def applied(base: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The recipe with the values of a trial; a method that is exchanged takes its own defaults."""
    recipe = {key: dict(value) if isinstance(value, dict) else value for key, value in base.items()}
    for section in PICKED:
        name = params.get(section, base[section]["name"])
        if name != base[section]["name"]:
            recipe[section] = {"name": name}
    for name, value in params.items():
        section, _, rest = name.partition(".")
        if rest:
            recipe[section][rest.rpartition(".")[2]] = value
    return recipe


def of_trial(base: dict[str, Any], params: dict[str, Any], title: str, minutes: float, seed: int) -> dict[str, Any]:
    """The recipe of a trial's run: pretraining alone, so that neither a study nor a map reads the test split."""
    recipe = applied(base, params)
    train = {"minutes": minutes, "knn_readings": RUNGS, "max_steps": 0, "keep_every": 0}
    recipe |= {"title": title[:120], "seed": seed, "stages": ["pretrain"], "train": {**recipe["train"], **train}}
    recipe["finetune"]["pretrain_seeds"] = 1
    return recipe
