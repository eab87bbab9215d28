"""A workspace that the version before made still opens, verifies, shows its runs and builds its dossier."""

from __future__ import annotations

import pytest

from backend.control.service import Service
from tests.fixtures import unpacked

STATES = {"Bars": "succeeded", "Reviews": "succeeded", "Cancelled": "cancelled", "Register broken": "failed"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    service = Service.open(unpacked(tmp_path_factory.mktemp("kept") / "ws"), start_supervisor=False)
    yield service
    service.close()


def bars(service: Service) -> str:
    return next(run["run"] for run in service.runs() if run["title"] == "Bars")


def test_it_verifies(kept):
    report = kept.verify()
    assert report["findings"] == []
    assert report["events"] > 150
    assert report["artefacts"] > 30
    assert report["redacted"] == 1


def test_its_runs_and_data_are_shown(kept):
    shown = {run["title"]: run["state"] for run in kept.runs()}
    assert STATES.items() <= shown.items()
    assert {data["name"]: data["kind"] for data in kept.datasets()} == {"bars": "image", "reviews": "text"}
    assert len(kept.thumbnails("bars", [0, 1])) == 2
    assert "saw the" in kept.texts("reviews", [0])[0]
    for run in kept.runs():
        assert kept.events(run["run"])


def test_its_people_are_who_they_were(kept):
    people = {person["name"]: (person["role"], person["admin"]) for person in kept.people.listed()}
    assert people == {
        "ada": ("reviewer", True),
        "rita": ("reviewer", False),
        "simon": ("scientist", False),
        "vera": ("viewer", False),
    }
    assert kept.people.sign_in("rita", "correct horse battery")
    assert kept.reviews.of(f"run:{bars(kept)}")["state"] == "approved"


def test_its_dossier_is_built_anew(kept):
    built = kept.dossiers.build(bars(kept), kept.people.caller("simon"))
    assert built["version"] == 2
    assert kept.dossiers.version(bars(kept), 1)["version"] == 1


def test_it_goes_on(kept):
    """New events follow the old ones, and the whole verifies."""
    kept.save_selection(bars(kept), "After", [4], {}, actor="simon")
    kept.trail.checkpoint()
    assert kept.verify()["findings"] == []
