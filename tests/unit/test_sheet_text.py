"""The data sheet of texts: lengths, scripts, mentions and duplicates against counts made by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data import identity, writing_systems
from backend.data.identity import Mentions, holds_slur, identity_terms, words
from backend.data.register import register
from backend.modality.text import near_texts
from backend.modality.text.describe import lengths
from backend.modality.text.ingest import digest
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput


@pytest.fixture
def sheet_of(workspace, tmp_path):
    """sheet_of(texts, columns=..., **spec) -> the sheet of these texts."""

    def build(texts, columns=None, **spec):
        pq.write_table(pa.table({"text": texts, **(columns or {})}), tmp_path / "t.parquet")
        store = Artefacts(workspace.artefacts)
        asked = {"name": "x", "kind": "text", "path": str(tmp_path / "t.parquet"), "text_column": "text", **spec}
        manifest, _ = register(asked, store)
        return store.json(manifest["sheet"]["sha256"])

    return build


def test_lengths_are_counted_once_and_in_the_right_bin():
    found = np.array([1, 1, 2, 9, 10, 99, 100])
    told = lengths(found)
    assert sum(told["counts"]) == len(found)
    for low, high, n in zip(told["edges"], told["edges"][1:], told["counts"], strict=False):
        assert n == ((found >= low) & (found < high)).sum()
    assert (told["edges"][0], told["edges"][-1], told["total"]) == (1, 101, 222)
    assert told["quantiles"] == {"0": 1, "0.05": 1, "0.25": 2, "0.5": 9, "0.75": 10, "0.95": 100, "1": 100}


@pytest.mark.parametrize("found", [[0, 0], [0, 5], [7], [1]])
def test_lengths_of_few_texts(found):
    told = lengths(np.array(found))
    assert sum(told["counts"]) == len(found)
    assert len(told["edges"]) == len(told["counts"]) + 1


def test_scripts():
    texts = [
        "naïve ÆØÅ",
        "Привет",
        "Ωμέγα x",
        "日本のカタカナ",
        "한국어",
        "שלום",
        "नमस्ते",
        "สวัสดี",
        "مرحبا",
        "123 !?",
        "ⴰⴱ",
    ]
    found = writing_systems.counts(texts)
    assert [writing_systems.SCRIPTS[i] for i in found.argmax(axis=1)[:9]] == [
        "Latin", "Cyrillic", "Greek", "Kana", "Hangul", "Hebrew", "Devanagari", "Thai", "Arabic",
    ]  # fmt: skip
    assert found[0].sum() == 8
    assert found[3].tolist() == [0, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0]
    assert found[9].sum() == 0
    assert found[10, writing_systems.SCRIPTS.index("other")] == 2


def test_a_minority_script_is_told(sheet_of):
    sheet = sheet_of([f"An English text of number {i}" for i in range(90)] + [f"Русский текст {i}" for i in range(10)])
    assert sheet["scripts"]["Cyrillic"]["texts"] == 10
    assert "10.0 % of the texts are mostly Cyrillic, the others Latin." in sheet["warnings"]


def test_mentions_are_whole_words_of_any_case():
    mentions = Mentions(identity_terms())
    named = {
        text: {mentions.groups[i][1] for i in range(len(mentions.groups)) if mentions.bits(words(text)) >> i & 1}
        for text in ("SHE's here", "the theory", "An African American, a black cat", "Non-binary; Rabbis’ wives", "")
    }
    assert list(named.values()) == [{"female"}, set(), {"black"}, {"non-binary", "jewish", "female"}, set()]


@given(st.text())
def test_words_of_plain_letters_are_those_of_the_pattern(text):
    plain = text.encode("ascii", "ignore").decode()
    assert words(plain) == identity.WORD.findall(plain.lower())


def test_mentions_are_counted_by_class(sheet_of):
    texts = [f"{'He' if i % 4 else 'She'} said number {i}" for i in range(80)]
    sheet = sheet_of(texts, {"y": [["a", "b"][i % 2] for i in range(80)]}, label="y")
    assert sheet["mentions"]["gender"]["female"] == {"texts": 20, "classes": {"a": 20, "b": 0}}
    assert sheet["mentions"]["gender"]["male"] == {"texts": 60, "classes": {"a": 20, "b": 40}}


def test_terms_are_lower_case_and_counterparts_stand_side_by_side():
    for groups in identity_terms().values():
        for terms in groups.values():
            assert len(set(terms)) == len(terms)
            assert all(term == term.lower() for term in terms)
    gender = identity_terms()["gender"]
    assert dict(zip(gender["female"], gender["male"], strict=True))["daughter"] == "son"
    assert not holds_slur("a plain sentence")


def test_a_damaged_list_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "identity_terms.json").write_text('{"gender": ["she"]}')
    monkeypatch.setattr(identity, "HERE", tmp_path)
    with pytest.raises(BadInput, match=r"identity_terms\.json: expected"):
        identity.identity_terms.__wrapped__()


def test_digests_ignore_case_space_and_spelling_but_not_signs():
    assert digest("Café  au\nlait") == digest(" cafe\u0301 AU LAIT ")
    assert len({digest(t) for t in ("a b", "ab", "a b.", "a c")}) == 4


WORDS = [f"w{i}" for i in range(400)]


def variant(base: list[str], changed: int, seed: int) -> list[str]:
    """`base` with the last `changed` words replaced: the runs of the others stay."""
    return base[: len(base) - changed] + [f"v{seed}.{i}" for i in range(changed)]


def jaccard(a: list[str], b: list[str]) -> float:
    one, other = ({tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in (a, b))
    return len(one & other) / len(one | other)


def test_minhash_estimates_the_jaccard_similarity():
    """Over 200 pairs the estimate is unbiased: within four standard errors of the exact similarity."""
    rng = np.random.default_rng(0)
    errors, variance = [], 0.0
    for seed in range(200):
        base = rng.choice(WORDS, 60).tolist()
        other = variant(base, int(rng.integers(1, 30)), seed)
        signed, exact = near_texts.signatures([base, other]), jaccard(base, other)
        errors.append((signed[0] == signed[1]).mean() - exact)
        variance += exact * (1 - exact) / near_texts.HASHES
    assert abs(np.mean(errors)) < 4 * np.sqrt(variance) / len(errors)


def test_near_duplicates_are_found_across_and_within():
    rng = np.random.default_rng(1)
    base = [rng.choice(WORDS, 50).tolist() for _ in range(40)]
    texts = base + [variant(b, 2, i) for i, b in enumerate(base[:10])] + [base[0], ["too", "short"], ["too", "short"]]
    split = np.array(["train"] * 40 + ["test"] * 5 + ["train"] * 5 + ["test"] + ["train", "test"])
    digests = np.array([digest(" ".join(t)) for t in texts], dtype=np.uint64)
    across, within, complete = near_texts.near(near_texts.signatures(texts), digests, split)
    found = {tuple(d["splits"]): d for d in across}
    assert complete
    assert found["train", "test"]["count"] == 5, "the exact copy of the first text is no near duplicate"
    assert found["train", "test"]["pairs"] == [[i, 40 + i] for i in range(5)]
    assert within == {"test": 1, "train": 5}, "in test the copy of base[0] is near to its variant"


def test_near_duplicates_are_kept_together_by_a_split_made_here(sheet_of):
    rng = np.random.default_rng(2)
    base = [rng.choice(WORDS, 50).tolist() for _ in range(150)]
    texts = [" ".join(t) for t in base + [variant(b, 2, i) for i, b in enumerate(base[:100])]]
    order = rng.permutation(len(texts))
    alike = sheet_of([texts[i] for i in order])["duplicates"]
    assert [pair["count"] for pair in alike["near_across"]] == [0, 0, 0]
    assert sum(alike["near_within"].values()) == 100


def test_a_template_does_not_decide_the_split():
    rng = np.random.default_rng(2)
    base = [rng.choice(WORDS, 50).tolist() for _ in range(300)]
    texts = base + [variant(base[0], 2, i) for i in range(10)] + [variant(base[1], 2, 99)]
    digests = np.array([digest(" ".join(t)) for t in texts], dtype=np.uint64)
    unit = near_texts.units(near_texts.signatures(texts), digests)
    assert unit[1] == unit[-1], "a pair stays together"
    assert len(np.unique(unit)) == len(texts) - 1, "eleven of one template, more than a hundredth, do not"
    assert near_texts.units(near_texts.signatures(base), digests[:300]) is None


def test_a_search_that_is_cut_says_so(sheet_of, monkeypatch):
    monkeypatch.setattr(near_texts, "MOST", 60)
    sheet = sheet_of([f"text {i} has number {i} and {i * i}" for i in range(100)])
    assert (sheet["duplicates"]["near_complete"], sheet["duplicates"]["near_texts"]) == (False, 60)
    assert "Only the first 60 texts were searched for near duplicates." in sheet["warnings"]
    monkeypatch.setattr(near_texts, "MAX_COMPARED", 3)
    alike = [f"one and the same sentence again and again and again, but for the number {i}" for i in range(60)]
    assert sheet_of(alike)["duplicates"]["near_complete"] is False


def test_duplicates_across_given_splits_come_first(sheet_of):
    texts = [f"A sentence that has number {i} in it" for i in range(100)]
    texts[80], texts[90] = texts[0].upper(), texts[1]
    split = ["train"] * 70 + ["val"] * 15 + ["test"] * 15
    sheet = sheet_of(texts, {"fold": split, "y": ["a", "b"] * 50}, split_column="fold", label="y")
    assert sheet["warnings"][0] == "1 validation text also stands in train: the validation score is biased upwards."
    exact = {tuple(d["splits"]): d["pairs"] for d in sheet["duplicates"]["exact_across"]}
    assert exact == {("train", "val"): [[0, 80]], ("train", "test"): [[1, 90]], ("val", "test"): []}
    assert any("2 texts share their words with one of another label" in w for w in sheet["warnings"])
