"""Small model folders as other people's tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from backend.encoders._text import TextEncoder
from backend.recipe import Choice
from backend.registry import plugin
from backend.tokenizers._base import Tokenizer

TEXTS = [
    "She saw the film and found it really quite splendid.",
    "He saw the play and found it somehow dull, again.",
    "A warm, clever novel; tender today.",
    "Tedious!",
] * 8


def tokenizer(name: str = "wordpiece", length: int = 24, texts: list[str] = TEXTS, encoder: str = "bert") -> Tokenizer:
    kind = plugin("tokenizers", name)
    return kind.call(kind.params(vocabulary=300, length=length), [texts], Choice(name=encoder))


def encoder(name: str, made: Tokenizer, seed: int = 0, **params) -> TextEncoder:
    kind = plugin("encoders", name)
    torch.manual_seed(seed)
    return kind.call(kind.params(width=32, layers=2, heads=2, **params), made.vocabulary).eval()


def write_checkpoint(folder: Path, made: Tokenizer, model: TextEncoder, headless: bool = True) -> Path:
    """config.json, model.safetensors and the tokenizer of a model; without its head, as most are published."""
    (model.body if headless else model.model).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(made.fast.to_str())
    told = {f"{role}_token": token for role, token in made.special.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


def bert_folder(folder: Path, headless: bool = True) -> Path:
    made = tokenizer()
    return write_checkpoint(folder, made, encoder("bert", made), headless)
