"""One pass over the texts of a source: each is checked and measured, and only numbers about it are kept."""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ...data import cleaning, writing_systems
from ...data.conventions.joining import joined
from ...data.decode_images import Progress
from ...data.identity import Mentions, identity_terms, offensive, words
from ...data.source import Places, TextSource
from ...workspace.layout import BadInput
from . import near_texts

SCHEMA = pa.schema([("text", pa.string())])
GROUP_ROWS = 10_000  # of one row group of the stored texts, as backend/data/dataset.py promises
GROUP_CHARACTERS = 8 << 20  # so that a row group of long texts is read in little memory as well
OFFENSIVE = 63  # the bit of `named` that says a slur was found; the bits below are groups


class Intake:
    """What is known of the texts of a source once `row_groups` was gone through and `finish` called.

    Per kept text: `digests` (uint64, of the normalised text), `characters`, `words`, `script` (of most letters),
    `named` (uint64, bits of `mentions` and OFFENSIVE), `signed` (the first texts' MinHash). In all: `letters` of each
    script, `bytes` as UTF-8, `empty` texts that were kept out, `others`: the source's other columns as they were read.
    """

    def __init__(self, source: TextSource):
        self.source, self.mentions = source, Mentions(identity_terms())
        self.places = source.places or Places(source.name)
        self.letters = np.zeros(len(writing_systems.SCRIPTS), np.int64)
        self.bytes = 0
        self._empty = array("q")  # rows of the source that were kept out
        self._digests, self._characters, self._words, self._script, self._named = map(array, "QqqBQ")
        self._signed: list[np.ndarray] = [np.empty((0, near_texts.HASHES), np.uint32)]
        self._others: list[pa.Table] = []
        self._held = 0  # bytes of the other columns

    def row_groups(self, progress: Progress) -> Iterator[pa.Table]:
        """The texts that are kept, as the row groups to store. Raises BadInput at the first that cannot be used."""
        held, characters, seen, read = [], 0, 0, 0
        for table in self.source.batches:
            kept = self._take(table, seen)
            seen += len(table)
            for text in kept:
                held.append(text)
                characters += len(text)
                if len(held) == GROUP_ROWS or characters >= GROUP_CHARACTERS:
                    yield pa.table({"text": held}, SCHEMA)
                    read, held, characters = read + characters, [], 0
            cleaning.check_rows(self.count, self.source.name)
            self._tell(progress, seen, read + characters)
        if held:
            yield pa.table({"text": held}, SCHEMA)

    @property
    def count(self) -> int:
        return len(self._digests)

    @property
    def empty(self) -> int:
        return len(self._empty)

    def rows(self) -> np.ndarray:
        """int64, the row of the source that each kept text stood in."""
        rows = np.arange(self.count + self.empty)
        return np.delete(rows, np.frombuffer(self._empty, np.int64)) if self._empty else rows

    def finish(self) -> None:
        """Make arrays of what was gathered."""
        self.digests, self.characters, self.words = map(_numbers, (self._digests, self._characters, self._words))
        self.script, self.named = _numbers(self._script), _numbers(self._named)
        self.signed, self._signed = np.concatenate(self._signed), []
        self.others, self._others = joined(self._others), []

    def _take(self, table: pa.Table, before: int) -> list[str]:
        """Check and measure a batch that begins at row `before` of the source; returns the texts that are kept."""
        texts = self._strings(table.column(self.source.text), before)
        keep = [bool(text.strip()) for text in texts]
        self._empty.extend(before + at for at, stays in enumerate(keep) if not stays)
        kept = [text for text, stays in zip(texts, keep, strict=True) if stays]
        others = table.drop_columns(self.source.text).filter(pa.array(keep, pa.bool_()))
        self._held += others.nbytes
        if self._held > cleaning.MAX_OTHER:
            raise BadInput(
                f"{self.source.name}: expected at most {cleaning.MAX_OTHER >> 20} MiB in the columns beside the text, "
                "found more; leave out those that are not needed"
            )
        self._others.append(others)
        if kept:
            self._measure(kept)
        return kept

    def _strings(self, column: pa.ChunkedArray, before: int) -> list[str]:
        try:
            texts = [text or "" for text in column.to_pylist()]
        except UnicodeDecodeError:
            where = f" in the {len(column):,} rows from {before:,}"
            raise not_utf8(self.source.name, self.source.text, where) from None
        for row, text in enumerate(texts, before):
            if len(text) > cleaning.MAX_TEXT or "\0" in text:
                cleaning.check(text, self.places.where(row))
        return texts

    def _measure(self, texts: list[str]) -> None:
        found = [words(text) for text in texts]
        self._digests.extend(map(digest, texts))
        self._characters.extend(map(len, texts))
        self._words.extend(map(len, found))
        self._named.extend(self.mentions.bits(w) | offensive(w) << OFFENSIVE for w in found)
        letters = writing_systems.counts(texts)
        self.letters += letters.sum(axis=0)
        none = len(writing_systems.SCRIPTS)
        self._script.extend(np.where(letters.any(axis=1), letters.argmax(axis=1), none).tolist())
        self.bytes += sum(len(text.encode()) for text in texts)
        room = near_texts.MOST - sum(map(len, self._signed))
        if room > 0:
            self._signed.append(near_texts.signatures(found[:room]))

    def _tell(self, progress: Progress, rows: int, characters: int) -> None:
        if self.source.rows:
            progress(rows, self.source.rows, "texts")
        else:  # of a file that is read line by line only its size is known
            progress(min(characters, self.source.bytes) >> 20, max(1, self.source.bytes >> 20), "MB")


def _numbers(values: array) -> np.ndarray:
    """The same memory as an array of NumPy, which takes no empty one."""
    return np.frombuffer(values, values.typecode) if values else np.empty(0, values.typecode)


def digest(text: str) -> int:
    """64 bits of the text with case, white space and Unicode's spellings of one letter made the same.

    Of ten million texts two share a digest by chance with probability 3e-6.
    """
    same = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return int.from_bytes(hashlib.blake2b(same.encode(), digest_size=8).digest(), "little")


def not_utf8(name: str, column: str, where: str = "") -> BadInput:
    return BadInput(f"{name}: expected UTF-8 in column {column!r}, found other bytes{where}; write the file as UTF-8")
