"""One finished workspace with all that a workspace can hold; what its workers said is written as a worker would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.control.service import Service
from tests.pages import conftest as pages

SECRET = "correct horse battery"


def finished(root: Path) -> dict[str, Any]:
    """Make it at `root` and close it: {run, failed, token, erased (a leaf), older (a copy of before)} for mutations."""
    with _opened(root) as service:
        made = _begin(service)
    older = root.with_name(root.name + "-older")
    shutil.copytree(root, older)
    with _opened(root) as service:
        return {**made, **_go_on(service), "older": older}


@contextmanager
def _opened(root: Path) -> Iterator[Service]:
    service = Service.open(root, start_supervisor=False)
    try:
        yield service
    finally:
        service.close()


def _begin(service: Service) -> dict[str, Any]:
    manifest = pages.register(service, n=60)
    for name in ("done", "failed", "cancelled"):
        pages.add_run(service, manifest, name)
        service.trail.checkpoint()
    service.save_selection("done", "Odd ones", [1, 2], {})
    service.dossiers.answer("done", "3.risks", "None is known.")
    service.keep_report("done", "md", b"# Bars\n")
    service.dossiers.build("done")
    return {"run": "done", "failed": "failed"}


def _go_on(service: Service) -> dict[str, Any]:
    for name, role in (("ada", "reviewer"), ("rita", "reviewer"), ("simon", "scientist")):
        service.people.add(name, role, admin=name == "ada", password=SECRET)
    service.people.add("eve", "viewer", email="eve@example.org")
    simon, rita = service.people.caller("simon"), service.people.caller("rita")
    token = service.account.token(30, simon)
    service.trail.checkpoint()
    service.reviews.ask("run:done", "Look at the small groups.", simon)
    service.reviews.decide("run:done", "approved", "Looked at every group.", rita, SECRET)
    service.reviews.ask("run:failed", "Why did it fail?", simon)
    erased = service.store.rows("SELECT max(leaf) AS leaf FROM ledger WHERE kind = 'review.asked'")[0]["leaf"]
    service.trail.redact(erased, "asked to by simon", "ada")
    return {"token": token, "erased": erased}
