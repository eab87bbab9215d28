"""The figure of a study that only some targets have."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..charts import number as charts


def of_study(predictions: str | None, verdict: dict[str, Any], service: Any) -> go.Figure | None:
    """Predicted against true where the target is a number; predictions: SHA-256 of a table of the pretrained model."""
    target = verdict.get("target") or {}
    if target.get("type") != "number" or predictions is None:
        return None
    frame = service.table(predictions).to_pandas()
    frame = frame[(frame["split"] == "test") & frame["target"].notna()]
    columns = (frame[name].to_numpy(float) for name in ("target", "predicted", "q_0.1", "q_0.9"))
    return charts.predicted(*columns, target, "ssl")


def shown(run: str, service: Any) -> str | None:
    """The predictions of the pretrained model of the first seeds."""
    events = service.events(run, "predictions")
    return next((e["subjects"][0]["sha256"] for e in events if e["body"]["arm"] == "ssl"), None)
