"""Who looks at a page: the gate in front of all pages, the line in the sidebar, and buttons that mirror the rights.

Single-user mode: everybody is `local`. With accounts a person signs in with a password or, where Streamlit's secrets
have a table [auth], at an identity provider, whose verified e-mail address must be a user's. Either way
workbench/serve/signin.py sets a session's cookie, and nothing of a page runs without that session. The rights are
enforced below the pages (backend/control/people/authorised.py).
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from backend.control.people.permissions import LOCAL, Caller, Forbidden, refusal
from backend.control.people.sessions import COOKIE
from backend.control.record.readonly import ReadOnly
from backend.workspace.layout import BadInput

from ..serve import provider
from ..serve.signin import AT_PROVIDER, SIGN_IN, whose
from .page import plain
from .session import server

READS = {"read", "ledger", "verify"}  # permissions whose buttons write nothing


def _leading(path: str) -> str:
    """Leads to `path` and back to where the person wanted to go. `path` is ours: nothing of a request enters it."""
    return (
        f"<script>location.replace('{path}?to=' + encodeURIComponent(location.pathname + location.search))</script>"
        f'<a href="{path}">Sign in</a>'
    )


REDIRECT, EXCHANGE = _leading(SIGN_IN), _leading(AT_PROVIDER)


class SignedOut(BadInput):
    """The session has ended while a page was open."""


def vouched() -> str | None:
    """The e-mail address that the identity provider vouches for, if this browser signed in there."""
    return provider.address(st.user) if provider.configured() and st.user.is_logged_in else None


def signed_in() -> Caller | None:
    """Whoever looks at this page: whose session the browser has. None: nobody who may."""
    return whose(server().people, cookie())


def cookie() -> str | None:
    """The session's cookie, as it came with the page's connection."""
    return st.context.cookies.get(COOKIE)


def who() -> Caller | None:
    """For `session.use`: the caller of a running script, None outside of one. Raises SignedOut."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return None
    found = signed_in()
    if found is None:
        if context.fragment_ids_this_run:
            st.rerun()  # the whole page, and with it the gate
        raise SignedOut("session: expected somebody who is signed in, found an ended session; reload the page")
    return found


def gate() -> Caller:
    """The caller; before sign-in the way to it, and nothing else of the page runs."""
    found = signed_in()
    if found is None:
        st.title("Sign in to see this workspace.", anchor=False)
        if provider.configured():
            _provider()
        else:
            st.html(REDIRECT, unsafe_allow_javascript=True)
        st.stop()
    return found


def _provider() -> None:
    if (address := vouched()) and server().people.by_email(address):
        st.html(EXCHANGE, unsafe_allow_javascript=True)  # a session for the provider's word; a script sets no cookie
        return
    if not server().people.accounts:
        st.info("Nobody may sign in yet: `workbench users add NAME --role ROLE --email ADDRESS` adds the first user.")
    if st.user.is_logged_in:
        st.error(f"{plain(str(st.user.get('email')))}: expected the address of a user of this workspace, found none.")
        st.button("Sign out", key="sign_out", on_click=st.logout)
        return
    st.button("Sign in at your organisation", type="primary", key="sign_in", on_click=st.login)
    st.html(f'<a href="{SIGN_IN}">Sign in with a password</a>')


def told(error: Exception) -> bool:
    """For `st.App(on_script_error=...)`: a refusal in a part of a page (a dialog, a live part) is one line as well."""
    if isinstance(error, Forbidden | SignedOut | ReadOnly):
        st.warning(plain(str(error)))
        return True
    return False


def badge(caller: Caller) -> str:
    """'Single-user mode', or who is signed in as what."""
    if caller == LOCAL:
        return "Single-user mode"
    return f"{plain(caller.name)} · {caller.role}{', administrator' if caller.admin else ''}"


def sign_out(caller: Caller) -> None:
    """The button that ends the session, on the server."""
    if caller != LOCAL:
        st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=_end)


def _end() -> None:
    """Before the script runs again: a rerun from within it would throw the provider's redirect away, unsent."""
    server().people.sessions.end(cookie())
    if provider.configured() and st.user.is_logged_in:
        st.logout()


def lock(permission: str, disabled: bool = False) -> dict[str, Any]:
    """Options of a button that needs a permission: disabled, with the reason, for who lacks it."""
    if server().read_only and permission not in READS:
        return {"disabled": True, "help": "This workspace is open for reading only."}
    caller = signed_in()
    if caller is None or caller.may(permission):
        return {"disabled": disabled}
    return {"disabled": True, "help": plain(refusal(caller, permission))}
