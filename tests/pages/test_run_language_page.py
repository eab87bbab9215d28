"""The run page on a language model: its verdict against counting, its figures, its samples, a prompt of one's own."""

import json

from backend.workspace.layout import BadInput
from tests.pages.test_run_page import panels


def test_done_compares_the_model_with_counting(trained_text, open_page):
    app = open_page("run", run="done")
    said = " ".join(m.value for m in app.markdown)
    assert "guesses 38.0 % of the masked tokens" in said
    assert "both neighbours" in said
    headings = " ".join(panels(app))
    assert "by frequency" in headings
    assert "Anisotropy by layer" in headings
    figures = [json.loads(c.proto.spec) for c in app.get("plotly_chart")]
    assert sum(trace["name"] == "Validation" for figure in figures for trace in figure["data"]) == 1
    assert any("tokens/s" in c.value for c in app.caption)


def test_samples_are_shown_with_their_legend(trained_text, open_page):
    shown = " ".join(html.proto.body for html in open_page("run", run="done").get("html"))
    assert "She saw the " in shown
    assert "Probability the model gave" in shown


def test_a_prompt_is_asked_of_the_warm_worker(trained_text, open_page, monkeypatch):
    asked = []

    def answer(question, timeout=60):
        asked.append(question)
        tokens = [{"text": "play", "probability": 0.5, "alternatives": []}]
        return {"result": {"language": "masked", "prompt": question["prompt"], "tokens": tokens, "stopped": "filled"}}

    monkeypatch.setattr(trained_text, "ask", answer)
    app = open_page("run", run="done")
    app.text_area(key="lm_text of done").set_value("He saw the [MASK].")
    next(button for button in app.button if button.label == "Fill in").click().run()
    assert not app.exception
    assert asked[0]["kind"] == "generate"
    assert asked[0]["prompt"] == "He saw the [MASK]."
    assert len(asked[0]["encoder"]) == len(asked[0]["tokenizer"]) == 64
    assert any("play" in html.proto.body for html in app.get("html"))


def test_a_question_that_cannot_be_answered_says_why(trained_text, open_page, monkeypatch):
    def refuse(question, timeout=60):
        raise BadInput("prompt: expected [MASK] where the model is to fill in")

    monkeypatch.setattr(trained_text, "ask", refuse)
    app = open_page("run", run="done")
    next(button for button in app.button if button.label == "Fill in").click().run()
    assert any("fill in" in w.value for w in app.warning)


def test_running_has_no_box_yet(trained_text, open_page):
    app = open_page("run", run="running")
    assert not [b for b in app.button if b.label in ("Fill in", "Write on")]
