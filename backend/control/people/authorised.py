"""The service as one person at a browser may use it: what they may not do is refused below the pages.

Every method stands in METHODS with the permission that it takes; one that does not is refused. A method that asks for
an `actor` or a `caller` gets this caller's, whatever a page says.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from .permissions import Caller, Forbidden

METHODS = {
    "read": (
        "datasets dataset sheet cells thumbnails texts text_starts runs run wait log events latest selections table "
        "document array file payload catalogue reviews.of reviews.pending reviews.findings reviews.approvals "
        "reviews.open_points sweeps.listed sweeps.of sweeps.recipe labels.notes results.of_all "
        "machine.state machine.size trail.signed dossiers.document dossiers.proposals dossiers.versions "
        "dossiers.version dossiers.compare"
    ),
    "account": "account.of account.token account.revoke",
    "register": "preview upload uploads.gather add_data",
    "submit": "submit resume sweeps.begin",
    "label": "labels.set",
    "cancel": "cancel sweeps.cancel",
    "select": "save_selection",
    "ask": "ask reviews.ask",
    "report": "keep_report keep_export dossiers.answer dossiers.scenario dossiers.build dossiers.current",
    "review": "reviews.decide",
    "ledger": "ledger trail.retention search.find search.timeline search.facets search.event search.inclusion",
    "verify": "verify trail.verify trail.tree",
    "export": "trail.checkpoint trail.export",
    "redact": "trail.redact",
    "key": "trail.rotate_key",
    "people": "people.listed people.add people.role people.disable people.token people.revoke",
}
NEEDED = {name: permission for permission, names in METHODS.items() for name in names.split()}
AREAS = {
    "people",
    "account",
    "reviews",
    "trail",
    "dossiers",
    "search",
    "sweeps",
    "labels",
    "results",
    "uploads",
    "machine",
}  # attributes of the service that hold methods of their own
PLAIN = {"workspace", "artefacts"}  # what only says where things lie


class AuthorisedService:
    def __init__(self, target: Any, caller: Caller, area: str = ""):
        self._target, self._caller, self._area = target, caller, area

    def __getattr__(self, name: str) -> Any:
        if not self._area and name in PLAIN:
            return getattr(self._target, name)
        if not self._area and name in AREAS:
            return AuthorisedService(getattr(self._target, name), self._caller, f"{name}.")
        path = self._area + name
        if path not in NEEDED:
            raise Forbidden(f"service: expected what a page may use, found {path}")
        self._caller.must(NEEDED[path])
        method = getattr(self._target, name)
        who = {"actor": self._caller.name, "caller": self._caller}
        own = {key: who[key] for key in _takes(type(self._target), name)}
        return lambda *args, **kwargs: method(*args, **(kwargs | own)) if own else method(*args, **kwargs)


@cache
def _takes(owner: type, method: str) -> frozenset[str]:
    return frozenset(inspect.signature(getattr(owner, method)).parameters) & {"actor", "caller"}
