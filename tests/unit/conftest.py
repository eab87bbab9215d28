"""Fixtures of the unit tests: the database of an empty workspace."""

from __future__ import annotations

import pytest

from backend.control.record.store import Store


@pytest.fixture
def store(workspace):
    store = Store(workspace.database)
    yield store
    store.close()
