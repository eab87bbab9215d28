"""A machine-learning bill of material: CycloneDX 1.6 JSON (ECMA-424), checked against the schema before it leaves.

The same run gives the same bytes: the serial number is a uuid5 of the run and the time is when the run started.
cyclonedx-python-lib models no `modelCard`, so the document is written as JSON and its validator holds it to the schema.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from backend import __version__

from .facts import PURPOSE, RISKS, metrics, weights

SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:ssl-workbench:bom")


def bom(facts: dict[str, Any]) -> bytes:
    """facts: of facts.gather. Raises RuntimeError when the result breaks the schema."""
    run, started = facts["run"], facts["started"]
    packages = [_package(name, version) for name, version in sorted(started["packages"].items())]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, run['run'] + started['code']['digest'])}",
        "version": 1,
        "metadata": {
            "timestamp": facts["time"],
            "tools": {"components": [{"type": "application", "name": "ssl-workbench", "version": __version__}]},
            "component": _model(facts),
        },
        "components": [_data(facts), *packages],
        "dependencies": [{"ref": "model", "dependsOn": ["data", *(p["bom-ref"] for p in packages)]}],
    }
    payload = json.dumps(document, indent=1, sort_keys=True).encode()
    _check(payload)
    return payload


def _check(payload: bytes) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(payload.decode())
    if wrong is not None:
        raise RuntimeError(f"bill of material: expected CycloneDX 1.6, found {str(wrong)[:300]}")


def _model(facts: dict[str, Any]) -> dict[str, Any]:
    run, recipe = facts["run"], facts["started"]["recipe"]
    files = [
        {"type": "file", "bom-ref": f"file/{f['role']}", "name": f["role"]} | _hash(f["sha256"]) for f in weights(facts)
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": run["title"] or run["run"],
        "version": run["run"],
        "description": facts["persons"].get(PURPOSE) or "Intended use: not filled by a person.",
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "self-supervised"},
                "task": "classification" if facts["verdict"] else "representation",
                "modelArchitecture": recipe["encoder"]["name"],
                "datasets": [{"ref": "data"}],
            },
            "quantitativeAnalysis": {"performanceMetrics": [_performance(m) for m in metrics(facts)]},
            "considerations": _considerations(facts),
        },
    } | ({"components": files} if files else {})


def _considerations(facts: dict[str, Any]) -> dict[str, Any]:
    said = {"technicalLimitations": facts["sentences"] or ["Nothing was measured."]}
    use, risks = facts["persons"].get(PURPOSE), facts["persons"].get(RISKS)
    said |= {"useCases": [use]} if use else {}
    return said | ({"ethicalConsiderations": [{"name": risks}]} if risks else {})


def _performance(metric: dict[str, Any]) -> dict[str, Any]:
    found = {"type": metric["metric"], "value": f"{metric['value']:.6g}", "slice": metric["slice"]}
    if metric["low"] is None or metric["high"] is None:
        return found
    interval = {"lowerBound": f"{metric['low']:.6g}", "upperBound": f"{metric['high']:.6g}"}
    return {**found, "confidenceInterval": interval}


def _data(facts: dict[str, Any]) -> dict[str, Any]:
    manifest = facts["manifest"]
    said = f"{manifest['count']:,} examples, {', '.join(f'{k} {n:,}' for k, n in facts['sheet']['counts'].items())}"
    data = {"type": "dataset", "name": manifest["name"], "description": said}
    if manifest["sensitive"]:
        data["sensitiveData"] = manifest["sensitive"]
    return {"type": "data", "bom-ref": "data", "name": manifest["name"], "data": [data]} | _hash(manifest["digest"])


def _package(name: str, version: str) -> dict[str, Any]:
    from packageurl import PackageURL

    purl = PackageURL("pypi", name=name.lower().replace("_", "-"), version=version).to_string()
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _hash(digest: str) -> dict[str, Any]:
    return {"hashes": [{"alg": "SHA-256", "content": digest}]}
