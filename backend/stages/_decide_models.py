"""What the fitted models of a study say of the test rows, and the thresholds that validation alone gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..engine.seeds import derive
from ..statistics.calibration import METHODS, chosen
from ..statistics.costs import alert_threshold
from ._study_store import Fitted


@dataclass(frozen=True)
class Model:
    """One fitted model. raw: probabilities of the event in the test rows, as it gives them; right: calibrated;
    calibration: the method that was best on validation; brier: {method: on held-out validation rows}; alert: the
    probability (raw) from which on validation rows fill the alert budget."""

    raw: np.ndarray
    right: np.ndarray
    calibration: str
    temperature: float
    brier: dict[str, float]
    alert: float


@dataclass(frozen=True)
class Fleet:
    """The models of one arm at one fraction, by the method that validation chose: S subsets x P pretrainings.

    raw, right: S x P x N, of the known test rows; alert: S x P; models: each one once.
    """

    arm: str
    method: str
    fraction: float
    raw: np.ndarray
    right: np.ndarray
    alert: np.ndarray
    models: list[Model]

    @property
    def calibrations(self) -> dict[str, int]:
        """{method: models}"""
        return dict(Counter(model.calibration for model in self.models))

    def brier(self) -> dict[str, float]:
        """{method: mean over the models, on held-out validation rows}"""
        return {method: float(np.mean([m.brier[method] for m in self.models])) for method in METHODS}


def modelled(
    val: np.ndarray, test: np.ndarray, event: np.ndarray, units: np.ndarray | None, budget: float, seed: int
) -> Model:
    """val, test: probabilities of the event; event: bool of the validation rows. No test label comes near."""
    calibrator, brier = chosen(val, event, units, seed)
    raw = np.asarray(test, dtype=np.float64)
    alert = alert_threshold(np.asarray(val, dtype=np.float64), budget)
    return Model(raw, calibrator(test), calibrator.method, calibrator.temperature, brier, alert)


class Fleets:
    """Makes fleets of stored cells; a cell that several pairs share is calibrated once.

    event: bool of the validation rows; units: of them, None where each stands alone; known: which test rows have a
    label; positive: which class is the event.
    """

    def __init__(
        self, event: np.ndarray, units: np.ndarray | None, known: np.ndarray, positive: int, budget: float, seed: int
    ):
        self.event, self.units, self.known, self.positive, self.budget = event, units, known, positive, budget
        self.seed = derive("calibration", seed)

    def fleet(
        self,
        arm: str,
        method: str,
        fraction: float,
        cells: list[list[tuple[str, Fitted]]],
        check_stop: Callable[[], None] = lambda: None,
    ) -> Fleet:
        """cells: S x P keys and what is stored under them."""
        found: dict[str, Model] = {}
        for key, fitted in (cell for row in cells for cell in row):
            check_stop()
            if key not in found:
                val, test = (outputs[:, self.positive] for outputs in (fitted.val, fitted.test[self.known]))
                found[key] = modelled(val, test, self.event, self.units, self.budget, self.seed)

        def each(of: Callable[[Model], np.ndarray | float]) -> np.ndarray:
            return np.array([[of(found[key]) for key, _ in row] for row in cells])

        raw, right, alert = each(lambda m: m.raw), each(lambda m: m.right), each(lambda m: m.alert)
        return Fleet(arm, method, fraction, raw, right, alert, list(found.values()))
