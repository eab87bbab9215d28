"""The dossier: Annex IV of the AI Act, filled from the ledger, completed by people, open wherever neither spoke.

    statutes/*.toml   the duties, one file a date     fields/*.py    what the record says to a duty, one file a field
    value.py          a value, its leaf, its query    scenarios.py   bias scenarios, proposed, held against findings
    entries.py        what people write, checked      document.py    all of it put together; compare.py: two of them

`values(source)` collects; nothing here opens a database or writes a file (backend/control/record/dossiers.py does).
"""

from __future__ import annotations

from .evidence import Evidence
from .fields import registry
from .value import Value


def values(source: Evidence) -> dict[str, list[Value]]:
    """What the record says, by field id. A field that it says nothing to is left out."""
    found = {field: list(evidence(source)) for field, evidence in registry().items()}
    return {field: told for field, told in found.items() if told}
