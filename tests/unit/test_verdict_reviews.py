"""The sentences of a review: state, who, when, and what the signature proves."""

from __future__ import annotations

import pytest

from workbench.verdicts import reviews as words

ONE = {
    "what": "finding:r:fairness:ssl/sex",
    "state": "approved",
    "decision": "approved",
    "by": "rita",
    "time": "2026-11-22T10:15:30.000000Z",
    "reason": "Wide intervals, no gap.",
    "key": "ab" * 32,
    "held": "password",
    "independent": True,
    "set_by": None,
    "leaf": 1_204,
    "void": None,
    "asked": None,
    "makers": ["simon"],
}


def test_a_finding_is_named_in_words():
    assert words.finding("fairness", "ssl/sex x age") == "The finding about groups of sex x age"
    assert words.finding("probe", "ssl/who_knows") == "The finding of the probe “Who knows”"


def test_an_erased_reason_is_not_quoted():
    assert words.evidence({**ONE, "reason": "redacted"}).startswith("What was written has been erased. Event 1,204")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Approved by rita on 2026-11-22 10:15 UTC."),
        ({"state": "sent back"}, "Sent back by rita on 2026-11-22 10:15 UTC."),
        (
            {"state": "void", "void": "another report was built"},
            "Void: approved by rita on 2026-11-22 10:15 UTC, but another report was built.",
        ),
        (
            {"independent": False},
            "Approved by rita on 2026-11-22 10:15 UTC, who started it: nobody else has looked.",
        ),
        (
            {"independent": False, "set_by": "simon"},
            "Approved by rita on 2026-11-22 10:15 UTC, whose password or token was made by simon, who started it: "
            "that is not independent.",
        ),
        (
            {"state": "pending", "asked": {"by": "simon", "time": "2026-11-23T08:00:00Z", "note": ""}},
            "A review of this finding was asked for by simon on 2026-11-23 08:00 UTC.",
        ),
        ({"state": "none"}, "Nobody has reviewed this finding."),
    ],
)
def test_one_line_says_how_it_stands(changed, said):
    assert words.sentence(ONE | changed) == said


def test_the_evidence_says_what_the_key_proves():
    told = words.evidence(ONE)
    assert told.startswith("“Wide intervals, no gap.” Event 1,204 of the ledger, key abababababababab…")
    assert "only the reviewer's password opens" in told
    assert "not who was there" in words.evidence(ONE | {"held": "server"})
    assert words.evidence(ONE | {"state": "none", "reason": None, "key": None, "leaf": None}) == ""


def test_who_made_it_does_not_decide_unless_nobody_else_is_there():
    assert words.why_not(ONE, "rita", single=False) is None
    assert "somebody else has to review it" in words.why_not(ONE, "simon", single=False)
    assert "not independent" in words.why_not(ONE | {"makers": ["local"]}, "local", single=True)


def test_a_reviewer_is_told_before_they_sign_that_somebody_else_set_their_password():
    assert words.warning(ONE, "ada") is None
    assert words.warning(ONE, None) is None
    assert words.warning(ONE, "simon").startswith("simon, who started it, set your password")
