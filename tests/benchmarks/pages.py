"""Wall time of a page switch in Chromium: 20 finished runs in the workspace, 10,000 points on the map.

    python -m tests.benchmarks.pages
    python -m tests.benchmarks.pages --runs 200 --points 2000 --most 1.0      ends with 1 where a later median is above

From the click on the page's link to the page that has settled (no script running, no skeleton); the time that the
check itself waits is taken off. The first round of a browser session also loads Plotly's code and is shown apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from backend.control.service import Service
from tests.browser.chromium import browser_page, server, settle
from tests.pages.conftest import add_run, register

PAGES = ("Runs", "Run", "Did it help?", "Embeddings", "Explain", "Bias", "Report", "Audit", "Data", "New run", "Home")
QUIET = 0.15
ROUNDS = 4


def build(root: Path, runs: int = 20, points: int = 10_000) -> None:
    service = Service.open(root, start_supervisor=False)
    manifest = register(service, points)
    for i in range(runs):
        add_run(service, manifest, f"run-{i:03d}", title=f"Trial {i}", state="done")
    service.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--most", type=float, help="seconds that the median over all later visits may take")
    asked = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root / "ws", asked.runs, asked.points)
        with server(root / "ws", root / "server.log") as address, browser_page() as page:
            page.goto(address)
            settle(page)
            for _ in range(asked.rounds):
                for name in PAGES:
                    start = time.perf_counter()
                    page.locator(".st-key-navigation").get_by_text(name, exact=True).click()
                    page.wait_for_timeout(50)
                    settle(page, quiet=QUIET)
                    times[name].append(time.perf_counter() - start - QUIET)
    print("| page | first visit, s | later, median s | later, worst s |\n|---|---|---|---|")
    for name, found in times.items():
        print(f"| {name} | {found[0]:.2f} | {median(found[1:]):.2f} | {max(found[1:]):.2f} |")
    every = median(second for found in times.values() for second in found[1:])
    print(f"Median over all later visits, {asked.runs} runs: {every:.2f} s")
    sys.exit(1 if asked.most and every > asked.most else 0)


if __name__ == "__main__":
    main()
