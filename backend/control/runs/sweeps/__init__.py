"""`service.sweeps`: many short pretrainings of one recipe with other settings, each of them a run.

space      what is searched of a recipe       plans      minutes into trials, which one is next
search     Optuna over what the ledger holds  readings   a trial's score, from its run's events
driver     one turn, on the supervisor's thread
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from .... import targets
from ....workspace.extras import need
from ....workspace.layout import BadInput
from ...record import swept
from ...record.rows import text
from ...record.swept import Sweep
from ..runs import NotFound
from ..specs import resolve_for_data
from . import plans, search
from .driver import Driver, end, seconds
from .readings import KNN, without_labels
from .space import applied, of_trial, space

__all__ = ["Sweeps"]


class Sweeps:
    def __init__(self, service: Any):
        self._service, self._store = service, service.store
        self.driver = Driver(service)  # for the supervisor

    def begin(
        self,
        recipe: dict[str, Any],
        minutes: float,
        trials: int | None = None,
        purpose: str = plans.SEARCH,
        actor: str = "local",
    ) -> str:
        """Check and begin a sweep around a recipe; returns its name. Raises BadInput.

        trials: so many, and fewer where the minutes are over; None: as many as fit. purpose: "search" or "advise".
        """
        need("sweep", "a sweep")
        if purpose not in (plans.SEARCH, plans.ADVISE):
            raise BadInput(f"purpose: expected {plans.SEARCH} or {plans.ADVISE}, found {str(purpose)[:40]!r}")
        service, catalogue = self._service, self._service.catalogue()
        resolved, manifest = resolve_for_data(recipe, lambda: catalogue, service.dataset)
        base = resolved.model_dump(mode="json")
        if resolved.train.epochs == 0:
            raise BadInput("recipe: train.epochs: expected pretraining to search the settings of, found 0")

        def resolve(raw: dict[str, Any]) -> Any:
            return resolve_for_data(raw, lambda: catalogue, service.dataset)

        labelled = targets.type_of(manifest) != targets.NONE
        found = space(base, catalogue, manifest["kind"], resolve, tasks=labelled)
        tasks = next((one["choices"] for one in found if one["name"] == "pretext"), [base["pretext"]["name"]])
        if purpose == plans.ADVISE:
            if not labelled:
                raise BadInput(
                    f"sweep: expected labels in {manifest['name']} to compare pretext tasks by, found none: scores "
                    "without labels compare runs of one task only"
                )
            found = [one for one in found if one["name"] != "encoder"]
        body = {
            "title": resolved.title,
            "dataset": manifest["name"],
            "recipe": base,
            "purpose": purpose,
            "seed": resolved.seed,
            "target": manifest.get("target"),
            "metric": _metric(base, targets.type_of(manifest)) if labelled else None,
            "measure": KNN if labelled else without_labels(),
            "space": found,
            "tasks": tasks,
            **plans.planned(float(minutes), trials, purpose, tasks),
            "sampler": {"optuna": search.version(), "startup": search.STARTUP, "prunes_from": search.FROM},
        }
        if not found:
            raise BadInput("sweep: expected settings that give a range to search, found none in this recipe's methods")
        service._checked(of_trial(base, {}, "trial", body["share"], resolved.seed), actor)
        name = f"sweep-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self._store.write(lambda tx: tx.log(swept.BEGUN, body, actor=actor, run=name))
        service.supervisor.wake()
        return name

    def listed(self) -> list[dict[str, Any]]:
        """All sweeps, newest first, as `of` has them without trials."""
        return [
            {k: v for k, v in self._shown(s).items() if k != "trials"} for s in reversed(self._store.board.sweeps())
        ]

    def of(self, sweep: str) -> dict[str, Any]:
        """{sweep, title, dataset, actor, created, ended, state, reason, plan (body of sweep.begun), outcome (of
        sweep.ended), trials [..], done, spent, left (seconds)}."""
        return self._shown(self._found(sweep))

    def recipe(self, sweep: str, number: int) -> dict[str, Any]:
        """The recipe that was swept with the values of a trial: its own stages, epochs and seeds."""
        found = self._found(sweep)
        if number not in found.trials:
            raise NotFound(f"trial: expected one of the {len(found.trials)} of {found.sweep}, found {number}")
        return applied(found.plan["recipe"], found.trials[number].params)

    def cancel(self, sweep: str, actor: str = "local") -> None:
        """End a sweep now, and its trial after a checkpoint. What it found stays. Idempotent."""
        found = self._found(sweep)
        outcome = plans.so_far(found)
        why = f"on request of {actor}"
        self._store.write(lambda tx: end(tx, found.sweep, swept.CANCELLED, why, actor, outcome))
        self._service.supervisor.wake()

    def _found(self, sweep: str) -> Sweep:
        found = self._store.board.sweep(text(sweep))
        if found is None:
            raise NotFound(f"sweep: expected one of this workspace, found {str(sweep)[:80]!r}")
        return found

    def _shown(self, sweep: Sweep) -> dict[str, Any]:
        plan, trial = sweep.plan, sweep.current
        now = seconds(self._store.board.run(trial.run), plan) if trial else 0.0
        running = sweep.state == swept.RUNNING
        own = ("sweep", "title", "dataset", "actor", "created", "ended", "state", "reason", "outcome")
        return {
            **{name: getattr(sweep, name) for name in own},
            "plan": plan,
            "trials": [asdict(one) for one in sweep.trials.values()],
            "done": sum(one.state != swept.RUNNING for one in sweep.trials.values()),
            "spent": round(plans.spent(sweep) + now, 1),
            "left": round(plans.left(plan, sweep, now), 1) if running else None,
        }


def _metric(base: dict[str, Any], target: str) -> str:
    """By which the kNN of a trial is scored: the recipe's own, where more of it is better; of a number R2, which is
    what the kNN reads."""
    if target == "number":
        return "r2"
    known, own = targets.declared(target), base["finetune"]["metric"]
    return own if own in known.METRICS and known.METRICS[own].higher_is_better else known.PRIMARY
