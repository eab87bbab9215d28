"""The parts of the data page that only images have: a gallery, duplicates as pictures, pixel values and sizes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ...frame.gallery import gallery
from ...frame.page import plain
from ...frame.safe import cells
from ...frame.session import service
from ...verdicts import data as data_words
from .._sheet import Sheet
from . import words

SIDE = 64  # pixels


class ImageSheet(Sheet):
    def draw(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
        examples(manifest)
        duplicates(manifest, sheet)

    def counts(self, sheet: dict[str, Any]) -> None:
        """The sizes, which values are black and white, and how far each split goes."""
        st.caption(plain(words.size_line(sheet)))
        if line := words.scale_line(sheet):
            st.caption(plain(line))
            st.dataframe(cells(words.ends_rows(sheet)), hide_index=True)


def examples(manifest: dict[str, Any]) -> None:
    """A few training images of each class, or along the number that is predicted."""
    target = manifest.get("target") or {}
    if target.get("type") == "number":
        table = service().table(manifest["table"]["sha256"], ["target", "split"])
        told = table["target"].to_pylist(), table["split"].to_pylist(), target["unit"]
        rows = data_words.examples_of_numbers(*told)
    else:
        table = service().table(manifest["table"]["sha256"], ["label", "split"])
        rows = data_words.examples(table["label"].to_pylist(), table["split"].to_pylist(), manifest["classes"])
    with st.expander("Examples", expanded=True):
        places = st.columns(min(len(rows), 5))
        for i, (name, found) in enumerate(rows.items()):
            with places[i % len(places)]:
                st.caption(plain(name))
                if found:
                    st.html(gallery(service().thumbnails(manifest["name"], found, SIDE), side=SIDE))


def duplicates(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    """How many images stand twice, and some of those that stand in two splits."""
    with st.expander("The same image twice"):
        st.dataframe(cells(data_words.duplicate_rows(sheet)), hide_index=True)
        for caption, rows in data_words.pairs(sheet):
            st.caption(f"{plain(caption)} (rows {rows[0]:,} and {rows[1]:,})")
            st.html(gallery(service().thumbnails(manifest["name"], rows, SIDE), side=SIDE))


SHEET = ImageSheet()
