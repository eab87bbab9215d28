"""One spelling for every JSON value (RFC 8785), so that a digest of it means something."""

from __future__ import annotations

import json
from typing import Any

import rfc8785


def canonical(value: Any) -> str:
    """`value` as canonical JSON text. Raises ValueError for what JSON cannot say (NaN, 2**53 and above, ...)."""
    return rfc8785.dumps(value).decode("utf-8")


def canonical_body(body: dict[str, Any]) -> str:
    """Like `canonical`, for a body that must be logged whatever it holds.

    What has no canonical form (an integer beyond 2**53, a lone surrogate) is kept as the text it came as.
    """
    try:
        return canonical(body)
    except (rfc8785.CanonicalizationError, ValueError) as error:
        return canonical({"note": f"kept as text: {type(error).__name__}", "text": json.dumps(body)})
