"""The card of an exported model: what it is, what it learned from, what was found of it, what is not known. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ..frame.safe import code, fenced, flat
from ..recipes import in_order, to_toml

TASK = {"encoder": "feature-extraction", "classifier": "text-classification"}
LOADER = {"encoder": "AutoModel", "classifier": "AutoModel"}
NAME = {"encoder": "text encoder", "language-model": "language model", "classifier": "text classifier"}
POOLED = """\
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModel.from_pretrained(FOLDER).eval()


def embed(texts):
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None].float()
    return (states * mask).sum(1) / mask.sum(1).clamp_min(1)
"""
ENCODER = f"import torch\nfrom transformers import AutoModel, AutoTokenizer\n\n{POOLED}"
CLASSIFIER = f"""\
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

{POOLED}

def classify(texts):
    head = load_file(FOLDER + "/head.safetensors")
    return (embed(texts) @ head["weight"].T + head["bias"]).softmax(1)  # columns: model.config.id2label
"""
LANGUAGE_MODEL = """\
import torch
from transformers import {loader}, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = {loader}.from_pretrained(FOLDER).eval()


def logits(texts):
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        return model(**batch).logits
"""
LIMITS = (
    "It knows the language, the topics and the prejudices of the texts that it learned from, and nothing of others: "
    "measure it on your own data before it decides anything.",
    "The intervals above speak of the data set, the label subsets and the pretrainings named there, and of no other.",
    "The embedding is the mean of the last layer's states over a text's tokens, special tokens included. A pooler that "
    "AutoModel adds (`pooler_output`) was not trained.",
)
HEAD = (
    "The labels are decided by a linear layer on that embedding, kept in head.safetensors. Transformers puts other "
    "layers there for sequence classification, so AutoModelForSequenceClassification would start a fresh head."
)

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

    told: what backend/export.py wrote; verdicts: the run's sentences; given: body of the event `weights.read`, None
    where pretraining started from fresh weights; verification: of the ledger, made for this card.
    """
    parts = [
        _front(told),
        f"# {flat(run['title'] or run['run'])}",
        f"A {NAME[told['what']]} ({told['architecture']}, {told['parameters']:,} parameters, embeddings of "
        f"{told['dim']} numbers, texts of up to {told['length']:,} tokens), made by the run `{run['run']}` of SSL "
        f"Workbench. {_origin(given)}",
        "## Use\n\n```python\n" + f'FOLDER = "."  # where this file lies\n{snippet(told)}```',
        f"## Data\n\n{code(manifest['name'])}: {manifest['count']:,} texts, digest `{manifest['digest']}`.",
        "## What was found\n\n" + "\n".join(f"- {flat(line)}" for line in verdicts),
        "## Limits\n\n" + "\n".join(f"- {line}" for line in _limits(told)),
        "## Recipe\n\n" + fenced(to_toml(in_order(_published(run["recipe"]))), "toml").rstrip("\n"),
        f"## Record\n\n{_record(verification)} The weights are the artefact `{told['weights']}`, pretraining seed "
        f"{told['seed']}.",
    ]
    return "\n\n".join(parts) + "\n"


def snippet(told: dict[str, Any]) -> str:
    """Code that loads the folder `FOLDER` with plain Transformers."""
    if told["what"] == "language-model":
        return LANGUAGE_MODEL.format(loader=_loader(told))
    return CLASSIFIER if told["what"] == "classifier" else ENCODER


def sentence(told: dict[str, Any], folder: str) -> str:
    """What the command says at its end."""
    return (
        f"exported: {told['architecture']}, {told['parameters']:,} parameters, to {folder} "
        f"(load it with {_loader(told)}.from_pretrained)"
    )


def _front(told: dict[str, Any]) -> str:
    task = TASK.get(told["what"], "text-generation" if _causal(told) else "fill-mask")
    return f"---\nlibrary_name: transformers\npipeline_tag: {task}\ntags:\n- {told['model_type']}\n- ssl-workbench\n---"


def _loader(told: dict[str, Any]) -> str:
    return LOADER.get(told["what"], "AutoModelForCausalLM" if _causal(told) else "AutoModelForMaskedLM")


def _causal(told: dict[str, Any]) -> bool:
    return not told["architecture"].endswith("MaskedLM")


def _origin(given: dict[str, Any] | None) -> str:
    if given is None:
        return "Its pretraining started from random weights."
    fresh = " Its language-model head was not among them and started fresh." if given["fresh"] else ""
    source = code(_named(given["source"]))
    return f"Its pretraining started from the weights of {source} (digest `{given['digest']}`).{fresh}"


def _published(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe without the paths of this machine."""
    changed = {name: dict(section) if isinstance(section, dict) else section for name, section in recipe.items()}
    for section, key in (("encoder", "source"), ("finetune", "reference")):
        if changed.get(section, {}).get(key):
            changed[section][key] = _named(changed[section][key])
    return changed


def _named(source: str) -> str:
    """A source as others may read it: of a local folder its name alone."""
    return source if source.startswith(("package:", "hf:")) else PurePath(source).name


def _limits(told: dict[str, Any]) -> tuple[str, ...]:
    return (*LIMITS, HEAD) if told["what"] == "classifier" else LIMITS


def _record(verification: dict[str, Any]) -> str:
    if not verification["ok"]:
        return f"The workspace's ledger did not verify at this export: {flat(verification['findings'][0]['line'])}."
    return (
        "Every number above is an event of the workspace's ledger, which verified at this export with the root "
        f"`{verification['root']}`."
    )
