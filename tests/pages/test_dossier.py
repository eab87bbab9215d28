"""The dossier of a run: every automatic value is found again in the verified ledger, every gap stays visible."""

from __future__ import annotations

import json
from datetime import date

import pytest

from backend.audit.dossier.compare import compare
from backend.audit.dossier.fields import registry
from backend.audit.dossier.statute import Statute, statute_on, statutes
from backend.audit.dossier.value import at, equal
from backend.control.people.permissions import Caller, Forbidden
from backend.control.runs.runs import NotFound
from backend.workspace.layout import BadInput
from tests.pages import conftest

ANNA = Caller("anna", "scientist")
SECRET = "correct horse battery"
SCENARIO = {
    "id": "older-people",
    "group": "age: over 60",
    "hazard": "Cases are missed more often than among the young.",
    "measure": "Largest difference in cases found between groups of age",
    "threshold": 0.02,
    "mitigation": "",
    "review_trigger": "A new run",
    "finding": {"key": "ssl/age", "metric": "tpr"},
}


@pytest.fixture
def done(nothing):
    """A service of its own with the run `done`: for tests that write."""
    conftest.add_run(nothing, conftest.register(nothing), "done")
    return nothing


def fields(document):
    return {field["id"]: field for point in document["points"] for field in point["fields"]}


def values(document):
    return [value for field in fields(document).values() for value in field["values"]]


@pytest.mark.parametrize("fixture", ["trained", "trained_text"])
def test_every_value_is_rederived_by_its_query_and_its_leaf_is_in_the_verified_ledger(fixture, request):
    service = request.getfixturevalue(fixture)
    assert service.verify()["ok"]
    hashes = {leaf["leaf"]: leaf["hash"] for leaf in service.ledger(limit=10_000)}
    found = values(service.dossiers.document("done"))
    assert len(found) > 80
    for value in found:
        (row,) = service.store.rows(value["query"])
        (answer,) = row.values()
        assert equal(value["value"], answer), value
        assert value["hash"] == hashes[value["leaf"]]
        assert value["text"].strip()
        assert "None" not in value["text"]


@pytest.mark.parametrize("fixture", ["trained", "trained_text"])
def test_a_run_through_every_stage_fills_sixty_percent_and_leaves_the_rest_open(fixture, request):
    document = request.getfixturevalue(fixture).dossiers.document("done")
    assert document["share"] >= 0.6
    for field in fields(document).values():
        assert field["state"] == {"A": "filled", "P": "prefilled", "H": "gap"}[field["class"]]
    assert document["state"] == "open"
    gaps = [line for line in document["open"] if "nothing stands here" in line]
    assert len(gaps) == sum(progress["gap"] for progress in document["progress"]) == 10
    assert "compliant" not in json.dumps(document).lower()


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_an_unfinished_run_says_so_and_claims_nothing(trained, state):
    document = trained.dossiers.document(state)
    assert document["open"][0] == f"The run is not complete: it is {state}."
    assert fields(document)["3.accuracy"]["state"] == "gap"
    assert document["share"] < 0.6


def test_statutes_are_whole_and_the_newest_not_after_the_date_counts():
    old, new = statutes()
    for statute in (old, new):
        assert len({duty.id for duty in statute.field}) == len(statute.field) == 28
        assert [len([d for d in statute.field if d.class_ == c]) for c in "APH"] == [8, 10, 10]
        assert {duty.point for duty in statute.field} == set(statute.points) == set("123456789")
        assert set(registry()) <= {duty.id for duty in statute.field}
    assert statute_on(date(2026, 7, 26)) is old
    assert statute_on(date(2026, 7, 27)) is statute_on() is new
    with pytest.raises(BadInput, match=r"^statute: expected a day from 2024-08-01 on"):
        statute_on(date(2020, 1, 1))


def test_a_statute_file_that_is_not_whole_is_refused():
    told = statutes()[1].model_dump(by_alias=True)
    with pytest.raises(ValueError, match=r"1\.a twice"):
        Statute.model_validate({**told, "field": [*told["field"], told["field"][0]]})
    with pytest.raises(ValueError, match="a field for every point"):
        Statute.model_validate({**told, "field": [d for d in told["field"] if d["id"] != "8"]})


def test_a_person_completes_a_field_and_the_newest_text_counts(done):
    written = done.dossiers.answer("done", "1.b", "  A scanner.  ", ANNA)
    assert fields(done.dossiers.document("done"))["1.b"]["person"]["leaf"] == written["leaf"]
    done.dossiers.answer("done", "1.b", "Two scanners.", ANNA)
    field = fields(done.dossiers.document("done"))["1.b"]
    assert (field["state"], field["person"]["text"], field["person"]["by"]) == ("completed", "Two scanners.", "anna")
    done.dossiers.answer("done", "1.b", "", ANNA)
    assert fields(done.dossiers.document("done"))["1.b"]["state"] == "gap"


