"""The parts of the People page: everybody, what an administrator changes, and a person's own tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from backend.control.people.permissions import ROLES

from ..frame.fields import checked, number
from ..frame.form_actions import write
from ..frame.login import lock
from ..frame.numbers import Range
from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import people as words

DAYS = 30  # of a token's life, where nothing else is asked for
LONGEST_LIFE = 366


def everybody(people: list[dict[str, Any]]) -> None:
    st.dataframe(cells(words.table(people, datetime.now(UTC))), hide_index=True, key="people")


def add() -> None:
    """A local account. Somebody who signs in at an identity provider is added in the shell, with an address."""
    with (
        st.expander("Add a person", icon=":material/person_add:"),
        st.form("add_person", border=False, clear_on_submit=True),
    ):
        left, right = st.columns(2)
        name = left.text_input("Name", max_chars=64, key="new_name")
        role = right.selectbox("Role", ROLES, key="new_role")
        password = left.text_input("Their first password", type="password", key="new_password")
        admin = right.checkbox("Administers as well", key="new_admin")
        st.caption(
            "Roles: docs/people.md. 12 characters at least; they change it with `workbench users password`. Who signs "
            "in at an identity provider is added with `workbench users add NAME --role ROLE --email ADDRESS`."
        )
        if st.form_submit_button("Add", key="add_now", **lock("people")):
            write(lambda: service().people.add(name, role, admin, password))


def change(people: list[dict[str, Any]]) -> None:
    """One person's role, tokens and access."""
    with st.expander("Change a person", icon=":material/manage_accounts:"):
        names = [person["name"] for person in people if not person["disabled"]]
        name = st.selectbox("Person", names, key="person")
        person = next(one for one in people if one["name"] == name)
        left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
        role = left.selectbox("Role", ROLES, ROLES.index(person["role"]), key=f"role_{name}_{person['role']}")
        admin = middle.checkbox("Administers", person["admin"], key=f"admin_{name}_{person['admin']}")
        if right.button("Give this role", key="give_role", **lock("people")):
            write(lambda: service().people.role(name, role, admin))
        tokens(person["tokens"], lambda id: service().people.revoke(name, id), f"of_{name}", "people")
        st.caption("Sessions and tokens end at once and for good. What they did stays in the record.")
        if st.button(f"Disable {plain(name)}", icon=":material/block:", key="disable", **lock("people")):
            write(lambda: service().people.disable(name))


def own() -> None:
    """The reader's own tokens: made and shown once, listed, revoked."""
    st.markdown("## Your API tokens")
    if made := st.session_state.pop("token_made", None):
        st.success(plain(words.told_once(made)))
        st.code(made["token"], language=None)
    found = service().account.of()["tokens"]
    if not found:
        st.caption("You have none. A token lets a script or the command line act in your name until it ends.")
    tokens(found, lambda id: service().account.revoke(id), "own", "account")
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    taken = Range(1, LONGEST_LIFE, whole=True)
    days = number("Valid for how many days?", DAYS, taken, "token_days", place=left, keep=False)
    if right.button("Make a token", icon=":material/key:", key="make_token", **lock("account")):
        write(lambda: st.session_state.update(token_made=service().account.token(checked(days))))


def tokens(found: list[dict[str, Any]], revoke: Callable[[str], None], key: str, permission: str) -> None:
    """The tokens, and the button that ends one of them."""
    if not found:
        return
    now = datetime.now(UTC)
    st.dataframe(cells(words.tokens(found, now)), hide_index=True, key=f"tokens_{key}")
    good = [token["id"] for token in found if words.state(token, now) == "valid"]
    if good:
        left, right = st.columns([2, 5], vertical_alignment="bottom")
        id = left.selectbox("Token", good, format_func=lambda id: f"{id}…", key=f"token_{key}")
        if right.button("Revoke it", key=f"revoke_{key}", **lock(permission)):
            write(lambda: revoke(id))
