"""What train, val and test are called in folders, files and columns; `unlabelled` is training rows without a label."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ...workspace.layout import BadInput

UNLABELLED = "unlabelled"
WORDS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "dev", "devel", "development"),
    "test": ("test", "testing", "tst"),
    UNLABELLED: ("unlabeled", "unlabelled", "unsup", "unsupervised"),
}
TAILS = ("set", "data", "dataset", "split", "images", "imgs", "texts", "files")  # train_set, TestData, test_images
_SPLIT_OF = {word: split for split, words in WORDS.items() for word in words}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(4096)  # a folder's name comes with every file in it
def named(name: str) -> str | None:
    """train, val, test or unlabelled where that is what the whole name says ("Training set", "val2017"), else None."""
    words = [_without_tail(word) for word in _words(name)]
    words = [word for word in words if word]
    return _SPLIT_OF.get(words[0]) if len(words) == 1 else None


def in_name(name: str) -> str | None:
    """The same where one word of a file's name says it (cifar10_train.parquet, unlabeledTrainData.tsv).

    Of several words the last counts, but `unlabelled` beside train is unlabelled and beside test is test.
    """
    found = [split for word in _words(name) if (split := _SPLIT_OF.get(_without_tail(word)))]
    sure = [split for split in found if split != UNLABELLED]
    if UNLABELLED in found and set(sure) <= {"train"}:
        return UNLABELLED
    return sure[-1] if sure else None


def known(names: Iterable[str], where: str, notes: list[str]) -> dict[str, str]:
    """{name: split} of a source's parts; others are left out, which `notes` tells. BadInput where none is known."""
    every = list(names)
    found = next(filter(None, ({n: split for n in every if (split := rule(n))} for rule in (named, in_name))), {})
    if not found:
        raise BadInput(f"{where}: expected splits called train, val or test, found {', '.join(every)}"[:300])
    if strange := [name for name in every if name not in found]:
        notes.append(f"Splits that are no train, validation or test were left out: {', '.join(strange)}."[:300])
    return found


def _words(name: str) -> list[str]:
    plain = _CAMEL.sub(" ", unicodedata.normalize("NFC", name))
    return [word for word in re.split(r"[\W\d_]+", plain.casefold()) if word]


def _without_tail(word: str) -> str:
    if word in TAILS:
        return ""
    return next((word.removesuffix(tail) for tail in TAILS if word.removesuffix(tail) in _SPLIT_OF), word)
