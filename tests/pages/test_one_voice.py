"""One voice on every page, in the report and on the shell: no key of the record, no number in a form of its own."""

from __future__ import annotations

import re

import pytest

from workbench.documents import collect, written

from .voice import texts, wrong


def clean(read: list[str]) -> None:
    assert len(read) > 10, read
    found = wrong(read)
    assert not found, "\n".join(found)


OF_A_RUN = ("run", "study", "embeddings", "explain", "bias", "report", "runs")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("against scratch_aug", "a key of the record"),
        ("learns by simclr", "the name of a file"),
        ("recipe: finetune.fractions.1 is wrong", "a place in a recipe"),
        ("1 events in the ledger", "one of many"),
        ("-0.0 points", "a zero with a sign"),
        ("+0.0 points", "a zero with a sign"),
        ("-3.1 points", "a hyphen for a minus"),
        ("p = 0.3963", "p to other digits"),
        ("p = 0.0041", "p to other digits"),
        ("String should have at least 1 character", "words of a library"),
    ],
)
def test_what_is_looked_for_is_found(text, what):
    assert any(line.startswith(what) for line in wrong([text]))


@pytest.mark.parametrize(
    "text",
    [
        "p = 0.40, p = 0.032, p < 0.001",
        "+0.4 points [−0.0, 1.2]".replace("−0.0", "0.0"),
        "1 event, 11 events, 1,001 rows, 0.1 points, 5.1 points",
        "2026-11-22 14:03 UTC, run-20261122-1403-ab12, train/val/test, 0 to 1",
        "−0.05 and +0.01",
    ],
)
def test_what_is_right_is_not_found(text):
    assert wrong([text]) == []


@pytest.mark.parametrize("page", ["home", "data", "new_run", "sweep", "audit", "people", *OF_A_RUN])
def test_pages_of_images(trained, open_page, page):
    app = open_page(
        page, **({"run": "done"} if page in OF_A_RUN else {}), **({"runs": "done,collapsed"} if page == "runs" else {})
    )
    assert len(app.title) == 1, "one heading of the first rank a page"
    clean(texts(app))


@pytest.mark.slow  # most of what these pages say was read on images
@pytest.mark.parametrize("page", OF_A_RUN)
def test_pages_of_texts(trained_text, open_page, page):
    app = open_page(page, **({"run": "done"} if page in OF_A_RUN else {}))
    clean(texts(app))


@pytest.mark.parametrize("run", ["failed", "collapsed", "running"])
def test_a_run_in_other_states(trained, open_page, run):
    clean(texts(open_page("run", run=run)))


def test_the_report(trained):
    html = written(collect(trained, "done"), trained, "html").decode()
    shown = re.sub(r"<(style|script|code|pre)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    clean(re.sub(r"<[^>]+>", "\n", shown).splitlines())
