"""Wall time of a page switch in Chromium: 20 finished runs in the workspace, 10,000 points on the map.

    python -m tests.benchmarks.pages

From the click on the page's link to the page that has settled (no script running, no skeleton); the time that the
check itself waits is taken off. The first round of a browser session also loads Plotly's code and is shown apart.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from backend.control.service import Service
from tests.browser.chromium import browser_page, server, settle
from tests.pages.conftest import add_run, register

PAGES = ("Run", "Did it help?", "Embeddings", "Explain", "Bias", "Report", "Audit", "Data", "New run", "Home")
QUIET = 0.15
ROUNDS = 4


def build(root: Path, runs: int = 20, points: int = 10_000) -> None:
    service = Service.open(root, start_supervisor=False)
    manifest = register(service, points)
    for i in range(runs):
        add_run(service, manifest, f"run-{i:02d}", title=f"Trial {i}", state="done")
    service.close()


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root / "ws")
        with server(root / "ws", root / "server.log") as address, browser_page() as page:
            page.goto(address)
            settle(page)
            for _ in range(ROUNDS):
                for name in PAGES:
                    start = time.perf_counter()
                    page.locator(".st-key-navigation").get_by_text(name, exact=True).click()
                    page.wait_for_timeout(50)
                    settle(page, quiet=QUIET)
                    times[name].append(time.perf_counter() - start - QUIET)
    print("| page | first visit, s | later, median s | later, worst s |\n|---|---|---|---|")
    for name, found in times.items():
        print(f"| {name} | {found[0]:.2f} | {median(found[1:]):.2f} | {max(found[1:]):.2f} |")


if __name__ == "__main__":
    main()
