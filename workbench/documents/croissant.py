"""A registered data set as Croissant 1.0 (MLCommons, JSON-LD): its files by digest, its columns as fields."""

from __future__ import annotations

import json
from typing import Any

from .. import modality

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = (("bool", "sc:Boolean"), ("int", "sc:Integer"), ("uint", "sc:Integer"), ("float", "sc:Float"))


def croissant(manifest: dict[str, Any], sheet: dict[str, Any], columns: dict[str, str], created: str) -> bytes:
    """columns: {name: Arrow type} of the manifest's table; created: UTC, when the data was registered."""
    name, table = manifest["name"], f"{manifest['name']}.parquet"
    counts = ", ".join(f"{split} {n:,}" for split, n in sheet["counts"].items())
    size = modality.of(manifest).words.counted(manifest["count"])
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": f"{size} ({counts}), as registered in SSL Workbench.",
        "version": "1.0.0",
        "datePublished": created[:10],
        "identifier": manifest["digest"],
        "distribution": [_file(table, "application/vnd.apache.parquet", manifest["table"]["sha256"], "The table")],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "field": [_field(column, kind, table) for column, kind in columns.items()],
            }
        ],
    } | _responsible(manifest, sheet)
    if manifest.get("images"):
        said = "Pixels of the images, one row each, in the order of the table"
        file = f"{name}.safetensors"
        document["distribution"].append(_file(file, "application/octet-stream", manifest["images"]["sha256"], said))
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _file(name: str, media: str, digest: str, said: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": said,
        "contentUrl": name,
        "encodingFormat": media,
        "sha256": digest,
    }


def _field(column: str, kind: str, table: str) -> dict[str, Any]:
    found = next((data for start, data in TYPES if kind.startswith(start)), "sc:Text")
    source = {"fileObject": {"@id": table}, "extract": {"column": column}}
    return {"@type": "cr:Field", "@id": f"rows/{column}", "name": column, "dataType": found, "source": source}


def _responsible(manifest: dict[str, Any], sheet: dict[str, Any]) -> dict[str, Any]:
    """What is known in the terms of Croissant RAI 1.0; the rest is left out, not invented."""
    found: dict[str, Any] = {}
    if sheet["warnings"]:
        found["rai:dataLimitations"] = sheet["warnings"]
    if manifest["sensitive"]:
        found["rai:personalSensitiveInformation"] = manifest["sensitive"]
    missing = [f"{column}: {n:,}" for column, n in (sheet.get("missing") or {}).items() if n]
    return found | ({"rai:dataCollectionMissingData": f"Missing values: {', '.join(missing)}"} if missing else {})
