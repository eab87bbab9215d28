"""LoRA: a linear probe first, then low-rank adapters of the attention trained from it, the rest of the network frozen.

Each adapted matrix W becomes W + alpha / rank * B A with B of zeros at first (Hu et al. 2022, arXiv 2106.09685). The
adapters are merged into W when the training ends, so that what is kept is a plain network. As in LP-FT the probe itself
is among the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydantic import Field

from ..encoders._text import TextEncoder
from ..engine.seeds import derive, seed_all
from ..engine.weights import Classifier
from ..registry import Strict
from ._from_probe import fit_from_probe
from ._leaves import Left, trained
from ._task import Cell, Prediction, Task

TITLE = "LoRA"
KINDS = ("text",)
TARGETS = ("class", "event", "number")
# model type of Transformers -> its projections to queries and values, or the one to queries, keys and values together
ADAPTED = {
    "bert": ["query", "value"],
    "roberta": ["query", "value"],
    "distilbert": ["q_lin", "v_lin"],
    "electra": ["query", "value"],
    "modernbert": ["Wqkv"],
    "gpt2": ["c_attn"],
    "gpt_neox": ["query_key_value"],
    "llama": ["q_proj", "v_proj"],
    "qwen2": ["q_proj", "v_proj"],
}


class Params(Strict):
    rank: int = Field(8, ge=1, le=256, description="Rank of the adapters")
    alpha: float = Field(16, gt=0, le=1024, description="Their weight is alpha over rank")
    dropout: float = Field(0.05, ge=0, le=0.9, description="Dropout of the adapters' input")
    learning_rates: tuple[float, ...] | None = Field(
        None, description="Learning rates tried, the best on validation is used; none: those that suit the data"
    )
    weight_decay: float = Field(1e-4, ge=0, le=1)
    steps: int | None = Field(
        None, ge=1, le=100_000, description="Fine-tuning steps at most; none: what suits the data"
    )
    patience: int = Field(3, ge=1, le=10, description="Readings of validation without a better one before it stops")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds penalty, rate and step (0: the probe was kept)."""

    def adapt(cell: Cell, encoder: TextEncoder) -> TextEncoder:
        return adapted(encoder, params, derive("lora", task.seed, cell.subset_seed))

    # the adapters' first weights come from a generator that threads share
    yield from fit_from_probe(task, "lora", params.steps, params, adapt, merged, alone=True)


def leaves(task: Task, params: Params) -> Left:
    return trained(fit(task, params))


def adapted(encoder: TextEncoder, params: Params, seed: int) -> TextEncoder:
    """The encoder, in place, with adapters that alone can be trained."""
    from peft import LoraConfig, inject_adapter_in_model

    kind = encoder.config.model_type
    config = LoraConfig(
        r=params.rank,
        lora_alpha=params.alpha,
        lora_dropout=params.dropout,
        target_modules=ADAPTED[kind],
        fan_in_fan_out=kind == "gpt2",  # its layers keep their matrices transposed
        bias="none",
    )
    encoder.requires_grad_(False)
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        inject_adapter_in_model(config, encoder.body)
    return encoder


def merged(classifier: Classifier) -> Classifier:
    """The classifier, in place, as a plain network: adapters added to the matrices that they stand beside."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    encoder = classifier.encoder
    for name, layer in list(encoder.named_modules()):
        if isinstance(layer, BaseTunerLayer):
            layer.merge()
            parent, _, own = name.rpartition(".")
            setattr(encoder.get_submodule(parent), own, layer.get_base_layer())
    del encoder.body.peft_config  # by which peft and transformers would take the network for one with adapters
    encoder.requires_grad_(True)
    return classifier
