"""What a report states, one file a section; each fact stands with the ledger leaves that it rests on.

A section file defines TITLE, ORDER and `collect(source) -> dict` (see `_source.section`). A stage that left nothing is
a named gap, never an empty page; a section that does not concern the run's kind of data is None and left out. A further
section is a further file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from typing import Any

from ._source import Source


def collect(service: Any, run: str, without: Collection[str] = ()) -> dict[str, Any]:
    """Everything a report of `run` says, as JSON: {"run", "sections": [...]} in the order of the report.

    Sections named in `without` are left out: that on the record verifies the whole workspace.
    """
    source = Source(service, service.run(run))
    names = (m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_") and m.name not in without)
    modules = sorted((importlib.import_module(f"{__name__}.{name}") for name in names), key=lambda m: m.ORDER)
    made = ((m, m.collect(source)) for m in modules)
    sections = [{"name": m.__name__.rsplit(".", 1)[-1], "title": m.TITLE, **s} for m, s in made if s is not None]
    return {"run": source.run, "sections": sections}
