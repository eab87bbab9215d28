"""How many label subsets a study takes: allotting by what narrows an interval, the pilot that sees no result."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from backend.stages._study_plan import pairs, spread
from backend.statistics.paired import crossed_mean
from backend.statistics.planning import MOST, MOST_ROWS, Spread, allot, foresee, would_decide
from workbench.verdicts import study_plan as words

CHEAP, DEAR, RIVAL, SLOW = "ssl/linear/0.1", "ssl/lpft/0.1", "classical/tfidf/0.1", "scratch_aug/end_to_end/0.1"
COST = {CHEAP: 0.1, RIVAL: 0.1, DEAR: 10.0, SLOW: 30.0}


def of(first: str, second: str, deviation: float = 0.03, examples: float = 0.004) -> Spread:
    return Spread(first, second, deviation**2, ((examples**2, 900),))


def drawn(rng, subsets: int, seeds: int, rows: int, deviation: float, mean: float = 0.0) -> np.ndarray:
    """S x P x N contributions: subsets differ by `deviation`, examples by one."""
    return mean + rng.normal(0, deviation, (subsets, 1, 1)) + rng.normal(0, 1, (subsets, seeds, rows))


def test_an_interval_narrows_with_subsets_down_to_what_the_examples_allow():
    one = of(CHEAP, RIVAL)
    widths = [one.half_width(n) for n in (3, 5, 10, 20, 50, 5000)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(1.96 * 0.004, rel=0.05)


def test_subsets_are_added_until_every_interval_is_narrow_enough():
    both = [of(CHEAP, RIVAL), of(DEAR, SLOW)]
    counts, seconds, ended = allot(both, COST, 5, 0.02, np.inf)
    assert ended == "precision"
    assert all(pair.half_width(min(counts[pair.first], counts[pair.second])) <= 0.02 for pair in both)
    assert all(pair.half_width(min(counts[pair.first], counts[pair.second]) - 1) > 0.02 for pair in both)
    added = {name: count - 5 for name, count in counts.items()}
    assert seconds == pytest.approx(sum(COST[name] * more for name, more in added.items()))


def test_what_takes_seconds_comes_before_what_takes_minutes():
    counts, seconds, ended = allot([of(CHEAP, RIVAL), of(DEAR, SLOW)], COST, 5, 0.02, 60.0)
    assert ended == "minutes"
    assert counts[CHEAP] == counts[RIVAL] > counts[DEAR]
    assert of(CHEAP, RIVAL).half_width(counts[CHEAP]) <= 0.02
    assert seconds <= 60


def test_a_rival_that_several_uses_share_is_fitted_once_for_all_of_them():
    counts, seconds, _ = allot([of(CHEAP, RIVAL), of(DEAR, RIVAL)], COST, 5, 0.02, np.inf)
    assert counts[RIVAL] == counts[CHEAP] == counts[DEAR]
    assert seconds == pytest.approx((counts[RIVAL] - 5) * (0.1 + 0.1 + 10))


def test_no_number_of_subsets_narrows_what_few_test_rows_leave_open():
    counts, _, ended = allot([of(CHEAP, RIVAL, examples=0.05)], COST, 5, 0.02, np.inf)
    assert ended == "subsets"
    assert counts[CHEAP] == MOST


def test_what_is_foreseen_is_the_plan_that_would_be_made():
    both = [of(CHEAP, RIVAL), of(DEAR, SLOW)]
    counts, seconds, ended = allot(both, COST, 5, 0.02, 300 - 5 * sum(COST.values()))
    found = foresee(both, COST, 5, 0.02, 5)
    assert (found.subsets, found.ended_by) == ((min(counts.values()), max(counts.values())), ended)
    assert found.seconds == pytest.approx(seconds + 5 * sum(COST.values()))
    assert found.smallest[0.1] == pytest.approx(of(DEAR, SLOW).smallest(min(counts[DEAR], counts[SLOW])))
    assert found.would_take > found.seconds


def test_many_models_are_foreseen_while_a_page_is_drawn():
    """72 pairs to 50 subsets each, no minutes: 0.2 s; it took 19 s while every width was computed at every step."""
    rivals = ("scratch_aug/end_to_end", "scratch_plain/end_to_end", "random/linear", "classical/logistic")
    many = [
        Spread(f"ssl/{method}/{fraction:g}", f"{rival}/{fraction:g}", 0.0004 / fraction**0.5, ((4e-5, 59),))
        for fraction in (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
        for method in ("knn", "linear", "lpft")
        for rival in rivals
    ]
    began = time.process_time()
    foresee(many, {name: 1.0 for pair in many for name in (pair.first, pair.second)}, 5, 0.001)
    assert time.process_time() - began < 3


def test_subsets_that_are_counted_by_hand_are_not_added_to():
    found = foresee([of(CHEAP, RIVAL), of(DEAR, SLOW)], COST, 7)
    assert (found.subsets, found.ended_by, found.would_take) == ((7, 7), "", None)
    assert found.seconds == pytest.approx(7 * sum(COST.values()))


def test_a_difference_that_is_foreseen_is_found_by_eight_studies_in_ten():
    """Studies of known spread, the true difference as large as the pair's `smallest`."""
    rng, deviation, rows, subsets = np.random.default_rng(3), 0.06, 400, 8
    known = Spread(CHEAP, RIVAL, deviation**2, ((0.5**2 / rows, rows - 1),))
    lead, found = known.smallest(subsets), []
    for _ in range(400):
        y = lead + rng.normal(0, deviation, (subsets, 1, 1)) + rng.normal(0, 0.5, (1, 1, rows))
        found.append(crossed_mean(y).low > 0)
    assert 0.72 <= np.mean(found) <= 0.88


