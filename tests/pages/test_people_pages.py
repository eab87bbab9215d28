"""Accounts in the pages: nothing before sign-in, locked buttons with a reason, and reviews where the thing is."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import register, told_runs
from workbench.frame import login, session
from workbench.serve.signin import AT_PROVIDER

SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def _staffed(tmp_path_factory):
    with told_runs(tmp_path_factory.mktemp("staffed"), register, ("done", "running")) as service:
        yield service


@pytest.fixture
def staffed(_staffed, quick_hashes, monkeypatch):
    """The service, and as(name): who looks at the pages from now on."""
    people = _staffed.people
    if not people.accounts:
        for name in ("viewer", "scientist", "reviewer", "auditor"):
            people.add(name, name, password=SECRET)
    session.use(_staffed, login.who)
    held = {"cookie": None}
    monkeypatch.setattr(login, "cookie", lambda: held["cookie"])

    def as_(name):
        held["cookie"] = people.sign_in(name, SECRET) if name else None

    return _staffed, as_


def said(app) -> str:
    return " ".join(
        str(e.value) for kind in ("markdown", "caption", "warning", "title", "header") for e in app.get(kind)
    )


def test_single_user_mode_says_so(trained, open_page):
    assert any("Single-user mode" in c.value for c in open_page("home").sidebar.caption)


def test_nothing_is_shown_before_sign_in(staffed, open_page):
    for name in ("home", "audit"):
        app = open_page(name)
        assert [s.value for s in app.title] == ["Sign in to see this workspace."]
        assert not app.button
        assert not app.markdown
        assert not app.sidebar.caption


def test_a_viewer_sees_and_may_not(staffed, open_page):
    staffed[1]("viewer")
    app = open_page("run", run="running")
    assert any("viewer · viewer" in c.value for c in app.sidebar.caption)
    assert app.button(key="cancel").disabled
    assert "role scientist" in app.button(key="cancel").help
    assert "role auditor, found viewer" in open_page("audit").warning[0].value


PAGE = """
import streamlit as st
from workbench.frame.session import service
try:
    service().cancel("running", actor="another")
except ValueError as problem:
    st.error(str(problem))
