"""Who outside of this machine vouches for the record: the table [record] of WORKSPACE/settings.toml.

    [record]
    timestamps = {url = "https://tsa.example/tsr", ca = "tsa.pem"}

    [[record.witnesses]]
    url = "https://witness.example"
    key = "witness.example+1f2e3d4c+BA..."

Nothing is asked of anyone unless it stands here. Who can write the workspace can write this file too: the variable
WORKBENCH_SETTINGS names one elsewhere that counts in its place, for an auditor who brings their own.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..workspace.layout import BadInput
from .notes import COSIGNATURE, VerifierKey

LARGEST = 64 * 1024  # bytes of a settings file


def _url(text: str) -> str:
    import httpx

    try:
        parts = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise ValueError(f"expected an address, found {error}") from None
    if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo or parts.fragment:
        raise ValueError("expected http://HOST/... or https://HOST/..., without a user or a fragment")
    return text


def _key(text: str) -> str:
    if VerifierKey.parse(text).algorithm != COSIGNATURE:
        raise ValueError("expected the key of a witness (algorithm 4), found one of a log")
    return text


Address = Annotated[str, Field(max_length=2_000), AfterValidator(_url)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WitnessSettings(_Strict):
    url: Address
    key: Annotated[str, Field(max_length=400), AfterValidator(_key)]


class AuthoritySettings(_Strict):
    url: Address
    ca: str = Field(description="PEM file of the certificates that the authority's must lead to")


class RecordSettings(_Strict):
    witnesses: list[WitnessSettings] = Field([], max_length=16)
    timestamps: AuthoritySettings | None = None


def record_settings(root: Path) -> RecordSettings:
    """What [record] of the workspace at `root` says; a path in it counts from the file's folder.

    Raises BadInput for a file that cannot be read, an unknown key or a value of the wrong kind.
    """
    named = os.environ.get("WORKBENCH_SETTINGS")
    path = Path(named) if named else root / "settings.toml"
    if not named and not path.exists():
        return RecordSettings()
    try:
        raw = path.read_bytes()
        if len(raw) > LARGEST:
            raise ValueError(f"{len(raw)} bytes, more than {LARGEST}")
        settings = RecordSettings.model_validate(tomllib.loads(raw.decode("utf-8")).get("record", {}))
    except OSError as error:
        raise BadInput(f"{path}: expected a file of settings, found: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("record", *first["loc"]))
        raise BadInput(f"{path}: {where}: {first['msg']}, found {str(first['input'])[:80]!r}") from None
    except ValueError as error:  # TOML, UTF-8, size
        raise BadInput(f"{path}: expected TOML, found: {error}") from None
    if len({witness.key for witness in settings.witnesses}) < len(settings.witnesses):
        raise BadInput(f"{path}: record.witnesses: expected every witness once, found a key twice")
    if settings.timestamps is None:
        return settings
    authority = settings.timestamps.model_copy(update={"ca": str(path.parent / settings.timestamps.ca)})
    return settings.model_copy(update={"timestamps": authority})
