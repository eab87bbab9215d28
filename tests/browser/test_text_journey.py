"""A file of reviews, from its registration to the report, in a real Chromium: every page speaks of texts."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from .chromium import choose, healthy, part, settle, turn_to

# texts run through every stage and page in tests/contract/test_modalities.py; here a browser shows them
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 300.0  # seconds for a whole run on a slow machine
GOOD, BAD = ("splendid", "warm", "clever", "tender", "moving"), ("dull", "tedious", "clumsy", "stale", "hollow")
RECIPE = {
    "title": "Reviews: a journey",
    "stages": ["pretrain", "study", "project", "attribute", "audit_bias", "probe_bias"],
    "data": {"name": "reviews"},
    "encoder": {"name": "bert", "width": 32, "layers": 2, "heads": 2},
    "tokenizer": {"name": "wordpiece", "vocabulary": 300, "length": 24},
    "train": {"epochs": 8, "batch_size": 16, "log_every": 5, "knn_every": 20, "lr": 3e-3},
    "finetune": {"fractions": [0.5, 1.0], "subset_seeds": 2, "pretrain_seeds": 1, "max_steps": 20},
    "projection": {"methods": ["pca"], "dimensions": [2, 3]},
    "attribution": {"examples": 4},
    "fairness": {"min_group": 10, "resamples": 500, "permutations": 500},
}


def write_reviews(path: Path, count: int = 300) -> None:
    """Reviews whose label one word decides, with the sex of who wrote them."""
    rng = np.random.default_rng(0)
    with open(path, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["review", "label", "sex"])
        for i in range(count):
            good, she = rng.random() < 0.5, rng.random() < 0.5
            words = [rng.choice(group) for group in (("film", "novel", "play", "song"), GOOD if good else BAD)]
            filler = " ".join(rng.choice(["really", "quite", "somehow", "again", "today"], 2))
            said = f"{'She' if she else 'He'} saw the {words[0]} number {i} and found it {filler} {words[1]}."
            rows.writerow([said, "good" if good else "bad", "female" if she else "male"])


@pytest.fixture(scope="module")
def run(workbench, tmp_path_factory) -> str:
    """A finished run on the reviews, which were registered on the command line."""
    _, client = workbench
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    write_reviews(path)
    root = client.workspace.root
    command = [
        "data",
        "add",
        str(path),
        "--name",
        "reviews",
        "--kind",
        "text",
        "--label",
        "label",
        "--sensitive",
        "sex",
    ]
    added = subprocess.run(
        [sys.executable, "-m", "workbench.cli", *command, "--workspace", str(root)], capture_output=True, text=True
    )
    assert added.returncode == 0, added.stdout + added.stderr
    found = client.submit(RECIPE)
    ended = client.wait(found, timeout=PATIENCE)
    assert ended["state"] == "succeeded", f"{ended['stage']}: {ended['reason']}"
    return found


def main_text(page: Page) -> str:
    return page.locator("[data-testid='stMain']").inner_text()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "Reviews: a journey"),
        ("data", "reviews"),
        ("new_run", "WordPiece"),
        ("run", "tokens/s"),
        ("study", "supervised training from scratch"),
        ("embeddings", "Search by text"),
        ("explain", ""),
        ("bias", "sex"),
        ("report", "fields of the dossier"),
        ("audit", ""),
    ],
)
def test_every_page_opens_and_speaks_of_texts(workbench, page, run, name, says):
    address, _ = workbench
    if address not in page.url:
        page.goto(f"{address}/run?run={run}")
        settle(page)
    turn_to(page, name)
    healthy(page)
    text = main_text(page)
    assert says in text, text[:2000]
    if name not in ("data", "audit"):
        assert not re.search(r"\b(images?|pixels?|pictures?)\b", text, re.IGNORECASE), text[:4000]


def test_the_new_run_page_submits_a_recipe_for_texts(workbench, page, run):
    address, client = workbench
    page.goto(f"{address}/new_run?dataset=reviews")
    settle(page)
    choose(page, "Start from", re.compile("Reviews: a journey"))
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile("/run"), timeout=60_000)
    second = next(r["run"] for r in client.runs() if r["kind"] == "run" and r["run"] != run)
    client.cancel(second)
    assert client.wait(second, timeout=60)["recipe"]["tokenizer"]["name"] == "wordpiece"


def test_a_sentence_finds_texts_and_clusters_have_words(workbench, page, run):
    address, client = workbench
    page.goto(f"{address}/embeddings?run={run}")
    settle(page)
    page.get_by_label("Search by text").fill("She saw the film and found it quite tedious.")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text(re.compile("^Nearest to"))).to_be_visible(timeout=90_000)
    healthy(page)
    choose(page, "Colour by", "Cluster")
    healthy(page)
    drawn = page.locator(".ssl-map[data-drawn]")
    expect(drawn).to_be_visible(timeout=60_000)
    assert drawn.locator(".ssl-map-overlay text").all_text_contents(), "clusters have names on the map"
    assert drawn.locator(".ssl-map-overlay circle").count(), "what the search found is ringed"
    words = [w for e in client.events(run, "clusters") for c in e["body"]["clusters"] for w in c["words"]]
    assert {*GOOD, *BAD, "film", "novel", "play", "song"} & set(words), words


def test_the_report_and_the_record_are_whole(workbench, page, run, tmp_path: Path):
    address, client = workbench
    page.goto(f"{address}/report?run={run}")
    settle(page)
    part(page, "Files")
    page.get_by_role("button", name="Build the report").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=re.compile("^HTML")).click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    text = report.read_text()
    assert run in text
    assert "Distinctive words" in text
    assert "is not printed" not in text
    command = [sys.executable, "-m", "workbench.cli", "audit", "verify", "--workspace", str(client.workspace.root)]
    verified = subprocess.run([*command, "--json"], capture_output=True, text=True)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])["ok"]