"""


def test_what_a_viewer_must_not_call_is_refused_below_the_page(staffed):
    service, as_ = staffed
    for name, line in (("viewer", "role scientist"), (None, "somebody who is signed in")):
        as_(name)
        assert line in AppTest.from_string(PAGE).run().error[0].value
    assert service.events("running", "run.cancel_asked") == []
    as_("scientist")
    assert not AppTest.from_string(PAGE).run().error
    assert service.events("running", "run.cancel_asked")[0]["actor"] == "scientist"


def test_signing_out_and_being_disabled_end_the_page(staffed, open_page):
    service, as_ = staffed
    as_("auditor")
    app = open_page("home")
    app.button(key="sign_out").click().run()
    assert app.title[0].value == "Sign in to see this workspace."
    if not any(p["name"] == "late" for p in service.people.listed()):
        service.people.add("late", "viewer", password=SECRET)
    as_("late")
    app = open_page("home")
    assert app.button(key="sign_out")
    service.people.disable("late")
    app.run()
    assert app.title[0].value == "Sign in to see this workspace."


def test_whom_an_identity_provider_vouches_for_is_led_to_a_session(staffed, open_page, monkeypatch):
    service, _ = staffed
    if service.people.by_email("dora@example.org") is None:
        service.people.add("dora", "viewer", email="dora@example.org")
    monkeypatch.setattr(login.provider, "configured", lambda: True)

    def vouch(address, **claims):
        monkeypatch.setattr(login.st, "user", Vouched(email=address, **claims))
        return open_page("home")

    app = vouch("Dora@example.org")
    assert f"location.replace('{AT_PROVIDER}?to=" in app.get("html")[0].proto.body
    assert not app.sidebar.caption  # her word alone shows nothing: it has to become a session
    for claims in ({}, {"email_verified": False}, {"email_verified": "False"}):
        app = vouch("dora@example.org" if claims else "eve@example.org", **claims)
        assert "expected the address of a user of this workspace" in app.error[0].value
        assert not app.get("html")
        assert not app.sidebar.caption


def test_signing_out_ends_the_session_that_a_providers_word_began(staffed, open_page, monkeypatch):
    service, _ = staffed
    if service.people.by_email("dora@example.org") is None:
        service.people.add("dora", "viewer", email="dora@example.org")
    cookie = service.people.sessions.start("dora")
    monkeypatch.setattr(login, "cookie", lambda: cookie)
    monkeypatch.setattr(login.provider, "configured", lambda: True)
    monkeypatch.setattr(login.st, "user", Vouched(email="dora@example.org"))
    left = []
    monkeypatch.setattr(login.st, "logout", lambda: left.append("at the provider"))
    app = open_page("home")
    assert any("dora · viewer" in c.value for c in app.sidebar.caption)
    app.button(key="sign_out").click().run()
    assert not app.sidebar.caption
    assert service.people.by_cookie(cookie) is None
    assert left == ["at the provider"]


class Vouched(dict):
    is_logged_in = True


def test_a_review_from_asking_to_void(staffed, open_page):
    service, as_ = staffed
    as_("scientist")
    app = open_page("run", run="done")
    assert "Nobody has reviewed this run." in said(app)
    app.text_input(key="note/run:done").set_value("Is it healthy?")
    app.button(key="ask_now/run:done").click().run()
    assert "asked for by scientist" in said(app)

    as_("reviewer")
    app = open_page("run", run="done")
    app.radio(key="decision/run:done").set_value("sent back")
    app.text_input(key="password/run:done").set_value(SECRET)
    app.button(key="sign/run:done").click().run()
    assert "reason: expected 1 to 2,000 printable characters" in app.error[0].value
    app.radio(key="decision/run:done").set_value("approved")
    app.text_input(key="password/run:done").set_value(SECRET)
    app.button(key="sign/run:done").click().run()
    assert not app.exception
    assert "Approved by reviewer" in said(app)

    late = {"actor": "worker", "run": "done", "seq": service.store.board.run("done").next_seq, "key": "late"}
    service.store.write(lambda tx: tx.log("encoder", {}, **late))
    as_("viewer")
    assert "Void: approved by reviewer" in said(open_page("run", run="done"))


def test_a_finding_is_reviewed_where_it_is_shown(staffed, open_page):
    staffed[1]("reviewer")
    app = open_page("bias", run="done")
    assert "Nobody has reviewed this finding." in said(app)
    assert any(b.key.startswith("sign/finding:done:fairness:ssl/") for b in app.button)


def test_the_people_page_in_single_user_mode_says_what_that_means(trained, open_page):
    app = open_page("people")
    assert "single-user mode" in app.title[0].value
    assert "`workbench users add NAME --role ROLE`" in app.markdown[-1].value
    assert not app.button


def test_who_does_not_administer_sees_their_own_tokens_alone(staffed, open_page):
    staffed[1]("scientist")
    app = open_page("people")
    assert "You may, scientist, as a scientist." in app.title[0].value
    assert not app.dataframe
    assert not app.selectbox
    app.text_input(key="token_days").set_value("3")
    app.button(key="make_token").click().run()
    (token,) = [code.value for code in app.code]
    assert staffed[0].people.by_token(token).name == "scientist"
    assert not app.run().code  # once
    app.button(key="revoke_own").click().run()
    assert staffed[0].people.by_token(token) is None
    assert app.dataframe[0].value["State"].tolist() == ["revoked"]


def test_an_administrator_adds_changes_and_disables(staffed, open_page):
    service, as_ = staffed
    as_("viewer")  # the first, who administers
    app = open_page("people")
    app.text_input(key="new_name").set_value("nora")
    app.text_input(key="new_password").set_value("short")
    app.button(key="add_now").click().run()
    assert "password: expected" in app.error[0].value
    app.text_input(key="new_name").set_value("nora")
    app.text_input(key="new_password").set_value(SECRET)
    app.button(key="add_now").click().run()
    assert not app.exception
    assert "nora" in app.dataframe[0].value["Name"].tolist()

    app.selectbox(key="person").select("nora").run()
    app.selectbox(key="role_nora_viewer").select("auditor")
    app.button(key="give_role").click().run()
    assert service.people.caller("nora").role == "auditor"
    app.button(key="disable").click().run()
    assert service.people.caller("nora") is None
    rows = app.dataframe[0].value.set_index("Name")
    assert rows.loc["nora", "State"] == "disabled"

    app.selectbox(key="person").select("viewer").run()
    app.checkbox(key="admin_viewer_True").uncheck()
    app.button(key="give_role").click().run()
    assert "expected another administrator to stay" in app.error[0].value
