"""The 12,271 Wikipedia passages of BoolQ as corpora, for the measurements on text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.engine.corpus import Corpus
from backend.recipe import Choice
from backend.tokenizers import wordpiece
from backend.tokenizers._base import Tokenizer
from tests.conftest import REAL_DATA


def corpora(
    folder: Path,
    vocabulary: int,
    length: int,
    most: int | None = None,
    more: Sequence[str] = (),
    encoder: str = "bert",
) -> tuple[Tokenizer, Corpus, Corpus]:
    """(tokenizer, training, held out): nine tenths and one tenth of at most `most` passages, drawn once; the texts
    `more` are trained on too; framed for the plug-in `encoder`."""
    texts = pq.read_table(REAL_DATA / "boolq_wikipedia" / "passages.parquet")["passage"].to_pylist()
    order = np.random.default_rng(0).permutation(len(texts))[:most]
    cut = len(order) // 10
    held_out, training = ([texts[i] for i in part] for part in (order[:cut], order[cut:]))
    training = [*training, *more]
    params = wordpiece.Params(vocabulary=vocabulary, length=length)
    tokenizer = wordpiece.train(params, [training], Choice(name=encoder))
    made = [
        Corpus.write(folder / name, tokenizer, [part], np.ones(len(part), dtype=bool))
        for name, part in (("training", training), ("held-out", held_out))
    ]
    return tokenizer, *made
