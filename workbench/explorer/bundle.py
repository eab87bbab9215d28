"""The view's program as it was built with the package (hatch_build.py), or the one clear line that it is missing."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from .shelf import Parcel

FILE = Path(__file__).with_name("view") / "dist" / "view.js"
MISSING = "The explorer's own view is not built, so Plotly draws the maps: `make` builds it (workbench/explorer/view)."


@lru_cache(maxsize=1)
def parcel() -> Parcel | None:
    """The program, ready to travel; None where it was not built."""
    return Parcel.of(FILE.read_bytes()) if FILE.is_file() else None


def start(part: str) -> str:
    """What a component of Streamlit begins with: `part` of the program ("map", "bars").

    The program travels over HTTP, once and for good; what stands in each run's message is only where it lies.
    """
    return f"""export default async (component) => {{
  const address = new URL(component.data.program, window.location.origin).href;
  return (await import(address)).{part}(component);
}};
"""
