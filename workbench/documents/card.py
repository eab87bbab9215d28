"""The model card (Mitchell et al. 2019) and the data sheet (Gebru et al. 2021) of a run, as one Markdown file."""

from __future__ import annotations

from typing import Any

from backend.audit.dossier.words import estimate
from backend.targets import metrics as metrics_of_studies
from backend.targets.figures import Figures

from .. import modality
from ..frame.safe import flat
from ..verdicts.export import LIMITS
from .chapters import Table
from .facts import PURPOSE, RISKS, metrics, weights
from .render import markdown_table

UNSAID = "> **Not filled: a person has to say it (field {field} of the dossier).**"


def card(facts: dict[str, Any]) -> bytes:
    """facts: of facts.gather."""
    run, manifest = facts["run"], facts["manifest"]
    rows = [{"Metric": m["metric"], "On": m["slice"], "Value": _estimate(m), "Rows": m["n"]} for m in metrics(facts)]
    files = [{"File": f["role"], "SHA-256": f["sha256"]} for f in weights(facts)]
    lines = [
        f"# {flat(run['title'] or run['run'])}\n",
        f"Model card and data sheet of the run `{run['run']}`.\n",
        "## Intended use\n",
        _said(facts, PURPOSE),
        "\n## Training\n",
        f"Pretext task {flat(facts['started']['recipe']['pretext']['name'])}, encoder "
        f"{flat(facts['started']['recipe']['encoder']['name'])}, on {flat(manifest['name'])}.\n",
        *(markdown_table(Table("Weights", files)) if files else ()),
        "## What was found\n",
        *(f"- {flat(sentence)}" for sentence in facts["sentences"]),
        "\n## Metrics on test data, with 95 % intervals\n",
        *(markdown_table(Table("The pretrained model", rows)) if rows else ["> **Not filled: nothing was measured.**"]),
        "\n## Limits\n",
        f"- {LIMITS[1]}",
        "\n## Risks\n",
        _said(facts, RISKS),
        "\n## Data sheet\n",
        *_sheet(manifest, facts["sheet"]),
    ]
    return ("\n".join(lines) + "\n").encode()


def _said(facts: dict[str, Any], field: str) -> str:
    text = facts["persons"].get(field)
    return "\n\n".join(map(flat, text.split("\n\n"))) if text else UNSAID.format(field=field)


def _estimate(metric: dict[str, Any]) -> str:
    name = metric["metric"]
    if name in metrics_of_studies() and not (told := Figures(name, metric["unit"])).share:
        return told.interval(metric)
    return estimate(name, metric, metric["unit"])


def _sheet(manifest: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
    classes = [
        {"Split": s, "Examples": n, **(sheet.get("class_counts") or {}).get(s, {})} for s, n in sheet["counts"].items()
    ]
    crosses = [
        {"Attribute": attribute, "Group": group, **counts}
        for attribute, groups in (sheet.get("crosses") or {}).items()
        for group, counts in groups.items()
    ]
    size = modality.of(manifest).words.counted(manifest["count"])
    return [
        f"{flat(manifest['name'])}: {size}, digest `{manifest['digest']}`.\n",
        *markdown_table(Table("By split and class", classes)),
        *(markdown_table(Table("By group and class", crosses)) if crosses else ()),
        *(f"- {flat(warning)}" for warning in sheet["warnings"]),
    ]
