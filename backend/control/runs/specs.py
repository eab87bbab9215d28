"""What comes from outside, checked before anything is queued or recorded: data specs, recipes, selections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...data.spec import HUB, parse
from ...modality import of, of_recipe
from ...recipe import Recipe, checked_sections, resolve, rests_on
from ...targets import CLASS, type_of
from ...targets import of as target_of
from ...workspace import plain
from ...workspace.extras import need
from ...workspace.layout import BadInput, check_name, given_path
from ...workspace.reach import Reach
from ...workspace.refused import line, validated

if TYPE_CHECKING:
    import pyarrow as pa

REPORTS = ("html", "json", "md")
REPORT_BYTES = 64 << 20


def data_spec(raw: dict[str, Any], reach: Reach | None = None) -> dict[str, Any]:
    """The spec with its defaults and an absolute path. Raises BadInput with one line.

    reach: outside of it nothing is told, not even what is there.
    """
    spec = parse(raw)
    if spec.path is not None and not spec.path.startswith(HUB):
        path = reach.check(spec.path) if reach else given_path(spec.path)
        if not path.exists():
            raise BadInput(f"path: expected a file or a folder, found nothing at {path}")
        spec = spec.model_copy(update={"path": str(path)})
    plain.line(spec.path or "", "path", 4_096, 0)
    return spec.model_dump(mode="json")


def parent_of(spec: dict[str, Any], dataset: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """{"parent"}: what is known of the data set whose schema a spec names, None where it names none.

    dataset: the manifest of a name; raises NotFound. Raises BadInput for a data set of another kind.
    """
    name = spec.get("schema_of")
    if name is None:
        return {"parent": None}
    manifest = dataset(name)
    if manifest["kind"] != spec["kind"] or "features" not in manifest:
        raise BadInput(f"schema_of: expected a data set of kind {spec['kind']}, found {name}, of {manifest['kind']}")
    told = {key: manifest[key] for key in ("name", "digest", "label", "classes")}
    return {"parent": told | {"features": manifest["features"]["sha256"]}}


def data_places(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """The path of a spec, where it names one of this machine: [(field, path)]."""
    path = spec.get("path")
    return [("path", path)] if path and not path.startswith(HUB) else []


def dataset_name(recipe: Any) -> str:
    """The data set that a recipe names. Raises BadInput with one line where it names none."""
    data = recipe.get("data") if isinstance(recipe, dict) else None
    if not isinstance(data, dict) or "name" not in data:
        raise BadInput("recipe: data.name: expected a value, found none")
    return check_name(data["name"], "recipe: data.name")


def resolve_for_data(
    recipe: Any, catalogue: Callable[[], dict[str, Any]], dataset: Callable[[str], dict[str, Any]]
) -> tuple[Recipe, dict[str, Any]]:
    """The recipe with its defaults for the data set that it names, and that data set's manifest.

    What is wrong with the recipe itself is said before that its data set is missing. `catalogue` may take seconds: it
    is asked for when the sections are right.
    """
    try:
        manifest = dataset(dataset_name(recipe))
        kind, target, problem = manifest["kind"], type_of(manifest), None
    except BadInput as missing:
        manifest, kind, target, problem = None, of_recipe(recipe).name, CLASS, missing
    checked_sections(recipe, kind=kind, target=target)
    resolved = resolve(recipe, catalogue(), kind=kind, target=target)
    if problem:
        raise problem
    return resolved, manifest


def check_recipe(recipe: Recipe, manifest: dict[str, Any], labels: Callable[[], pa.Table]) -> None:
    """Refuse a recipe that this data set cannot serve. `labels` reads the columns split and that of the target."""
    name, stages = manifest["name"], recipe.stages
    if (shown := of(manifest)).extra:
        need(shown.extra, f"recipe: a run on {shown.nouns}")
    for stage in stages:
        if (needed := rests_on(stage)) and needed not in stages:
            raise BadInput(f"recipe: stages: expected {needed!r} before {stage!r}, found only {', '.join(stages)}")
    unknown = [a for a in recipe.fairness.sensitive if a not in manifest["sensitive"]]
    if unknown:
        known = ", ".join(manifest["sensitive"]) or "none"
        raise BadInput(f"recipe: fairness.sensitive: expected attributes of {name} ({known}), found {unknown[0]!r}")
    if "study" in stages:
        _check_targets(name, manifest, labels)


def _check_targets(name: str, manifest: dict[str, Any], labels: Callable[[], pa.Table]) -> None:
    kind = target_of(manifest)
    if not kind.METRICS:
        raise BadInput(f"recipe: stages: expected a data set with a label for 'study', found none in {name}")
    table = labels().to_pandas()
    for split in ("train", "val", "test"):
        truth = kind.truth(table[table["split"] == split])
        found = len(set(truth[kind.known(truth)]))
        if found < 2:
            raise BadInput(
                f"recipe: data.name: expected two {kind.VALUES} or more in the {split} split of {name}, found {found}"
            )


def check_report(format: str, payload: bytes) -> None:
    """Refuse what is no report."""
    if format not in REPORTS or not 0 < len(payload) <= REPORT_BYTES:
        expected = f"{', '.join(REPORTS)} of at most {REPORT_BYTES:,} bytes"
        raise BadInput(f"report: expected {expected}, found {str(format)[:20]!r} of {len(payload):,} bytes")


class Export(BaseModel):
    """What is recorded of a model that left; weights: SHA-256 of the artefact that it was made of; sealed: whether it
    was fitted again and says to the bit what the study sealed, None where it was stored; difference, onnx: how far the
    folder and the ONNX file answer from the workbench at most; files: {name: SHA-256}."""

    model_config = ConfigDict(extra="forbid")
    what: Literal["readout", "encoder", "language-model", "classifier"]
    seed: int = Field(ge=0)
    modality: str = Field(max_length=60)
    method: str | None = Field(None, max_length=60)
    fraction: float | None = Field(None, gt=0, le=1)
    model_type: str | None = Field(None, max_length=60)
    architecture: str = Field(max_length=120)
    parameters: int = Field(ge=0)
    dim: int = Field(ge=1)
    length: int | None = Field(None, ge=1)
    sealed: bool | None = None
    difference: float | None = Field(None, ge=0)
    onnx: float | None = Field(None, ge=0)
    weights: str = Field(pattern="^[0-9a-f]{64}$")
    files: dict[str, str] = Field(max_length=1000)


def check_export(told: Any) -> dict[str, Any]:
    """The body of an `export` event. Raises BadInput with one line."""
    export = validated(Export, told, lambda error: line(error, "export: "))
    return plain.settings(export.model_dump(), "export")


class Selection(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=80)
    rows: list[int] = Field(max_length=1_000_000)
    view: dict[str, Any]

    @classmethod
    def check(cls, name: str, rows: Iterable[int], view: dict[str, Any], count: int) -> dict[str, Any]:
        """The selection as it is recorded; `count`: the rows of its data set."""
        try:
            plain.line(name, "name", 80)
            plain.check(view, "view")
            found = validated(cls, {"name": name, "rows": [int(row) for row in rows], "view": view}, line)
            text = json.dumps(view, allow_nan=False)
        except BadInput:
            raise
        except (TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"selection: expected row numbers and a view in JSON, found {error}") from None
        wrong = next((row for row in found.rows if not 0 <= row < count), None)
        if wrong is not None:
            raise BadInput(f"rows: expected 0 to {count - 1}, found {wrong}")
        if len(text) > 100_000:
            raise BadInput(f"view: expected at most 100000 characters, found {len(text)}")
        return found.model_dump(mode="json")
