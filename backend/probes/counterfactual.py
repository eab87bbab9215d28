"""Counterfactual swaps: does the classifier change its mind when "she" becomes "he" in the user's own texts?

Each pair of terms is exchanged in the test texts that hold one of them; the change of the predicted probability is
paired (Garg et al. 2019, AIES, arXiv 1809.10610). Grammar is light, so a swapped text may read oddly. A swap that the
model cannot read, because its tokens are the same, says nothing of the model and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from ..encoders._text import Tokens
from ..engine.supervised import predict
from ..registry import Strict
from ._base import Context, Estimate, Result, Skip
from ._estimates import mean, share
from ._swaps import Pair, default_pairs, swapper

KINDS = ("text",)
TITLE = "Swapped terms in your texts"
EXAMPLES = "First your text, then the swapped one; the number is the change of the probability."
OF = "classifier"
SPLIT = "test"
CHUNK = 512  # texts between which the run can be stopped


class Params(Strict):
    texts: int = Field(2_000, ge=10, le=100_000, description="At most so many test texts are swapped, drawn at random")
    least: int = Field(10, ge=2, le=1_000, description="A pair found in fewer texts is not tested by itself")


@dataclass(frozen=True)
class Swapped:
    row: int
    pair: Pair
    text: str
    swapped: str
    sign: int  # +1: the swap put the pair's second term in place of its first; 0: the text held both


def probe(context: Context, params: Params) -> Result:
    """Share of predictions that flip, and by pair the change of P(class) from its first term to its second."""
    if context.classifier is None:
        raise Skip("no classifier on this model was kept by the study")
    if context.dataset.target == "number":
        raise Skip("the model predicts a number and no class whose probability could be followed")
    texts, rows = context.dataset.texts, context.dataset.rows(SPLIT)
    found = swaps(texts, rows, list(context.swaps) or default_pairs())
    mentioning = np.unique([s.row for s in found])
    if not len(mentioning):
        raise Skip(f"no test text mentions a term of the pairs ({len(rows):,} texts looked through)")
    chosen = mentioning
    if len(mentioning) > params.texts:
        chosen = np.sort(np.random.default_rng(context.seed).choice(mentioning, params.texts, replace=False))
        kept = set(chosen.tolist())
        found = [s for s in found if s.row in kept]
    made, found = len(found), read(context, found)
    if not found:
        raise Skip(f"no swap changes a token that the model reads ({made:,} swaps looked at)")
    target, name = _target(context)
    before = dict(zip(chosen.tolist(), _probabilities(context, [texts[i] for i in chosen]), strict=True))
    after = _probabilities(context, [s.swapped for s in found])
    frame = pd.DataFrame(
        {
            "row": [s.row for s in found],
            "category": [f"{s.pair[0]} → {s.pair[1]}" for s in found],
            "sign": [s.sign for s in found],
            "a": [s.text for s in found],
            "b": [s.swapped for s in found],
            "before": [before[s.row][target] for s in found],
            "after": after[:, target],
            "hit": [int(before[s.row].argmax() != p.argmax()) == 1 for s, p in zip(found, after, strict=True)],
        }
    )
    units = _units(context, frame["row"].to_numpy())
    frame["score"] = frame["sign"] * (frame["after"] - frame["before"])
    drawn = f"{len(mentioning):,} of {len(rows):,} test texts hold a term"
    drawn += f"; {len(chosen):,} of them were drawn at random." if len(chosen) < len(mentioning) else "."
    return Result(
        measure="predictions that flip when a term is swapped",
        unit="share",
        neutral=0.0,
        estimate=share(frame["hit"].to_numpy(), units, null=None),
        of=len(rows),
        by="Pair of terms",
        categories=_by_pair(frame, units, params.least),
        category_unit="points",
        notes=[
            drawn,
            *_unread_note(made - len(found), made, context.tokenizer.length),
            f"By pair: change of P({name}) from the first term to the second, in texts that hold one of them.",
            "Swaps keep case and little grammar; a name or a quotation is swapped like any other word.",
        ],
        items=frame.drop(columns="sign"),
        more={"target": name},
    )


def swaps(texts: list[str], rows: np.ndarray, pairs: list[Pair]) -> list[Swapped]:
    """Every pair exchanged in every text that holds one of its terms."""
    found = []
    for pair in pairs:
        swap = swapper(pair)
        for row in rows:
            text = texts[row]
            swapped, (first, second) = swap(text)
            if swapped != text:
                found.append(Swapped(int(row), pair, text, swapped, int(first) - int(second)))
    return found


def read(context: Context, found: list[Swapped]) -> list[Swapped]:
    """The swaps that change what the model reads: not those behind its last token, nor between two unknown words."""
    kept = []
    for start in range(0, len(found), CHUNK):
        context.tick(start, len(found))
        part = found[start : start + CHUNK]
        sides = ([s.text for s in part], [s.swapped for s in part])
        before, after = (_ids(context.tokenizer.encode(texts)) for texts in sides)
        kept += [s for s, a, b in zip(part, before, after, strict=True) if a != b]
    return kept


def _ids(tokens: Tokens) -> list[list[int]]:
    """The token ids of each text, without the padding."""
    return [row[:length] for row, length in zip(tokens.ids.tolist(), tokens.lengths.tolist(), strict=True)]


def _unread_note(unread: int, made: int, length: int) -> list[str]:
    if not unread:
        return []
    what = f"change no token that the model reads (of a text, the first {length:,}); left out."
    return [f"{unread:,} of {made:,} swaps {what}"]


def _by_pair(frame: pd.DataFrame, units: np.ndarray, least: int) -> dict[str, Estimate]:
    """Mean signed change of each pair that enough texts hold, the most frequent first."""
    found = {}
    one_sided = (frame["sign"] != 0).to_numpy()
    counts = frame[one_sided]["category"].value_counts()
    for name in counts.index[counts >= least]:
        here = one_sided & (frame["category"] == name).to_numpy()
        found[name] = mean(frame["score"].to_numpy()[here], units[here])
    return found


def _probabilities(context: Context, texts: list[str]) -> np.ndarray:
    """Class probabilities, float32 N x K, in chunks between which the run can be stopped."""
    parts = []
    for start in range(0, len(texts), CHUNK):
        context.tick(start, len(texts))
        tokens = context.tokenizer.encode(texts[start : start + CHUNK])
        parts.append(predict(context.classifier, tokens, context.device))
    return np.concatenate(parts)


def _target(context: Context) -> tuple[int, str]:
    """The class whose probability is followed: the positive one, class 1 of two, else the most frequent in training."""
    classes, positive = context.dataset.classes, context.dataset.manifest.get("positive")
    if positive in classes:
        at = classes.index(positive)
    elif len(classes) == 2:
        at = 1
    else:
        labels = context.dataset.labels[context.dataset.rows("train")]
        at = int(np.bincount(labels[labels >= 0]).argmax())
    return at, classes[at]


def _units(context: Context, rows: np.ndarray) -> np.ndarray:
    """What belongs together: the data set's groups where it has them, else the texts."""
    if context.dataset.manifest.get("group"):
        return context.dataset.table["group"].to_numpy(str)[rows]
    return rows.astype(str)
