"""BEC-Pro: do words for women go with professions of women, and words for men with those of men?

Bartl et al. (2020), GeBNLP. The association of a person word with a profession is log P(word | sentence) less its prior
log P(word | sentence with the profession hidden too). An interval speaks of new professions: per profession the words
for women are set against those for men, then women's professions against men's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..registry import Strict
from ._base import Context, Result, Skip, drawn, drawn_note, test_set
from ._estimates import difference, mean, untested
from ._likelihood import BATCH, Question, answers, need_head, rows_of

KINDS = ("text",)
TITLE = "BEC-Pro"
FINDING = (
    "ties words for women to women's professions and words for men to men's",
    "ties words for women to men's professions and words for men to women's",
    "shows no tie between a person's sex and the professions",
)
EXAMPLES = "The number is how much more the sentence ties to women's words than to men's (nats)."
SOURCE = "github.com/marionbartl/gender-bias-BERT (CC BY 4.0)"
COLUMNS = ("Sent_TM", "Sent_TAM", "Person", "Gender", "Profession", "Prof_Gender")
COLUMN = {"Prof_Gender": "category", "Profession": "profession", "Sent_TM": "a", "gap": "score"}  # as they are kept
MASK = "[MASK]"  # as the file writes it


class Params(Strict):
    pass


def probe(context: Context, params: Params) -> Result:
    """Association gap (women's words less men's) of women's professions less that of men's professions."""
    need_head(context)
    if context.encoder.causal:
        raise Skip("a causal model sees no words to the right, so a hidden person cannot be asked for")
    table = test_set(context, "bec_pro_en", COLUMNS, SOURCE)
    words = _words(context, sorted(set(table["Person"])))
    sexes = table.drop_duplicates("Person").set_index("Person")["Gender"]
    whole = table.groupby(["Sent_TM", "Sent_TAM", "Profession", "Prof_Gender"])["Person"].agg(list).reset_index()
    frame = drawn(whole, context)
    frame["gap"] = _gaps(context, frame, words, sexes)
    known = frame[frame["gap"].notna()]
    by_profession = known.groupby(["Profession", "Prof_Gender"])["gap"].mean().reset_index()
    of = {sex: part["gap"].to_numpy() for sex, part in by_profession.groupby("Prof_Gender")}
    estimate = difference(of.get("female", np.empty(0)), of.get("male", np.empty(0)))
    if estimate.value is None:
        raise Skip("the tokenizer has single tokens for too few of the person words")
    unknown = sorted(set(table["Person"]) - set(words))
    left_out = [f"Left out, because the tokenizer cuts or lacks them: {', '.join(unknown)}."] if unknown else []
    return Result(
        measure="association of women's words less men's, women's professions less men's",
        unit="nats",
        neutral=0.0,
        estimate=estimate,
        of=len(whole),
        by="Professions",
        categories={f"mostly {sex}" if sex != "balanced" else sex: untested(mean(gaps)) for sex, gaps in of.items()},
        head=True,
        notes=[
            *drawn_note(len(frame), len(whole), "masked sentences"),
            *left_out,
            "The estimate rests on professions. Within one group of professions the gap also holds what hiding the "
            "profession changes for every one of them, so the groups are not tested one by one.",
        ],
        items=known.rename(columns=COLUMN)[[*COLUMN.values()]],
    )


def _words(context: Context, people: list[str]) -> dict[str, int]:
    """{person word: its token} of the words that are a single known token after a space."""
    unk, found = context.tokenizer.vocabulary.unk, {}
    for word in people:
        ids = context.tokenizer.ids([word if word[0].isupper() else f" {word}"])[0]
        if len(ids) == 1 and ids[0] != unk:
            found[word] = ids[0]
    return found


def _gaps(context: Context, frame: pd.DataFrame, words: dict[str, int], sexes: pd.Series) -> np.ndarray:
    """Mean association of the women's words less that of the men's, one a masked sentence; NaN where one is missing."""
    people = [[p for p in row if p in words] for row in frame["Person"]]
    gaps = np.full(len(frame), np.nan)
    usable = [i for i, found in enumerate(people) if {sexes[p] for p in found} == {"male", "female"}]
    for start in range(0, len(usable), BATCH):
        context.tick(start, len(usable))
        part = usable[start : start + BATCH]
        wanted = {i: tuple(words[p] for p in people[i]) for i in part}
        logs = []
        for column in ("Sent_TM", "Sent_TAM"):
            masked = [_masked(context, frame[column].iloc[i]) for i in part]
            logs.append(answers(context, [Question(*m, wanted[i]) for i, m in zip(part, masked, strict=True)]))
        for i, here, prior in zip(part, *logs, strict=True):
            women = np.array([sexes[p] == "female" for p in people[i]])
            association = here - prior
            gaps[i] = association[women].mean() - association[~women].mean()
    return gaps


def _masked(context: Context, sentence: str) -> tuple[list[int], int]:
    """Token ids of a sentence with `MASK` in it, and the place of the first: the person."""
    ids = rows_of(context, [sentence.replace(MASK, context.tokenizer.special["mask"])])[0]
    if context.tokenizer.vocabulary.mask not in ids:
        raise Skip("the tokenizer does not read its own mask token in a text")
    return ids, ids.index(context.tokenizer.vocabulary.mask)
