"""The group audit of whichever target a model predicts: of classes by counts, of numbers by sums of errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._audit import audit
from ._contrast import Pairs, contrast
from ._errors import Errors, audit_errors
from ._errors_contrast import contrast_errors
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
    pairs: Pairs, attribute: np.ndarray, settings: Settings, tick: Callable[[], None] = lambda: None
) -> dict[str, dict[str, Any]]:
    """As `_contrast.contrast`."""
    of_target = contrast_errors if isinstance(pairs.models[0], Errors) else contrast
    return of_target(pairs, attribute, settings, tick)
