"""What is particular to texts in sentences and tables: words, lengths, scripts, who is mentioned. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from backend.data.identity import holds_slur
from backend.workspace.formats import percent, quantity

from ...verdicts import arms as shared
from ...verdicts.explain import caption
from .._words import Words

NOT_SPELT = "•••"  # a word that is not spelt out


class TextWords(Words):
    hint = "Texts: .parquet, .csv, .tsv, .jsonl, .txt, a folder of text files or of save_to_disk, or hf:owner/name"
    roles: ClassVar = {"text": "Text"}

    arms = shared.ARM | {"classical": "TF-IDF with logistic regression"}
    arm_names = shared.ARM_NAME | {"classical": "TF-IDF + logistic regression"}
    baselines: ClassVar = {
        "scratch_aug": (
            "The same network and tokenizer from fresh weights, trained on the labelled texts with as many passes over "
            "texts as pretraining and fine-tuning together; stopped early on validation.",
            shared.HEADLINE,
        ),
        "random": shared.RANDOM,
        "classical": (
            "Logistic regression on words, alone or in pairs too, weighted by how rare they are (TF-IDF); no network.",
            "The task needs more than which words occur.",
        ),
        "reference": (
            "A linear probe on the frozen features of a model that others pretrained on far more text.",
            "Pretraining here does more than what can be had ready-made.",
        ),
    }

    part = "words"
    makes, made = "scores", "scored the words"
    judged, certified = "method", "text"
    controls = ("random_scores", "word_rarity")
    noise = "random scores"
    passes = (
        "A method passes when it beats both controls. It must depend on the model: the rank correlation of its scores "
        "with those of a re-initialised model stays below 0.5, where the rarity of the word (its inverse document "
        "frequency in the training texts) scores 1. And it must be faithful: words that it ranks high move the class's "
        "probability more than words in random order, the 95 % interval of the difference excluding 0, where random "
        "scores score 0. A word is taken away by the mask token. Texts of fewer than 6 words are left out of the first "
        "test."
    )

    repeated = "the same text"

    def size(self, manifest: dict[str, Any]) -> str:
        mean = manifest["characters"] / max(1, manifest["count"])
        return f"{manifest['count']:,} texts, {mean:,.0f} characters on average"

    def extent(self, manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
        return [f"{manifest['characters']:,} characters", words_line(sheet)]

    clusters = "Clusters and their words"

    def cluster(self, cluster: dict[str, Any], most: int = 3) -> str:
        """Its most distinctive words, slurs not spelt out."""
        return ", ".join(NOT_SPELT if holds_slur(w) else w for w in cluster["words"][:most]) or "no word of its own"

    def clusters_called(self, body: dict[str, Any]) -> str:
        return (
            "Their words stand in at least twice as many of the cluster's texts as of the others (class-based TF-IDF)."
        )

    def cluster_cells(self, cluster: dict[str, Any]) -> dict[str, Any]:
        return {"Distinctive words": self.cluster(cluster, most=8)}

    def clusters_titled(self, clusters: list[dict[str, Any]]) -> str:
        return "Clusters of the texts and their distinctive words"


WORDS = TextWords("text")
CUT = 300  # characters of an example
QUANTILE = {
    "0": "Shortest",
    "0.05": "5 %",
    "0.25": "25 %",
    "0.5": "Median",
    "0.75": "75 %",
    "0.95": "95 %",
    "1": "Longest",
}
SCRIPT_NOTE = (
    "By the Unicode names of the letters. A script is not a language: Latin letters may be English or Swahili."
)
MENTION_NOTE = (
    "Texts that hold one of the words of an editable list (backend/data/identity_terms.json), whole words of any case. "
    "A mention says that a text speaks of a group, not what it says of it, nor who wrote it."
)
HIDDEN = "Hidden: it holds a slur."


SCORES_NOTE = (
    "Colours compare words within a text under one method, not texts or methods. "
    "The number stands in the title of each word."
)
NOT_AN_EXPLANATION = "Attention is not an explanation: shown for comparison."
ABLATION = "Word ablation"
ABLATION_NOTE = (
    "A word's score is how much the token's log probability (nats) falls when the word is deleted from the prompt; no "
    "test against controls was run on it."
)
TYPED = "What you type is kept in the ledger beside its answer."
SPACE = "Begin with a space where the prompt does not end with one."


def text_caption(
    label: Any, predicted: Any, probability: float | None, bare: float, classes: list[str], unit: str | None = None
) -> str:
    """The caption, and what the model says when every word is masked: where that is as much, words explain little."""
    masked = quantity(bare, unit) if probability is None else percent(bare)
    return f"{caption(label, predicted, probability, classes, unit)}; {masked} with every word masked"


def token_caption(token: str, probability: float) -> str:
    """ "“ warm”, probability 23 %"."""
    return f"“{token}”, probability {percent(probability)}"


def words_line(sheet: dict[str, Any]) -> str:
    """How long the texts are: the median and the middle 90 %."""
    quantile = sheet["lengths"]["words"]["quantiles"]
    return f"{quantile['0.5']:,} words at the median (90 % have {quantile['0.05']:,} to {quantile['0.95']:,})"


def excerpt(text: str, most: int = CUT) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def length_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """Two rows, characters and words: the quantiles of their number in a text."""
    found = sheet["lengths"]
    return [
        {
            "Length in": unit,
            **{QUANTILE[q]: n for q, n in found[unit]["quantiles"].items()},
            "Mean": found[unit]["mean"],
        }
        for unit in ("characters", "words")
    ]


def script_rows(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a script, the most common first."""
    return [
        {"Script": name, "Share of letters (%)": round(100 * of["letters"], 3), "Texts mostly in it": of["texts"]}
        for name, of in sorted(sheet["scripts"].items(), key=lambda item: -item[1]["letters"])
    ]


def mention_rows(sheet: dict[str, Any], classes: Sequence[str]) -> list[dict[str, Any]]:
    """One row a group that some text names: in how many texts, and of which classes these are."""
    count = sum(sheet["counts"].values())
    return [
        {
            "Attribute": attribute,
            "Group": group,
            "Texts": of["texts"],
            "Share (%)": round(100 * of["texts"] / count, 2),
            **{c: of["classes"].get(c, 0) for c in classes},
        }
        for attribute, groups in sheet["mentions"].items()
        for group, of in groups.items()
        if of["texts"]
    ]


def attributes(rows: list[dict[str, Any]]) -> list[str]:
    """The attributes of `mention_rows`, the one whose groups are named most first."""
    total: dict[str, int] = {}
    for row in rows:
        total[row["Attribute"]] = total.get(row["Attribute"], 0) + row["Texts"]
    return sorted(total, key=lambda attribute: -total[attribute])


def mention_line(sheet: dict[str, Any]) -> str:
    """Which groups the texts name most, in one sentence."""
    count = sum(sheet["counts"].values())
    named = sorted(
        ((of["texts"], group) for groups in sheet["mentions"].values() for group, of in groups.items() if of["texts"]),
        reverse=True,
    )
    if not named:
        return "No text names a group of the list of identity terms."
    listed = ", ".join(f"{group} ({n:,}, {percent(n / count)})" for n, group in named[:3])
    return f"{len(named)} groups are named; most often {listed}."
