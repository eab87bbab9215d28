"""Pages and dossiers speak of a number as of a number: units, verbs, captions, figures."""

from __future__ import annotations

import numpy as np
import pytest

from backend.audit.dossier import words as dossier
from backend.fairness._audit import adjust_gaps
from backend.fairness._errors import Errors, audit_errors
from backend.fairness._reading import Settings
from backend.targets.figures import Figures
from backend.workspace.formats import quantity, quantity_interval
from workbench.charts import bias as bias_charts
from workbench.charts import number as charts
from workbench.charts import run as run_charts
from workbench.targets import described, short
from workbench.verdicts import bias, explain, slices
from workbench.verdicts import data as data_words

TARGET = {"type": "number", "column": "life", "unit": "days"}


@pytest.fixture(scope="module")
def body() -> dict:
    """An audit in which the errors of women lie 6 days higher."""
    rng = np.random.default_rng(0)
    sex = np.where(np.arange(200) % 2, "female", "male")
    truth = rng.normal(100, 20, 200)
    errors = Errors(truth, truth + rng.normal(0, 3, 200) + 6 * (sex == "female"))
    found = audit_errors(errors, sex, Settings(20, 300, 300))
    adjust_gaps([found])
    head = {"arm": "ssl", "attribute": "sex", "fraction": 1.0, "positive": None, "min_group": 20, "target": TARGET}
    return {**head, **found}


@pytest.mark.parametrize(
    ("value", "said"), [(3.2622, "3.26 days"), (0.0312, "0.0312 days"), (15301.2, "15,301 days"), (0, "0 days")]
)
def test_quantities_have_three_digits(value, said):
    assert quantity(value, "days") == said


def test_an_interval_says_how_precise_the_value_is():
    assert quantity_interval({"value": 3.2622, "low": 0.82, "high": 5.70}, "days") == "3.3 days [0.8, 5.7]"
    assert quantity_interval({"value": -120.4, "low": -160.2, "high": -80.1}, "days", True) == "−120 days [−160, −80]"
    assert quantity_interval({"value": 3.2622, "low": None, "high": None}, "days", bare=" (no interval)") == (
        "3.26 days (no interval)"
    )


def test_shares_stay_as_they_were():
    told = Figures.of("accuracy")
    assert told.interval({"value": 0.91, "low": 0.90, "high": 0.92}) == "91.0 % [90.0, 92.0]"
    assert told.margin(0.01) == "1 point"
    assert Figures.of("brier", {"type": "event"}).amount(0.0512) == "0.0512"


def test_the_bias_page_names_who_is_treated_worse_in_the_unit(body):
    said = bias.sentence(body, "mean_error")
    assert said.startswith("The pretrained model errs ")
    assert "days further upwards among “female” than among “male” (mean error " in said
    rows = bias.gap_rows(body)
    assert all("Error" in row and "days" in row["Largest difference"] for row in rows)
    assert "Positive" not in bias.group_rows(body)[0]
    assert bias.parity_rows({"ssl": body}, {}) == []
    assert "jackknife" in bias.method(body)
    figure = bias_charts.groups({"ssl": body}, "mean_absolute_error")
    assert "absolute error (days)" in figure.layout.xaxis.title.text


def test_a_contrast_is_in_the_unit():
    gap = {"value": 4.0, "low": 2.0, "high": 6.0}
    test = {"groups": ["a", "b"], "ssl_gap": gap, "supervised_gap": gap, "difference": gap, "p_holm": 0.01}
    said = bias.contrast_sentence({**test, "decision": "ssl widens the gap"}, "mean_error", "days")
    assert "4.0 days [2.0, 6.0] against 4.0 days" in said
    assert "difference +4.0 days" in said


