"""2(h): what protects the record and the model: digests of every file, a hash tree over every event."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..value import Value, at, file_of, moment_of
from ..words import short

FIELD = "2.h"


def evidence(source: Evidence) -> Iterator[Value]:
    yield from at(source.started, "code", "digest", label="Digest of the code that ran", say=short)
    yield from at(source.started, "dataset", "digest", label="Digest of the data that it read", say=short)
    for event in source.newest("encoder"):
        role = f"encoder/ssl/{event['body']['seed']}"
        yield from file_of(event, role, f"Weights of the encoder, seed {event['body']['seed']}", _weights)
    for event in source.of_arm("classifier"):
        yield from file_of(event, "classifier/ssl", "Weights of the classifier", _weights)
    yield from moment_of(source.latest("run.finished"), "Last event of the run in the hash tree (RFC 9162) since")


def _weights(digest: str) -> str:
    return f"{short(digest)} (tensors only: reading the file runs no code)"
