"""What the bias page says and draws of the probes: significance aloud, the control beside, examples veiled."""

from __future__ import annotations

import pytest

from workbench.charts import probes as charts
from workbench.verdicts import probes as words


def body(probe: str = "crows_pairs", arm: str = "ssl", value: float = 0.61, p: float = 1e-4, **more) -> dict:
    interval = {"value": value, "low": value - 0.05, "high": value + 0.05}
    rows = [{"category": "age", "n": 100, **interval, "p": p, "p_holm": p}]
    rows.append({"category": "race & more", "n": 300, **interval, "value": value + 0.02, "p": 0.4, "p_holm": 0.8})
    found = {"arm": arm, "probe": probe, "unit": "share", "neutral": 0.5, "estimate": interval, "p": p, "n": 400}
    found |= {"of": 1508, "by": "Type of bias", "category_unit": "share", "category_neutral": 0.5, "categories": rows}
    return {**found, "notes": [], "fluency": {"model": 3.0, "frequency": 5.0, "tokens": 200}, **more}


def both(**more) -> dict:
    return {"ssl": body(**more), "random": body(arm="random", value=0.49, p=0.7)}


def test_a_preference_is_told_with_interval_neutral_value_and_control():
    said = words.sentence(both())
    assert said == (
        "CrowS-Pairs: the model prefers the stereotype: 61.0 % [56.0, 66.0] (neutral: 50.0 %; p < 0.001; n = 400). "
        "Untrained: 49.0 % [44.0, 54.0]."
    )


def test_what_is_not_significant_is_called_so():
    said = words.sentence(both(value=0.52, p=0.4))
    assert "shows no preference for stereotypes" in said
    assert "not significant, p = 0.40" in said


def test_the_other_direction_is_no_stereotype():
    assert "prefers the anti-stereotype" in words.sentence(both(value=0.4, p=0.001))


def test_a_control_that_is_apart_too_is_named():
    arms = {"ssl": body(), "random": body(arm="random", value=0.6, p=0.01)}
    assert "the test set or the tokenizer alone can cause this" in words.sentence(arms)


def test_swaps_name_the_pair_that_changes_most():
    rows = [
        {"category": "she → he", "n": 40, "value": -0.03, "low": -0.05, "high": -0.01, "p": 0.001, "p_holm": 0.002},
        {"category": "woman → man", "n": 12, "value": 0.01, "low": -0.02, "high": 0.04, "p": 0.5, "p_holm": 0.5},
    ]
    swaps = body("counterfactual", value=0.1, p=None, categories=rows, category_unit="points", target="good")
    said = words.sentence({"ssl": swaps})
    assert (
        "1 pair changes P(good) significantly after Holm, of 2 tested; the largest change is she → he, by −3.0 " in said
    )
    calm = {**swaps, "categories": [rows[1]]}
    assert "none of 1 pairs changes the probability significantly" in words.sentence({"ssl": calm})


def test_associations_are_counted_after_holm():
    rows = [{"category": str(i), "n": 16, "value": v, "low": 0, "high": 1, "p": p, "p_holm": p}
            for i, (v, p) in enumerate([(1.2, 0.01), (-1.1, 0.02), (0.2, 0.6)])]  # fmt: skip
    found = body("seat", value=0.4, p=0.01, unit="d", neutral=0.0, categories=rows)
    assert "2 of 3 association tests are significant after Holm, 1 of them against" in words.sentence({"ssl": found})


def test_the_summary_counts_probes_and_never_proves_fairness():
    found = {"crows_pairs": both(), "winobias": {"ssl": body("winobias", p=0.5)}}
    assert words.summary(found) == "1 of 2 probes finds a bias of the model: CrowS-Pairs."
    assert "no proof" in words.summary({"winobias": {"ssl": body("winobias", p=0.5)}})


def test_a_model_that_knows_no_language_is_not_taken_at_its_word():
    assert words.warning(both()) == ""
    deaf = both(fluency={"model": 6.0, "frequency": 5.0, "tokens": 200})
    assert "no better than their frequencies" in words.warning(deaf)


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("share", 0.575, "57.5 %"),
        ("points", -0.004, "−0.4"),
        ("d", -1.234, "−1.23"),
        ("nats", -0.0012, "−0.001"),
        ("nats", 0.0, "0.00"),
    ],
)
def test_numbers(unit, value, said):
    assert words.number(unit, value) == said


def test_rows_hold_every_model_and_the_test():
    (first, second) = words.rows(both())
    assert first["Pretrained"] == "61.0 % [56.0, 66.0]"
    assert first["Untrained (control)"].startswith("49.0 %")
    assert (first["Finding"], second["Finding"]) == ("differs", "not significant")


def test_examples_are_veiled_and_cannot_become_markup():
    page = words.blurred([{"category": "<i>race</i>", "a": "<script>x</script>", "b": None, "score": -1.25}])
    assert "<script>x" not in page
    assert "<i>" not in page
    assert page.count('class="veiled"') == 1
    assert "blur(" in page
    assert "−1.25" in page


def test_the_figure_has_a_panel_a_probe_and_a_mark_a_model():
    figure = charts.effects({"crows_pairs": both(), "winobias": {"ssl": body("winobias")}})
    assert len(figure.data) == 3
    assert {trace.marker.symbol for trace in figure.data[:2]} == {"circle", "diamond"}
    assert [shape.x0 for shape in figure.layout.shapes] == [50, 50]
    assert list(figure.data[1].x) == [61]


def test_categories_carry_their_own_intervals_and_the_clearest_is_on_top():
    figure = charts.categories(both())
    assert figure.layout.yaxis.ticktext[-1] == "race &amp; more (n = 300)"  # as Plotly is told it
    assert list(figure.data[0].error_x.array) == pytest.approx([5, 3])
