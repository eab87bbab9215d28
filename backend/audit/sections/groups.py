"""Groups: rates for every group, gaps with their tests, the pretrained against the supervised model."""

from __future__ import annotations

from typing import Any

from ._source import Source, bodies, section

TITLE = "Groups"
ORDER = 70


def collect(source: Source) -> dict[str, Any]:
    found = source.events("fairness")
    contrasts, amplified = source.events("fairness.contrast"), source.events("fairness.amplification")
    if not found:
        gap = source.gap("audit_bias", "The audit by groups")
        named = [d for d in source.service.datasets() if d["name"] == source.run["dataset"]]
        if named and not named[0]["sensitive"]:
            gap = "The audit by groups: the data set names no sensitive attribute."
        return section({}, gaps=[gap])
    small = sorted(
        {
            f"{e['body']['attribute']}: {g['group']} (n = {g['n']})"
            for e in found
            for g in e["body"]["groups"]
            if not g["enough"]
        }
    )
    gaps = [f"Too few examples to say anything: {', '.join(small)}."] if small else []
    facts = {
        "audits": bodies(found),
        "contrasts": bodies(contrasts),
        "amplification": bodies(amplified),
    }
    return section(facts, [*found, *contrasts, *amplified], gaps)
