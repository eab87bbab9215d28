"""Where a new recipe starts from, and which of its sections are asked for first."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from backend import recipe as schema

COMMITTED = Path(schema.__file__).parents[1] / "sample_data" / "recipes"
FIRST = ("epochs", "batch_size")  # of [train]: what a beginner decides
SECTIONS = {
    "train": ("Training in detail", schema.Train),
    "collapse": ("Collapse watch", schema.Collapse),
    "finetune": ("Label-fraction study: did pretraining help?", schema.Finetune),
    "projection": ("Maps of the embeddings", schema.Projection),
    "attribution": ("Explanations", schema.Attribution),
    "fairness": ("Bias audit", schema.Fairness),
}


def committed() -> dict[str, dict[str, Any]]:
    """{title: recipe} of the recipes that come with the workbench."""
    found = {}
    for path in sorted(COMMITTED.glob("*.toml")):
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
        found[f"Recipe: {recipe.get('title') or path.stem}"] = recipe
    return found


def starts(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{label: recipe}: the defaults, the committed recipes, then the workspace's former runs."""
    former = {f"Run: {r['title'] or r['run']} ({r['run']})": r["recipe"] for r in runs if r["kind"] == "run"}
    return {"Sensible defaults": {}, **committed(), **former}


def suggest(manifest: dict[str, Any], recipe: dict[str, Any], catalogue: dict[str, Any]) -> dict[str, Any]:
    """`recipe` with what it leaves open chosen for the data: augmentation by channels, stages by what is known."""
    grey = "xray" if "xray" in catalogue["augment"] else "photo"
    stages = [s for s in schema.STAGES if manifest["label"] or s in ("pretrain", "project")]
    if not manifest["sensitive"]:
        stages = [s for s in stages if s != "audit_bias"]
    start = {"augment": {"name": grey if manifest["channels"] == 1 else "photo"}, "stages": stages}
    return {**start, "pretext": {"name": "simclr"}, "encoder": {"name": "convnet"}, **recipe}


def options(section: str, catalogue: dict[str, Any], manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Choices for a section's lists of free strings: plug-in names, sensitive attributes."""
    if section == "fairness":
        return {"sensitive": tuple(manifest["sensitive"])}
    return {"methods": tuple(catalogue[schema.LISTED[section]])} if section in schema.LISTED else {}
