"""The guard in front of everything that the server answers, websockets among it.

In this order: the name and the page that a request comes under (names.py), what its address allows (rules.py), how
large it says it is, whose it is; only then is it handed on. What comes is counted, and has to come in time; every
answer carries the policy of policy.py.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.control.people.permissions import Caller, refusal

from . import policy
from .exchange import Exchange
from .names import Names, Refused
from .rules import ANYONE, BRINGS, NOBODY, STREAM, Rule, rules_of
from .visitors import MOST, Visitors, address_of

KNOWN = 25 << 20  # bytes of a message over the websocket of somebody who is signed in: Streamlit's own bound


class Guard:
    """`whose`: the caller whose session a request has, None for nobody's."""

    def __init__(self, app: ASGIApp, names: Names, whose: Callable[[HTTPConnection], Caller | None], base: str = ""):
        self.app, self.names, self.whose = app, names, whose
        self.base = f"/{base.strip('/')}" if base.strip("/") else ""
        self.visitors = Visitors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def messages(self, scope: Scope) -> int:
        """Bytes of the largest message over the websocket that this scope asks for."""
        return KNOWN if self.whose(HTTPConnection(scope)) else MOST

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, exchange = Headers(scope=scope), Exchange(scope, receive, send)
        found = self._checked(scope, headers)
        if isinstance(found, Rule):
            exchange.most, exchange.policy = found.most, _policy(scope, headers, self._path(scope))
            await exchange.run(self.app)
        else:
            await exchange.refuse(*found)

    def _checked(self, scope: Scope, headers: Headers) -> Rule | tuple[int, str]:
        """The rule that a request is under, or the status and the line with which it is refused."""
        try:
            self.names.check(scope, headers)
        except Refused as problem:
            return 403, str(problem)
        rules, method = rules_of(self._path(scope)), scope["method"]
        if all(rule.who == NOBODY for rule in rules):
            return 404, "address: expected one of the workbench, found another"
        rule = next((rule for rule in rules if method in rule.methods), None)
        if rule is None:
            known = sorted(set().union(*(rule.methods for rule in rules)))
            return 405, f"method: expected {' or '.join(known)}, found {method[:20]}"
        if rule.own and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403, "request: expected a link of this server's own pages, found another site's"
        if (size := _announced(headers)) is None:
            return 400, "Content-Length: expected a number of bytes, found another"
        if size > rule.most or ("transfer-encoding" in headers and not rule.most):
            return 413, f"body: expected at most {rule.most:,} bytes, found more"
        if rule.who != ANYONE:
            caller = self.whose(HTTPConnection(scope))
            if caller is None or not caller.may("read"):
                return 403, "file: expected somebody who is signed in, found nobody"
            if rule.who == BRINGS and not (caller.may("register") or caller.may("ask")):
                return 403, refusal(caller, "register")
        return rule

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A connection to the pages. Who is not signed in has a few small ones, which lead to the sign-in."""
        headers = Headers(scope=scope)
        try:
            self.names.check(scope, headers)
            if self._path(scope) != STREAM:
                raise Refused("websocket: expected the pages' own address, found another")
            if self.whose(HTTPConnection(scope)):
                await self.app(scope, receive, send)
                return
            with self.visitors.one(address_of(scope)) as heard:
                await self.app(scope, heard(receive), send)
        except Refused:
            await send({"type": "websocket.close", "code": 1008})

    def _path(self, scope: Scope) -> str:
        path = scope["path"]
        return path.removeprefix(self.base) or "/" if f"{path}/".startswith(f"{self.base}/") else path


def _announced(headers: Headers) -> int | None:
    """Bytes that a request says it brings; None for what is no number."""
    said = headers.get("content-length", "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 18 else None


def _policy(scope: Scope, headers: Headers, path: str) -> str:
    """The answer's policy: of pages, or of data that is no page."""
    if path.startswith(("/api/", "/explorer/", "/media/", "/_stcore/")):
        return policy.DATA
    return policy.pages(headers.get("host", ""), scope["scheme"])
