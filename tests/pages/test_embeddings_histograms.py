"""The histograms of a selection on the page: what the browser is told, and what dragging over bars keeps."""

from __future__ import annotations

import json

import numpy as np

from .test_embeddings_page import gesture, words


def histograms(app) -> list[dict]:
    """What the browser is told of the histograms."""
    told = [told for one in app.get("bidi_component") if "histograms" in (told := json.loads(one.proto.json))]
    return told[0]["histograms"] if told else []


def test_bars_that_are_dragged_over_keep_the_selected_points_in_them(trained, open_page):
    app = gesture(open_page("embeddings", run="done"), {"shape": "rest"})
    kept = next(told for told in histograms(app) if told["column"] == "kept")
    assert kept["chosen"] == kept["every"]
    first, last = (int(np.flatnonzero(kept["every"])[end]) for end in (0, -1))
    expected = sum(kept["every"][first:last])
    assert 0 < expected < 240
    app = gesture(app, {"column": "kept", "first": first, "last": last - 1}, "histograms")
    assert f"{expected} of 240 points selected" in words(app)
    kept = next(told for told in histograms(app) if told["column"] == "kept")
    assert kept["chosen"] == [count if place < last else 0 for place, count in enumerate(kept["every"])]
    app = gesture(app, {"column": "row", "first": 0, "last": 1}, "histograms")
    assert app.error[0].value.startswith("gesture: expected bars from left to right of")
    assert f"{expected} of 240 points selected" in words(app)
