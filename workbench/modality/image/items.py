"""Images beside a map: a gallery; and a picture of a person's own, placed among them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

import streamlit as st

from backend.workspace.layout import BadInput

from ...explorer.columns import frame
from ...explorer.looking import name_of
from ...frame.gallery import gallery
from ...frame.page import plain
from ...frame.session import service
from ...serve import uploading
from ...verdicts import maps as words
from .._items import Items

if TYPE_CHECKING:
    from ...explorer.looking import View

PICTURES = 24
SIDE = 72  # pixels
MOST_MB = 10  # of an uploaded picture; the worker refuses more too
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # of PNG and JPEG


class ImageItems(Items):
    sides: ClassVar = [2, 3]
    measured = True
    placed = True

    def listed(self, view: View, rows: list[int], key: str, count: int | None = None) -> None:
        table, shown = frame(view.source), rows[:PICTURES]
        pictures(view.run, shown, [name_of(table, row) for row in shown])
        count = len(rows) if count is None else count
        if count > PICTURES:
            st.caption(f"The first {PICTURES} of {count:,}; the table below has more.")

    def near(
        self, view: View, found: list[tuple[int, float]], key: str, row: int | None = None, everywhere: bool = False
    ) -> None:
        table, first = frame(view.source), [] if row is None else [row]
        says = [f"this · {name_of(table, one)}" for one in first]
        says += [f"{cosine:.3f} · {name_of(table, other)}" for other, cosine in found]
        pictures(view.run, [*first, *(other for other, _ in found)], says)

    def changed(self, view: View, rows: list[int], most: dict[str, Any], key: str) -> None:
        columns = [rows, most["jaccard"], most["cosine"] or [None] * len(rows)]
        says = [words.point(*values) for values in zip(*(column[: len(rows)] for column in columns), strict=True)]
        pictures(view.run, rows, says)

    def given(self) -> tuple[bytes, str]:
        file = st.file_uploader("A PNG or JPEG picture", ["png", "jpg", "jpeg"], max_upload_size=MOST_MB, key="file")
        return (uploading.content(file, MOST_MB * 1_000_000), file.name[:40]) if file else (b"", "")

    def asked(self, payload: bytes) -> dict[str, Any]:
        return {"image": base64.b64encode(checked_picture(payload)).decode()}


def pictures(run: dict[str, Any], rows: list[int], captions: list[str]) -> None:
    """A gallery; pictures that were deleted are told in one line, and the page goes on."""
    if not rows:
        return
    try:
        st.html(gallery(service().thumbnails(run["dataset"], rows, SIDE), captions, SIDE))
    except BadInput as problem:
        st.error(plain(str(problem)))


def checked_picture(payload: bytes) -> bytes:
    """A PNG or JPEG by its first bytes and size; what is in it the worker decodes, with limits of its own."""
    if len(payload) > MOST_MB * 1_000_000:
        raise BadInput(f"picture: expected at most {MOST_MB} MB, found more")
    if not payload.startswith(HEADS):
        raise BadInput(f"picture: expected PNG or JPEG, found bytes that begin {payload[:8].hex(' ')}")
    return payload


ITEMS = ImageItems()
