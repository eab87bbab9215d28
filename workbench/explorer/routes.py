"""The HTTP routes beside the pages: columns, examples and neighbours, fetched without a run of the script.

    /explorer/bytes/SHA256                     a column or mask that a page put on the shelf (gzip, kept for good)
    /explorer/cell/DATASET/MAP/WHICH?point=    a point's example, what its Content-Type says: image/png, text/plain (how
                                               a text begins), application/json (a record {name: value});
                                               WHICH: mild (slurs hidden) or all
    /explorer/near/MAP/NEIGHBOURS?point=       a point's true neighbours: {"points": [..], "cosine": [..]}
    /explorer/view-SHA256.js                   the view's program; public, as the server's own pages are

Every other address carries a ticket that a page signed for its user, whose session the browser must have (without
accounts there is none, and none is needed). 403: no right to it; 404: no longer there (the page puts it back when it
runs again); 400: wrong input. Each as {"detail": one line}.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from backend.control.people.sessions import COOKIE
from backend.control.service import NotFound
from backend.workspace.layout import BadInput

from .. import modality
from ..frame.session import server, service
from ..serve.signin import whose
from . import bundle
from .shelf import shelf
from .tickets import Refused, holder

PREFIX = "/explorer"
KEEP = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Vary": "Cookie",  # what a browser kept of one session it does not show in the next
    "X-Content-Type-Options": "nosniff",
}
PUBLIC = {"Cache-Control": "public, max-age=31536000, immutable"}


def bytes_path(sha256: str) -> str:
    return f"{PREFIX}/bytes/{sha256}"


def cell_path(dataset: str, sha256: str, show: bool) -> str:
    return f"{PREFIX}/cell/{dataset}/{sha256}/{'all' if show else 'mild'}"


def near_path(sha256: str, neighbours: str) -> str:
    return f"{PREFIX}/near/{sha256}/{neighbours}"


def bundle_path() -> str | None:
    """Where the view's program is; None where it was not built."""
    return (found := bundle.parcel()) and f"{PREFIX}/view-{found.sha256}.js"


def explorer_routes() -> Mount:
    """The routes, to stand beside those of the pages on the same server."""
    return Mount(
        PREFIX,
        routes=[
            Route("/bytes/{sha256}", ticketed(held)),
            Route("/cell/{dataset}/{sha256}/{which}", ticketed(cell)),
            Route("/near/{sha256}/{neighbours}", ticketed(near)),
            Route("/view-{sha256}.js", program),
        ],
    )


def ticketed(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """`answer`, for who holds a ticket; what goes wrong in it is told in one line."""

    def guarded(request: Request) -> Response:
        try:
            user = holder(request.scope["path"], request.query_params, server().workspace.token)
            _allowed(user, request)
            return answer(request)
        except Refused as problem:
            return _told(403, problem)
        except NotFound as problem:
            return _told(404, problem)
        except BadInput as problem:
            return _told(400, problem)

    return guarded


def _allowed(user: str, request: Request) -> None:
    """Raises Refused: a ticket opens nothing without its user's session, however they signed in."""
    here = whose(server().people, request.cookies.get(COOKIE))
    if here is None or here.name != user:
        raise Refused("ticket: expected one of whoever is signed in, found another's")
    if not here.may("read"):
        raise Refused("ticket: expected one of somebody who may look, found another")


def held(request: Request) -> Response:
    found = shelf().get(request.path_params["sha256"])
    if found is None:
        raise NotFound("column: expected one that a page has put here since the server started, found none")
    headers = KEEP | {"Content-Encoding": "gzip"}
    return Response(found.payload, media_type="application/octet-stream", headers=headers)


def cell(request: Request) -> Response:
    """A point's example, as its modality shows it: the media type says what it is."""
    row, dataset = _row(request), request.path_params["dataset"]
    items = modality.of(service().dataset(dataset)).items
    kind, content = items.cell(service(), dataset, row, request.path_params["which"] == "all")
    headers = KEEP | {"X-Row": str(row)}
    if isinstance(content, dict):
        return JSONResponse(content, headers=headers)
    return Response(content, media_type=kind, headers=headers)


def near(request: Request) -> Response:
    from . import maps
    from .columns import places

    row, here = _row(request), places(request.path_params["sha256"]).rows
    found = maps.nearest(request.path_params["neighbours"], row)
    places_of = {other: int(here.searchsorted(other)) for other, _ in found}
    told = [(p, round(c, 4)) for o, c in found if (p := places_of[o]) < len(here) and here[p] == o]
    return JSONResponse({"points": [p for p, _ in told], "cosine": [c for _, c in told]}, headers=KEEP)


def program(request: Request) -> Response:
    found = bundle.parcel()
    if found is None or found.sha256 != request.path_params["sha256"]:
        return _told(404, NotFound("view: expected the program of this version, found another; reload the page"))
    return Response(found.payload, media_type="text/javascript", headers=PUBLIC | {"Content-Encoding": "gzip"})


def _row(request: Request) -> int:
    """The data row of the point that is asked for. Raises BadInput, NotFound for a map that is no more."""
    from .columns import places  # with pandas, for which the server's start does not wait

    rows, point = places(request.path_params["sha256"]).rows, request.query_params.get("point", "")
    if not (point.isascii() and point.isdigit() and len(point) <= 9 and int(point) < len(rows)):
        raise BadInput(f"point: expected a number from 0 to {len(rows) - 1}, found {point[:20]!r}")
    return int(rows[int(point)])


def _told(status: int, problem: Exception) -> Response:
    return JSONResponse({"detail": str(problem)}, status_code=status, headers={"Cache-Control": "no-store"})
