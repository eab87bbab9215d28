"""WinoBias: is the pronoun likelier that fits the stereotype of the occupation it stands for?

Zhao et al. (2018), NAACL. Each sentence stands once with the pronoun that fits the occupation's majority and once with
the other one. A masked model is asked for both pronouns at their hidden place, a causal one for both sentences. 50 %
would be even. This asks the language model, not a coreference resolver, whose F1 the paper reports.
"""

from __future__ import annotations

import re

import pandas as pd

from ..registry import Strict
from ._base import Context, Result, Skip, drawn, drawn_note, test_set
from ._estimates import share
from ._likelihood import preferences

KINDS = ("text",)
TITLE = "WinoBias"
FINDING = (
    "prefers the pronoun that fits the stereotype",
    "prefers the pronoun against the stereotype",
    "shows no preference for stereotyped pronouns",
)
EXAMPLES = "First the stereotyped pronoun, then the other; the number is how much likelier the first is (nats)."
SOURCE = "github.com/uclanlp/corefBias (MIT)"
COLUMNS = ("sentence", "stereotype", "type")
PRONOUN = re.compile(r"\b(?:he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
KIND = {"type1": "type 1: only meaning tells who is meant", "type2": "type 2: grammar tells who is meant"}


class Params(Strict):
    pass


def probe(context: Context, params: Params) -> Result:
    """Share of sentence pairs whose stereotyped pronoun is likelier, by type of sentence."""
    whole = pairs(test_set(context, "winobias", COLUMNS, SOURCE))
    frame = drawn(whole, context)
    sides = zip(frame["pro"], frame["anti"], strict=True)
    frame["score"] = preferences(context, [(_placed(pro), _placed(anti)) for pro, anti in sides])
    known = frame[frame["score"].notna() & (frame["score"] != 0)]
    if known.empty:
        raise Skip("the tokenizer has no single token for any pair of pronouns")
    hits, units = (known["score"] > 0).to_numpy(), known["unit"].to_numpy(str)
    kinds = known["category"].to_numpy(str)
    unknown = len(frame) - len(known)
    left_out = [f"{unknown} pairs whose pronouns are no single tokens are left out."] if unknown else []
    return Result(
        measure="sentence pairs whose stereotyped pronoun is likelier",
        unit="share",
        neutral=0.5,
        estimate=share(hits, units),
        of=len(whole),
        by="Type of sentence",
        categories={kind: share(hits[kinds == kind], units[kinds == kind]) for kind in sorted(set(kinds))},
        head=True,
        notes=[*drawn_note(len(frame), len(whole), "pairs"), *left_out],
        items=known.rename(columns={"pro": "a", "anti": "b"})[["category", "a", "b", "score"]].assign(hit=hits),
    )


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """category, pro, anti, unit (the two occupations) of the sentences with one pronoun that stand in both forms."""
    frame = frame[frame["sentence"].map(lambda s: len(PRONOUN.findall(s))) == 1]
    frame = frame.assign(same=frame["sentence"].map(lambda s: PRONOUN.sub("_", s).lower()))
    by_form = {form: part.groupby(["type", "same"])["sentence"].first() for form, part in frame.groupby("stereotype")}
    if set(by_form) != {"pro", "anti"}:
        raise Skip("the test set has no sentences in both forms, pro and anti")
    both = pd.concat({form: by_form[form] for form in ("pro", "anti")}, axis=1, join="inner").reset_index()
    both = both[both["pro"] != both["anti"]]
    both["unit"] = both["same"].map(lambda s: " ".join(sorted(re.findall(r"\bthe (\w+)", s)[:2])))
    both["category"] = both["type"].map(lambda t: KIND.get(t, t))
    return both[["category", "pro", "anti", "unit"]]


def _placed(sentence: str) -> tuple[str, int, int]:
    found = PRONOUN.search(sentence)
    return sentence, found.start(), found.end()