def test_the_dossier_says_gaps_and_groups_in_the_unit(body):
    event = {"body": body}
    told = dossier.in_its_unit(event, dossier.gap)(body["gaps"]["mean_error"])
    assert "days [" in told
    assert "female highest, male lowest" in told
    assert "mean error" in dossier.in_its_unit(event, dossier.group)(body["groups"][0])
    study = {"metric": "mae", "target": TARGET}
    assert dossier.of_study(study, {"value": 3.3, "low": 2.4, "high": 4.1}) == "3.30 days [2.40, 4.10]"
    assert dossier.margin_of({"body": study})(0.172) == "0.17 days"
    assert dossier.target_in_words(TARGET) == "the number life, in days"


def test_a_slice_is_compared_by_its_absolute_error(body):
    swapped = {"female": slices.SELECTED, "male": slices.REST}
    groups = [{**g, "group": swapped[g["group"]]} for g in body["groups"]]
    result = {"rows": 100, "tested": 100, "min_group": 20, "positive": None, "groups": groups, "target": TARGET}
    said = slices.sentence("odd ones", result)
    assert "days" in said
    assert said.startswith("The model is further off here: off by ")
    assert [row["Rate"] for row in slices.rows(result)] == [bias.name(m) for m in bias.ordered(groups[0]["metrics"])]


def test_captions_of_a_number_have_no_probability():
    assert explain.caption(118.3, 104.2, None, [], "days") == "118 days, predicted 104 days"
    assert explain.caption(None, 104.2, None, [], "days") == "not known, predicted 104 days"
    assert explain.of_number({"probability": [None, None]})
    assert not explain.of_number({"probability": [0.9]})


def test_data_sets_say_what_is_predicted():
    manifest = {"label": None, "classes": [], "target": TARGET}
    assert described(manifest) == "a number to predict: life (days)"
    assert short(manifest) == "number life (days)"
    assert short({"label": None, "classes": []}) == "no labels"
    event = {"label": "life", "classes": ["not within 30 days", "within 30 days"], "positive": "within 30 days"}
    event["target"] = {"type": "event", "column": "life", "unit": "days", "horizon": 30.0}
    assert described(event) == "an event to predict: life within 30 days"


def test_examples_stand_along_the_number():
    found = data_words.examples_of_numbers([3.0, None, 1.0, 2.0, 9.0], ["train"] * 4 + ["test"], "days", each=1)
    assert found == {
        "Lowest: 1.00 days": [2],
        "Middle: 2.00 days": [3],
        "Highest: 3.00 days": [0],
    }
    same = data_words.examples_of_numbers([40.0, 40.0, 40.0], ["train"] * 3, "hours", each=2)
    assert list(same) == ["Lowest: 40.0 hours", "Middle: 40.0 hours", "Highest: 40.0 hours"]


def test_the_figures_of_a_number():
    described_ = {"count": 3, "mean": 2.0, "deviation": 1.0, "quartiles": [1.0, 1.5, 2.0, 2.5, 3.0]}
    told = {**TARGET, "missing": 0, "unlabelled": 0, "splits": dict.fromkeys(("train", "val", "test"), described_)}
    told["histogram"] = {"edges": [1, 2, 3], "counts": {"train": [1, 2], "val": [0, 0], "test": [2, 1]}}
    told["groups"] = {"sex": {"f": described_, "m": described_}}
    figure = charts.distribution(told)
    assert [trace.name for trace in figure.data] == ["Train (n = 3)", "Test (n = 3)"]
    assert len(charts.by_group(told, "sex", ["f", "m"]).data) == 2
    rows = data_words.target_rows(told, {"sex": ["f", "m"]})
    assert [row["Of"] for row in rows] == ["Train", "Validation", "Test", "sex: f", "sex: m"]
    assert rows[0]["Median"] == "2.00"
    x = np.arange(5.0)
    drawn = charts.predicted(x, x + 1, x, x + 2, TARGET, "ssl")
    assert drawn.layout.yaxis.title.text == "predicted (days)"


def test_the_run_page_shows_r2_of_the_neighbours():
    figure = run_charts.knn(
        [{"step": 5, "k": 20, "r2": 0.4, "chance": 0.0}, {"step": 9, "k": 20, "r2": 0.6, "chance": 0}]
    )
    assert figure.data[0].y == (0.4, 0.6)
