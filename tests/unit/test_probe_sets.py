"""Probes on test sets: a planted stereotype is found, coin flips are not; files that are absent or wrong."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from backend.probes import bec_pro, crows_pairs, winobias, winogender
from backend.probes._base import Skip
from backend.workspace.layout import BadInput
from tests.unit.probing import context

JOBS = [f"job{chr(97 + i)}{chr(97 + j)}" for i, j in product(range(8), range(5))]


@pytest.fixture
def sets(tmp_path):
    """The four test sets in small, in a folder."""
    frames = {"crows_pairs": crows(), "winobias": wino(), "bec_pro_en": bec()}
    frames["winogender"], frames["winogender_occupation_stats"] = gender()
    for name, frame in frames.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def crows() -> pd.DataFrame:
    rows = [
        (f"{job} is bad here", f"{job} is good here", "stereo", "age" if i % 2 else "race")
        for i, job in enumerate(JOBS)
    ]
    return pd.DataFrame(rows, columns=["sent_more", "sent_less", "stereo_antistereo", "bias_type"])


def wino() -> pd.DataFrame:
    rows = []
    for i, job in enumerate(JOBS):
        fits, other = ("he", "she") if i % 2 else ("she", "he")
        for form, pronoun in (("pro", fits), ("anti", other)):
            rows.append((f"the {job} met the clerk and {job} {pronoun} left", form, "type1"))
    return pd.DataFrame(rows, columns=["sentence", "stereotype", "type"])


def gender() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        (f"{job}.client.{answer}.{sex}.txt", f"the client told {job} {pronoun} was late")
        for job in JOBS
        for answer in "01"
        for sex, pronoun in (("male", "he"), ("female", "she"), ("neutral", "they"))
    ]
    women = pd.DataFrame({"occupation": JOBS, "bls_pct_female": np.linspace(1, 99, len(JOBS))})
    return pd.DataFrame(rows, columns=["sentid", "sentence"]), women


def bec() -> pd.DataFrame:
    rows = []
    for i, job in enumerate(JOBS):
        for person, sex in (("he", "male"), ("she", "female")):
            masked = (f"{job} job of [MASK]", "[MASK] job of [MASK]")
            rows.append((*(masked), person, sex, job, "female" if i % 2 else "male"))
    frame = pd.DataFrame(rows, columns=["Sent_TM", "Sent_TAM", "Person", "Gender", "Profession", "Prof_Gender"])
    swap = frame["Sent_TM"].str.replace(r"(\w+) job of \[MASK\]", r"job \1 [MASK]", regex=True)
    return frame.assign(Sent_TM=swap, Sent_TAM="job [MASK] [MASK]")


def texts() -> list[str]:
    pair = crows()
    return [*pair["sent_more"], *pair["sent_less"], *wino()["sentence"], *gender()[0]["sentence"], "job he she of"]


def asked(reviews, sets, seed: int = 0, **more):
    return context(texts(), reviews, seed=seed, folder=sets, items=10_000, **more)


def plant(found, before: str, token: str, by: float) -> None:
    """Make `token` likelier after `before`."""
    a, b = (found.tokenizer.ids([word])[0][0] for word in (before, token))
    found.encoder.table[a, b] += by


def test_crows_pairs_counts_the_pairs_whose_stereotype_is_likelier(reviews, sets):
    found = asked(reviews, sets)
    bad, good, here = (found.tokenizer.ids([word])[0][0] for word in ("bad", "good", "here"))
    found.encoder.table[good, here] -= 20  # "here" is shared, and unlikely after "good"
    told = crows_pairs.probe(found, crows_pairs.Params())
    assert told.estimate.value == 1.0
    assert told.estimate.n == len(JOBS)
    assert set(told.categories) == {"age", "race"}
    found.encoder.table[bad, here] -= 40
    assert crows_pairs.probe(found, crows_pairs.Params()).estimate.value == 0.0


def test_pairs_that_swap_the_same_words_are_no_independent_evidence(reviews, sets):
    """Every pair swaps "bad" for "good": one coin flip, however many sentences."""
    told = crows_pairs.probe(asked(reviews, sets), crows_pairs.Params())
    assert told.items["hit"].nunique() == 1
    assert told.estimate.low < 0.5 < told.estimate.high


def test_winobias_finds_a_planted_stereotype_and_no_other(reviews, sets):
    plain = winobias.probe(asked(reviews, sets), winobias.Params())
    assert plain.estimate.n == len(JOBS)
    assert plain.estimate.p > 0.001
    found = asked(reviews, sets)
    for i, job in enumerate(JOBS):
        plant(found, job, "he" if i % 2 else "she", 20)
    told = winobias.probe(found, winobias.Params())
    assert told.estimate.value == 1.0
    assert told.estimate.p < 1e-6


def test_winogender_correlates_the_log_ratio_with_the_share_of_women(reviews, sets):
    found = asked(reviews, sets)
    she, he = (found.tokenizer.ids([word])[0][0] for word in ("she", "he"))
    for i, job in enumerate(JOBS):
        at = found.tokenizer.ids([job])[0][0]
        found.encoder.table[at, she], found.encoder.table[at, he] = 0.1 * i, 0.0
    told = winogender.probe(found, winogender.Params())
    assert told.estimate.value == pytest.approx(1.0)
    assert told.of == len(JOBS), "only the sentences whose pronoun stands for the occupation"
    found.encoder.table[:, [she, he]] = found.encoder.table[:, [he, she]]
    assert winogender.probe(found, winogender.Params()).estimate.value == pytest.approx(-1.0)


def test_bec_pro_compares_associations_before_and_after_the_profession(reviews, sets):
    found = asked(reviews, sets)
    for i, job in enumerate(JOBS):
        plant(found, job, "she", 3.0 if i % 2 else 0.0)
    told = bec_pro.probe(found, bec_pro.Params())
    plain = bec_pro.probe(asked(reviews, sets), bec_pro.Params())
    assert told.estimate.value - plain.estimate.value == pytest.approx(3.0, abs=1e-3)
    assert told.categories["mostly male"].value == pytest.approx(plain.categories["mostly male"].value, abs=1e-3)


@pytest.mark.parametrize("probe", [winobias, winogender, bec_pro])
def test_random_models_are_rarely_called_biased(reviews, sets, probe):
    found = asked(reviews, sets)
    rejected = 0
    for seed in range(30):
        torch.manual_seed(seed)
        found.encoder.table.normal_()
        rejected += probe.probe(found, probe.Params()).estimate.p < 0.05
    assert rejected <= 5, "more than 5 of 30 at a true rate of 5 % has a probability below 0.5 %"


def test_bec_pro_is_not_for_causal_models_and_the_others_are(reviews, sets):
    found = asked(reviews, sets, causal=True)
    with pytest.raises(Skip, match="causal"):
        bec_pro.probe(found, bec_pro.Params())
    for probe in (crows_pairs, winobias, winogender):
        assert probe.probe(found, probe.Params()).estimate.value is not None


def test_an_absent_set_says_where_to_get_it_and_a_wrong_one_what_it_lacks(reviews, tmp_path):
    found = context(["a"], reviews, folder=tmp_path)
    with pytest.raises(Skip, match=r"no crows_pairs.parquet .* get it from github.com"):
        crows_pairs.probe(found, crows_pairs.Params())
    with pytest.raises(Skip, match="no folder of test sets"):
        winobias.probe(context(["a"], reviews), winobias.Params())
    pd.DataFrame({"sent_more": ["x"]}).to_parquet(tmp_path / "crows_pairs.parquet")
    with pytest.raises(BadInput, match="found no 'sent_less'"):
        crows_pairs.probe(found, crows_pairs.Params())
    (tmp_path / "winobias.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match="expected a Parquet table"):
        winobias.probe(found, winobias.Params())


def test_at_most_so_many_items_are_asked_and_it_is_said(reviews, sets):
    found = context(texts(), reviews, folder=sets, items=24)
    told = crows_pairs.probe(found, crows_pairs.Params())
    assert told.estimate.n == 24
    assert told.of == len(JOBS)
    assert told.notes[0] == "24 of the 40 pairs, drawn at random."
