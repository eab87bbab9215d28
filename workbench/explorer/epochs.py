"""The map through training: a slider over the encoders that a run kept, each map laid over the next later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.page import plain
from ..frame.visit import addressed, of
from ..verdicts import maps as words
from . import evidence
from .grid import Frame, around
from .maps import Map
from .paint import own_frame

FINISHED = "finished"


def through_training(shown: Map) -> Map:
    """The map of the step that the slider points at, `shown` itself at its end; the page's address follows.

    Only the method and dimensions that the steps were drawn with have a slider, and only of the pretrained encoder.
    """
    made = {"arm": shown.arm, "method": shown.method, "dimensions": shown.dimensions}
    events = {
        str(event["body"]["step"]): event
        for event in evidence.steps(shown.run)
        if {name: event["body"][name] for name in made} == made
    }
    if not events:
        return shown
    shown = replace(shown, frame=around(_frames(shown, events.values())))  # each is laid over the next: one frame
    places = [*events, FINISHED]
    told = addressed("step", of(shown.run, "step"), places, FINISHED)
    step = st.select_slider("Encoder after so many steps of training", places, **told)
    if step == FINISHED:
        st.caption("Move the slider to see the same points as the encoder placed them earlier in training.")
        return shown
    event = events[step]
    st.caption(plain(words.step(event["body"])))
    table, neighbours = (subject["sha256"] for subject in event["subjects"][:2])
    return replace(shown, sha256=table, body=shown.body | event["body"], step=int(step), near=neighbours)


def _frames(shown: Map, events: Iterable[dict[str, Any]]) -> Iterator[Frame]:
    """The frames of a map and of its earlier steps; a step whose map was deleted has none."""
    yield own_frame(shown.sha256)
    for event in events:
        try:
            yield own_frame(event["subjects"][0]["sha256"])
        except BadInput:
            continue
