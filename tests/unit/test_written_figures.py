"""Figures are written in one way: decimals, intervals, minus signs, p-values, times."""

from __future__ import annotations

import ast
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.workspace import formats as words

ROOT = Path(__file__).parents[2]
SPOKEN = ("workbench/verdicts", "workbench/charts", "workbench/report/chapters", "backend/audit/dossier", "pages")
SHARE = {"value": 0.71, "low": 0.64, "high": 0.78}


def estimate(value: float, low: float | None = None, high: float | None = None) -> dict:
    return {"value": value, "low": low, "high": high}


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.714, "71.4 %"),
        (0.063, "6.3 %"),
        (0.01, "1.0 %"),
        (0.0, "0.0 %"),
        (0.0001, "0.01 %"),
        (0.00042, "0.04 %"),
        (0.0996, "10.0 %"),
        (1.0, "100.0 %"),
        (-0.0002, "−0.02 %"),
        (None, "not known"),
    ],
)
def test_a_measured_share(share, said):
    assert words.percent(share) == said


def test_a_share_without_decimals():
    assert words.percent(0.634, 0) == "63 %"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(1.0, "100 %"), (0.1, "10 %"), (0.055, "5.5 %"), (0.01, "1 %"), (0.002, "0.2 %"), (0.125, "12.5 %")],
)
def test_a_chosen_share(fraction, text):
    assert words.chosen(fraction) == text


def test_an_interval_has_the_unit_once():
    assert words.percent_interval(SHARE) == "71.0 % [64.0, 78.0]"
    assert words.percent_interval(estimate(0.71)) == "71.0 %"
    assert words.percent_interval(estimate(0.71), bare=" (no interval)") == "71.0 % (no interval)"
    assert words.percent_interval({"value": None}) == words.percent_interval(None) == "not known"
    assert words.interval(estimate(0.831, 0.79, 0.8724), digits=3) == "0.831 [0.790, 0.872]"


def test_points():
    assert words.points(estimate(0.031, 0.012, 0.05)) == "+3.1 points [1.2, 5.0]"
    assert words.points(estimate(-0.004, -0.021, 0.013)) == "−0.4 points [−2.1, 1.3]"
    assert words.points(estimate(0.22, 0.1, 0.3), sign=False) == "22.0 points [10.0, 30.0]"
    assert words.points(estimate(-0.0002)) == "0.0 points"
    assert words.size_in_points(-0.22) == "22.0 points"
    assert [words.margin(limit) for limit in (0.01, 0.02, 0.025)] == ["1 point", "2 points", "2.5 points"]


@pytest.mark.parametrize(
    ("p", "cell", "text"),
    [
        (0.0002, "< 0.001", "p < 0.001"),
        (0.0444, "0.044", "p = 0.044"),
        (0.63, "0.63", "p = 0.63"),
        (1.0, "1.00", "p = 1.00"),
        (None, "no test", "no test"),
    ],
)
def test_p_values(p, cell, text):
    assert (words.p_value(p), words.p_is(p)) == (cell, text)


@given(st.floats(-1e6, 1e6), st.integers(0, 3), st.booleans())
def test_no_zero_has_a_sign_and_no_minus_is_a_hyphen(value, digits, sign):
    text = words.decimal(value, digits, sign)
    assert "-" not in text
    assert text.lstrip("+−").strip("0.") or text[0] == "0"
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-9)


@pytest.mark.parametrize(("value", "text"), [(12.3, "12"), (3.21, "3.2"), (0.0312, "0.031"), (-0.5, "−0.5")])
def test_a_size_of_any_order(value, text):
    assert words.compact(value) == text


def test_counts():
    assert (words.count(1, "point"), words.count(1204, "point")) == ("1 point", "1,204 points")
    assert (words.in_words(1, "subset"), words.in_words(5, "subset")) == ("one subset", "five subsets")
    assert words.in_words(12, "subset") == "12 subsets"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (900, "15 min"), (7500, "2 h 5 min"),
     (3 * 86400 + 7200, "3 d 2 h")],
)  # fmt: skip
def test_duration(seconds, text):
    assert words.duration(seconds) == text


@given(st.floats(0, 1e8))
def test_duration_never_says_sixty(seconds):
    assert "60 s" not in words.duration(seconds)
    assert "60 min" not in words.duration(seconds)


def test_times():
    assert words.moment("2026-11-22T14:03:11.123Z") == "2026-11-22 14:03:11 UTC"
    assert words.moment("yesterday") == "yesterday"
    assert (
        words.minute("2026-11-22T14:03:11+00:00")
        == words.minute(datetime(2026, 11, 22, 14, 3))
        == "2026-11-22 14:03 UTC"
    )
    assert words.minute("2026-11-22T15:03:11+01:00") == "2026-11-22 14:03 UTC"
    assert words.minute(None) == "not yet"


def test_nothing_else_writes_a_percentage():
    """No text that a person reads formats a number by itself and puts "%" or "points" behind it."""
    found = []
    for path in (file for folder in SPOKEN for file in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            for one, after in pairwise(parts):
                unit = isinstance(after, ast.Constant) and str(after.value).lstrip().startswith(("%", "points"))
                spec = ast.unparse(one.format_spec) if isinstance(one, ast.FormattedValue) and one.format_spec else ""
                if unit and spec and not spec.endswith(",'"):  # {n:,} points are counted, not measured
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
