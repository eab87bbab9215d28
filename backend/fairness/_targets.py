"""The group audit of whichever target a model predicts: of classes by counts, of numbers by sums of errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._audit import audit
from ._contrast import Pairs, contrasts
from ._errors import Errors, audit_errors
from ._errors_contrast import contrasts_errors
from ._reading import Settings
from ._tables import Predictions


def audited(
    predictions: Predictions | Errors,
    attribute: np.ndarray,
    settings: Settings,
    units: np.ndarray | None = None,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """As `_audit.audit`."""
    of_target = audit_errors if isinstance(predictions, Errors) else audit
    return of_target(predictions, attribute, settings, units, tick)


def contrasted(
    several: Sequence[Pairs], attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> list[dict[str, dict[str, Any]]]:
    """As `_contrast.contrasts`: of several pairs on the same rows."""
    of_target = contrasts_errors if isinstance(several[0].models[0], Errors) else contrasts
    return of_target(several, attribute, settings, tick)
