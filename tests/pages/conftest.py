"""Pages in their four states, on a real service: run folders are written as a worker would, then ingested.

`open_page("run", run="trained")` runs the app's entry script with AppTest and opens a page on a run.
`trained` is a workspace with one finished run whose events cover every stage; siblings reuse it read-only.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench import session

UI = Path(session.__file__).parent / "ui.py"


@pytest.fixture
def open_page():
    """open_page(name, **query) -> AppTest after its first run; fails on an uncaught exception."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(UI), default_timeout=20).run()
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"../pages/{name}.py").run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    return opened
