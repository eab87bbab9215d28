"""Decisions in words: what is said of each decision, and what other costs come to."""

from __future__ import annotations

import copy

import pandas as pd
import pytest

from backend.statistics.costs import Costs
from tests.pages.loop.deciding import PLAN, told
from workbench.charts import decide as charts
from workbench.modality import shown
from workbench.verdicts import decide as words
from workbench.verdicts import decide_other as other

OF = shown("image").words


@pytest.fixture(scope="module")
def run():
    """(verdict, budgets, thresholds): supervised training knows little, a classical model nearly as much as ours."""
    body, budgets, thresholds = told({"ssl": 0.95, "scratch_aug": 0.4, "classical": 0.95})
    return body, pd.DataFrame(budgets), pd.DataFrame(thresholds)


def test_what_is_found_at_the_same_budget_is_said_with_its_change(run):
    body, *_ = run
    told = words.contrasts(body)["scratch_aug"]["measures"]["recall"]
    assert told["decision"] == "better"
    by = f"{100 * told['relative']['value']:.0f} % more ["
    assert words.headline(PLAN, body, OF).startswith(
        f"At 10 % labels and the same alert budget (5 % of the rows) pretraining finds {by}"
    )
    _, alarms, cost = words.sentences(PLAN, body, OF)
    assert alarms.startswith("At the same detection (80 % of the positive rows) it raises ")
    assert " % fewer [" in alarms
    assert "EUR" in cost
    assert " % less [" in cost


def changed(body: dict, measure: str, **fields) -> dict:
    body = copy.deepcopy(body)
    words.contrasts(body)["scratch_aug"]["measures"][measure].update(fields)
    return body


@pytest.mark.parametrize(
    ("measure", "place", "decision", "said"),
    [
        (
            "recall",
            0,
            "no difference shown",
            "in what is found was shown",
        ),
        ("recall", 0, "worse", "pretraining finds fewer (+"),
        ("false_alarms", 1, "no difference shown", "no difference in false alarms was shown"),
        ("false_alarms", 1, "worse", "it raises more false alarms"),
        ("cost", 2, "worse", "its decisions cost more than those of"),
        ("cost", 2, "no difference shown", "At the stated costs no difference was shown"),
    ],
)
def test_each_decision_has_its_words(run, measure, place, decision, said):
    body = changed(run[0], measure, decision=decision, relative=None, p_holm=0.4)
    assert said in words.sentences(PLAN, body, OF)[place]
    if decision == "no difference shown":
        assert "p = 0.40 after Holm's correction" in words.sentences(PLAN, body, OF)[place]


def test_too_little_data_is_said():
    body, *_ = told({"ssl": 0.9, "scratch_aug": 0.5}, rows=400, subsets=1)
    assert {c["decision"] for c in words.contrasts(body)["scratch_aug"]["measures"].values()} == {"not enough data"}
    assert "too few label subsets for a test" in words.headline(PLAN, body, OF)


def test_no_change_in_percent_stands_where_the_base_may_be_nothing(run):
    body = changed(run[0], "recall", relative=None)
    assert "finds more (+" in words.headline(PLAN, body, OF)
    assert "not known" in {row["Change"] for row in words.contrast_rows(PLAN, body, OF)}


def test_a_rival_that_decides_better_is_named(run):
    body, *_ = told({"ssl": 0.4, "scratch_aug": 0.4, "classical": 0.95})
    [(line, worse)] = words.others(PLAN, body, OF)
    assert line.startswith(f"Pretraining less {OF.rival('classical', 'linear')}: found −")
    assert "; pretraining is worse in what it finds, " in line
    assert worse
    [(line, worse)] = words.others(PLAN, run[0], OF)
    assert line.endswith("; no difference shown.")
    assert not worse


def test_what_was_fixed_before_is_said(run):
    assert "24 positive" in words.evidence(PLAN, run[0])
    assert "from a calibrated probability of 7.1 % on" in words.stated(PLAN)


def test_other_costs_give_the_stated_figures_at_the_stated_costs(run):
    body, _, thresholds = run
    at, rows = other.at_costs(thresholds, 0.1, Costs(**PLAN["costs"]), "EUR", OF)
    assert at == pytest.approx(PLAN["threshold"])
    stated = words.entry(body, "ssl")["measures"]["cost"]
    assert rows[0]["Cost per 1,000 (EUR)"] == words.value("cost", stated, PLAN)
    at, dearer = other.at_costs(thresholds, 0.1, Costs(200, 200, 5), "EUR", OF)
    assert at > 0.3, "the dearer a false alarm, the later an alert"
    few, many = (float(found[0]["False alarms per 1,000"].split(" [")[0]) for found in (dearer, rows))
    assert few < many
    assert "no alert pays" in other.stated(Costs(1, 0, 2), at)


def test_another_budget_finds_more_of_the_positive_rows(run):
    _, budgets, _ = run
    assert 0.05 in other.budgets(budgets)
    few, many = (other.at_budget(budgets, 0.1, b, OF)[0] for b in (0.02, 0.2))
    assert float(few["Found at 2 % alerts"].split(" %")[0]) < float(many["Found at 20 % alerts"].split(" %")[0])


def test_figures_draw_every_arm_and_what_was_chosen(run):
    body, budgets, thresholds = run
    names = [t.name for t in charts.budgets(budgets, 0.1, 0.05, OF).data if t.showlegend is None]
    assert names == [OF.arm_names[arm] for arm in ("ssl", "scratch_aug", "classical")]
    figure = charts.costs(other.curve(thresholds, 0.1, Costs(**PLAN["costs"])), PLAN["threshold"], "EUR", OF)
    assert any(shape.name == "chosen: 7.1 %" for shape in figure.layout.shapes)
    figure = charts.reliability(words.entry(body, "ssl"), OF)
    assert [t.name for t in figure.data] == ["as they are", "calibrated on validation", "perfect"]
