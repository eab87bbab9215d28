"""What the texts of a cluster speak of that the others' do not: its distinctive words, by class-based TF-IDF.

Grootendorst (2022), arXiv 2203.05794: a word's frequency within the cluster times log(1 + A / f), with A the mean
number of words a cluster and f the word's count in all of them. A word must also stand in several of the cluster's
texts and in a share of them that is at least twice that of the other texts: no function word of any language does.
"""

from __future__ import annotations

import re

import numpy as np

MOST = 8  # words a cluster
TEXTS = 3  # of the cluster in which a word must stand
LIFT = 2.0
READ = 5_000  # characters of a text
NO_WORDS = re.compile(r"https?://\S+|www\.\S+|&#?\w+;|@\w+")  # addresses, entities of HTML, names of accounts
WORD = r"(?u)\b[^\W\d_][^\W_]+\b"  # at least two signs, the first a letter


def distinctive(texts: list[str], of: np.ndarray, count: int) -> list[list[str]]:
    """For each cluster 0 .. count - 1 its words, the most distinctive first, at most MOST; none where none stands out.

    of: int, the cluster of every text; texts of no cluster (below 0) count as others. count 0: there is no cluster.
    """
    if not count:
        return []
    from sklearn.feature_extraction.text import CountVectorizer

    reader = CountVectorizer(token_pattern=WORD, lowercase=True, dtype=np.int64)
    try:
        counts = reader.fit_transform(NO_WORDS.sub(" ", text[:READ]) for text in texts)
    except ValueError:  # there is not one word
        return [[] for _ in range(count)]
    names = reader.get_feature_names_out()
    here = np.array([of == i for i in range(count)], dtype=np.int64)
    within, present = here @ counts, here @ (counts > 0).astype(np.int64)
    everywhere = np.asarray((counts > 0).sum(axis=0)).ravel()
    frequency = within / np.maximum(1, within.sum(axis=1, keepdims=True))
    score = frequency * np.log1p(within.sum() / max(1, count) / np.maximum(1, within.sum(axis=0)))
    size = here.sum(axis=1)[:, None]
    share, others = present / np.maximum(1, size), (everywhere - present) / np.maximum(1, len(texts) - size)
    score[(present < TEXTS) | (share < LIFT * others)] = 0
    best = np.argsort(-score, axis=1, kind="stable")[:, :MOST]
    return [[str(names[w]) for w in row if score[i, w] > 0] for i, row in enumerate(best)]
