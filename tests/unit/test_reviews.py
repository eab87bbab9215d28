"""Reviews: who may decide, what the signature covers, and what makes a decision void."""

from __future__ import annotations

import pytest

from backend.audit.ledger.canonical import canonical
from backend.audit.ledger.payloads import REDACTED, Payload
from backend.control.people import signing
from backend.control.people.permissions import LOCAL, Forbidden
from backend.control.service import NotFound, Service
from backend.workspace.layout import BadInput
from tests.reviewing import FINDING, GAP, REPORT, RUN, SECRET, approve, by, late, staff, told


@pytest.fixture
def service(tmp_path, quick_hashes):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    yield service
    service.close()


@pytest.fixture
def staffed(service):
    return staff(service)


def test_a_review_is_asked_for_and_decided(staffed):
    reviews = staffed.reviews
    assert reviews.of(RUN)["state"] == "none"
    asked = reviews.ask(RUN, "Look at the small groups.", by(staffed, "simon"))
    assert (asked["state"], asked["asked"]["by"]) == ("pending", "simon")
    assert [one["what"] for one in reviews.pending()] == [RUN]
    assert approve(staffed)["state"] == "approved"
    assert reviews.pending() == []
    with pytest.raises(BadInput, match="not approved"):
        reviews.ask(RUN, "", by(staffed, "simon"))


def test_only_a_reviewer_who_did_not_start_it_decides(staffed):
    for name in ("vera", "simon"):
        with pytest.raises(Forbidden, match="role reviewer"):
            approve(staffed, name=name)
    with pytest.raises(Forbidden, match="did not start"):
        approve(staffed, name="sam")
    with pytest.raises(BadInput, match="sign-in"):
        staffed.reviews.decide(RUN, "approved", "", by(staffed, "rita"), "wrong password")
    assert staffed.reviews.of(RUN)["state"] == "none"


def test_who_built_a_report_does_not_approve_it(staffed):
    with pytest.raises(NotFound):
        staffed.reviews.of(REPORT)
    staffed.keep_report("r1", "md", b"# A report", actor="rita")
    with pytest.raises(Forbidden, match="did not start"):
        approve(staffed, REPORT)


def test_the_signature_covers_the_statement_and_any_change_breaks_it(staffed):
    approve(staffed, FINDING)
    (event,) = staffed.events("r1", "review.decided")
    body = event["body"]
    message = canonical(body["statement"]).encode()
    assert body["key"] == staffed.people.person("rita").keys[-1][1]
    assert signing.signed_by(body["key"], message, body["signature"])
    for changed in (message.replace(b"approved", b"rejected"), message[:-1] + b" "):
        assert not signing.signed_by(body["key"], changed, body["signature"])
    (finding,) = [leaf for leaf in staffed.ledger("r1") if leaf["kind"] == "fairness"]
    assert body["statement"]["seen"]["last"] == {"leaf": finding["leaf"], "hash": finding["hash"]}


def test_a_new_event_of_the_run_voids_what_covered_it(staffed):
    staffed.keep_report("r1", "md", b"# A report", actor="simon")
    for what in (RUN, FINDING, REPORT):
        approve(staffed, what)
    staffed.keep_export("r1", EXPORT)  # no part of what was looked at
    assert {staffed.reviews.of(w)["state"] for w in (RUN, FINDING, REPORT)} == {"approved"}
    late(staffed)
    assert [staffed.reviews.of(w)["state"] for w in (RUN, FINDING, REPORT)] == ["void", "approved", "void"]
    assert staffed.reviews.of(RUN)["void"] == "1 event came after it"
    again = {"actor": "worker", "run": "r1", "seq": 9, "key": "ssl/sex"}
    staffed.store.write(lambda tx: tx.log("fairness", GAP, **again))
    assert staffed.reviews.of(FINDING)["void"] == "the events that it covers are others now"


EXPORT = {
    "what": "encoder",
    "modality": "text",
    "seed": 0,
    "model_type": "bert",
    "architecture": "B",
    "parameters": 1,
    "dim": 1,
    "length": 1,
}
EXPORT |= {"weights": "0" * 64, "files": {}}


def test_a_new_report_voids_the_old_ones_approval(staffed):
    staffed.keep_report("r1", "md", b"# A report", actor="simon")
    approve(staffed, REPORT)
    staffed.keep_report("r1", "html", b"<p>A report</p>", actor="simon")
    assert staffed.reviews.of(REPORT)["void"] == "another report was built"
    approve(staffed, REPORT)
    assert staffed.reviews.of(REPORT)["state"] == "approved"


def test_a_replaced_file_voids_an_approval_and_cannot_be_approved(staffed):
    approve(staffed)
    note = staffed.latest("r1", "encoder")["subjects"][0]
    path = staffed.artefacts.path(note["sha256"], note["type"])
    path.chmod(0o644)
    path.write_text('{"accuracy":1.0}')
    assert "no longer what its digest says" in staffed.reviews.of(RUN)["void"]
    with pytest.raises(BadInput, match="whole files"):
        approve(staffed)
    path.unlink()
    assert staffed.reviews.of(RUN)["state"] == "void"


def test_a_decision_that_was_written_by_another_key_is_void(staffed):
    approve(staffed)
    (event,) = staffed.events("r1", "review.decided")
    private, public = signing.new_key()
    forged = {**event["body"], "key": public}
    forged["signature"] = signing.sign(private, canonical(forged["statement"]).encode())
    for body, actor, why in (
        (forged, "rita", "key is not the one"),
        (event["body"], "vera", "something else"),
        ({**event["body"], "signature": "00" * 64}, "rita", "signature does not fit"),
    ):
        staffed.store.write(lambda tx, b=body, a=actor: tx.log("review.decided", b, actor=a, run="r1", key=RUN))
        assert why in staffed.reviews.of(RUN)["void"]
        finding = staffed.verify()["findings"][-1]
        assert (finding["kind"], finding["leaf"]) == ("review", staffed.reviews.of(RUN)["leaf"]), (
            "and verifying says so"
        )


