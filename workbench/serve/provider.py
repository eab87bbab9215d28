"""An identity provider's word for somebody (OpenID Connect): the signed cookie that Streamlit's sign-in leaves.

Streamlit tells a page's script of it (st.user), for 30 days and as long as the page is open. Here it is read where a
route sees it, by Streamlit's own functions, and only while it is fresh: it starts one session of the workbench
(backend/control/people/sessions.py), and that session is what every page and every route asks for afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import streamlit as st
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

COUNTS = 300  # seconds for which the word counts, from the return from the provider
DAY = 86_400


@dataclass(frozen=True)
class Word:
    """The address that a provider vouches for; `text`, all that it said, is of this one sign-in (nonce, time)."""

    address: str
    text: str = field(repr=False)


@cache
def configured() -> bool:
    """Is sign-in at an identity provider configured ([auth] in .streamlit/secrets.toml)? Read once."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def address(claims: Mapping[str, Any]) -> str | None:
    """The e-mail address in a provider's claims; None where it says that it has not verified it."""
    if str(claims.get("email_verified", True)).casefold() == "false":  # some write the word instead of the value
        return None
    return claims.get("email")


def word(cookies: Mapping[str, str]) -> Word | None:
    """The provider's word in the cookies of a request; None where it is missing, forged, older than COUNTS seconds,
    meant for another server, or vouches for no address."""
    if not configured():
        return None
    secret = get_cookie_secret()

    def opened(name: str) -> bytes | None:
        return decode_signed_value(secret, name, cookies.get(name, "").encode("latin-1", "replace"), COUNTS / DAY)

    text = get_cookie_with_chunks(opened, USER_COOKIE_NAME)
    claims = json.loads(text) if text else {}
    # Another server's cookie, where both were given one secret: it names the origin to which the provider led back.
    if not claims.get("is_logged_in") or claims.get("origin") != get_origin_from_redirect_uri():
        return None
    found = address(claims)
    return Word(found, text.decode()) if found else None
