"""Maps of the embedding, and what they are measured against: cosine neighbours in the encoder's space.

The features of pretraining seed 0 and, for comparison, those of the untrained encoder. Events: `neighbours`,
`clusters`, `projection.methods`, `projection`, `distances`, `projection.step` for every encoder that was kept on the
way, `stability`, and `projection.refused` where an encoder has nothing to map. Every event has its own key, so a
stopped or killed run goes on with the first that is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..engine.job import Job
from ..projection._base import Report
from ..projection._choice import methods_for
from ..projection._rows import choose_rows
from ..registry import Strict
from ..workspace.layout import BadInput
from ._clusters import log_clusters
from ._maps import log_distances, log_map, log_stability
from ._spaces import FEATURES, SEED, Space, load_features, make_space, refused
from ._steps import kept_steps, log_step
from .modality import data_module

MIN_POINTS = 10

TITLE = "Maps of the embeddings"
NEEDS = "pretrain"


class Params(Strict):
    """The stage's settings are the recipe's [projection] section."""


def run(job: Job) -> None:
    """Map the chosen rows of every arm. Raises BadInput for missing or non-finite features and too few rows."""
    rows = choose_rows(job.dataset.table, job.recipe.projection.max_points, job.recipe.seed)
    if len(rows) < MIN_POINTS:
        raise BadInput(f"project: expected at least {MIN_POINTS} rows to map, found {len(rows)}")
    features = {arm: found for arm in FEATURES if (found := load_features(job, arm, rows)) is not None}
    if "ssl" not in features:
        raise BadInput("project: expected the features of pretraining seed 0, found none (stages needs 'pretrain')")
    mappable = {arm: found for arm, found in features.items() if not refused(job, arm, found)}
    tasks = _tasks(job, rows, mappable)
    for step, (what, task) in enumerate(tasks):
        task(_reporter(job, step, len(tasks), what))


def _tasks(job: Job, rows: np.ndarray, mappable: dict[str, np.ndarray]) -> list[tuple[str, Callable[[Report], None]]]:
    """(what it is, what does it) of everything that the stage makes, in order; each leaves out what is logged."""
    methods, why = methods_for(job.recipe.projection.methods, len(rows))
    body = {"methods": methods, "points": len(rows), "why": why}
    job.events.append("projection.methods", body, key="methods")
    spaces: dict[str, Space] = {}
    data = data_module(job)

    def find(arm: str, report: Report) -> None:
        spaces[arm] = make_space(job, rows, arm, mappable[arm], spaces.get("random"), report)

    def group(arm: str, report: Report) -> None:
        log_clusters(job, data, rows, arm, SEED, spaces[arm].neighbours, report)

    def draw(arm: str, method: str, dimensions: int, report: Report) -> None:
        log_map(job, rows, spaces[arm], method, dimensions, report)
        log_distances(job, rows, spaces[arm], method, dimensions)

    def draw_step(step: int, later: int | None, method: str, report: Report) -> None:
        log_step(job, data, rows, spaces["ssl"], step, later, method, fewest, report)

    def repeat(method: str, report: Report) -> None:
        log_stability(job, spaces["ssl"], method, fewest, report)

    dimensions = sorted(set(job.recipe.projection.dimensions))
    fewest = dimensions[0]
    arms = sorted(mappable)  # "random" before "ssl", which is compared with it
    tasks = [(f"{arm}, neighbours", partial(find, arm)) for arm in arms]
    tasks += [(arm, partial(group, arm)) for arm in arms]
    wanted = {"ssl": dimensions, "random": dimensions[:1]}  # the untrained encoder is there to compare
    for arm in mappable:
        maps = [(method, d) for d in wanted[arm] for method in methods]
        tasks += [(f"{arm}, {m} in {d} dimensions", partial(draw, arm, m, d)) for m, d in maps]
    if "ssl" not in mappable:
        return tasks
    later: int | None = None
    for step in reversed(kept_steps(job)):
        tasks.append((f"encoder of step {step:,}", partial(draw_step, step, later, methods[0])))
        later = step
    if len(rows) <= job.recipe.projection.stability_points:
        tasks += [(f"{method} with another seed", partial(repeat, method)) for method in methods]
    return tasks


def _reporter(job: Job, step: int, steps: int, what: str) -> Report:
    """A `progress` for one step of the stage: it tells the heartbeat, and raises Stopped when asked to stop."""

    def report(done: float, total: float, note: str) -> None:
        job.report(step + done / total, steps, "steps", f"{what}: {note}")
        job.check_stop()

    return report
