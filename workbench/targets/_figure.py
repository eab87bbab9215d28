"""The figure of a study that only some targets have."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ..charts import number as charts


def figure_of_study(run: str, verdict: dict[str, Any], service: Any) -> go.Figure | None:
    """Predicted against true, by the pretrained model of the first seeds, where the target is a number."""
    target = verdict.get("target") or {}
    told = next((e for e in service.events(run, "predictions") if e["body"]["arm"] == "ssl"), None)
    if target.get("type") != "number" or told is None:
        return None
    frame = service.table(told["subjects"][0]["sha256"]).to_pandas()
    frame = frame[(frame["split"] == "test") & frame["target"].notna()]
    columns = (frame[name].to_numpy(float) for name in ("target", "predicted", "q_0.1", "q_0.9"))
    return charts.predicted(*columns, target, "ssl")
