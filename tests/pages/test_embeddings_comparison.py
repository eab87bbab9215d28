"""Whose true neighbours changed: asked for by a button, ranked, and handed to the selection."""

from __future__ import annotations

import pytest

from backend.workspace.layout import BadInput
from workbench.explorer import evidence

RESULT = {
    "k": 15,
    "points": 240,
    "overall": {"value": 0.31, "low": 0.29, "high": 0.33},
    "chance": 0.03,
    "by": {
        "label": [
            {"group": "left", "points": 120, "units": 120, "value": 0.2, "low": 0.1, "high": 0.3, "enough": True},
            {"group": "right", "points": 120, "units": 120, "value": 0.4, "low": 0.3, "high": 0.5, "enough": True},
        ]
    },
    "most_changed": {"rows": [7, 3, 11], "jaccard": [0.0, 0.05, 0.1], "cosine": [-0.41, 0.2, 0.1]},
    "none_in_common": 17,
    "ranked_in": ["first", "second"],
}


@pytest.fixture
def two_maps(trained, open_page):
    app = open_page("embeddings", run="done")
    app.selectbox("beside of done").set_value("Untrained encoder · PCA, 2-D").run()
    return app


def said(app) -> str:
    return "\n".join(part.value for part in [*app.caption, *app.markdown, *app.error])


def test_two_encoders_are_compared_when_a_person_asks(two_maps, monkeypatch):
    asked = []
    monkeypatch.setattr(evidence, "finished", lambda run, arm="ssl": {"features": arm})
    monkeypatch.setattr(evidence, "compare", lambda *sides: asked.append(sides) or {"result": RESULT})
    assert "the maps play no part" in said(two_maps)
    app = two_maps.button("compare_changed").click().run()
    assert not app.exception
    assert [side["features"] for side in asked[0][1:]] == ["ssl", "random"]
    assert "in either encoder, 31" in said(app)
    assert "17 of the 240 points share none" in said(app)
    assert "lie from the point in the other" in said(app)
    assert "<figcaption>7 · 0.0 % · −0.41</figcaption>" in "".join(one.proto.body for one in app.get("html"))
    tables = [frame.value for frame in app.dataframe]
    assert ["left", "right"] in [table["Label"].tolist() for table in tables if "Label" in table]
    app = app.button("select_changed").click().run()
    assert len(asked) == 1, "the answer stays"
    assert app.session_state["selected_bars"].nonzero()[0].tolist() == [3, 7, 11]


def test_what_cannot_be_compared_is_one_line(two_maps, monkeypatch):
    def refuse(*sides):
        raise BadInput("compare: expected features, found none")

    monkeypatch.setattr(evidence, "finished", refuse)
    app = two_maps.button("compare_changed").click().run()
    assert [e.value for e in app.error] == ["compare: expected features, found none"]


def test_two_maps_of_one_encoder_have_nothing_to_compare(trained, open_page):
    app = open_page("embeddings", run="done")
    other = next(o for o in app.selectbox("beside of done").options if o.startswith("Pretrained"))
    app.selectbox("beside of done").set_value(other).run()
    assert "compare_changed" not in [b.key for b in app.button]
