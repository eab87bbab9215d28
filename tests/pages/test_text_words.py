"""On a run on texts no page and no report speaks of images, and what is particular to texts is said."""

from __future__ import annotations

import re

import pytest

from workbench.documents import collect, written

FOREIGN = re.compile(r"\b(images?|pixels?|pictures?|augmentation|photo)\b", re.IGNORECASE)


def words(app) -> str:
    parts = [*app.title, *app.header, *app.caption, *app.markdown, *app.info, *app.warning, *app.success, *app.error]
    found = [str(part.value) for part in parts]
    for table in [*app.dataframe, *app.get("table")]:
        found.append(table.value.to_string())
    for box in [*app.selectbox, *app.multiselect]:
        found += [box.label, *box.options]
    return "\n".join(found)


@pytest.mark.parametrize("name", ["home", "run", "study", "embeddings", "report"])
def test_no_page_of_a_text_run_speaks_of_images(trained_text, open_page, name):
    app = open_page(name, run="done")
    found = FOREIGN.search(words(app))
    assert not found, words(app)[max(0, found.start() - 80) : found.end() + 80]


def test_new_run_offers_nothing_of_images(trained_text, open_page):
    assert not FOREIGN.search(words(open_page("new_run")))


def test_the_study_names_the_arms_of_text(trained_text, open_page):
    app = open_page("study", run="done")
    text = words(app)
    assert "over supervised training from scratch" in text
    assert "TF-IDF + logistic regression" in text
    assert "Reference model, frozen" in text
    assert "and the test texts, which are crossed" in text


def test_the_report_of_a_text_run_is_whole(trained_text):
    page = written(collect(trained_text, "done"), trained_text, "html").decode().replace("\u00a0", " ")
    plain = re.sub(r"<(style|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    plain = re.sub(r"<pre>.*?</pre>", "", plain, flags=re.DOTALL)  # the recipe writes out every section
    found = FOREIGN.search(re.sub(r"<[^>]+>", " ", plain))
    assert not found, plain[max(0, found.start() - 200) : found.end() + 100]
    assert "splendid, warm, film" in page
    assert "5,200 tokens/s" in page
    assert "38.0 % of the masked tokens" in page
    assert "is not printed" not in page
    assert page.count("<figure>") == page.count("<svg ") >= 8
    assert not re.search(r"\b(nan|NaN|None|undefined)\b", re.sub(r"<[^>]+>", " ", plain))


def test_home_says_what_the_language_model_came_to(trained_text, open_page):
    text = words(open_page("home"))
    assert "It guesses 38.0 % of the masked tokens right" in text
    assert "160 texts" in text
