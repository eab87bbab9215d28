"""`workbench users`: accounts from the shell, and that no password stands on a command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from workbench.cli.app import app

SECRET = "correct horse battery"


@pytest.fixture
def call(tmp_path, quick_hashes):
    """call(*words, typed="") -> what `workbench users` printed; an error is raised as it is."""

    def called(*words, typed=""):
        found = CliRunner().invoke(app, ["users", *words, "--workspace", str(tmp_path / "ws")], input=typed)
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.output

    return called


def test_users_are_added_listed_and_disabled(call, tmp_path):
    assert "Single-user mode" in call("list")
    assert "anna" in call("add", "anna", "--role", "auditor", typed=f"{SECRET}\n{SECRET}\n")
    (tmp_path / "secret").write_text(SECRET + "\n")
    call("add", "bert", "--role", "scientist", "--password-file", str(tmp_path / "secret"))
    call("add", "dora", "--role", "viewer", "--email", "dora@example.org")
    call("disable", "bert")
    people = {p["name"]: p for p in json.loads(call("list", "--json").splitlines()[-1])["items"]}
    assert people["anna"]["admin"]
    assert people["bert"]["disabled"]
    assert people["dora"]["email"] == "dora@example.org"
    assert SECRET not in call("list", "--json")


def test_tokens_are_made_once_and_revoked(call):
    call("add", "anna", "--role", "auditor", typed=f"{SECRET}\n{SECRET}\n")
    made = json.loads(call("token", "anna", "--days", "7", "--json").splitlines()[-1])
    assert made["token"] not in call("list")
    assert made["id"] in call("list")
    call("revoke", "anna", made["id"])
    assert "revoked" in call("list")


def test_a_role_is_changed(call):
    call("add", "anna", "--role", "auditor", typed=f"{SECRET}\n{SECRET}\n")
    assert "reviewer, administrator" in call("role", "anna", "--role", "reviewer")


def test_a_password_is_changed_with_the_old_one_or_reset(call):
    call("add", "anna", "--role", "auditor", typed=f"{SECRET}\n{SECRET}\n")
    assert "changed\n" in call("password", "anna", typed=f"{SECRET}\n{SECRET} 2\n{SECRET} 2\n")
    assert "new signing key" in call("password", "anna", "--reset", typed=f"{SECRET} 3\n{SECRET} 3\n")


def test_no_command_takes_a_password_as_a_word(call):
    for words in (("add", "x", "--role", "viewer", "--password", SECRET), ("password", "x", "--password", SECRET)):
        found = CliRunner().invoke(app, ["users", *words])
        assert "No such option" in found.output