def test_a_spread_comes_back_from_the_record_as_it_was():
    one = of(CHEAP, RIVAL)
    assert Spread.read(json.loads(json.dumps(one.told()))) == one


def test_the_pilot_does_not_see_which_arm_is_better():
    rng = np.random.default_rng(0)
    own, rival = drawn(rng, 5, 1, 400, 0.05), drawn(rng, 5, 1, 400, 0.05)
    arms = {"ssl": ("linear",), "classical": ("tfidf",)}
    plans = []
    for lead in (-10.0, 0.0, 10.0):
        told = {"ssl": own + lead, "classical": rival}
        plans.append(pairs(arms, lambda arm, _, told=told: told[arm], 0.1, 800, 1.0)[0])
    assert plans[0].of_subset == pytest.approx(plans[1].of_subset) == pytest.approx(plans[2].of_subset)


def test_a_metric_that_validation_cannot_give_leaves_its_pairs_out():
    rng = np.random.default_rng(0)
    arms = {"ssl": ("knn", "linear"), "classical": ("tfidf",)}
    found = pairs(arms, lambda _, method: None if method == "knn" else drawn(rng, 5, 1, 50, 0.1), 0.1, 80, 1.0)
    assert [pair.first for pair in found] == ["ssl/linear/0.1"]


def test_planned_studies_are_as_precise_as_was_asked_for():
    """The pilot's upper bound keeps four in five; unbounded, about half would be too wide."""
    rng, wanted, kept, widths = np.random.default_rng(1), 0.035, 0, []
    for _ in range(120):
        pilot = spread(CHEAP, RIVAL, drawn(rng, 5, 1, 2_000, 0.06), 2_000, 0.0)
        counts, _, ended = allot([pilot], COST, 5, wanted, np.inf)
        found = crossed_mean(drawn(rng, counts[CHEAP], 1, 2_000, 0.06))
        widths.append((found.high - found.low) / 2)
        kept += widths[-1] <= wanted * 1.02 or ended == "subsets"
    assert kept / 120 >= 0.72
    assert np.median(widths) > wanted / 2, "far more subsets than the precision takes"


CONTRAST = {"fraction": 0.1, "difference": {"value": 0.03, "low": -0.0033, "high": 0.0633}, "error": 0.0166}
VERDICT = {"metric": "accuracy", "subset_seeds": 5, "subsets": {"ssl/knn/0.1": 5, "ssl/linear/0.1": 24}}


def test_what_a_study_could_see_is_said_in_whole_tenths_of_a_point():
    said = words.could_see(VERDICT, CONTRAST)
    assert said.startswith("What this study could see at 10 % labels: a true difference of 4.7 points would be found")
    assert words.could_see(VERDICT, None) == ""
    assert words.counted(VERDICT) == "5 to 24 subsets"


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ("precision", ""),
        ("minutes", "The 20 minutes did not allow more subsets. All intervals would be narrow enough after about"),
        ("subsets", "more test rows would narrow them"),
    ],
)
def test_a_plan_says_what_ended_it(ended, said):
    expected = [{"fraction": 0.1, "half_width": 0.02345, "narrowest": 0.01, "between": ["a", "b"], "reached": True}]
    plan = {"precision": 0.02, "minutes": 20, "pilot": {"subsets": 5, "seconds": 61.2, "validation_rows": 800}}
    plan |= {"expected": expected, "ended_by": ended, "would_take": 3000.0, "seconds": 5.0, "subsets": {}}
    lines = words.lines(plan, VERDICT)
    assert "±2.3 points at 10 %" in lines[1]
    assert said in " ".join(lines[2:])
    assert bool(said) == bool(lines[2:])


def test_what_is_said_to_decide_a_difference_does_in_8_of_10_studies():
    """Of the same size as the one that was found, with as many subsets as are named, and with as many rows."""
    rng, difference = np.random.default_rng(3), 0.05
    for deviation, rows, more in ((0.06, 8_000, False), (0.02, 250, True)):
        pilot = drawn(rng, 400, 1, rows, deviation, difference)  # so many subsets that the terms are well known
        (of_subset, a), seeds, (of_example, c) = crossed_mean(pilot).terms
        terms = ((of_subset * (a + 1) / 4, 3), seeds, (of_example + 1 / rows, c))
        needed = would_decide(terms, difference)
        assert (needed["rows"] > 1) is more
        assert (needed["subsets"] == MOST) is more
        subsets, times = needed["subsets"], needed["rows"]
        studies = []
        for _ in range(300):
            of_rows = rng.normal(0, 1 / np.sqrt(rows * times))
            seen = difference + rng.normal(0, deviation, subsets) + of_rows
            error = np.sqrt(seen.var(ddof=1) / subsets + 1 / (rows * times))
            studies.append(abs(seen.mean()) / error > 2.0 + 0.6 * (subsets < 8))
        assert 0.7 <= np.mean(studies) <= 0.93, (deviation, needed, np.mean(studies))


def test_nothing_decides_what_is_too_small_and_one_subset_says_nothing():
    terms = ((0.01**2, 4), (0.0, 1), (0.01**2, 999))
    assert would_decide(terms, 1e-6) == {"subsets": MOST, "rows": None}
    assert would_decide((), 0.1) is None
    assert would_decide(terms, 1.0) == {"subsets": 5, "rows": 1.0}
    assert would_decide(terms, 0.012)["rows"] < MOST_ROWS
    strict, alone = would_decide(terms, 0.045, family=5), would_decide(terms, 0.045)
    assert (strict["subsets"], strict["rows"]) > (alone["subsets"], alone["rows"])
