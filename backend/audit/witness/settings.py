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

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ...workspace.layout import BadInput
from ...workspace.settings import Strict, settings_file, table
from ..ledger.notes import COSIGNATURE, VerifierKey


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


class WitnessSettings(Strict):
    url: Address
    key: Annotated[str, Field(max_length=400), AfterValidator(_key)]


class AuthoritySettings(Strict):
    url: Address
    ca: str = Field(description="PEM file of the certificates that the authority's must lead to")


class RecordSettings(Strict):
    witnesses: list[WitnessSettings] = Field([], max_length=16)
    timestamps: AuthoritySettings | None = None


def record_settings(root: Path) -> RecordSettings:
    """What [record] of the workspace at `root` says; a path in it counts from the file's folder.

    Raises BadInput for a file that cannot be read, an unknown key or a value of the wrong kind.
    """
    path, settings = settings_file(root), table(root, "record", RecordSettings)
    if len({witness.key for witness in settings.witnesses}) < len(settings.witnesses):
        raise BadInput(f"{path}: record.witnesses: expected every witness once, found a key twice")
    if settings.timestamps is None:
        return settings
    authority = settings.timestamps.model_copy(update={"ca": str(path.parent / settings.timestamps.ca)})
    return settings.model_copy(update={"timestamps": authority})
