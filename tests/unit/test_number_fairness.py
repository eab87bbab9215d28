"""The group audit of a number: planted gaps are found, others are not, intervals cover, arms are compared."""

from __future__ import annotations

import numpy as np
import pytest

from backend.fairness._contrast import Pairs, decide
from backend.fairness._errors import Errors, audit_errors, jackknife, metrics_of_numbers
from backend.fairness._reading import Settings
from backend.fairness._targets import contrasted
from backend.fairness.numbers._moments import of_errors
from backend.registry import names, plugin
from backend.stages import audit_bias, study
from tests.numbered import events_of, numbered, planted, studied

QUICK = Settings(min_group=20, resamples=400, permutations=400)
METRICS = {metric.name: metric for metric in metrics_of_numbers()}


def errors_of(values: np.ndarray, seed: int = 0) -> Errors:
    truth = np.random.default_rng(seed).normal(100, 20, len(values))
    return Errors(truth, truth + values)


def two_groups(n: int, seed: int = 0, shift: float = 0.0, times: float = 1.0) -> tuple[Errors, np.ndarray]:
    """Errors of a spread of 5; those of group b are shifted and multiplied."""
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(n) % 2, "b", "a")
    values = rng.normal(0, 5, n)
    return errors_of(np.where(group == "b", shift + times * values, values), seed), group


@pytest.mark.parametrize("name", names("fairness.numbers"))
def test_keeps_the_contract(name):
    metric = plugin("fairness.numbers", name)
    assert metric.summary.endswith(".")
    assert metric.says["title"]
    sums = of_errors(np.random.default_rng(0).normal(size=(3, 4, 20))).sum(-2)
    assert metric.call(sums, metric.params()).shape == (3, 4)
    assert np.isnan(metric.call(np.zeros((2, 4)), metric.params())).all()


def test_values_are_those_of_numpy():
    values = np.random.default_rng(0).normal(2, 5, 200)
    found = {name: float(metric.call(of_errors(values).sum(0), metric.params())) for name, metric in METRICS.items()}
    expected = {"mean_error": values.mean(), "mean_absolute_error": np.abs(values).mean()}
    assert found == pytest.approx(expected | {"error_spread": values.std(ddof=1)})


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_of_a_small_group_cover(name, clustered):
    """Groups of 30 rows, or of 30 people with two rows that share half of their variance; 600 draws."""
    metric, held = METRICS[name], []
    truth = {"mean_error": 1.0, "mean_absolute_error": None, "error_spread": 5.0}[name]
    if truth is None:
        truth = np.abs(np.random.default_rng(1).normal(1, 5, 2_000_000)).mean()
    for seed in range(600):
        rng = np.random.default_rng(seed + 7)
        values, units = rng.normal(0, 5, 30), None
        if clustered:
            shared = rng.normal(0, np.sqrt(12.5), 30).repeat(2)
            values, units = shared + rng.normal(0, np.sqrt(12.5), 60), np.arange(30).repeat(2)
        got = jackknife(metric, of_errors(values + 1), units)
        held.append(got.low <= truth <= got.high)
    assert 0.925 <= np.mean(held) <= 0.975


@pytest.mark.parametrize(
    ("shift", "times", "metric"),
    [(4.0, 1.0, "mean_error"), (0.0, 2.0, "mean_absolute_error"), (0.0, 2.0, "error_spread")],
)
def test_a_planted_gap_is_found(shift, times, metric):
    errors, group = two_groups(200, shift=shift, times=times)
    body = audit_errors(errors, group, QUICK)
    gap = body["gaps"][metric]
    assert gap["p"] < 0.01
    assert gap["groups"] == ["b", "a"]
    assert gap["value_low"] > 0
    assert body["groups"][1]["metrics"][metric]["versus_rest"]["low"] > 0
    assert body["groups"][0]["n_positive"] is None


def test_without_a_gap_few_tests_find_one():
    """60 draws, three metrics: at 5 % about nine of 180 tests; 22 would be thrice the spread above that."""
    small = [
        gap["p"] < 0.05
        for seed in range(60)
        for gap in audit_errors(*two_groups(120, seed), Settings(20, 200, 200, seed))["gaps"].values()
    ]
    assert sum(small) <= 22


def test_too_small_a_group_is_shown_and_not_tested():
    errors, group = two_groups(100)
    group = np.where(np.arange(100) < 5, "c", group).astype(str)
    body = audit_errors(errors, group, QUICK)
    few = body["groups"][2]
    assert (few["group"], few["enough"]) == ("c", False)
    assert few["metrics"]["mean_error"]["versus_rest"] is None
    assert "Too few to say" in body["notes"][0]


def test_rows_of_one_person_are_exchanged_together():
    """Two rows a person with one error: as rows the groups seem apart more often than as people."""
    as_rows, as_people = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values, group = rng.normal(0, 5, 30).repeat(4), np.array(["a", "b"] * 15).repeat(4)
        people = np.arange(30).repeat(4)
        for found, units in ((as_rows, None), (as_people, people)):
            body = audit_errors(errors_of(values), group, Settings(10, 200, 200, seed), units)
            found.append(body["gaps"]["mean_error"]["p"] < 0.05)
    assert np.mean(as_rows) > 0.2
    assert np.mean(as_people) < 0.15


def test_the_arms_are_compared_in_pairs():
    wide, group = two_groups(240, shift=6.0)
    narrow = Errors(wide.truth, wide.predicted - np.where(group == "b", 6.0, 0.0))
    pairs = Pairs([(0, 0), (1, 0)], [wide, wide], [narrow, narrow], np.arange(240))
    (told,) = contrasted([pairs], group, QUICK)
    decide([told])
    assert told["mean_error"]["ssl_gap"]["value"] - told["mean_error"]["supervised_gap"]["value"] == pytest.approx(6)
    assert told["mean_error"]["decision"] == "ssl widens the gap"
    assert told["error_spread"]["decision"] == "no significant difference"


def test_the_stage_audits_a_number(workspace, dataset):
    numbers, features = planted(dataset)
    job = studied(workspace, numbered(dataset, numbers), features)
    study.run(job)
    audit_bias.run(job)
    bodies = {e["key"]: e["body"] for e in events_of(job, "fairness")}
    assert set(bodies) >= {"ssl/sex", "scratch_aug/sex", "ssl/age"}
    assert bodies["ssl/sex"]["target"]["unit"] == "days"
    assert set(bodies["ssl/sex"]["gaps"]) == set(METRICS)
    assert all(0 <= gap["p_holm"] <= 1 for gap in bodies["ssl/sex"]["gaps"].values())
    assert events_of(job, "fairness.contrast")
    assert not events_of(job, "fairness.amplification")
    assert job.progress.done < job.progress.total + 1
