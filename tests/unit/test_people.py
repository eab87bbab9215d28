"""Users: sign-in, tokens, what the ledger keeps of them and what it must not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from backend.control.people import passwords, people_record
from backend.control.people.account import Account
from backend.control.people.passwords import FREE, Patience, SignInRefused, TooManyAttempts
from backend.control.people.people import People
from backend.control.people.permissions import LOCAL, PERMISSIONS, ROLES, Caller, Forbidden, may_change
from backend.control.people.sessions import LASTS, Sessions
from backend.workspace.layout import BadInput

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_hashes(quick_hashes):
    """Argon2 at its smallest: these tests are not about its cost."""


@pytest.fixture
def people(store, workspace):
    return People(store, workspace)


def test_without_an_account_the_workspace_token_is_everything(people, workspace):
    assert not people.accounts
    assert people.by_token(workspace.token) == LOCAL
    assert people.by_token("wrong") is None
    assert all(LOCAL.may(permission) for permission in PERMISSIONS)


def test_the_first_account_administers_and_ends_single_user_mode(people, workspace):
    people.add("anna", "viewer", password=SECRET)
    people.add("bert", "scientist", password=SECRET, actor="anna")
    assert people.caller("anna") == Caller("anna", "viewer", admin=True)
    assert people.caller("bert") == Caller("bert", "scientist", admin=False)
    assert people.by_token(workspace.token) is None
    assert people.caller("local") is None
    assert people.by_cookie(None) is None


@pytest.mark.parametrize("name", ["", "../x", "local", "Worker", "ANNA", "a b", "x" * 65, None])
def test_a_name_that_cannot_be_one_is_refused(people, name):
    people.add("anna", "viewer", password=SECRET)
    with pytest.raises(BadInput, match="user: expected"):
        people.add(name, "viewer", password=SECRET)


def test_password_or_address_and_nothing_weak(people):
    for given in ({}, {"password": SECRET, "email": "a@b.org"}, {"password": "short"}, {"email": "no address"}):
        with pytest.raises(BadInput) as problem:
            people.add("anna", "viewer", **given)
        assert "short" not in str(problem.value)
    with pytest.raises(BadInput, match="built on the name"):
        people.add("annaliese", "viewer", password="annaliese1234")
    with pytest.raises(BadInput, match="role: expected viewer"):
        people.add("anna", "owner", password=SECRET)


def test_sign_in_and_out(people):
    people.add("anna", "viewer", password=SECRET)
    cookie = people.sign_in("anna", SECRET)
    assert people.by_cookie(cookie).name == "anna"
    assert people.by_cookie(cookie[:-1]) is None
    people.sessions.end(cookie)
    assert people.by_cookie(cookie) is None


def test_a_wrong_name_and_a_wrong_password_read_the_same(people):
    people.add("anna", "viewer", password=SECRET)
    said = set()
    for name, password in (("anna", "wrong password"), ("nobody", SECRET), ("anna", "")):
        with pytest.raises(SignInRefused) as problem:
            people.sign_in(name, password)
        said.add(str(problem.value))
    assert len(said) == 1


def test_guessing_becomes_slow_for_that_account_alone():
    clock = [0.0]
    patience = Patience(lambda: clock[0])
    for _ in range(FREE):
        patience.ask("anna")
    with pytest.raises(TooManyAttempts, match="1 s or later"):
        patience.ask("anna")
    patience.ask("bert")
    waited = []
    for _ in range(12):
        before = clock[0]
        while True:
            try:
                patience.ask("anna")
                break
            except TooManyAttempts:
                clock[0] += 1
        waited.append(clock[0] - before)
    assert waited[:4] == [1, 2, 4, 8]
    assert max(waited) == passwords.SLOWEST
    patience.forgive("anna")
    patience.ask("anna")


def test_somebody_who_is_signed_in_signs_on_their_own_budget(people):
    """Strangers' attempts do not count, nor do those of another session of the same person."""
    people.add("anna", "reviewer", password=SECRET)
    one, other = (people.by_cookie(people.sign_in("anna", SECRET)) for _ in range(2))
    script = people.by_token(people.token("anna", 5)["token"])
    assert len({one.session, other.session, script.session, ""}) == 4
    for _ in range(20):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            people.sign_in("anna", "wrong", "203.0.113.9")
    people.sign(one, b"x", SECRET)
    for _ in range(FREE):
        with pytest.raises(SignInRefused):
            people.sign(one, b"x", "wrong")
    with pytest.raises(TooManyAttempts):
        people.sign(one, b"x", SECRET)
    for caller in (other, script):
        people.sign(caller, b"x", SECRET)
    with pytest.raises(TooManyAttempts):
        people.password("anna", SECRET + "!", SECRET, session=one.session)
    people.sign_in("anna", SECRET, "192.0.2.1")
    people.password("anna", SECRET + "!", SECRET, session=other.session)


