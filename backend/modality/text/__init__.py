"""Texts: documents or sentences, read as tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import exports, plugins
from ...recipe.stages import LABELLED
from .._base import Cell, Modality, Third

if TYPE_CHECKING:
    from ...data.source import Glimpse


PROBES = ("crows_pairs", "winobias", "winogender", "bec_pro", "weat", "seat", "counterfactual", "leakage")


class Texts(Modality):
    cell = "text"
    noun, nouns, title, extra = "text", "texts", "Texts", "language"
    _recipe = {  # noqa: RUF012
        "stages": [*LABELLED, "probe_bias"],
        "pretext": {"name": "mlm"},
        "encoder": {"name": "bert"},
        "augment": {"name": "none"},
        "tokenizer": {"name": "wordpiece"},
        "train": {"batch_size": 32, "lr": 1e-3, "weight_decay": 0.01},
        "finetune": {"baselines": ["scratch_aug", "random", "classical"]},
        "attribution": {"methods": ["layer_integrated_gradients", "token_occlusion", "attention"]},
    }
    third = Third("tokenizer", "Tokenizer", "How text is cut into tokens")
    mark = "config"
    spec_fields = ("text_column",)
    classical = classical_of_numbers = ("tfidf",)
    baselines = ("scratch_aug", "random", "classical", "reference")

    @property
    def recipe(self) -> dict[str, Any]:
        return {**self._recipe, "probes": {"methods": probes(self.name)}}

    def cells(
        self,
        stored: Any,
        manifest: dict[str, Any],
        rows: list[int],
        size: int | None = None,
        characters: int | None = None,
    ) -> list[Cell]:
        from .cell import text_starts, texts_of

        if characters is None:
            return [Cell("text", text) for text in texts_of(stored, manifest, rows)]
        return [Cell("text", text) for text in text_starts(stored, manifest, rows, characters)]

    def claim(self, reader: str, glimpse: Glimpse) -> float:
        return 0.5 if glimpse.rows is None else max(0.5, glimpse.rows)

    def thirds(self, encoder: str, entries: dict[str, Any]) -> dict[str, Any]:
        """An encoder that comes pretrained has its own tokenizer."""
        return {name: entry for name, entry in entries.items() if (name == "own") == (encoder == "pretrained")}


def probes(modality: str) -> list[str]:
    """Every probe that can be put to texts: those of the literature first, then any other file of the folder."""
    found = (name for name in plugins.files("probes") if name not in PROBES)
    return [*PROBES, *(name for name in found if modality in exports.kinds("probes", name, (modality,)))]


MODALITY = Texts()
