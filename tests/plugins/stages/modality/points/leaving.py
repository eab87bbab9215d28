"""What a model of point sets needs where it leaves."""

from __future__ import annotations

from backend.stages.modality import Leaving

LEAVING = Leaving("points")
