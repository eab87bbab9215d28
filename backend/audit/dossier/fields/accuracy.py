"""3, accuracy overall: the level of accuracy on test data, with its interval, for every share of labels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from backend.workspace.formats import interval

from ..evidence import Evidence
from ..value import Value, at
from ..words import NO_INTERVAL, arm, metric, of_study

FIELD = "3.accuracy"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from pretrained(source)
    yield from _table(source, lambda row: row["arm"] == "scratch_aug" and row["best"])


def pretrained(source: Evidence) -> Iterator[Value]:
    """The pretrained model, by the method that validation chose; a language model by how well it guesses."""
    yield from _table(source, lambda row: row["arm"] == "ssl" and row["best"])
    for event in source.events("lm")[-1:]:
        yield from at(event, "loss", label="Loss on held-out text, nats a token", say="{:.3f} (one reading)".format)
        against = event["body"].get("against") or {}
        label = f"{str(against.get('measure')).capitalize()} on held-out text, this model minus {against.get('name')}"
        yield from at(event, "against", "difference", label=label, say=_blocks)


def _table(source: Evidence, wanted) -> Iterator[Value]:
    verdict = source.latest("study.verdict")
    table = enumerate(verdict["body"]["table"] if verdict else ())
    for i, row in sorted(table, key=lambda place: place[1]["n_labels"]):
        if wanted(row):
            body = verdict["body"]
            label = f"{metric(body['metric'])} on test data, {arm(row['arm'])}, {row['n_labels']:,} labels"
            yield from at(verdict, "table", i, "mean", label=label, say=partial(of_study, body))


def _blocks(found: dict) -> str:
    return interval(found, digits=3, sign=True, bare=NO_INTERVAL)
