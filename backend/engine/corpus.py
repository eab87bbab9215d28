"""A corpus as token ids on disk, and the blocks or texts that a step reads of it.

The ids of all texts stand one after the other in one file, each text framed as the tokenizer frames it, so that
pretraining sees what every later reading begins with: [CLS] text [SEP]; where the separator itself is what begins a
text, as for causal models, one stands between two texts. A second file says where each text starts. Both are
memory-mapped, so a corpus may be larger than memory. They lie in the run's own folder: the tokenizer and the texts,
both in the ledger, give them again.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..encoders._text import Tokens
from ..pretext._base import Batch, View
from ..tokenizers._base import Tokenizer
from ..workspace.layout import BadInput, write_atomic
from .feed import Sampler
from .seeds import generator


@dataclass(frozen=True)
class Corpus:
    """ids: unsigned, all tokens; starts: int64, texts + 1, where each text begins, with what opens it; rows: int64, the
    texts' rows; bytes: UTF-8 bytes of the texts; before, after: how many tokens open a text and close it."""

    ids: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    bytes: int = 0
    before: int = 0
    after: int = 1

    @classmethod
    def write(
        cls,
        folder: Path,
        tokenizer: Tokenizer,
        batches: Iterable[list[str]],
        keep: np.ndarray,
        check_stop: Callable[[], None] = lambda: None,
    ) -> Corpus:
        """Tokenise the texts of the rows `keep` (bool N) into `folder`, unless a finished corpus is there."""
        if not (folder / "done.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            kind = np.uint16 if tokenizer.vocabulary.size < 2**16 else np.uint32
            starts, at, size = array("q", [0]), 0, 0
            v = tokenizer.vocabulary
            before = [] if v.opening is None else tokenizer.before
            after = tokenizer.after or [v.separator]
            with open(folder / "ids.bin", "wb") as out:
                for texts in batches:
                    check_stop()
                    wanted = [text for text, taken in zip(texts, keep[at : at + len(texts)], strict=True) if taken]
                    at += len(texts)
                    size += sum(len(text.encode()) for text in wanted)
                    for ids in tokenizer.ids(wanted):
                        out.write(np.array([*before, *ids, *after], dtype=kind).tobytes())
                        starts.append(starts[-1] + len(before) + len(ids) + len(after))
            np.save(folder / "starts.npy", np.frombuffer(starts, dtype=np.int64))
            told = {"kind": np.dtype(kind).name, "bytes": size, "before": len(before), "after": len(after)}
            write_atomic(folder / "done.json", json.dumps(told).encode())
        return cls.read(folder, np.flatnonzero(keep))

    @classmethod
    def read(cls, folder: Path, rows: np.ndarray) -> Corpus:
        done = json.loads((folder / "done.json").read_text())
        kind, starts = done["kind"], np.load(folder / "starts.npy", mmap_mode="r")
        ids = np.memmap(folder / "ids.bin", dtype=kind, mode="r") if starts[-1] else np.empty(0, dtype=kind)
        # a corpus of an earlier version closes its texts and does not open them
        return cls(ids, starts, rows, done["bytes"], done.get("before", 0), done.get("after", 1))

    def __len__(self) -> int:
        """Tokens, those that frame the texts included."""
        return len(self.ids)

    @property
    def guessed(self) -> int:
        """Tokens that a causal model is asked for: all but what opens the texts."""
        return len(self.ids) - self.before * self.texts

    @property
    def texts(self) -> int:
        return len(self.starts) - 1

    def blocks(self, length: int) -> int:
        """Whole blocks of `length` tokens."""
        return len(self.ids) // length

    def block(self, numbers: Iterable[int], length: int) -> np.ndarray:
        """These blocks, int64 n x length."""
        return np.stack([self.ids[i * length : (i + 1) * length] for i in numbers]).astype(np.int64)

    def text(self, number: int, most: int) -> np.ndarray:
        """The first tokens of one text, without what frames it, int64, at most `most`."""
        start, end = int(self.starts[number]) + self.before, int(self.starts[number + 1]) - self.after
        return self.ids[start : min(end, start + most)].astype(np.int64)


@dataclass
class TextFeed:
    """Blocks of joined texts (packed) or one text a row, framed as `Tokenizer.encode` does.

    length: tokens a row at most; batch_size: rows a step.
    """

    corpus: Corpus
    tokenizer: Tokenizer
    length: int
    batch_size: int
    seed: int
    device: torch.device
    packed: bool = True
    unit: str = "tokens"

    def __post_init__(self):
        count = self.corpus.blocks(self.length) if self.packed else self.corpus.texts
        if not count:
            raise BadInput(
                f"tokenizer.length: expected at most the {len(self.corpus):,} tokens of the training texts, found "
                f"{self.length:,}; choose a smaller one"
            )
        self.sampler = Sampler(count, self.batch_size, self.seed, "cpu")
        self.per_epoch = self.sampler.per_epoch
        frame = len(self.tokenizer.before) + len(self.tokenizer.after) - self.corpus.before - self.corpus.after
        mean = min(self.length, len(self.corpus) / max(1, self.corpus.texts) + frame)
        self.size = self.sampler.batch * self.length if self.packed else round(self.sampler.batch * mean)

    def at(self, step: int, views: Sequence[View]) -> Batch:
        rows = self.sampler.rows(step).tolist()
        tokens = self._packed(rows) if self.packed else self._single(rows)
        return Batch({view.name: tokens for view in views}, None, generator(self.device, "mask", self.seed, step))

    def _packed(self, rows: list[int]) -> Tokens:
        return blocks(self.corpus, rows, self.length, self.device)

    def _single(self, rows: list[int]) -> Tokens:
        before, after = self.tokenizer.before, self.tokenizer.after
        room = self.length - len(before) - len(after)
        found = [np.array([*before, *self.corpus.text(row, room), *after]) for row in rows]
        lengths = torch.tensor([len(ids) for ids in found])
        ids = torch.full((len(found), int(lengths.max())), self.tokenizer.vocabulary.pad)
        for row, one in zip(ids, found, strict=True):
            row[: len(one)] = torch.from_numpy(one)
        return Tokens(ids, lengths).to(self.device)


def blocks(corpus: Corpus, numbers: Iterable[int], length: int, device: torch.device) -> Tokens:
    """These blocks as tokens without padding, on the device."""
    ids: Tensor = torch.from_numpy(corpus.block(numbers, length)).to(device, non_blocking=True)
    return Tokens(ids)


def first_blocks(corpus: Corpus, length: int, most: int, device: torch.device) -> Tokens:
    """At most `most` blocks, evenly spread over the corpus: the same ones every time."""
    count = corpus.blocks(length)
    chosen = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int)) if count else []
    return blocks(corpus, islice(chosen, most), length, device)
