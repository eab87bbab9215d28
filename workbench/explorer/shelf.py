"""What browsers may fetch beside the pages: immutable bytes under their SHA-256, compressed once, kept in memory.

A page puts a column here when it draws with it and hands its name to the browser, which asks for it over HTTP; the
names that were used longest ago leave first.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

BUDGET = 256 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Parcel:
    """sha256: of the bytes before compression; payload: them gzipped; size: how many they are."""

    sha256: str
    payload: bytes
    size: int

    @classmethod
    def of(cls, plain: bytes) -> Parcel:
        # Level 1: positions hardly shrink, classes and masks already do, and higher levels cost seconds.
        return cls(hashlib.sha256(plain).hexdigest(), gzip.compress(plain, 1, mtime=0), len(plain))


class Shelf:
    def __init__(self, budget: int = BUDGET):
        self._parcels: OrderedDict[str, Parcel] = OrderedDict()
        self._lock = threading.Lock()
        self._budget, self._held = budget, 0

    def put(self, parcel: Parcel) -> str:
        """Keep `parcel` as the one used last; returns its name."""
        with self._lock:
            if parcel.sha256 not in self._parcels:
                self._held += len(parcel.payload)
            self._parcels[parcel.sha256] = parcel
            self._parcels.move_to_end(parcel.sha256)
            while self._held > self._budget and len(self._parcels) > 1:
                _, gone = self._parcels.popitem(last=False)
                self._held -= len(gone.payload)
        return parcel.sha256

    def get(self, sha256: str) -> Parcel | None:
        with self._lock:
            return self._parcels.get(sha256)


@lru_cache(maxsize=1)
def shelf() -> Shelf:
    """The shelf of this process."""
    return Shelf()
