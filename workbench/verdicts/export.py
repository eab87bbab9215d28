"""The card of an exported model: what it is, what it learned from, what was found of it, what is not known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from backend.modality import modality
from backend.workspace.formats import chosen

from ..frame.safe import code, fenced, flat
from ..recipes import in_order, to_toml
from . import arms
from .export_code import snippet

LIMITS = (
    "It knows {nouns} like those that it learned from, with their prejudices, and nothing of others: measure it on "
    "your own data before it decides anything.",
    "The intervals above speak of the data set, the label subsets and the pretrainings named there, and of no other.",
)
OF_TEXTS = (
    "The embedding is the mean of the last layer's states over a text's tokens, special tokens included. A pooler that "
    "AutoModel adds (`pooler_output`) was not trained."
)
HEAD = (
    "The labels are decided by what head.safetensors holds, on that embedding. Transformers puts other layers there "
    "for sequence classification, so AutoModelForSequenceClassification would start a fresh head."
)
NEIGHBOURS = (
    "It decides by the labelled rows nearest to a new one: their features lie in head.safetensors, so who has the "
    "folder has these."
)
EVERY_ROW = "features.parquet holds features of every row of the data set: hand it on as you would hand on the data."
UNWATCHED = "Collapse was not watched: too few steps of pretraining were taken here, or none."


def card(
    told: dict[str, Any],
    run: dict[str, Any],
    manifest: dict[str, Any],
    verdicts: list[str],
    given: dict[str, Any] | None,
    verification: dict[str, Any],
) -> str:
    """README.md of the folder.

    told: what backend/leaving wrote; verdicts: the run's sentences; given: body of the event `weights.read`, None
    where pretraining started from fresh weights; verification: of the ledger, made for this card.
    """
    nouns = modality(told["modality"]).nouns
    parts = [
        _front(told),
        f"# {flat(run['title'] or run['run'])}",
        f"{_named(told)} ({told['architecture']}, {told['parameters']:,} parameters, embeddings of {told['dim']} "
        f"numbers{_length(told)}), made by the run `{run['run']}` of SSL Workbench. {_origin(given)}",
        f"## Use\n\n{snippet(told)}",
        *_decision(told),
        f"## Data\n\n{code(manifest['name'])}: {manifest['count']:,} {nouns}, digest `{manifest['digest']}`.",
        "## What was found\n\n" + "\n".join(f"- {flat(line)}" for line in [*_chosen(told), *verdicts]),
        *_checked(told),
        "## Limits\n\n" + "\n".join(f"- {line}" for line in _limits(told, nouns)),
        "## Recipe\n\n" + fenced(to_toml(in_order(_published(run["recipe"]))), "toml").rstrip("\n"),
        f"## Record\n\n{_record(verification)} The weights are the artefact `{told['weights']}`, pretraining seed "
        f"{told['seed']}. SHA256SUMS lists the digest of every other file (`sha256sum -c SHA256SUMS`); the ledger's "
        "event `export` of this run holds the same list, and the digest of SHA256SUMS.",
    ]
    return "\n\n".join(parts) + "\n"


def stays(methods: Sequence[str]) -> str:
    """What is said before a model leaves of the readouts that cannot; "" where all can."""
    if not methods:
        return ""
    one = len(methods) == 1
    named = ", ".join(map(arms.method, methods))
    return f"Not offered: {named}. {'It is' if one else 'They are'} no network on the encoder, which is what leaves."


def sentence(told: dict[str, Any], folder: str) -> str:
    """What the command says at its end."""
    return f"exported: {_named(told)}, {told['architecture']}, {told['parameters']:,} parameters, to {folder}"


def notes(told: dict[str, Any]) -> list[str]:
    """What a person should know of an export: what was checked, and what could not be done."""
    return [*_chosen(told), *_checks(told)]


def _named(told: dict[str, Any]) -> str:
    """What left: "An encoder of images with a readout: linear probe"."""
    if told["what"] == "language-model":
        return "A language model"
    of = f"An encoder of {modality(told['modality']).nouns}"
    return f"{of} with a readout: {arms.method(told['method'])}" if told.get("method") else of


def _length(told: dict[str, Any]) -> str:
    return f", texts of up to {told['length']:,} tokens" if told.get("length") else ""


def _front(told: dict[str, Any]) -> str:
    if not told.get("model_type"):
        return "---\ntags:\n- ssl-workbench\n---"
    causal = not told["architecture"].endswith("MaskedLM")
    heads = {"encoder": "feature-extraction", "language-model": "text-generation" if causal else "fill-mask"}
    task = heads.get(told["what"], "text-classification")
    return f"---\nlibrary_name: transformers\npipeline_tag: {task}\ntags:\n- {told['model_type']}\n- ssl-workbench\n---"


def _origin(given: dict[str, Any] | None) -> str:
    if given is None:
        return "Its pretraining started from random weights."
    fresh = " Its language-model head was not among them and started fresh." if given["fresh"] else ""
    source = code(_source(given["source"]))
    return f"Its pretraining started from the weights of {source} (digest `{given['digest']}`).{fresh}"


def _chosen(told: dict[str, Any]) -> list[str]:
    """Which readout this is and why, and what did better and stays."""
    if told["what"] != "readout":
        return []
    found = (
        f"This readout ({arms.method(told['method'])}, {chosen(told['fraction'])} of the labels, first label subset)"
    )
    stays = " and ".join(arms.method(name) for name in told.get("stays", ()))
    why = f"{found} was chosen on validation." if told.get("best") else f"{found} was asked for."
    return [
        why,
        *([f"On validation {stays} did better, which cannot leave: it is no network on the encoder."] if stays else []),
    ]


def _decision(told: dict[str, Any]) -> list[str]:
    decided = told.get("decision")
    if not decided:
        return []
    used = f"{decided['used']}, unless `--threshold` names another"
    head = f"An alert is raised where the probability of {code(decided['positive'])} reaches a threshold: {used}."
    lines = ["| Threshold | Probability | What it is |", "|---|---|---|"]
    lines += [f"| {name} | {one['at']:.6g} | {one['why']} |" for name, one in decided["thresholds"].items()]
    return ["\n".join(["## Decision", "", head, "", *lines])]


def _checked(told: dict[str, Any]) -> list[str]:
    lines = _checks(told)
    return ["## What was checked\n\n" + "\n".join(f"- {line}" for line in lines)] if lines else []


def _checks(told: dict[str, Any]) -> list[str]:
    if told["what"] == "language-model":
        return []
    apart = told["difference"]
    how = f"as the workbench does: {apart:.2g} apart at most" if apart else "exactly as the workbench does"
    found = [f"The folder, loaded again, answers {how}."]
    refit = told.get("refit") or {}
    if refit.get("sealed"):
        found.append("Fitted again for this export, it says of the test rows to the bit what the study sealed.")
    elif refit.get("sealed") is False:
        found.append(
            "Fitted again for this export, it differs from the study's own in the last digits: on validation it "
            f"reaches {refit['val']:.4g}, there {refit['val_then']:.4g}."
        )
    onnx = told["onnx"]
    if onnx["file"]:
        found.append(
            f"{onnx['file']} answers as torch does on {onnx['rows']} rows: {onnx['difference']:.2g} apart at most."
        )
    else:
        found.append(f"Not written as ONNX: {flat(onnx['line'])}.")
    return found


def _limits(told: dict[str, Any], nouns: str) -> list[str]:
    found = [LIMITS[0].format(nouns=nouns), LIMITS[1]]
    if told.get("model_type"):
        found += [OF_TEXTS, *([HEAD] if told.get("method") else [])]
    if told.get("method") == "knn":
        found.append(NEIGHBOURS)
    return found + ([EVERY_ROW] if "features.parquet" in told["files"] else [])


def _published(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe without the paths of this machine."""
    changed = {name: dict(section) if isinstance(section, dict) else section for name, section in recipe.items()}
    for section, key in (("encoder", "source"), ("finetune", "reference")):
        if changed.get(section, {}).get(key):
            changed[section][key] = _source(changed[section][key])
    return changed


def _source(source: str) -> str:
    """A source as others may read it: of a local folder its name alone."""
    return source if source.startswith(("package:", "hf:")) else PurePath(source).name


def _record(verification: dict[str, Any]) -> str:
    if not verification["ok"]:
        return f"The workspace's ledger did not verify at this export: {flat(verification['findings'][0]['line'])}."
    return (
        "Every number above is an event of the workspace's ledger, which verified at this export with the root "
        f"`{verification['root']}`."
    )
