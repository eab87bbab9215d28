"""New texts, read as those of the training were, and the network in its Transformers form. It leaves with a model
(backend/leaving): it needs the libraries transformers and tokenizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ....data.conventions import dialect
from ....data.conventions.told import Told
from ....workspace.layout import BadInput

TOGETHER = 32


class Pooled(nn.Module):
    """The mean of the last layer's states over the tokens of a text."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids, mask: int64 N x T, padded on the right -> N x d"""
        states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        real = mask[:, :, None].to(states.dtype)
        return (states * real).sum(1) / real.sum(1).clamp_min(1)


def build(folder: Path) -> nn.Module:
    from transformers import AutoModel

    return Pooled(AutoModel.from_pretrained(folder))


def read(paths: Sequence[Path], told: dict[str, Any], folder: Path) -> Iterator[tuple[list[str], tuple[Tensor, ...]]]:
    """(names, (ids, mask)) of the texts of files, some at a time: of CSV and TSV files the rows of the column of the
    training, of any other each line that is not blank.

    told: column, length (tokens that the model reads at most), pad (id). Raises BadInput for a file without the column.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(told["length"])
    tokenizer.enable_padding(pad_id=told["pad"])
    for path in paths:
        begin, names, held = "" if len(paths) == 1 else f"{path}: ", [], []
        for name, text in _texts(path, told["column"]):
            names.append(f"{begin}{name}")
            held.append(text)
            if len(held) == TOGETHER:
                yield names, _encoded(tokenizer, held)
                names, held = [], []
        if held:
            yield names, _encoded(tokenizer, held)


def _encoded(tokenizer: Any, texts: list[str]) -> tuple[Tensor, Tensor]:
    found = tokenizer.encode_batch(texts)
    return torch.tensor([one.ids for one in found]), torch.tensor([one.attention_mask for one in found])


def _texts(path: Path, column: str | None) -> Iterator[tuple[str, str]]:
    if path.suffix.lower() not in dialect.OWN:
        with open(path, encoding="utf-8-sig") as file:
            yield from ((f"line {number}", line.rstrip("\r\n")) for number, line in enumerate(file, 1) if line.strip())
        return
    style = dialect.sniff(path, Told(), path.name)
    found = dialect.records(path, style, path.name)
    names = dialect.column_names(next(found, (0, []))[1], style.header, path.name)
    if column not in names:
        raise BadInput(f"{path.name}: expected the column of the training, {column!r}, found {', '.join(names[:5])}")
    place = names.index(column)
    for row, (line, values) in enumerate(found):
        if len(values) != len(names):
            raise BadInput(f"{path.name}: line {line:,}: expected {len(names)} columns, found {len(values)}")
        yield f"row {row}", values[place]