def test_a_caller_is_who_they_are_by_whichever_session(people):
    people.add("anna", "reviewer", password=SECRET)
    caller = people.by_cookie(people.sign_in("anna", SECRET))
    assert caller == people.caller("anna")
    assert caller.session not in repr(caller)


def test_disabling_ends_sessions_tokens_and_the_name(people):
    people.add("anna", "auditor", password=SECRET)
    people.add("bert", "scientist", password=SECRET)
    cookie, token = people.sign_in("bert", SECRET), people.token("bert", 30)["token"]
    people.disable("bert", "anna")
    assert people.by_cookie(cookie) is people.by_token(token) is people.caller("bert") is None
    with pytest.raises(SignInRefused):
        people.sign_in("bert", SECRET)
    with pytest.raises(BadInput, match="free"):
        people.add("bert", "viewer", password=SECRET)
    with pytest.raises(BadInput, match="another administrator"):
        people.disable("anna", "anna")


def test_a_role_is_changed_at_once_and_somebody_stays_to_administer(people, store, workspace):
    people.add("anna", "viewer", password=SECRET)
    people.add("bert", "scientist", password=SECRET)
    token = people.token("bert", 5)["token"]
    people.role("bert", "reviewer", actor="anna")
    assert people.by_token(token) == Caller("bert", "reviewer")
    with pytest.raises(BadInput, match="another administrator to stay"):
        people.role("anna", "auditor", admin=False)
    people.role("bert", "reviewer", admin=True)
    people.role("anna", "auditor", admin=False)
    assert People(store, workspace).caller("anna") == Caller("anna", "auditor")
    told = store.rows("SELECT actor, key FROM ledger WHERE kind = 'user.role' ORDER BY leaf")
    assert told[0] == {"actor": "anna", "key": "bert"}
    people.role("bert", "reviewer")
    assert len(store.rows("SELECT 1 FROM ledger WHERE kind = 'user.role'")) == len(told)  # nothing changed
    with pytest.raises(BadInput, match="role: expected viewer"):
        people.role("bert", "emperor")
    with pytest.raises(BadInput, match="user: expected one of this workspace"):
        people.role("nobody", "viewer")


def test_a_person_has_their_own_tokens_and_no_others(people):
    account, anna = Account(people), Caller("anna", "viewer", admin=True)
    people.add("anna", "viewer", password=SECRET)
    people.add("bert", "scientist", password=SECRET)
    made, other = account.token(5, anna), people.token("bert", 5)
    assert [token["id"] for token in account.of(anna)["tokens"]] == [made["id"]]
    with pytest.raises(BadInput, match="token: expected one of anna"):
        account.revoke(other["id"], anna)
    account.revoke(made["id"], anna)
    assert people.by_token(made["token"]) is None
    assert people.by_token(other["token"])


def test_tokens_expire_and_can_be_revoked(people, monkeypatch):
    people.add("anna", "viewer", password=SECRET)
    made, other = people.token("anna", 1), people.token("anna", 2)
    assert made["token"].startswith(made["id"])
    assert people.by_token(made["token"]).name == "anna"
    people.revoke("anna", made["id"])
    assert people.by_token(made["token"]) is None
    assert people.by_token(other["token"]).name == "anna"
    later = people_record.utc_now() + timedelta(days=2, seconds=1)
    monkeypatch.setattr("backend.control.people.people.utc_now", lambda: later)
    assert people.by_token(other["token"]) is None
    for days in (0, 400, True, "7", None):
        with pytest.raises(BadInput, match="days: expected"):
            people.token("anna", days)


