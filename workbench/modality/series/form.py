"""Fields that only sensor series have when they are registered: when readings were taken and how windows are cut, with
a picture of what one window is and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...frame.fields import KEPT, column, number
from ...frame.figures import show_chart
from ...frame.numbers import Range
from ...frame.page import plain
from .._form import Form
from . import form_charts as charts
from . import form_words as words

LONGEST = 8192  # steps of a window


class SeriesForm(Form):
    also = " and lives"

    def columns(self, look: dict[str, Any], own: Callable[[str], str]) -> dict[str, Any]:
        """Time, window and stride; beneath them the picture, by the first readings of the source."""
        names = [one["name"] for one in look["columns"]]
        asked = {"time_column": column("Time", names, words.time_of(look), own("time_column"), words.TIME)}
        a, b, c = st.columns(3)
        steps = Range(2, LONGEST, whole=True)
        told = {"optional": True, "empty": "found out"}
        asked["window"] = number("Window (steps)", None, steps, own("window"), place=a, help=words.WINDOW, **told)
        further = Range(1, None, whole=True)
        asked["stride"] = number("Stride (steps)", None, further, own("stride"), place=b, help=words.STRIDE, **told)
        length = Range(0, None, above=True)
        asked["step"] = number("Step", None, length, own("step"), place=c, help=words.STEP, **told)
        self._picture(look, asked, own)
        return {name: value for name, value in asked.items() if value is not None}

    def beside_splits(self, look: dict[str, Any], own: Callable[[str], str], place: DeltaGenerator) -> dict[str, Any]:
        names = [one["name"] for one in look["columns"]]
        with place:
            found: dict[str, Any] = {
                "split_time": column("In the order of", names, None, own("split_time"), words.SPLIT_TIME)
            }
        a, b, c = st.columns(3)
        given = Range(0, None, above=True)
        for name, at, said, help in (("ahead", a, "Ahead", words.AHEAD), ("cap", b, "Cap", words.CAP)):
            if (
                value := number(said, None, given, own(name), place=at, help=help, optional=True, empty="")
            ) is not None:
                found[name] = value
        if c.checkbox("Pretrain on whole lives", key=own("whole_lives"), help=words.WHOLE, **KEPT):
            found["whole_lives"] = True
        return found

    def typed(self, place: DeltaGenerator) -> dict[str, Any]:
        with place:
            time = st.text_input("Time", key="time_typed", placeholder="the column of times", **KEPT).strip()
        return {"time_column": time} if time else {}

    def _picture(self, look: dict[str, Any], asked: dict[str, Any], own: Callable[[str], str]) -> None:
        """What one window and its target are, by what is chosen so far; fields drawn further down are read where the
        person left them."""
        told = {name: st.session_state.get(own(name)) for name in ("split_by", "horizon", "ahead", "cap", "observed")}
        label = st.session_state.get(own("label"), look["label"])
        told["target"] = st.session_state.get(own(f"target.{label}")) if label else None
        scene = words.scene(look, asked, told, label)
        if scene is None:
            st.caption(words.NOTHING)
            return
        show_chart(st, charts.picture(scene), width="stretch", key=own("picture"), config={"displayModeBar": False})
        st.caption(plain(words.said(scene)))


FORM = SeriesForm()
