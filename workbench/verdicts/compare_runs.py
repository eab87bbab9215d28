"""Two runs on the same data: which of them is better, and how sure that is. Pure."""

from __future__ import annotations

from typing import Any

from backend.targets.figures import unsigned
from backend.workspace.formats import chosen, count, in_words, p_is

from ..targets import said_of


def sentence(found: dict[str, Any], titles: tuple[str, str]) -> str:
    """The answer. found: result of the question `compare_runs`; titles: what the two runs are called."""
    said, (first, second) = said_of(found), titles
    difference, at = found["difference"], f"At {chosen(found['fraction'])} labels"
    metric = said.title
    if found["decision"] in ("gain", "loss"):
        better, worse = (second, first) if found["decision"] == "gain" else (first, second)
        size = said.figures.difference(unsigned(difference)).removeprefix("+")
        small = ", which is within the equivalence margin" if found["equivalent"] else ""
        return f"{at} {better} is better than {worse}: {metric} differs by {size}, {p_is(found['p'])}{small}."
    told = said.figures.difference(difference)
    if found["decision"] == "equivalent":
        margin = said.figures.margin(found["margin"])
        return f"{at} {second} is as good as {first}, within {margin}: {metric} differs by {told}."
    if found["decision"] == "not enough data":
        return f"{at} it cannot be said which is better: {metric} differs by {told}, without an interval."
    return f"{at} no significant difference between {first} and {second}: {metric} {told}, {p_is(found['p'])}."


def evidence(found: dict[str, Any]) -> str:
    """What the answer rests on."""
    scope = (
        "The interval speaks of pretraining anew."
        if found["scope"] == "pretraining"
        else "With fewer than three pretrainings it speaks of these encoders only."
    )
    return (
        f"Both runs' models on the same {count(found['rows'], 'test row')}, paired by "
        f"{in_words(found['subsets'], 'label subset')} × {in_words(found['pretrainings'], 'pretraining')}. {scope} "
        "The p-value is of this one comparison: if you compare several runs, correct for it."
    )


def rows(found: dict[str, Any], titles: tuple[str, str]) -> list[dict[str, str]]:
    """A row a run: its mean on test, with interval."""
    figures = said_of(found).figures
    return [
        {"Run": title, f"{figures.title}, mean on test": figures.interval(found[side]["mean"])}
        for side, title in zip(("first", "second"), titles, strict=True)
    ]
