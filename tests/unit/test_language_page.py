"""The run page's words, figures and samples of a language model."""

from __future__ import annotations

import pytest

from workbench.charts import language as charts
from workbench.documents.chapters import language as chapter
from workbench.documents.chapters._base import WITHHELD
from workbench.frame import highlight
from workbench.modality.text import run as language
from workbench.verdicts import language as words

MODELS = [
    {"name": "unigram", "loss": 6.5, "perplexity": 665.0, "accuracy": None},
    {"name": "bigram", "loss": 5.2, "perplexity": 181.0, "accuracy": None},
    {"name": "trigram", "loss": 4.8, "perplexity": 121.0, "accuracy": None},
]
COUNTED = {"language": "causal", "models": MODELS, "counted": 1000, "corpus": 1000, "tokens": 90, "seconds": 4.0}


def reading(loss: float, low: float = -0.3, high: float = -0.2, step: int = 10, masked: float | None = None) -> dict:
    difference = {"value": (low + high) / 2, "low": low, "high": high}
    return {
        "step": step,
        "tokens": 90,
        "loss": loss,
        "perplexity": 2.718**loss,
        "bits_per_byte": None if masked else 1.5,
        "accuracy": masked or 0.2,
        "masked_accuracy": masked,
        "by_frequency": [{"band": "1 to 9", "tokens": 90, "loss": loss, "accuracy": 0.2}],
        "against": {"name": "trigram", "measure": "loss", "difference": difference},
        "note": None,
    }


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (4.31, "below the trigram's 4.80 (difference −0.25 [−0.30, −0.20]): it uses more than two tokens of context"),
        (5.0, "below the bigram's 5.20 but not the trigram's 4.80: counting still does better"),
        (7.0, "not below the unigram's 6.50: it does not use the context yet"),
    ],
)
def test_the_sentence_says_what_the_model_beats(loss, expected):
    assert expected in words.sentence([reading(loss)], COUNTED)


def test_a_difference_within_chance_is_not_called_better():
    assert "not by more than chance" in words.sentence([reading(4.79, low=-0.05, high=0.03)], COUNTED)


def test_a_masked_model_is_measured_by_its_guesses():
    models = [
        {"name": "unigram", "loss": 6.5, "accuracy": 0.05},
        {"name": "both neighbours", "loss": None, "accuracy": 0.25},
    ]
    counted = {**COUNTED, "language": "masked", "models": models}
    better = words.sentence([reading(3.0, 0.1, 0.15, masked=0.38)], counted)
    assert "38.0 % of the masked tokens" in better
    assert "both neighbours" in better
    assert "25.0 %" in better
    assert "+12.5 points [10.0, 15.0]" in better
    assert "does not use more" in words.sentence([reading(3.0, masked=0.2)], counted)


def test_a_tokenizer_that_does_not_know_the_texts_is_warned_of():
    assert words.unknown({"unknown": {"train": 0.002, "val": 0.01}}) == ""
    assert words.unknown({"name": "wordpiece"}) == "", "an older record"
    assert words.unknown({"unknown": {"train": 0.5, "val": 0.02}}).startswith("50.0 % of the tokens of the training")


def test_the_cone_of_tokens_stands_beside_that_of_whole_texts():
    layers = [{"layer": 0, "anisotropy": 0.2, "effective_rank": 9.0, "dim": 32}]
    whole = {"texts": 512, "anisotropy": 0.71, "effective_rank": 4.0, "dim": 32}
    assert "of whole texts, the embeddings: 0.71 and 4." in words.layers({"layers": layers, "sentences": whole})
    assert "whole texts" not in words.layers({"layers": layers}), "an older record"


def test_nothing_to_say_is_said():
    assert words.sentence([], None) == "No reading of the language model yet."
    assert "fill no block" in words.sentence([], {"models": [], "note": "the validation texts fill no block of 9"})
    broken = {**reading(1.0), "loss": None, "note": "the loss is no finite number"}
    assert "no finite number" in words.sentence([broken], COUNTED)


def test_the_loss_figure_names_every_baseline_and_tells_perplexity_on_hover():
    metrics = [{"step": s, "loss": 7.0 - s / 10} for s in range(1, 20)]
    figure = charts.loss(metrics, [reading(5.0), reading(4.5, step=20)], COUNTED)
    notes = [note.text for note in figure.layout.annotations]
    assert notes == ["unigram 6.50", "bigram 5.20", "trigram 4.80"]
    assert figure.data[1].customdata[0] == pytest.approx(148.4, abs=0.1)
    assert "perplexity" in figure.data[1].hovertemplate
    assert figure.layout.yaxis.title.text == "loss (nats a token)"


def test_frequency_and_layers_stand_in_one_figure():
    layer = {"layer": 0, "anisotropy": 0.3, "effective_rank": 20.0, "dim": 32}
    layers = [{"step": s, "layers": [layer, {**layer, "layer": 1}]} for s in (10, 20)]
    assert len(charts.knowledge([reading(5.0)], layers).data) == 2 + 2 * 2
    assert len(charts.knowledge([], layers[:1]).data) == 2


def test_a_sample_is_escaped_tinted_and_readable_without_colour():
    token = {"text": " <b>", "probability": 0.04, "alternatives": [{"text": '"x"', "probability": 0.5}]}
    likely = {"text": " yes", "probability": 0.9, "alternatives": []}
    shown = charts.written({"prompt": "<i>hi", "tokens": [token, likely], "stopped": "length"})
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert shown.count("underline dotted") == 1
    assert "4.0 %" in shown
    assert "&quot;x&quot;" in shown
    filled = charts.written({"prompt": "a [MASK]", "tokens": [{"text": "a ", "probability": None}, likely]})
    assert "[MASK]" not in filled


def test_a_sample_with_a_slur_is_veiled_on_the_page_and_withheld_in_the_report(monkeypatch):
    monkeypatch.setattr(words, "holds_slur", lambda text: "slur" in text)
    told = {"prompt": "a [MASK]", "tokens": [{"text": "film", "probability": 0.6, "alternatives": []}], "truth": ["x"]}
    alternatives = [{"text": "a slur", "probability": 0.1}]
    for where in (
        {"prompt": "a slur"},
        {"tokens": [{"text": "slur", "probability": 0.6, "alternatives": []}]},
        {"tokens": [{"text": "film", "probability": 0.6, "alternatives": alternatives}]},
        {"tokens": [{"text": t, "probability": 0.6, "alternatives": []} for t in ("sl", "ur")]},
        {"truth": ["slur"]},
    ):
        shown = []
        monkeypatch.setattr(language.st, "html", shown.append)
        monkeypatch.setattr(language.st, "caption", lambda _: pytest.fail("stands in clear"))
        language.told(told | where)
        assert shown[0].startswith(highlight.STYLE + '<details class="wb-veil">')
        (row,) = chapter._samples({"samples": [told | where]})
        assert set(row.values()) == {WITHHELD}
    monkeypatch.setattr(language.st, "caption", shown.append)
    language.told(told)
    assert shown[-1] == "The text had: x"
    assert "wb-veil" not in shown[-2]
    assert chapter._samples({"samples": [told]})[0]["Text"] == "film"