def test_a_reason_is_erased_and_the_signature_still_fits(staffed):
    staffed.reviews.ask(FINDING, "Look at Jane Roe's case", by(staffed, "simon"))
    decided = staffed.reviews.decide(FINDING, "rejected", "Jane Roe was missed", by(staffed, "rita"), SECRET)
    assert decided["reason"] == "Jane Roe was missed"
    asked, decision = (staffed.events("r1", kind)[0]["leaf"] for kind in ("review.asked", "review.decided"))
    stored = staffed.store.rows("SELECT body FROM ledger WHERE kind LIKE 'review.%'")
    assert "Jane" not in str(stored)
    for leaf in (asked, decision):
        staffed.trail.redact(leaf, "asked to", "root")
    after = staffed.reviews.of(FINDING)
    assert {**decided, "reason": REDACTED} == after
    assert staffed.verify()["ok"]
    staffed.reviews.ask(FINDING, "", by(staffed, "simon"))
    assert staffed.reviews.of(FINDING)["asked"]["note"] == ""


def test_another_reason_than_the_signed_one_is_void(staffed):
    approve(staffed, FINDING)
    made = Payload.of({"reason": "It is fine, says rita."})
    change = "UPDATE payloads SET salt = ?, payload = ? WHERE leaf = ?"
    leaf = staffed.reviews.of(FINDING)["leaf"]
    staffed.store.write(lambda tx: tx.execute(change, [made.salt, made.text, leaf]))
    assert staffed.reviews.of(FINDING)["void"] == "its reason is not the one that was signed"


def test_a_decision_of_an_earlier_version_held_its_reason_itself(staffed):
    approve(staffed, FINDING)
    (event,) = staffed.events("r1", "review.decided")
    statement = {k: v for k, v in event["body"]["statement"].items() if k != "reason_commitment"}
    statement |= {"schema": "ssl-workbench/review/1", "reason": "Seen."}
    signed = staffed.people.sign(by(staffed, "rita"), canonical(statement).encode(), SECRET)
    body = {"statement": statement, "algorithm": "Ed25519", **signed}
    staffed.store.write(lambda tx: tx.log("review.decided", body, actor="rita", run="r1", key=FINDING))
    found = staffed.reviews.of(FINDING)
    assert (found["state"], found["reason"]) == ("approved", "Seen.")


def test_a_decision_whose_statement_was_removed_is_void(staffed):
    staffed.store.write(lambda tx: tx.log("review.decided", {"redacted": "x"}, actor="rita", run="r1", key=RUN))
    found = staffed.reviews.of(RUN)
    assert (found["state"], found["by"], found["void"]) == (
        "void",
        "rita",
        "what was signed has been removed from the record",
    )


def test_an_approval_outlives_a_new_password_and_the_account(staffed):
    approve(staffed)
    staffed.people.password("rita", SECRET + " 2")
    assert staffed.reviews.of(RUN)["state"] == "approved"


def test_what_changed_under_the_reader_is_not_approved(staffed):
    seen = staffed.reviews.of(RUN)["seen"]
    late(staffed)
    with pytest.raises(BadInput, match="look again"):
        approve(staffed, seen=seen)
    assert approve(staffed, seen=staffed.reviews.of(RUN)["seen"])["state"] == "approved"


def test_a_refusal_needs_a_reason_and_stays_open(staffed):
    with pytest.raises(BadInput, match="reason: expected 1"):
        staffed.reviews.decide(RUN, "rejected", " ", by(staffed, "rita"), SECRET)
    with pytest.raises(BadInput, match="decision: expected"):
        staffed.reviews.decide(RUN, "signed", "x", by(staffed, "rita"), SECRET)
    back = staffed.reviews.decide(RUN, "sent back", "Too few seeds.", by(staffed, "rita"), SECRET)
    assert (back["state"], back["reason"]) == ("sent back", "Too few seeds.")
    assert "The run: sent back by rita: Too few seeds." in staffed.reviews.open_points("r1")


def test_open_points_end_when_everything_stands_approved_by_another(staffed):
    assert staffed.reviews.open_points("r1") == [
        "The run: nobody has reviewed it.",
        "The finding about groups of sex: nobody has reviewed it.",
        "The report: there is none yet.",
    ]
    staffed.keep_report("r1", "md", b"# A report", actor="simon")
    for what in (RUN, FINDING, REPORT):
        approve(staffed, what)
    assert staffed.reviews.open_points("r1") == []
    assert {a["state"] for a in staffed.reviews.approvals("r1")} == {"approved"}


def test_a_run_at_work_is_not_decided_on(staffed):
    told(staffed, "sam", "r2", end=False)
    with pytest.raises(BadInput, match="has ended, found r2 queued"):
        approve(staffed, "run:r2")


def test_the_single_user_decides_but_not_as_another_person(service):
    told(service, "local")
    told_of = service.reviews.decide(RUN, "approved", "", LOCAL)
    assert (told_of["state"], told_of["independent"], told_of["held"]) == ("approved", False, "server")
    assert "The run: approved by local, who started it." in service.reviews.open_points("r1")


@pytest.mark.parametrize(
    "what",
    ["", "run", "run:../x", "run:nope", "model:r1", "finding:r1:metrics:x", "finding:r1:fairness:\n", "x" * 400, None],
)
def test_what_is_no_matter_for_a_review_is_one_line(staffed, what):
    with pytest.raises(BadInput) as problem:
        staffed.reviews.of(what)
    assert "\n" not in str(problem.value)
