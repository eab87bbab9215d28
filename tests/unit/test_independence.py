"""Who set what opens a reviewer's key is part of the judgement of their decisions."""

from __future__ import annotations

import pytest

from backend.audit.ledger.canonical import canonical
from backend.control.service import Service
from tests.reviewing import FINDING, RUN, SECRET, approve, by, staff


@pytest.fixture
def service(tmp_path, quick_hashes):
    service = Service.open(tmp_path / "ws", start_supervisor=False)
    yield service
    service.close()


@pytest.fixture
def staffed(service):
    return staff(service)


def test_a_decision_is_not_independent_of_who_set_the_password(staffed):
    """An administrator who started the run resets the reviewer's password and signs as them."""
    assert approve(staffed)["independent"] is True
    staffed.people.password("rita", SECRET + " 2", actor="sam")
    told_of = staffed.reviews.decide(RUN, "approved", "", by(staffed, "rita"), SECRET + " 2")
    assert (told_of["state"], told_of["independent"], told_of["set_by"]) == ("approved", False, "sam")
    points = staffed.reviews.open_points("r1")
    assert "The run: approved by rita, whose way to sign was given by sam, who started it." in points
    staffed.people.password("rita", SECRET, SECRET + " 2", actor="rita")
    assert staffed.reviews.of(RUN)["independent"] is False, "what was decided before stays as it was"
    told_of = approve(staffed)
    assert (told_of["independent"], told_of["set_by"]) == (True, None)


def test_an_approval_stays_independent_when_its_maker_sets_the_password_later(staffed):
    approve(staffed)
    staffed.people.password("rita", SECRET + " 2", actor="sam")
    assert staffed.reviews.of(RUN)["independent"] is True


def test_a_decision_of_an_earlier_version_is_judged_by_the_same_rule(staffed):
    """Its statement says that it is independent, and nothing of who set the password."""
    staffed.people.password("rita", SECRET + " 2", actor="sam")
    approve_with = {"seen": None, "password": SECRET + " 2"}
    staffed.reviews.decide(FINDING, "approved", "", by(staffed, "rita"), **approve_with)
    (event,) = staffed.events("r1", "review.decided")
    new = ("set_by", "reason_commitment")
    statement = {k: v for k, v in event["body"]["statement"].items() if k not in new}
    statement |= {"schema": "ssl-workbench/review/1", "reason": "Seen.", "independent": True}
    signed = staffed.people.sign(by(staffed, "rita"), canonical(statement).encode(), SECRET + " 2")
    body = {"statement": statement, "algorithm": "Ed25519", **signed}
    staffed.store.write(lambda tx: tx.log("review.decided", body, actor="rita", run="r1", key=FINDING))
    found = staffed.reviews.of(FINDING)
    assert (found["void"], found["independent"], found["set_by"]) == (None, False, "sam")


def test_a_key_that_the_server_holds_is_not_independent_of_who_made_the_token(staffed):
    """A reviewer at an identity provider has no password: whoever makes a token in their name could decide with it."""
    staffed.people.add("olga", "reviewer", email="olga@example.org")
    for maker, independent in (("sam", False), ("olga", True)):
        caller = staffed.people.by_token(staffed.people.token("olga", 1, actor=maker)["token"])
        told_of = staffed.reviews.decide(RUN, "approved", "", caller)
        assert (told_of["held"], told_of["independent"]) == ("server", independent)


def test_a_decision_is_signed_by_a_checkpoint_before_it_is_answered(staffed):
    leaf = approve(staffed)["leaf"]
    assert staffed.trail.signed()["size"] > leaf
