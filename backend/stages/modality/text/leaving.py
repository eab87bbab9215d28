"""What a model of texts needs where it leaves: the folder is one that plain Transformers loads.

Classes of Transformers that classify sequences put other layers between the states and the classes; the linear layer on
mean states has no place in them, so it goes beside the network as it is, in head.safetensors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ....data.dataset import Dataset
from ....encoders._examples import Examples
from ....encoders._text import TextEncoder
from ....recipe import Choice
from ....registry import plugin
from ....tokenizers._base import Tokenizer, begin_with
from ....workspace.artefacts import Artefacts
from ....workspace.layout import BadInput, write_atomic
from .._leaving import Leaving

PROBED = 16  # width of a pretext task that is built only to be asked what it trains


class Texts(Leaving):
    takes = "CSV and TSV files with the column of the training, and files with a text on each line"
    free = (1,)

    def told(self, dataset: Dataset, spec: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        sheet = dataset.artefacts.json(dataset.manifest["sheet"]["sha256"])
        column = sheet.get("chosen", {}).get("text", {}).get("column")
        tokenizer = tokenizer_of(spec, dataset.artefacts)
        return {"column": column, "length": spec["length"], "pad": tokenizer.vocabulary.pad}

    def inputs(self, examples: Examples) -> tuple[Tensor, ...]:
        return examples.ids, examples.mask.long()

    def build(self, spec: dict[str, Any]) -> tuple[str, str]:
        return self.reading, "build"

    def network(self, folder: Path, encoder: TextEncoder, spec: dict[str, Any], artefacts: Artefacts) -> dict[str, Any]:
        encoder.body.save_pretrained(folder)
        write_tokenizer(folder, tokenizer_of(spec, artefacts), encoder)
        return {"file": None, "settings": {}, "arguments": []}

    def facts(self, encoder: TextEncoder) -> dict[str, Any]:
        told = {"model_type": encoder.config.model_type, "length": encoder.length}
        return told | {"architecture": type(encoder.body).__name__}

    def headed(self, folder: Path, classes: list[str]) -> None:
        """Name the classes in config.json, as Transformers does."""
        path = folder / "config.json"
        config = json.loads(path.read_text())
        config["id2label"] = {str(number): name for number, name in enumerate(classes)}
        config["label2id"] = {name: number for number, name in enumerate(classes)}
        write_atomic(path, json.dumps(config, indent=2).encode())

    def language_model(
        self,
        folder: Path,
        encoder: TextEncoder,
        spec: dict[str, Any],
        artefacts: Artefacts,
        events: list[dict[str, Any]],
    ) -> dict[str, Any]:
        tokenizer = tokenizer_of(spec, artefacts)
        check_head(events, tokenizer)
        folder.mkdir(parents=True, exist_ok=True)
        encoder.model.save_pretrained(folder)
        if encoder.causal:  # also where an earlier version closed the prompt
            begin_with(tokenizer.fast, tokenizer.token(tokenizer.vocabulary.begin))
        write_tokenizer(folder, tokenizer, encoder)
        return {"architecture": type(encoder.model).__name__, "parameters": parameters(encoder.model)}


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def tokenizer_of(spec: dict[str, Any], artefacts: Artefacts) -> Tokenizer:
    return Tokenizer.from_dict(artefacts.json(spec["tokenizer"]))


def check_head(events: list[dict[str, Any]], tokenizer: Tokenizer) -> None:
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
        f"--what language-model: expected a pretext task that trained the language-model head (mlm, clm), found "
        f"{found}: the head is random; --what encoder leaves without it"
    )


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


LEAVING = Texts("text")
