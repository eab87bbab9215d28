"""The study's figures: every number drawn, with its interval, and distinguishable without colour."""

from workbench import modality
from workbench.charts import study as charts

IMAGE = modality.shown("image").words

FRACTIONS, LABELS = (0.01, 0.1, 1.0), (18, 180, 1800)
ARMS = {"ssl": "lpft", "scratch_aug": "end_to_end", "classical": "logistic"}


def estimate(value, half):
    return {
        "value": value,
        "low": None if half is None else value - half,
        "high": None if half is None else value + half,
    }


def verdict(half=0.02):
    table = [
        {"arm": a, "method": m, "fraction": f, "n_labels": n, "mean": estimate(0.8, half), "best": True, "cells": 6}
        for a, m in ARMS.items()
        for f, n in zip(FRACTIONS, LABELS, strict=True)
    ]
    table.append({**table[0], "method": "knn", "best": False, "mean": estimate(0.1, half)})
    contrasts = [
        {"fraction": f, "n_labels": n, "against": a, "difference": estimate(0.03, half), "decision": "gain"}
        for a in ("scratch_aug", "classical")
        for f, n in zip(FRACTIONS, LABELS, strict=True)
    ]
    return {"metric": "accuracy", "margin": 0.01, "table": table, "contrasts": contrasts}


def test_curves_draw_the_chosen_method_of_every_arm_with_intervals():
    figure = charts.curves(verdict(), IMAGE)
    assert len(figure.data) == 3
    assert all(list(t.y) == [80, 80, 80] for t in figure.data)
    assert all(abs(v - 2) < 1e-9 for t in figure.data for v in t.error_y.array)
    assert len({t.marker.symbol for t in figure.data}) == len({t.line.dash for t in figure.data}) == 3
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.ticktext[0] == "1 %<br>n = 18"
    assert "accuracy" in figure.layout.title.text
    assert figure.layout.yaxis.title.text == "accuracy (%)"


def test_differences_draw_zero_the_margin_and_the_strong_baseline():
    figure = charts.differences(verdict(), IMAGE)
    shapes = figure.layout.shapes
    assert {s.type for s in shapes} == {"line", "rect"}
    assert next((s.y0, s.y1) for s in shapes if s.type == "rect") == (-1.0, 1.0)
    assert next(s.name for s in shapes if s.type == "rect" and s.showlegend) == "as good as: within 1 point"
    assert not figure.layout.annotations  # inside the plot a marker may lie under it
    shown = [t for t in figure.data if t.visible in (None, True)]
    assert [t.name for t in shown] == ["against: Supervised, same augmentation"]


def test_the_arms_of_an_only_fraction_stand_together():
    told = verdict()
    told["table"] = [one for one in told["table"] if one["fraction"] == 0.1]
    figure = charts.curves(told, IMAGE)
    low, high = (10**end for end in figure.layout.xaxis.range)
    assert low < 0.06 < min(x for trace in figure.data for x in trace.x)
    assert max(x for trace in figure.data for x in trace.x) < 0.17 < high
    assert charts.curves(verdict(), IMAGE).layout.xaxis.range is None


def test_missing_intervals_leave_the_points():
    figure = charts.curves(verdict(half=None), IMAGE)
    assert figure.data[0].y[0] == 80
    assert figure.data[0].error_y.array[0] is None
