"""What the explorer asks of a run's events and of the warm worker."""

from __future__ import annotations

import base64

import pytest

from backend.workspace.layout import BadInput
from workbench import modality
from workbench.explorer import evidence
from workbench.explorer.maps import Map


class Told:
    """A service that knows some events and keeps what it was asked."""

    def __init__(self, events: list[tuple[str, str, dict]]):
        self.known = [
            {
                "kind": kind,
                "key": key,
                "body": body,
                "subjects": [{"sha256": f"{kind} {key}"}, {"sha256": f"near {key}"}],
            }
            for kind, key, body in events
        ]

    def events(self, run, kind):
        return [event for event in self.known if event["kind"] == kind]

    def latest(self, run, kind, key):
        return next((event for event in reversed(self.events(run, kind)) if event["key"] == key), None)

    def ask(self, question, timeout):
        self.question = question
        return {"result": {}}


@pytest.fixture
def told(monkeypatch):
    service = Told(
        [
            ("encoder", "pretrain/0", {}),
            ("features", "pretrain/0", {}),
            ("neighbours", "ssl/0", {"arm": "ssl"}),
            ("stability", "ssl/umap/2/0", {"kept": 0.4}),
            ("projection.step", "ssl/umap/2/0/40", {"step": 40}),
            ("projection.step", "ssl/umap/2/0/20", {"step": 20}),
            ("classifier", "ssl/1.0", {"arm": "ssl"}),
            ("classifier", "scratch_aug/1.0", {"arm": "scratch_aug"}),
        ]
    )
    monkeypatch.setattr(evidence, "service", lambda: service)
    return service


SHOWN = Map("r1", "ssl", "umap", 2, "map of r1", {"seed": 0})


def test_a_map_finds_what_stands_beside_it(told):
    assert evidence.beside(SHOWN, "stability")["body"] == {"kept": 0.4}
    assert evidence.beside(SHOWN, "distances") is None
    assert [event["body"]["step"] for event in evidence.steps("r1")] == [20, 40]


def test_sides_of_a_comparison_are_named_by_what_was_kept_of_them(told):
    assert evidence.finished("r1") == {"neighbours": "neighbours ssl/0", "features": "features pretrain/0"}
    assert evidence.side(Map("r1", "ssl", "umap", 2, "x", {}, 20, "near 20")) == {"neighbours": "near 20"}
    assert evidence.fine_tuned("r1") == {"model": "classifier ssl/1.0"}
    evidence.compare("bars", evidence.finished("r1"), evidence.fine_tuned("r1"))
    assert told.question["kind"] == "compare"
    told.known = []
    for side in (evidence.finished, evidence.fine_tuned):
        with pytest.raises(BadInput, match="compare: expected a run"):
            side("r1")


def test_a_picture_travels_as_base64_and_a_map_of_the_untrained_encoder_takes_none(told):
    evidence.place(SHOWN, "bars", modality.shown("image").items.asked(b"\x89PNG\r\n\x1a\n"))
    assert base64.b64decode(told.question["image"]) == b"\x89PNG\r\n\x1a\n"
    assert told.question["projection"] == "map of r1"
    evidence.place(SHOWN, "reviews", modality.shown("text").items.asked(b"warm"))
    assert told.question["texts"] == ["warm"]
    with pytest.raises(BadInput, match="expected a map of a pretrained encoder"):
        evidence.place(Map("r1", "random", "pca", 2, "x", {"seed": 0}), "bars", {"texts": ["warm"]})
