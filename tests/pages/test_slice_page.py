"""A kept selection goes to Bias as a slice and to Explain as a set, each by one link that answers at once."""

from __future__ import annotations

import pytest

from .conftest import add_run, register
from .test_bias_page import shown


@pytest.fixture
def kept(nothing, answered_here):
    """A run with predictions, and two selections of it: the second is too small to be compared."""
    manifest = register(nothing)
    add_run(nothing, manifest, "done")
    table = nothing.artefacts.table(manifest["table"]["sha256"]).to_pandas()
    tested = table["row"][table["split"] == "test"].tolist()
    nothing.save_selection("done", "half", tested[: len(tested) // 2], {})
    nothing.save_selection("done", "few", tested[:2], {})
    return answered_here(nothing)


def test_the_slice_is_compared_at_once_and_says_that_it_was_chosen(kept, open_page):
    app = open_page("bias", run="done", selection="half")
    text = shown(app)
    assert "drawn after looking at the map" in text
    assert "wrong in “half” against" in text
    rates = next(frame.value for frame in app.dataframe if "In the slice" in frame.value)
    assert rates["Rate"].tolist()[:2] == ["Wrong answers (error rate)", "Cases found (TPR)"]
    (asked,) = kept.asked
    assert (asked["kind"], asked["selection"]["name"], asked["selection"]["version"]) == ("slice", "half", 1)
    app.run()
    assert len(kept.asked) == 1, "the answer stays"


def test_a_small_slice_is_shown_and_not_judged(kept, open_page):
    assert "Too few to say" in shown(open_page("bias", run="done", selection="few"))


def test_without_a_slice_the_page_is_as_before_and_offers_them(kept, open_page):
    app = open_page("bias", run="done")
    assert not kept.asked
    app.selectbox(key="slice of done").set_value("half").run()
    assert app.query_params["selection"] == "half"
    assert "wrong in “half” against" in shown(app)


def test_an_unknown_selection_is_one_line(kept, open_page):
    app = open_page("bias", run="done", selection="../../x")
    assert "expected one that this run keeps, found '../../x'" in shown(app)
    assert not kept.asked
