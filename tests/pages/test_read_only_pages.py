"""Every page shows a workspace that is open for reading only, says so, and writes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.control.record.readonly import look
from tests.unit.test_readonly import state
from workbench.frame import session

PAGES = sorted(path.stem for path in (Path(session.__file__).parents[1] / "pages").glob("*.py"))


@pytest.fixture(scope="module")
def seen(_trained, tmp_path_factory):
    """The workspace of the pages' tests as it lies on the disk, with the catalogue that every server keeps there."""
    _trained.catalogue()
    root = tmp_path_factory.mktemp("seen") / "ws"
    shutil.copytree(_trained.workspace.root, root)
    service = look(root)
    yield service
    service.close()


def test_the_record_is_verified_and_nothing_is_written(seen, open_page):
    session.use(seen)
    before = state(seen.workspace.root)
    app = open_page("audit")
    assert any("for reading only" in caption.value for caption in app.sidebar.caption)
    assert app.button(key="bundle").disabled
    app.button(key="verify").click().run(timeout=60)
    assert not app.exception
    assert app.session_state["verification"]["ok"], app.session_state["verification"]["findings"]
    assert state(seen.workspace.root) == before


@pytest.mark.slow
def test_every_page_shows_and_writes_nothing(seen, open_page):
    session.use(seen)
    before = state(seen.workspace.root)
    for name in PAGES:
        assert open_page(name, run="done").sidebar.caption, name
    assert state(seen.workspace.root) == before
