"""The sentences of the bias page: who is treated worse, when nothing may be claimed, what SSL changes."""

from __future__ import annotations

from workbench.verdicts import bias as words


def rate(value: float, low: float, high: float) -> dict:
    return {"value": value, "low": low, "high": high, "trials": 100, "enough": True, "versus_rest": None}


def body(p: float | None = 0.0002, p_holm: float | None = 0.001, metric: str = "tpr", positive="malignant") -> dict:
    groups = [("under 40", rate(0.83, 0.78, 0.87), 210), ("over 60", rate(0.61, 0.52, 0.69), 190)]
    gap = {"max_min": 0.22, "value_low": 0.12, "value_high": 0.31, "groups": ["under 40", "over 60"]}
    if p is None:
        gap = dict.fromkeys(gap)
    return {
        "arm": "ssl",
        "attribute": "age",
        "fraction": 1.0,
        "positive": positive,
        "min_group": 30,
        "groups": [
            {"group": g, "n": n, "n_positive": 100 if positive else None, "enough": True, "metrics": {metric: r}}
            for g, r, n in groups
        ],
        "overall": {metric: rate(0.72, 0.68, 0.76)},
        "gaps": {metric: {**gap, "p": p, "p_holm": p_holm}},
        "notes": [],
    }


def test_names_who_is_treated_worse_by_how_much_and_how_sure():
    assert words.sentence(body(), "tpr") == (
        "The pretrained model finds 22.0 points fewer cases among “over 60” than among “under 40” "
        "(TPR 61.0 % [52.0, 69.0] against 83.0 % [78.0, 87.0]; permutation p = 0.001 after Holm)."
    )


def test_a_false_alarm_is_worse_when_it_is_high():
    said = words.sentence(body(metric="fpr"), "fpr")
    assert "raises 22.0 points more false alarms among “under 40” than among “over 60”" in said
    assert "(FPR 83.0 % [78.0, 87.0] against 61.0 %" in said


def test_the_selection_rate_names_the_positive_class():
    assert "predicts “malignant” 22.0 points less often" in words.sentence(
        body(metric="selection_rate"), "selection_rate"
    )


def test_a_mean_over_classes_speaks_of_the_rate_not_of_cases():
    assert "scores 22.0 points lower in TPR among “over 60”" in words.sentence(body(positive=None), "tpr")


def test_no_gap_and_not_settled_are_told_apart():
    assert words.sentence(body(0.63, 1.0), "tpr") == (
        "No gap found in TPR between groups of age (largest difference 22.0 points [12.0, 31.0], p = 0.63)."
    )
    assert words.sentence(body(0.004, 0.067), "tpr").startswith("Not settled: TPR differs by 22.0 points")


def test_too_few_to_say():
    assert words.sentence(body(None, None), "tpr").startswith(
        "Too few rows to say: fewer than two groups of age have 30 rows"
    )
    small = body()
    small["groups"][1]["enough"] = False
    assert words.too_small(small) == "Too few to say, shown in grey and not tested: over 60 (190)."
    assert words.too_small(body()) == ""


def test_opens_where_the_evidence_is_strongest():
    weak, strong = body(0.2, 0.6), body()
    strong["attribute"] = "sex"
    assert words.strongest([weak, strong]) == ("sex", "tpr")
    assert words.strongest([body(None, None)]) == ("age", "tpr")


def audited(attribute: str, gap: float, p_holm: float = 0.018) -> dict:
    found = body(p_holm=p_holm)
    found["attribute"] = attribute
    found["gaps"]["tpr"]["max_min"] = gap
    return found


def test_at_equal_p_a_single_attribute_goes_before_a_crossing_and_a_large_gap_before_a_small_one():
    crossed, sex, age = audited("sex x age", 0.40), audited("sex", 0.29), audited("age", 0.20)
    for bodies in ([crossed, age, sex], [sex, age, crossed]):
        assert words.strongest(bodies) == ("sex", "tpr")
    crossed["gaps"]["tpr"]["p_holm"] = 0.010
    assert words.strongest([crossed, sex, age]) == ("sex x age", "tpr")
    assert words.strongest([audited("pixels x slice", 0.40), sex]) == ("pixels x slice", "tpr")


def contrast(decision: str, value: float = -0.004) -> dict:
    gap = {"value": 0.05, "low": 0.01, "high": 0.09}
    return {
        "groups": ["male", "female"],
        "ssl_gap": gap,
        "supervised_gap": gap,
        "difference": {"value": value, "low": -0.021, "high": 0.013},
        "p_holm": 0.63,
        "decision": decision,
    }


def test_ssl_against_supervised():
    assert words.contrast_sentence(contrast("no significant difference")) == (
        "No sign that SSL widens or narrows the gap (difference −0.4 points [−2.1, 1.3], p = 0.63 after Holm)."
    )
    assert words.contrast_sentence(contrast("ssl widens the gap", 0.1)).startswith(
        "SSL widens the gap between “male” and “female”: 5.0 points [1.0, 9.0] against 5.0 points"
    )
    assert "Too few to say" in words.contrast_sentence({"decision": "not enough data"})


def test_a_percentage_of_amplification_only_where_the_event_gives_one():
    found = {
        "ssl": {"value": 0.03, "low": 0.01, "high": 0.05},
        "scratch_aug": {"value": 0.02, "low": 0.01, "high": 0.03},
    }
    found |= {"difference": {"value": 0.01, "low": -0.01, "high": 0.03}, "p": 0.4, "percent": None}
    assert "%" not in words.amplification_sentence(found, "sex")
    found["percent"] = {"value": 50.0, "low": -20.0, "high": 180.0}
    assert words.amplification_sentence(found, "sex").endswith("[−1.0, 3.0]; +50.0 % [−20.0, 180.0].")
    assert "could not be computed" in words.amplification_sentence({"difference": None}, "sex")


def test_tables_have_a_row_for_every_group_and_one_for_all():
    rows = words.group_rows(body())
    assert [r["Group"] for r in rows] == ["under 40", "over 60", "All"]
    assert rows[2]["Rows"] == "400"
    assert words.gap_rows(body())[0]["Finding"] == "gap"
    assert words.gap_rows(body(None, None))[0]["Largest difference"] == "too few to say"
