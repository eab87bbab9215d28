"""/signin: the page on which a person gives name and password; it sets the session's cookie.

A page of plain HTML without a script, because a Streamlit script cannot set a cookie. The cookie is HttpOnly and
SameSite=Strict, Secure where the page came by HTTPS. A form that another site sends is refused by what the browser says
of its origin (Sec-Fetch-Site; without it the Origin header).

/signin/provider: sets the same cookie for whom an identity provider vouches for. The gate of the pages leads there
after the return from the provider.
"""

from __future__ import annotations

import re
from functools import partial
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.control.people.passwords import SignInRefused, TooManyAttempts
from backend.control.people.people import People
from backend.control.people.permissions import Caller
from backend.control.people.sessions import COOKIE, LASTS
from backend.control.pools import Busy, Pool

from ..frame.session import server
from . import provider
from .visitors import address_of

SIGN_IN = "/signin"
AT_PROVIDER = "/signin/provider"
STALE = (
    f"sign-in: expected one at your organisation in the last {provider.COUNTS // 60} minutes that has not been used, "
    "found none; sign in there again"
)
LARGEST = 4_096  # bytes of the form
# Passwords are looked at one after the other, in a thread of their own: 64 MiB and a tenth of a second each. Of one
# address four wait at most, so that who tries many leaves room for the others.
ROOM = Pool("sign-in", at_once=1, waiting=31, each=4)
HERE = re.compile(r"/(?![/\\])[!-~]*")  # a path of this server, nothing that a browser reads as another
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in · SSL Workbench</title><style>
body {{ font: 15px system-ui, sans-serif; color: #1F2430; margin: 12vh auto; max-width: 20rem; padding: 0 1rem }}
label {{ display: block; margin: 1rem 0 .25rem }}
input, button {{ font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; border: 1px solid #8a919c;
  border-radius: 6px }}
button {{ margin-top: 1.5rem; background: #0072B2; color: #fff; border: 0 }}
p {{ background: #fdecea; padding: .5rem; border-radius: 6px }}
</style></head><body><h1>SSL Workbench</h1>{problem}<form method="post" action="/signin">
<input type="hidden" name="to" value="{to}">
<label for="name">Name</label><input id="name" name="name" value="{name}" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form>{elsewhere}</body></html>"""
ELSEWHERE = '<br><a href="{to}">Sign in at your organisation</a>'  # the gate of the pages leads on from there


def whose(people: People, cookie: str | None) -> Caller | None:
    """Whose session a browser has: for pages and routes alike. None: nobody's.

    Without accounts everybody is `local`, except where a provider is configured: there nobody is anybody yet.
    """
    return None if provider.configured() and not people.accounts else people.by_cookie(cookie)


def sign_in_routes() -> list[Route]:
    return [
        Route(SIGN_IN, form, methods=["GET"]),
        Route(SIGN_IN, take, methods=["POST"]),
        Route(AT_PROVIDER, vouched, methods=["GET"]),
    ]


def form(request: Request) -> Response:
    return _page(request.query_params.get("to", "/"))


async def take(request: Request) -> Response:
    """Check name and password; lead on with a cookie, or say in one line why not."""
    if not own(request):
        return _page("/", problem="sign-in: expected a form of this page, found one of another site", status=403)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return _page("/", problem=f"sign-in: expected at most {LARGEST} bytes, found more", status=413)
    told = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
    name, to = told.get("name", "").strip(), told.get("to", "/")
    try:
        address = address_of(request.scope)
        check = partial(server().people.sign_in, name, told.get("password", ""), address)
        cookie = await ROOM.run(check, address)
    except SignInRefused as problem:
        return _page(to, name, str(problem), 401)
    except TooManyAttempts as problem:
        return _page(to, name, str(problem), 429)
    except Busy as problem:
        return _page(to, name, str(problem), 503)
    return _led(to, cookie, request)


def vouched(request: Request) -> Response:
    """Start the session of whom the identity provider vouches for; say in one line why not.

    Its word counts once. One that no longer does leaves the browser, so that the gate asks for another.
    """
    people, to = server().people, request.query_params.get("to", "/")
    if not own(request):
        return _page("/", problem="sign-in: expected a link of these pages, found one of another site", status=403)
    if whose(people, request.cookies.get(COOKIE)):
        return RedirectResponse(_safe(to), status_code=303, headers={"Cache-Control": "no-store"})
    word = provider.word(request.cookies)
    caller = word and people.by_email(word.address)
    if not caller or not people.sessions.once(word.text):
        refused = _page(to, problem=STALE, status=401)
        refused.delete_cookie(provider.USER_COOKIE_NAME)
        return refused
    return _led(to, people.sessions.start(caller.name), request)


def own(request: Request) -> bool:
    """Does the browser say that the form stood on this very server?"""
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _led(to: str, cookie: str, request: Request) -> Response:
    """On to where the person wanted to go, with their session."""
    answer = RedirectResponse(_safe(to), status_code=303, headers={"Cache-Control": "no-store"})
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, max_age=LASTS, httponly=True, samesite="strict", secure=secure)
    return answer


def _safe(to: str) -> str:
    return to if HERE.fullmatch(to) else "/"


def _page(to: str, name: str = "", problem: str = "", status: int = 200) -> Response:
    said, to = f"<p role='alert'>{escape(problem)}</p>" if problem else "", escape(_safe(to))
    elsewhere = ELSEWHERE.format(to=to) if provider.configured() else ""
    return HTMLResponse(PAGE.format(problem=said, to=to, name=escape(name[:64]), elsewhere=elsewhere), status, HEADERS)
