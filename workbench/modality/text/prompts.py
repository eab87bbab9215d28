"""A causal model's continuation, explained by its prompt: which words made it say this?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.data.identity import holds_slur

from ...explain.record import ask_once
from ...frame import highlight
from ...frame.login import lock
from ...frame.page import plain
from ...frame.session import service
from ...frame.visit import of
from . import words

QUESTION = "Which words of the prompt make the model go on as it does?"


def causal(run: dict[str, Any]) -> bool:
    """Whether this run pretrained a causal language model."""
    return run["recipe"]["pretext"]["name"] == "clm"


def panel(run: dict[str, Any]) -> None:
    """Ask for a prompt, and a continuation or nothing; show each token's words."""
    encoder = service().latest(run["run"], "encoder")
    if encoder is None:
        st.info("The language model is not trained yet.")
        return
    st.markdown(f"## {QUESTION}")
    first, then, kept = (of(run["run"], name) for name in ("prompt", "target", "asked prompt"))
    with st.form("prompt", border=False):
        left, right = st.columns([3, 1])
        prompt = left.text_input("Prompt", max_chars=2_000, key=first)
        target = right.text_input(
            "Continuation", max_chars=200, key=then, placeholder="the likeliest next token", help=words.SPACE
        )
        sent = st.form_submit_button("Explain it", type="primary", **lock("ask"))
    st.caption(words.TYPED)
    if sent and prompt.strip():
        st.session_state[kept] = (prompt, target)
    if kept in st.session_state:
        explained(encoder["subjects"][0]["sha256"], *st.session_state[kept])


def explained(sha256: str, prompt: str, target: str) -> None:
    question = {"kind": "attribute_generation", "encoder": sha256, "prompt": prompt, "target": target or None}
    answer = ask_once(question, (sha256, prompt, target), "Taking out one word after the other")
    if answer is None:
        return
    spans = [(word["start"], word["end"]) for word in answer["result"]["words"]]
    examples = [
        highlight.Example(
            words.token_caption(one["token"], one["probability"]),
            [highlight.Scored(words.ABLATION, prompt, spans, one["scores"])],
            holds_slur(prompt) or holds_slur(one["token"]),
        )
        for one in answer["result"]["tokens"]
    ]
    effect = ("makes the token likelier", "makes it less likely")
    st.html(highlight.page(examples, highlight.legend(True, False, *effect)))
    st.caption(plain(words.ABLATION_NOTE))