def test_an_address_leads_to_its_user(people):
    people.add("anna", "viewer", email="Anna@Example.org")
    assert people.by_email("anna@example.ORG ").name == "anna"
    assert people.by_email("bert@example.org") is None
    assert people.by_email("") is None
    with pytest.raises(BadInput, match="that no user has"):
        people.add("bert", "viewer", email="anna@example.org")


def test_no_secret_and_no_address_stands_in_the_ledger(people, store):
    people.add("anna", "viewer", password=SECRET)
    people.add("dora", "viewer", email="dora@example.org", actor="anna")
    token = people.token("anna", 5)["token"]
    people.password("anna", SECRET + "!", SECRET, actor="anna")
    told = " ".join(str(row) for row in store.rows("SELECT * FROM ledger"))
    for secret in (
        SECRET,
        "argon2",
        "sealed",
        "dora@example",
        token,
        *(r["value"] for r in store.rows("FROM secrets")),
    ):
        assert secret not in told
    assert {r["actor"] for r in store.rows("SELECT actor FROM ledger")} == {"local", "anna"}


def test_everything_is_there_again_after_a_restart(people, store, workspace):
    people.add("anna", "reviewer", password=SECRET)
    token = people.token("anna", 5)["token"]
    people.password("anna", SECRET + "!", SECRET, actor="anna")
    again = People(store, workspace)
    assert again.listed() == people.listed()
    assert again.by_token(token).name == "anna"
    again.sign_in("anna", SECRET + "!")


def test_a_changed_password_keeps_the_key_and_a_reset_makes_a_new_one(people):
    people.add("anna", "reviewer", password=SECRET)
    anna, first = people.caller("anna"), people.person("anna").keys[-1][1]
    cookie = people.sign_in("anna", SECRET)
    assert people.set_by("anna") == "local"
    people.password("anna", SECRET + " 2", SECRET, actor="anna")
    assert people.by_cookie(cookie) is None
    own = people.sign(anna, b"x", SECRET + " 2")["key"]
    assert own != first, "whoever set the first password could open that key"
    with pytest.raises(SignInRefused):
        people.sign(anna, b"x", SECRET)
    people.password("anna", SECRET + " 3", SECRET + " 2", actor="anna")
    assert people.sign(anna, b"x", SECRET + " 3")["key"] == own
    assert people.set_by("anna") == "anna"
    people.password("anna", SECRET + " 4", actor="ada")
    assert people.sign(anna, b"x", SECRET + " 4")["key"] != own
    assert people.set_by("anna") == "ada"


def test_the_key_of_the_single_user_is_a_private_file(people, workspace):
    signed = people.sign(LOCAL, b"x", None)
    assert signed["held"] == "server"
    assert people.sign(LOCAL, b"x", None) == signed
    assert (workspace.root / "people" / "local.key").stat().st_mode & 0o777 == 0o600


def test_sessions_end_by_themselves():
    clock = [0.0]
    sessions = Sessions(lambda: clock[0])
    cookie = sessions.start("anna")
    clock[0] = LASTS - 1
    assert sessions.user(cookie) == "anna"
    clock[0] = LASTS
    assert sessions.user(cookie) is None


def test_a_providers_word_is_heard_once_while_it_may_count():
    clock = [0.0]
    sessions = Sessions(lambda: clock[0])
    assert [sessions.once(word) for word in ("one", "another", "one")] == [True, True, False]
    clock[0] = LASTS - 1
    assert not sessions.once("one")


def test_accounts_are_changed_by_their_owner_or_an_administrator():
    may_change(Caller("anna", "viewer"), "anna")
    may_change(Caller("root", "viewer", admin=True), "anna")
    with pytest.raises(Forbidden):
        may_change(Caller("bert", "scientist"), "anna")


def test_every_event_about_people_and_reviews_is_documented():
    written = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    for kind in (*people_record.KINDS, "review.asked", "review.decided"):
        assert f"| {kind} |" in written


def test_every_role_is_given_something_of_its_own():
    for permission in PERMISSIONS.values():
        assert permission.given <= {*ROLES, "admin"}
    alone = {p.given for p in PERMISSIONS.values() if len(p.given) == 1}
    assert alone == {frozenset({r}) for r in ("scientist", "reviewer", "auditor", "admin")}
