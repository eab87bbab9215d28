"""What a run will take, said before it starts, and what is left of it: models from the recipe, minutes from the speed
that earlier runs had on this machine. Pure.

A study's models are counted one by one: each arm, method and label fraction has taken its own seconds before. What an
earlier run did on other data is stretched by the rows, and said to be rough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

from backend.recipe import Finetune
from backend.recipe.arms import arms, models
from backend.targets import type_of
from backend.workspace.formats import count, duration, in_words

from .run import LIVE, stage_name, stages_of

SCRATCH = ("scratch_aug", "scratch_plain")  # networks that may see as much as pretraining did
Place = tuple[str, str, float]  # arm, method, fraction


@dataclass(frozen=True)
class Pace:
    """What an earlier run took. rows: of its data set; passes: examples that one of its pretrainings saw; stages:
    {stage: seconds}; models: {place of its study: seconds a model}."""

    run: str
    title: str
    dataset: str
    rows: int
    networks: tuple[str, str]  # pretext task and encoder
    pretrainings: int
    passes: float
    stages: Mapping[str, float]
    models: Mapping[Place, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """counts: models of the study; seconds: of each stage, None where nothing is known of it; each: seconds a model."""

    counts: Mapping[Place, int]
    seconds: Mapping[str, float | None]
    each: Mapping[Place, float]
    pace: Pace | None

    @property
    def models(self) -> int:
        return sum(self.counts.values())


def forecast(recipe: dict[str, Any], manifest: dict[str, Any], train_rows: int, paces: Iterable[Pace]) -> Cost:
    """recipe: as it is filled in, its fields readable; train_rows: of the data set; paces: the newest first."""
    asked = Finetune.model_validate(recipe.get("finetune") or {})
    stages = recipe["stages"]
    study = "study" in stages
    counts = models(asked, arms(asked, manifest["kind"], type_of(manifest))) if study else {}
    pace = closest(recipe, manifest, paces)
    if pace is None:
        known = {"pretrain": _asked(recipe)} if "pretrain" in stages else {}
        return Cost(counts, {**dict.fromkeys(stages), **known}, {}, None)
    passes = _passes(recipe, train_rows)
    stretch = manifest["count"] / max(1, pace.rows) if manifest["name"] != pace.dataset else 1.0
    each = {at: _each(at, pace, stretch, passes) for at in counts}
    each = {at: seconds for at, seconds in each.items() if seconds is not None}
    seconds = {stage: pace.stages[stage] * stretch if stage in pace.stages else None for stage in stages}
    if "pretrain" in stages:
        seconds["pretrain"] = _pretraining(recipe, asked, passes, pace)
    if study:
        whole = sum(each.get(at, 0.0) * n for at, n in counts.items()) if each else None
        seconds["study"] = asked.minutes * 60 if asked.precision and asked.minutes else whole
    return Cost(counts, seconds, each, pace)


def closest(recipe: dict[str, Any], manifest: dict[str, Any], paces: Iterable[Pace]) -> Pace | None:
    """The run most like this one: of the same networks, on the same data, the newest."""
    own = _networks(recipe)
    able = [pace for pace in paces if "study" in pace.stages or "study" not in recipe["stages"]]
    return max(
        able, key=lambda p: (p.networks == own, p.networks[1] == own[1], p.dataset == manifest["name"]), default=None
    )


def lines(recipe: dict[str, Any], manifest: dict[str, Any], cost: Cost, nouns: str) -> list[str]:
    """Sentences for the form and the shell. nouns: what the examples are called."""
    asked = Finetune.model_validate(recipe.get("finetune") or {})
    said = [_counted(asked, cost)] if cost.counts else []
    known = {stage: seconds for stage, seconds in cost.seconds.items() if seconds is not None}
    if cost.pace is None:
        lacks = f"no run on {nouns} has finished in this workspace, so the speed of this machine is not known"
        first = f"pretraining {duration(known['pretrain'])}, as asked; the rest is not known" if known else "not known"
        return [*said, f"Time: {first}: {lacks}.", *_bound(recipe, asked, cost)]
    parts = ", ".join(f"{stage_name(stage).lower()} {duration(s)}" for stage, s in known.items() if s >= 1)
    unknown = [stage_name(stage).lower() for stage in cost.seconds if stage not in known]
    missing = sum(n for at, n in cost.counts.items() if at not in cost.each)
    if missing and "study" in known:
        unknown.append(f"{count(missing, 'model')} of other kinds")
    about = "at least" if unknown else "about"
    said.append(f"Time: {about} {duration(sum(known.values()))}{f' ({parts})' if parts else ''}.")
    if unknown:
        said.append(f"Not counted, since that run had none: {', '.join(unknown)}.")
    return [*said, _source(recipe, manifest, cost.pace)]


def left(run: dict[str, Any], cost: Cost, done: Mapping[Place, int]) -> float | None:
    """Seconds until a run that is at work ends; None where the speed of what is left is not known. done: models of its
    study that are fitted."""
    order, now = stages_of(run), run["stage"]
    if run["state"] not in LIVE or now not in order:
        return None
    later = [cost.seconds.get(stage) for stage in order[order.index(now) + 1 :]]
    eta = (run["progress"] or {}).get("eta_s")
    here = cost.seconds.get(now) if eta is None else eta
    if now == "study" and cost.counts and all(at in cost.each for at in cost.counts):
        here = sum(max(0, n - done.get(at, 0)) * cost.each[at] for at, n in cost.counts.items())
    return None if here is None or None in later else here + sum(later)


def left_line(seconds: float | None) -> str:
    """ "" where it is not known."""
    return "" if seconds is None else f"About {duration(seconds)} left in all."


def _counted(asked: Finetune, cost: Cost) -> str:
    subsets = in_words(len(asked.fractions) * asked.subset_seeds, "label subset")
    least = "at least " if asked.precision else ""
    scratch = sum(n for (arm, _, _), n in cost.counts.items() if arm in SCRATCH)
    also = f", {scratch:,} of them networks trained from scratch" if scratch else ""
    return (
        f"Models: {in_words(asked.pretrain_seeds, 'pretraining')}, then {least}{count(cost.models, 'model')} on "
        f"{least}{subsets} ({in_words(len(asked.fractions), 'label fraction')}){also}."
    )


def _bound(recipe: dict[str, Any], asked: Finetune, cost: Cost) -> list[str]:
    """What the recipe itself bounds, where nothing was measured yet."""
    scratch = sum(n for (arm, _, _), n in cost.counts.items() if arm in SCRATCH)
    minutes = _asked(recipe)
    if not scratch or not minutes:
        return []
    one = minutes / asked.pretrain_seeds
    return [
        f"A network trained from scratch may see as much as a pretraining, so it takes at most {duration(one)}, all "
        f"{scratch:,} at most {duration(one * scratch)}; most stop early. Fewer label fractions or subsets, or a "
        "precision with minutes, make it shorter."
    ]


def _source(recipe: dict[str, Any], manifest: dict[str, Any], pace: Pace) -> str:
    same_data, same_networks = pace.dataset == manifest["name"], pace.networks == _networks(recipe)
    said = f"Speed measured in {pace.title or 'an earlier run'} ({pace.run}) on this machine"
    other = [
        *([] if same_data else [f"its data had {pace.rows:,} rows, this has {manifest['count']:,}"]),
        *([] if same_networks else ["its pretext task or encoder was another one"]),
    ]
    return f"{said}, a rough figure: {'; '.join(other)}." if other else f"{said}, same data and networks."


def _networks(recipe: dict[str, Any]) -> tuple[str, str]:
    return tuple((recipe.get(section) or {}).get("name", "") for section in ("pretext", "encoder"))


def _asked(recipe: dict[str, Any]) -> float | None:
    """Seconds that the recipe gives to all pretrainings; None where it counts epochs."""
    train = recipe.get("train") or {}
    if train.get("minutes"):
        return train["minutes"] * 60.0
    return 0.0 if train.get("epochs") == 0 else None


def _passes(recipe: dict[str, Any], train_rows: int) -> float | None:
    """Examples that one pretraining sees; None where it counts minutes."""
    train = recipe.get("train") or {}
    if train.get("minutes"):
        return None
    most = (recipe.get("data") or {}).get("max_train")
    seen = train.get("epochs", 30) * (min(train_rows, most) if most else train_rows)
    steps = train.get("max_steps", 0)
    return min(seen, steps * train.get("batch_size", 256)) if steps else seen


def _pretraining(recipe: dict[str, Any], asked: Finetune, passes: float | None, pace: Pace) -> float | None:
    if (told := _asked(recipe)) is not None:
        return told
    if not pace.passes or "pretrain" not in pace.stages:
        return None
    return pace.stages["pretrain"] * asked.pretrain_seeds / pace.pretrainings * passes / pace.passes


def _each(at: Place, pace: Pace, stretch: float, passes: float | None) -> float | None:
    """Seconds of one model: at the nearest label fraction that the earlier run had for its arm and method."""
    arm, method, fraction = at
    near = [f for a, m, f in pace.models if (a, m) == (arm, method)]
    if not near:
        return None
    found = pace.models[arm, method, min(near, key=lambda f: abs(log(f / fraction)))]
    if arm in SCRATCH and passes and pace.passes:
        return found * passes / pace.passes
    return found * stretch
