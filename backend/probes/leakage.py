"""Leakage: how well can a linear probe read a sensitive attribute off the embedding?

Logistic regression on the frozen embedding, its penalty picked on validation, scored on the test rows (Elazar &
Goldberg 2018, EMNLP). Compared with the untrained encoder and with TF-IDF on the same rows: what those give away too
was not put there by pretraining.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..engine.features import encode
from ..registry import Strict
from ..statistics.proportions import wilson
from ..targets._classes import contributions, score
from ._base import Context, Estimate, Result, Skip
from ._estimates import mean

MISSING = "missing"
LEAST = 20  # labelled rows that a split must have
LEAST_OF_GROUP = 5  # and rows of each group; rarer groups are left out
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # inverse penalties tried on embeddings
WORD_STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # and on TF-IDF

TITLE = "Leakage of the attributes"
FINDING = ("gives the attribute away", "tells the groups apart worse than chance", "gives no attribute away")


class Params(Strict):
    train: int = Field(10_000, ge=50, le=1_000_000, description="At most so many training rows, drawn at random")


@dataclass(frozen=True)
class Attribute:
    """One attribute with at least two groups: labels 0..K-1 by row, -1 where missing; rows of each split."""

    name: str
    labels: np.ndarray
    groups: list[str]
    rows: dict[str, np.ndarray]


def probe(context: Context, params: Params) -> Result:
    """AUROC by attribute (mean over groups, one against the rest) on the test rows; 0.5 gives nothing away."""
    attributes, notes = _attributes(context, params.train)
    if not attributes:
        raise Skip(notes[0] if notes else "the data set names no sensitive attribute")
    kinds = {"embedding": context.encoder, "untrained": context.untrained, "tfidf": None}
    models = {name: model for name, model in kinds.items() if name != "untrained" or model is not None}
    found: dict[str, Estimate] = {}
    beside: list[dict] = []
    for i, attribute in enumerate(attributes):
        context.tick(i, len(attributes))
        units = _units(context, attribute.rows["test"])
        values, right = {}, {}
        for name, model in models.items():
            values[name], right[name] = _probed(context, attribute, model)
        labels = attribute.labels[attribute.rows["test"]]
        found[attribute.name] = _area(values["embedding"], units, labels)
        for name in values:
            row = {"category": attribute.name, "features": name, **_area(values[name], units, labels).as_interval()}
            row["accuracy"] = mean(right[name], units).as_interval()
            row["most_frequent"] = float(np.bincount(labels).max() / len(units))
            row["difference"] = None
            if name != "embedding":
                told = mean(values["embedding"] - values[name], units)
                row["difference"] = {**told.as_interval(), "p": told.p}
            beside.append(row)
    return Result(
        measure="AUROC of a linear probe of the sensitive attribute, mean over attributes",
        unit="auroc",
        neutral=0.5,
        estimate=_mean_of(list(found.values())),
        of=len(context.dataset.sensitive),
        by="Attribute",
        categories=found,
        notes=[
            *notes,
            "A high value says that the embedding could be used to tell the groups apart, not that a classifier does.",
        ],
        more={"beside": beside},
    )


def _attributes(context: Context, most: int) -> tuple[list[Attribute], list[str]]:
    """The attributes that can be probed, and a sentence on each that cannot."""
    found, notes, table = [], [], context.dataset.table
    rng = np.random.default_rng(context.seed)
    for name in context.dataset.sensitive:
        values = table[name].to_numpy(str)
        rows = {
            s: context.dataset.rows(s)[values[context.dataset.rows(s)] != MISSING] for s in ("train", "val", "test")
        }
        known = set(values[np.concatenate(list(rows.values()))])
        if len(rows["train"]) > most:
            rows["train"] = np.sort(rng.choice(rows["train"], most, replace=False))
        # After the drawing, which may lose a group: a classifier knows no class that it was not trained on.
        groups = _in_every_split([values[r] for r in rows.values()])
        rows = {split: r[np.isin(values[r], groups)] for split, r in rows.items()}
        if len(groups) < 2 or min(map(len, rows.values())) < LEAST:
            few = f"fewer than two groups of {LEAST_OF_GROUP} rows in each split, or fewer than {LEAST} rows in a split"
            notes.append(f"{name}: {few}; not probed.")
            continue
        if rare := len(known) - len(groups):
            noun = "group" if rare == 1 else "groups"
            notes.append(f"{name}: {rare:,} {noun} of fewer than {LEAST_OF_GROUP} rows in a split left out.")
        place = {group: i for i, group in enumerate(groups)}
        found.append(Attribute(name, np.array([place.get(v, -1) for v in values]), groups, rows))
    return found, notes


def _in_every_split(values: list[np.ndarray]) -> list[str]:
    """The groups of which each split holds at least `LEAST_OF_GROUP` rows, sorted; values: str rows of each split."""
    counted = [np.unique(v, return_counts=True) for v in values]
    return sorted(set.intersection(*(set(names[n >= LEAST_OF_GROUP].tolist()) for names, n in counted)))


def _probed(context: Context, attribute: Attribute, model) -> tuple[np.ndarray, np.ndarray]:
    """What each test row adds to the AUROC, and whether it was told right; model: None for TF-IDF."""
    train, val, test = (_features(context, attribute, split, model) for split in ("train", "val", "test"))
    if model is None:
        vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=r"(?u)\b\w+\b").fit(train)
        train, val, test = (vectorizer.transform(texts) for texts in (train, val, test))
    labels = {split: attribute.labels[rows] for split, rows in attribute.rows.items()}
    strengths = WORD_STRENGTHS if model is None else STRENGTHS
    fitted = []
    for strength in strengths:
        context.tick(0, 1)
        classifier = LogisticRegression(C=strength, max_iter=500)
        fitted.append(classifier if model is None else make_pipeline(StandardScaler(), classifier))
        fitted[-1].fit(train, labels["train"])
    best = max(fitted, key=lambda m: score(labels["val"], m.predict_proba(val))["auroc"])
    told = best.predict_proba(test)
    return contributions("auroc", labels["test"], told), contributions("accuracy", labels["test"], told)


def _area(values: np.ndarray, units: np.ndarray, labels: np.ndarray) -> Estimate:
    """AUROC from what each row adds to it; at 0 or 1, where nothing varies, Wilson's interval on the smallest group."""
    if np.ptp(values) > 0:
        return mean(values, units, null=0.5)
    least = int(np.bincount(labels).min())
    found = wilson(values[0] * least, least)
    return Estimate(float(values[0]), float(found.low), float(found.high), 2 * 0.5**least, len(values))


def _features(context: Context, attribute: Attribute, split: str, model):
    texts = [context.dataset.texts[i] for i in attribute.rows[split]]
    return texts if model is None else encode(model, context.tokenizer.encode(texts), context.device)


def _mean_of(found: list[Estimate]) -> Estimate:
    """Mean of estimates on the same rows: no wider than the mean of their half-widths, however they depend."""
    known = [e for e in found if e.low is not None]
    if len(known) < len(found):
        return Estimate(float(np.mean([e.value for e in found])), None, None, None, max(e.n for e in found))
    value, low, high = (float(np.mean([getattr(e, part) for e in known])) for part in ("value", "low", "high"))
    tested = [e.p for e in known if e.p is not None]
    p = min(1.0, len(tested) * min(tested)) if tested else None
    return Estimate(value, low, high, p, max(e.n for e in known))


def _units(context: Context, rows: np.ndarray) -> np.ndarray:
    if context.dataset.manifest.get("group"):
        return context.dataset.table["group"].to_numpy(str)[rows]
    return rows.astype(str)
