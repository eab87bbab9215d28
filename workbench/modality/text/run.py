"""The run page's part on language models: loss against counting, tokens by frequency, layers, samples, a prompt."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput

from ...charts import language as charts
from ...frame import highlight
from ...frame.fields import checked, number
from ...frame.figures import show_chart
from ...frame.login import lock
from ...frame.numbers import Range
from ...frame.page import bodies, plain
from ...frame.safe import as_html
from ...frame.session import service
from ...frame.visit import of
from ...verdicts import language as words
from .._run import Run

BARE = {"displaylogo": False}
MASKED_PROMPT = "The capital of France is [MASK]."
CAUSAL_PROMPT = "The city is"


def of_seed(run: dict[str, Any], kind: str, seed: int) -> list[dict[str, Any]]:
    return [body for body in bodies(run["run"], kind) if body["seed"] == seed]


class TextRun(Run):
    def draws_loss(self, run: dict[str, Any]) -> bool:
        """Whether the run trains a language model whose loss can be compared with counting."""
        return service().latest(run["run"], "lm.baselines") is not None

    def panel(self, run: dict[str, Any], seed: int) -> None:
        """What the language model of this seed knows, and a box to try it."""
        readings, layers = of_seed(run, "lm", seed), of_seed(run, "layers", seed)
        tokenizer = service().latest(run["run"], "tokenizer")
        if tokenizer and (warning := words.unknown(tokenizer["body"])):
            st.warning(plain(warning))
        found = service().latest(run["run"], "lm.baselines")
        if found:
            compared(of_seed(run, "metrics", seed), readings, found["body"])
        if readings or layers:
            show_chart(st, charts.knowledge(readings, layers), key="lm_knowledge", config=BARE)
        if layers:
            st.caption(plain(words.layers(layers[-1])))
        samples(run, seed)


def compared(metrics: list[dict[str, Any]], readings: list[dict[str, Any]], baselines: dict[str, Any]) -> None:
    """The verdict, and the loss against what counting reaches."""
    st.markdown(f"**{plain(words.sentence(readings, baselines))}**")
    if metrics:
        show_chart(st, charts.loss(metrics, readings, baselines), key="lm_loss", config=BARE)
    if readings:
        st.caption(plain(words.numbers(readings[-1])))
    if baselines["models"]:
        st.caption(plain(words.counted(baselines)))


def samples(run: dict[str, Any], seed: int) -> None:
    """The samples that the run recorded, and the box."""
    made = of_seed(run, "lm.samples", seed)
    if made and made[-1]["samples"]:
        st.markdown("### Samples that start from held-out texts")
        st.html(charts.legend())
        for sample in made[-1]["samples"]:
            told(sample)
    encoder = service().latest(run["run"], "encoder", f"pretrain/{seed}")
    if encoder and made:
        prompt(run, encoder["subjects"][0]["sha256"], made[-1]["language"])


def told(sample: dict[str, Any]) -> None:
    """What the model made of a text, and what had stood there; blurred until a click where either is offensive."""
    text, truth = charts.written(sample), words.truth(sample)
    if words.offends(sample):
        st.html(highlight.STYLE + highlight.veil(f'<div class="wb-text">{text}{as_html(truth)}</div>'))
        return
    st.html(text)
    if truth:
        st.caption(plain(truth))


def prompt(run: dict[str, Any], encoder: str, language: str) -> None:
    """A prompt of the person's own, asked of the warm worker."""
    tokenizer = service().latest(run["run"], "tokenizer")["subjects"][0]["sha256"]
    with st.form("lm_prompt"):
        start = MASKED_PROMPT if language == "masked" else CAUSAL_PROMPT
        label = "A text with [MASK] to fill in" if language == "masked" else "The beginning of a text"
        text = st.text_area(label, start, key=of(run["run"], "lm_text"), max_chars=2000, height=68)
        drawn = drawing(run["run"]) if language == "causal" else {}
        asked = st.form_submit_button("Fill in" if language == "masked" else "Write on", type="primary", **lock("ask"))
    if asked:
        question = {"kind": "generate", "encoder": encoder, "tokenizer": tokenizer, "prompt": text, **drawn}
        with st.spinner("The model reads..."):
            st.session_state["lm_answer"] = (encoder, _asked(question))
    whose, answer = st.session_state.get("lm_answer", (None, None))
    if whose == encoder:
        show(answer)


def drawing(run: str) -> dict[str, Any]:
    """How tokens are drawn."""
    a, b, c, d = st.columns(4)
    return {
        "temperature": a.slider("Temperature (0: the likeliest)", 0.0, 2.0, 0.8, 0.1, key=of(run, "lm_temperature")),
        "top_p": b.slider("Top-p (share of the probability)", 0.05, 1.0, 0.95, 0.05, key=of(run, "lm_top_p")),
        "max_tokens": c.slider("Tokens at most", 5, 200, 40, 5, key=of(run, "lm_tokens")),
        "seed": number("Seed", 0, Range(0, 2**31 - 1, whole=True), of(run, "lm_seed"), place=d),
    }


def show(answer: dict[str, Any] | str) -> None:
    if isinstance(answer, str):
        st.warning(plain(answer))
        return
    st.html(charts.legend())
    told(answer)
    st.caption(plain(words.stopped(answer)))


def _asked(question: dict[str, Any]) -> dict[str, Any] | str:
    try:
        return service().ask(checked(question))["result"]
    except BadInput as error:
        return str(error)


RUN = TextRun()
