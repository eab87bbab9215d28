"""What each address beside the API asks of a request before it is read: the methods, a size, and whose it has to be.

An address that stands in no rule is a page or a file of Streamlit's own program: it is read, with nothing sent along.
The API's and the explorer's routes ask for tokens and tickets themselves, before they read anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

READ = frozenset({"GET", "HEAD"})
ANYONE, SIGNED_IN, BRINGS, NOBODY = "anyone", "signed in", "brings", "nobody"  # BRINGS: who may hand files over
FORM = 4_096  # bytes of the sign-in
FILE = (200 << 20) + (1 << 20)  # of an uploaded file (.streamlit/config.toml: maxUploadSize) and what frames it
API = 64 << 20  # of the largest body of the API, whose routes have bounds of their own


@dataclass(frozen=True)
class Rule:
    """`path`: a pattern for the whole address below the server's base; `most`: bytes of a body; `who` may ask."""

    path: re.Pattern[str]
    methods: frozenset[str] = READ
    most: int = 0
    who: str = ANYONE
    own: bool = False  # only pages of this server lead here, no link of another's


def _rule(path: str, methods: str = "GET HEAD", most: int = 0, who: str = ANYONE, own: bool = False) -> Rule:
    return Rule(re.compile(path), frozenset(methods.split()), most, who, own)


ONE = r"[^/]+"
RULES = (
    _rule(r"/api(/.*)?", "GET HEAD POST", API),
    _rule(r"/explorer/.*"),
    _rule(r"/signin", "GET HEAD POST", FORM),
    _rule(r"/signin/provider", own=True),
    _rule(r"/auth/(login|logout)", own=True),
    _rule(r"/oauth2callback"),
    _rule(r"/media/.*", who=SIGNED_IN),
    _rule(rf"/_stcore/upload_file/{ONE}/{ONE}", "PUT", FILE, BRINGS),
    _rule(rf"/_stcore/upload_file/{ONE}/{ONE}", "DELETE", 0, SIGNED_IN),
    _rule(r"/_stcore/(health|host-config)"),
    _rule(r"/_stcore/bidi-components/.*", who=SIGNED_IN),
    # What nothing of the workbench uses: figures about memory, Streamlit's own API and its older components.
    _rule(r"/_stcore/.*", who=NOBODY),
    _rule(r"/component/.*", who=NOBODY),
)
PAGE = Rule(re.compile(r"/.*"))
STREAM = "/_stcore/stream"  # the pages' websocket


def rules_of(path: str) -> list[Rule]:
    """The rules of an address, one or more (by method)."""
    found = [rule for rule in RULES if rule.path.fullmatch(path)]
    return [rule for rule in found if rule.who != NOBODY] or found or [PAGE]
