"""What a sweep draws, which trial it ends early, how it shares out its minutes, and what it says of the best trial."""

from __future__ import annotations

import json
import math

import pytest

from backend.control.record import swept
from backend.control.runs.sweeps import plans, search
from backend.workspace.layout import BadInput
from tests.unit.sweeping import PLAN, trial

pytest.importorskip("optuna")


class TestSearch:
    def sweep(self, trials):
        found = swept.Sweep("s", "", "d", "local", "", 0, json.dumps(PLAN))
        found.trials = {one.number: one for one in trials}
        return found

    def test_the_same_ledger_draws_the_same(self):
        told = [trial(n, {"pretext": "b", "train.lr": 1.0 + n}, 0.1 * n) for n in range(8)]
        first, again = search.drawn(PLAN, 8, told), search.drawn(PLAN, 8, told)
        assert first == again
        assert first != search.drawn({**PLAN, "seed": 2}, 8, told)

    def test_settings_of_another_task_are_not_drawn(self):
        for number in range(12):
            params = search.drawn(PLAN, number, [])
            assert ("pretext.a.t" in params) == (params["pretext"] == "a")
            assert 0.1 <= params["train.lr"] <= 10

    def test_a_fixed_value_is_kept(self):
        told = [trial(n, {"pretext": "b", "train.lr": 1.0 + n}, 0.1 * n) for n in range(8)]
        assert search.drawn(PLAN, 8, told, {"pretext": "b"}).keys() == {"pretext", "train.lr"}

    def test_it_draws_better_than_chance_does(self):
        def worth(params):
            return -abs(params["train.lr"] - 3) - (params["pretext"] == "a")

        told = []
        for number in range(40):
            params = search.drawn(PLAN, number, told)
            told.append(trial(number, params, worth(params)))
        by_chance = [worth(search.drawn(PLAN, number, [])) for number in range(40)]
        late = [one.score for one in told[20:]]
        assert sum(late) / len(late) > sum(by_chance) / len(by_chance) / 2, "half of what chance falls short by"
        assert max(told, key=lambda one: one.score).params["train.lr"] == pytest.approx(3, abs=0.5)

    def test_below_the_median_of_whole_trials_it_ends_early(self):
        whole = [
            trial(n, {"pretext": "b", "train.lr": 1.0}, s, readings=[(2, s), (4, s)])
            for n, s in enumerate((5, 6, 7, 8))
        ]
        sweep = self.sweep(whole)
        assert search.pruned(sweep, PLAN, [[1, 0.0], [2, 6.0]])
        assert not search.pruned(sweep, PLAN, [[1, 0.0], [2, 7.0]])
        assert not search.pruned(sweep, PLAN, [[1, 0.0]]), "not before half of its training"
        assert not search.pruned(sweep, PLAN, [[2, 0.0], [4, 0.0]]), "a whole trial is not ended early"
        assert not search.pruned(self.sweep(whole[:3]), PLAN, [[2, 0.0]]), "too few to compare with"
        ended = [trial(4 + n, {"pretext": "b"}, None, swept.PRUNED, readings=[(2, 5.0)]) for n in range(4)]
        assert not search.pruned(self.sweep(whole + ended), PLAN, [[2, 6.0]]), "those that were ended count as well"

    def test_importance_names_the_setting_that_decides(self):
        told = []
        for number in range(30):
            params = search.drawn(PLAN, number, [])
            told.append(trial(number, params, -abs(params["train.lr"] - 3)))
        found = search.importance(self.sweep(told), PLAN)
        assert max(found, key=found.get) == "train.lr"
        assert sum(found.values()) == pytest.approx(1, abs=0.01)
        assert search.importance(self.sweep(told[:5]), PLAN) == {}


class TestPlans:
    def test_minutes_are_shared_out(self):
        told = plans.planned(10, 20, plans.SEARCH, ["a"])
        assert told["share"] == pytest.approx((30 - plans.OVERHEAD) / 60, abs=1e-4)
        assert (told["trials"], told["most"]) == (20, 20)
        assert plans.planned(10, None, plans.SEARCH, ["a"])["most"] is None

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ((0, None, plans.SEARCH, ["a"]), "minutes: expected more than 0"),
            ((float("nan"), None, plans.SEARCH, ["a"]), "minutes: expected more than 0"),
            ((1, 20, plans.SEARCH, ["a"]), "minutes: expected at least 3.7 for 20 trials, found 1"),
            ((10, 1, plans.SEARCH, ["a"]), "trials: expected 2 to 200, found 1"),
            ((10, None, plans.ADVISE, ["a"]), "expected several pretext tasks to choose from, found only a"),
            ((10, 7, plans.ADVISE, ["a", "b"]), "trials: expected at least 8 for 2 tasks, found 7"),
        ],
    )
    def test_what_cannot_be_done_is_one_line(self, asked, said):
        with pytest.raises(BadInput, match=said):
            plans.planned(*asked)


class TestGain:
    def sweep(self, scores, rows=200, error=0.03, **plan):
        found = swept.Sweep("s", "", "d", "local", "", 0, json.dumps(PLAN | plan))
        for number, score in enumerate(scores):
            found.trials[number] = trial(number, {}, score)
            found.trials[number].rows, found.trials[number].error = rows, error
        return found

    def test_of_the_best_over_the_recipe_as_it_is(self):
        sweep = self.sweep([0.5, 0.7])
        found = plans.gain(sweep, plans.best(sweep))
        assert found["value"] == pytest.approx(0.2)
        assert (found["rows"], found["low"] > 0.1, found["high"] < 0.3) == (200, True, True)

    def test_it_widens_with_the_trials_it_was_picked_from(self):
        few, many = (self.sweep([0.5, *[0.4] * more, 0.7]) for more in (0, 20))
        a, b = (plans.gain(sweep, plans.best(sweep)) for sweep in (few, many))
        assert b["low"] < a["low"] < a["value"] == pytest.approx(b["value"])
        assert b["high"] > a["high"]

    def test_of_another_metric_the_errors_over_rows_decide(self):
        sweep = self.sweep([0.5, 0.7], metric="auroc")
        found, half = plans.gain(sweep, plans.best(sweep)), 1.959963985 * math.sqrt(2) * 0.03
        assert (found["low"], found["high"]) == pytest.approx((0.2 - half, 0.2 + half))

    def test_none_where_the_recipe_is_the_best_or_scores_are_no_shares(self):
        best, numbers = self.sweep([0.7, 0.5]), self.sweep([0.5, 0.7], error=None)
        assert plans.gain(best, plans.best(best)) is None
        assert plans.gain(numbers, plans.best(numbers)) is None
