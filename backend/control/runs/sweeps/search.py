"""What a sweep tries next, which trial is ended early, and which setting mattered: Optuna, over what the ledger holds.

The study is made anew from the sweep's trials whenever it is asked and kept nowhere. The sampler's seed is the sweep's
seed and the trial's number, so a sweep that was killed draws what it would have drawn.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterable
from typing import Any

from ...record.swept import COMPLETE, PRUNED, Sweep, Trial
from .space import RUNGS, applies

STARTUP = 6  # trials that are drawn at random before the sampler believes what it has seen
WHOLE = 10  # whole trials that importance needs
JUDGED = 4  # trials that came as far, before one may be ended early
FROM = 2  # of RUNGS: no trial is ended before half of its training, where a falling learning rate still decides
DIGITS = 3  # of a drawn number


def drawn(
    plan: dict[str, Any], number: int, trials: Iterable[Trial], fixed: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The values of trial `number`, from those that were told of: TPE (Bergstra et al. 2011).

    fixed: values that are not drawn; `trials` are then those that had them.
    """
    optuna = _optuna()
    sampler = optuna.samplers.TPESampler(seed=_seed(plan["seed"], number), n_startup_trials=STARTUP, gamma=_good)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = [one for one in plan["space"] if one["name"] not in (fixed or {})]
    study.add_trials([_frozen(space, trial) for trial in trials if trial.state in (COMPLETE, PRUNED)])
    asked, params = study.ask(), dict(fixed or {})
    for one in space:
        if applies(one, plan["recipe"], params):
            params[one["name"]] = _suggested(asked, one)
    return params


def pruned(sweep: Sweep, plan: dict[str, Any], readings: list[list[float]]) -> bool:
    """Is a trial to be ended? Where it is below the median of all that came as far, at the same share of training.

    Of all, whole or ended there: against the whole ones alone, which were better already, the bar would rise for ever.
    """
    optuna = _optuna()
    at, score = int(readings[-1][0]), readings[-1][1]
    if not FROM <= at < RUNGS:
        return False
    study = optuna.create_study(direction="maximize")
    reached = [trial for trial in sweep.trials.values() if trial.state in (COMPLETE, PRUNED)]
    study.add_trials(
        [_told(dict(trial.readings)) for trial in reached if any(rung == at for rung, _ in trial.readings)]
    )
    pruner = optuna.pruners.MedianPruner(n_startup_trials=JUDGED, n_warmup_steps=FROM, n_min_trials=JUDGED)
    now = _told({at: score}, optuna.trial.TrialState.RUNNING)
    return bool(pruner.prune(study, now))


def importance(sweep: Sweep, plan: dict[str, Any]) -> dict[str, float]:
    """{setting: share of what decides whether a trial is among the better ones}: PED-ANOVA (Watanabe et al. 2023), of
    the whole trials; {} where they cannot tell."""
    optuna = _optuna()
    whole = [trial for trial in sweep.trials.values() if trial.state == COMPLETE and trial.phase != "confirm"]
    if len(whole) < WHOLE or len({trial.score for trial in whole}) < 2:
        return {}
    study = optuna.create_study(direction="maximize")
    study.add_trials([_frozen(plan["space"], trial) for trial in whole])
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: round(float(share), 4) for name, share in found.items()}


def version() -> str:
    return _optuna().__version__


def _good(trials: int) -> int:
    """How many of the trials count as good: a quarter. Optuna's tenth is made for hundreds of them."""
    return max(2, math.ceil(trials / 4))


def _suggested(trial: Any, one: dict[str, Any]) -> Any:
    if "choices" in one:
        return trial.suggest_categorical(one["name"], one["choices"])
    value = trial.suggest_float(one["name"], one["low"], one["high"], log=one["log"])
    return min(max(float(f"{value:.{DIGITS}g}"), one["low"]), one["high"])  # a number that a person would write


def _frozen(space: list[dict[str, Any]], trial: Trial) -> Any:
    """A trial as Optuna knows it."""
    optuna = _optuna()
    state = optuna.trial.TrialState.COMPLETE if trial.state == COMPLETE else optuna.trial.TrialState.PRUNED
    own = {one["name"]: one for one in space if one["name"] in trial.params}
    return optuna.trial.create_trial(
        state=state,
        value=trial.score if trial.state == COMPLETE else None,
        params={name: trial.params[name] for name in own},
        distributions={name: _distribution(one) for name, one in own.items()},
        intermediate_values={int(rung): score for rung, score in trial.readings},
    )


def _told(readings: dict[float, float], state: Any = None) -> Any:
    """A trial as the pruner knows it: by its readings alone."""
    optuna, known = _optuna(), {int(rung): score for rung, score in readings.items()}
    state, value = state or optuna.trial.TrialState.COMPLETE, None if state else list(known.values())[-1]
    return optuna.trial.create_trial(state=state, value=value, intermediate_values=known)


def _distribution(one: dict[str, Any]) -> Any:
    optuna = _optuna()
    if "choices" in one:
        return optuna.distributions.CategoricalDistribution(one["choices"])
    return optuna.distributions.FloatDistribution(one["low"], one["high"], log=one["log"])


def _seed(*parts: int) -> int:
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:4], "big")


def _optuna() -> Any:
    """Optuna, imported at its first use, without what it says of every trial and of a setting that its version 6 will
    spell in another way (pyproject.toml asks for version 5)."""
    import optuna

    warnings.filterwarnings("ignore", message="`gamma`", category=FutureWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