def test_an_erased_text_is_a_gap_again_and_the_record_still_verifies(done):
    written = done.dossiers.answer("done", "1.b", "Ask Jane Roe.", ANNA)
    assert not done.store.rows("SELECT 1 FROM ledger WHERE body LIKE '%Jane%'")
    done.trail.redact(written["leaf"], "asked for by Jane Roe")
    assert fields(done.dossiers.document("done"))["1.b"]["state"] == "gap"
    assert done.verify()["ok"]


def test_a_text_for_the_workspace_stands_in_every_run_until_a_run_says_otherwise(done):
    done.dossiers.answer("done", "7", "None is harmonised yet.", ANNA, scope="workspace")
    assert fields(done.dossiers.document("done"))["7"]["person"]["scope"] == "workspace"
    done.dossiers.answer("done", "7", "ISO 1 in part.", ANNA)
    assert fields(done.dossiers.document("done"))["7"]["person"]["text"] == "ISO 1 in part."


def test_versions_are_kept_as_they_were_and_compared_field_by_field(done):
    first = done.dossiers.build("done", ANNA)
    assert (first["version"], first["record"]["verified"]) == (1, True)
    assert first["record"]["checkpoint"].split("\n")[1] == str(first["record"]["size"])
    done.dossiers.answer("done", "5", "A risk file.", ANNA)
    done.dossiers.scenario("done", SCENARIO, ANNA)
    assert any("written after this version" in line for line in done.dossiers.version("done")["open"])
    done.dossiers.build("done", ANNA)
    changes = done.dossiers.compare("done", 1, 2)
    assert {"field": "5", "title": "Risk management system", "what": "a person's text", "change": "added"} | {
        "old": None,
        "new": "A risk file.",
    } in changes
    assert {c["field"] for c in changes} == {"5", "older-people"}
    assert {c["change"] for c in done.dossiers.compare("done", 2, 1)} == {"removed"}
    assert compare(first, first) == []
    assert [v["version"] for v in done.dossiers.versions("done")] == [2, 1]
    assert done.verify()["ok"]


def test_the_current_version_is_built_anew_only_where_something_changed(done):
    assert done.dossiers.current("done", ANNA)["version"] == 1
    assert done.dossiers.current("done", ANNA)["version"] == 1
    done.dossiers.answer("done", "8", "Attached.", ANNA)
    assert done.dossiers.current("done", ANNA)["version"] == 2


def test_signed_is_what_reviewers_approved_with_nothing_open_and_falls_with_any_change(done, quick_hashes):
    for name, role in (("rita", "reviewer"), ("anna", "scientist")):
        done.people.add(name, role, password=SECRET, actor="ada")  # whoever started the run must not set passwords
    rita = done.people.caller("rita")
    for field in fields(done.dossiers.document("done")).values():
        if field["state"] != "filled":
            done.dossiers.answer("done", field["id"], "It is so.", ANNA)
    assert done.dossiers.build("done", ANNA)["state"] == "open", "nobody has looked at it yet"
    for what in ("run:done", "report:done"):
        done.reviews.decide(what, "approved", "", rita, SECRET)
    signed = done.dossiers.version("done")
    assert (signed["state"], signed["open"], signed["share"]) == ("signed", [], 1.0)
    assert done.dossiers.document("done") == signed
    assert {a["what"]: a["by"] for a in signed["approvals"]} == {"run:done": "rita", "report:done": "rita"}
    done.dossiers.answer("done", "1.b", "It is otherwise.", ANNA)
    assert done.dossiers.version("done")["state"] == "open"
    draft = done.dossiers.document("done")
    assert (draft["version"], draft["open"]) == (2, ["Version 2: nobody has reviewed it."]), "what changed was not seen"
    assert done.dossiers.build("done", ANNA)["state"] == "open"
    assert any("void" in line for line in done.dossiers.version("done")["open"])


