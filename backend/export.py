"""A run's text model as a folder that plain Transformers loads: `python -m backend.export WORKSPACE RUN FOLDER`.

    --what encoder          the network without its head, for AutoModel
    --what language-model   with the head that it was pretrained with, for AutoModelForMaskedLM or AutoModelForCausalLM
    --what classifier       the fine-tuned network for AutoModel, and its linear layer in head.safetensors

A process of its own, because whoever asks for it imports no torch. It reads the run's events and artefacts and prints
one JSON object about what it wrote. Classes of Transformers that classify sequences put other layers between the states
and the classes; the linear layer on mean states has no place in them, so it goes beside the network as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from .encoders._text import TextEncoder
from .engine.weights import Classifier, load_classifier, load_encoder, read_spec
from .recipe import Choice
from .registry import plugin
from .tokenizers._base import Tokenizer, begin_with
from .workspace import extras
from .workspace.artefacts import Artefacts, digest_file
from .workspace.events import read_events
from .workspace.layout import BadInput, Workspace, write_atomic

WHAT = ("encoder", "language-model", "classifier")
HEAD = "head.safetensors"
PROBED = 16  # width of a pretext task that is built only to be asked what it trains


def export(workspace: Workspace, run: str, folder: Path, what: str = "encoder", seed: int = 0) -> dict[str, Any]:
    """Write the model of one pretraining seed into `folder`; returns {"what", "seed", "model_type", "architecture",
    "parameters", "dim", "length", "weights", "files"}. Raises BadInput with one line where the run has no such model.
    """
    artefacts = Artefacts(workspace.artefacts)
    events = [event for event, _ in read_events(workspace.run(run).events)]
    sha256 = stored(events, run, what, seed)
    spec = read_spec(artefacts, sha256)
    if "config" not in spec:
        raise BadInput(
            f"export {run}: expected a run on text, found one on images, which Transformers has no class for"
        )
    extras.need("language", "export")
    tokenizer = Tokenizer.from_dict(artefacts.json(spec["tokenizer"]))
    if what == "language-model":
        check_head(events, run, tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    if what == "classifier":
        if spec.get("target") == "number":
            raise BadInput(f"export {run}: expected a classifier, found a model of a number; export its encoder")
        model = load_classifier(artefacts, sha256)
        written = write_classifier(folder, model, spec["classes"])
        encoder = model.encoder
    else:
        encoder = load_encoder(artefacts, sha256)
        written = encoder.body if what == "encoder" else encoder.model
        written.save_pretrained(folder)
        if what == "language-model" and encoder.causal:  # also where an earlier version closed the prompt
            begin_with(tokenizer.fast, tokenizer.token(tokenizer.vocabulary.begin))
    write_tokenizer(folder, tokenizer, encoder)
    return {
        "what": what,
        "seed": seed,
        "model_type": encoder.config.model_type,
        "architecture": type(written).__name__,
        "parameters": sum(p.numel() for p in written.parameters()),
        "dim": encoder.dim,
        "length": encoder.length,
        "weights": sha256,
        "files": {file.name: digest_file(file)[0] for file in sorted(folder.iterdir())},
    }


def stored(events: list[dict[str, Any]], run: str, what: str, seed: int) -> str:
    """Digest of the artefact that holds the model."""
    if what not in WHAT:
        raise BadInput(f"export: expected one of {', '.join(WHAT)}, found {what!r}")
    if what == "classifier":
        found = [e for e in events if e["kind"] == "classifier" and e["body"]["arm"] == "ssl"]
        found = [e for e in found if e["body"]["pretrain_seed"] == seed]
        wanted = f"a classifier of pretraining seed {seed}: the study keeps that of seed 0"
    else:
        found = [e for e in events if e["kind"] == "encoder" and e["key"] == f"pretrain/{seed}"]
        wanted = f"a finished pretraining of seed {seed}"
    if not found:
        raise BadInput(f"export {run}: expected {wanted}, found none")
    return found[-1]["subjects"][0]["sha256"]


def check_head(events: list[dict[str, Any]], run: str, tokenizer: Tokenizer) -> None:
    """Refuse a language-model head that was drawn at random and that nothing trained."""
    given = next((e["body"] for e in events if e["kind"] == "weights.read"), None)
    if given is not None and not given["fresh"]:
        return
    recipe = next(e["body"]["recipe"] for e in events if e["kind"] == "run.started")
    choice = Choice.model_validate(recipe["pretext"])
    kind = plugin("pretext", choice.name)
    language = kind.call(kind.params(**choice.params), PROBED, tokenizer.vocabulary).language
    if language and recipe["train"]["epochs"]:
        return
    found = "train.epochs = 0" if language else repr(choice.name)
    raise BadInput(
        f"export {run}: expected a pretext task that trained the language-model head (mlm, clm), found {found}: the "
        "head is random; --what encoder leaves without it"
    )


def write_classifier(folder: Path, classifier: Classifier, classes: list[str]) -> Any:
    """The network with its classes in config.json, and the head: weight K x dim and bias K on mean-pooled states."""
    body = classifier.encoder.body
    body.config.id2label = dict(enumerate(classes))
    body.config.label2id = {name: number for number, name in enumerate(classes)}
    body.save_pretrained(folder)
    head = {name: value.detach().contiguous() for name, value in classifier.head.state_dict().items()}
    save_file(head, folder / HEAD, metadata={"format": "pt"})
    return body


def write_tokenizer(folder: Path, tokenizer: Tokenizer, encoder: TextEncoder) -> None:
    """tokenizer.json and the two files by which AutoTokenizer knows its special tokens."""
    special = {f"{role}_token": token for role, token in tokenizer.special.items()}
    for role in ("bos", "eos"):  # where generation starts and ends
        number = getattr(encoder.config, f"{role}_token_id", None)
        if encoder.causal and isinstance(number, int) and tokenizer.token(number):
            special[f"{role}_token"] = tokenizer.token(number)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": tokenizer.length,
        "padding_side": "right",
        "truncation_side": "right",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        **special,
    }
    write_atomic(folder / "tokenizer.json", tokenizer.fast.to_str(pretty=True).encode())
    write_atomic(folder / "tokenizer_config.json", json.dumps(config, indent=2).encode())
    write_atomic(folder / "special_tokens_map.json", json.dumps(special, indent=2).encode())


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.export")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--what", choices=WHAT, default=WHAT[0])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    try:
        told = export(Workspace(asked.workspace), asked.run, asked.folder, asked.what, asked.seed)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
