"""Walk every page of a demo workspace in Chromium and write docs/screenshots/*.png.

make screenshots        (runs the demo first when the workspace holds no finished run)
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from backend.control.client.client import Client
from backend.workspace.layout import Workspace

from .chromium import TITLES, browser_page, find, server, settle

OUT = Path(__file__).parents[2] / "docs" / "screenshots"
TALLEST = {"report": 1600}  # px; a dossier goes on for long


def shoot(page: Page, address: str, name: str, run: str | None, out: Path) -> None:
    """One page, whole height, as a person sees it once it has settled."""
    path = "" if name == "home" else name
    page.goto(f"{address}/{path}" + (f"?run={run}" if run else ""))
    settle(page)
    page.wait_for_timeout(1500)  # Plotly draws after the script has ended
    height = page.evaluate(
        "Math.max(...[...document.querySelectorAll('[data-testid=stMain], [data-testid=stMainBlockContainer]')]"
        ".map(e => e.scrollHeight))"
    )
    page.set_viewport_size({"width": 1440, "height": min(max(900, height + 40), TALLEST.get(name, 6000))})
    page.wait_for_timeout(800)
    page.screenshot(path=out / f"{name}.png")
    page.set_viewport_size({"width": 1440, "height": 1000})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--run", help="the run to show; the newest finished one when left out")
    options = parser.parse_args()
    if find() is None:
        sys.exit("screenshots: expected a Chromium or Chrome on the PATH, found none")
    if not any(options.workspace.glob("runs/*/events.jsonl")):
        subprocess.run(
            [sys.executable, "-m", "workbench.cli", "demo", "--headless", "--workspace", str(options.workspace)],
            check=True,
        )
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as logs, server(options.workspace, Path(logs) / "server.log") as address:
        client = Client(Workspace.open(options.workspace), int(address.rsplit(":", 1)[1]))
        finished = [r["run"] for r in client.runs() if r["kind"] == "run" and r["state"] == "succeeded"]
        run = options.run or next(iter(finished), None)
        with browser_page() as page:
            for name in (name or "home" for name in TITLES):
                shoot(page, address, name, run, options.out)
                print(options.out / f"{name}.png", flush=True)


if __name__ == "__main__":
    main()