def test_a_scenario_is_held_against_what_the_run_observed(done):
    done.dossiers.scenario("done", SCENARIO, ANNA)
    document = done.dossiers.document("done")
    (scenario,) = document["scenarios"]
    assert scenario["exceeded"] is True, "a gap of 5 points is above a threshold of 2"
    (row,) = done.store.rows(scenario["observed"]["query"])
    assert equal(scenario["observed"]["value"], next(iter(row.values())))
    assert any("older-people: the threshold is exceeded" in line for line in document["open"])
    done.dossiers.scenario("done", {**SCENARIO, "threshold": 0.2, "mitigation": "Weights"}, ANNA)
    document = done.dossiers.document("done")
    assert document["scenarios"][0]["exceeded"] is False
    assert not any("older-people" in line for line in document["open"])
    done.dossiers.scenario("done", {**SCENARIO, "withdrawn": True}, ANNA)
    assert done.dossiers.document("done")["scenarios"] == []


def test_an_erased_scenario_stands_no_longer_and_what_it_settled_is_open_again(done):
    proposal = done.dossiers.proposals("done")[0]
    told = {k: v for k, v in proposal.items() if k not in ("significant", "observed")}
    leaf = done.dossiers.scenario("done", {**told, "mitigation": "Jane Roe reads them twice."}, ANNA)["leaf"]
    assert not done.store.rows("SELECT 1 FROM ledger WHERE body LIKE '%Jane%'")
    assert done.dossiers.document("done")["scenarios"][0]["mitigation"] == "Jane Roe reads them twice."
    done.trail.redact(leaf, "asked for by Jane Roe")
    assert done.dossiers.document("done")["scenarios"] == []
    assert proposal in done.dossiers.proposals("done")
    withdrawn = done.dossiers.scenario("done", {**told, "withdrawn": True}, ANNA)
    done.trail.redact(withdrawn["leaf"], "asked for by Jane Roe")
    assert proposal not in done.dossiers.proposals("done")
    assert done.verify()["ok"]


def test_proposals_can_be_recorded_as_they_are_and_are_then_no_proposals(done):
    made = done.dossiers.proposals("done")
    assert {p["finding"]["key"] for p in made} == {"ssl/sex", "ssl/age"}
    for proposal in made:
        done.dossiers.scenario(
            "done", {k: v for k, v in proposal.items() if k not in ("significant", "observed")}, ANNA
        )
    assert done.dossiers.proposals("done") == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"id": "../x"}, "id"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"group": "a\x00b"}, "group"),
        ({"hazard": ""}, "hazard"),
        ({"hazard": "x" * 2001}, "hazard"),
        ({"mitigation": "\ud800"}, "mitigation"),
        ({"more": 1}, "more"),
        ({"finding": {"key": "ssl/nobody", "metric": "tpr"}}, "finding"),
        ({"finding": ["ssl/age"]}, "finding"),
    ],
)
def test_a_scenario_that_is_none_is_one_line(trained, change, line):
    with pytest.raises(BadInput, match=f"^bias scenario: {line}") as error:
        trained.dossiers.scenario("done", {**SCENARIO, **change}, ANNA)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("field", "text", "scope"),
    [
        ("10.z", "x", "run"),
        ("1.a", "x" * 20_001, "run"),
        ("1.a", "bell \x07", "run"),
        ("1.a", None, "run"),
        (None, "x", "run"),
        ("1.a", "x", "world"),
    ],
)
def test_a_text_that_is_none_is_one_line(trained, field, text, scope):
    with pytest.raises(BadInput, match=r"^dossier field: "):
        trained.dossiers.answer("done", field, text, ANNA, scope)


def test_who_may_not_and_what_is_not_there(trained):
    dossiers = trained.dossiers
    viewer = Caller("vera", "viewer")
    for write in (
        lambda: dossiers.answer("done", "1.a", "x", viewer),
        lambda: dossiers.scenario("done", SCENARIO, viewer),
        lambda: dossiers.build("done", viewer),
    ):
        with pytest.raises(Forbidden):
            write()
    with pytest.raises(NotFound, match=r"^run: "):
        dossiers.document("nope")
    with pytest.raises(BadInput, match=r"^dossier: expected a run of training"):
        dossiers.document("data-bars")
    with pytest.raises(NotFound, match=r"^dossier of done: expected a version"):
        dossiers.version("done", 7)
    with pytest.raises(BadInput, match=r"^as_of: "):
        dossiers.document("done", "yesterday")


def test_a_query_stays_one_query_whatever_a_key_is_called(trained):
    event = {"leaf": 0, "body": {"a/b~'": {"c": [1, 2.5]}}, "subjects": []}
    (value,) = at(event, "a/b~'", "c", 1, label="x")
    (row,) = trained.store.rows(value.query.replace("body", """'{"a/b~''": {"c": [1, 2.5]}}'"""))
    assert equal(value.value, next(iter(row.values())))
    assert list(at(event, "a/b~'", "c", 2, label="x")) == []
