"""What every encoder of text is: a model of Transformers, with its language-model head, behind one small face.

The whole language model is kept together, so that what was pretrained can leave as it is (`workbench export`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..workspace.layout import BadInput
from ._examples import Examples

# model type of Transformers -> the modules that turn hidden states into logits, in their order
HEADS = {
    "bert": ("cls",),
    "roberta": ("lm_head",),
    "distilbert": ("vocab_transform", "activation", "vocab_layer_norm", "vocab_projector"),
    "electra": ("generator_predictions", "generator_lm_head"),
    "modernbert": ("head", "decoder"),
    "gpt2": ("lm_head",),
    "gpt_neox": ("embed_out",),
    "llama": ("lm_head",),
    "qwen2": ("lm_head",),
}
CAUSAL = ("gpt2", "gpt_neox", "llama", "qwen2")


@dataclass(frozen=True)
class Vocabulary:
    """size: tokens in all; length: of the longest input; the ids of the special tokens, None where it has none (bos and
    eos: a model's own begin and end of text); opening: what stands before every text and is not the separator, None
    where nothing does; continues: bool size, true for tokens that go on with the word before
    them, None where that cannot be told."""

    size: int
    pad: int
    length: int
    cls: int | None = None
    sep: int | None = None
    mask: int | None = None
    unk: int | None = None
    bos: int | None = None
    eos: int | None = None
    opening: int | None = None
    continues: Tensor | None = field(default=None, compare=False, repr=False)

    @property
    def separator(self) -> int:
        """What stands between texts that are joined into one stream: the end of a text."""
        return next(i for i in (self.sep, self.eos, self.pad) if i is not None)

    @property
    def begin(self) -> int:
        """What a causal model reads before a text."""
        return self.separator if self.bos is None else self.bos

    def unguessed(self, causal: bool) -> list[int]:
        """Tokens that a language model is never asked for: a masked one for no special token, a causal one not for what
        always follows the separator."""
        opening = [] if self.opening is None else [self.opening]
        return opening if causal else self.special

    @property
    def special(self) -> list[int]:
        found = (self.pad, self.cls, self.sep, self.mask, self.unk, self.bos, self.eos)
        return list(dict.fromkeys(i for i in found if i is not None))


class Tokens(Examples):
    """Texts as ids: int64 N x T, padded on the right; lengths: int64 N, None where no row is padded."""

    unit = "tokens"
    together = 128

    def __init__(self, ids: Tensor, lengths: Tensor | None = None):
        self.ids, self.lengths = ids, lengths

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Any) -> Tokens:
        """These rows, cut to the longest of them."""
        if self.lengths is None:
            return Tokens(self.ids[rows])
        lengths = self.lengths[rows]
        longest = int(lengths.max()) if len(lengths) else 0
        return Tokens(self.ids[rows][:, :longest], lengths)

    @property
    def device(self) -> torch.device:
        return self.ids.device

    @property
    def mask(self) -> Tensor:
        """bool N x T: true where a token is, false where padding is."""
        if self.lengths is None:
            return torch.ones_like(self.ids, dtype=torch.bool)
        return torch.arange(self.ids.shape[1], device=self.ids.device) < self.lengths[:, None]

    def to(self, device: torch.device | str) -> Tokens:
        return Tokens(self.ids.to(device), None if self.lengths is None else self.lengths.to(device))

    @property
    def input(self) -> Tokens:
        return self

    @property
    def sizes(self) -> Tensor:
        return self.mask.sum(1)

    @property
    def order(self) -> Tensor:
        """Texts of like length together, to pad little."""
        return self.sizes.argsort(stable=True)

    def replaced(self, ids: Tensor) -> Tokens:
        """The same tokens with other ids at some places."""
        return Tokens(ids, self.lengths)


class TextEncoder(nn.Module):
    """A Transformers language model as an encoder: the mean of the last layer's states over the tokens of a text.

    dim: length of the embedding; causal: whether a token sees only those before it; model: the whole language model,
    fresh unless given; body: it without its head; origin: where given weights came from (encoders/pretrained.py).
    Raises BadInput for a model type whose head is not known here.
    """

    origin: dict[str, Any] | None = None

    def __init__(self, config: Any, length: int, model: nn.Module | None = None):
        from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

        super().__init__()
        if config.model_type not in HEADS:
            raise BadInput(f"encoder: expected a model of type {', '.join(HEADS)}, found {config.model_type!r}")
        self.causal = config.model_type in CAUSAL
        family = AutoModelForCausalLM if self.causal else AutoModelForMaskedLM
        self.model = model if model is not None else family.from_config(config, attn_implementation="sdpa")
        self.dim, self.length = config.hidden_size, length

    @property
    def body(self) -> nn.Module:
        return self.model.base_model

    @property
    def config(self) -> Any:
        return self.model.config

    @property
    def embedding(self) -> nn.Module:
        """ids N x T -> word embeddings N x T x dim, before positions are added: where explanations start."""
        return self.model.get_input_embeddings()

    def hidden(self, tokens: Tokens, embedded: Tensor | None = None) -> Tensor:
        """States of the last layer, N x T x dim; what stands at padding means nothing.

        embedded: word embeddings N x T x dim to use instead of the tokens' own.
        """
        return self._states(tokens, embedded).last_hidden_state

    def layers(self, tokens: Tokens) -> tuple[Tensor, ...]:
        """States of the embedding layer and of every layer after it, each N x T x dim."""
        return self._states(tokens, None, output_hidden_states=True).hidden_states

    def attentions(self, tokens: Tokens) -> Tensor:
        """Attention weights of every layer and head, L x N x H x T x T; switches to the eager kernel for this pass."""
        kind = self.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            return torch.stack(self._states(tokens, None, output_attentions=True).attentions)
        finally:
            self.model.set_attn_implementation(kind)

    def logits(self, hidden: Tensor) -> Tensor:
        """States ... x dim -> logits over the vocabulary, ... x size."""
        for name in HEADS[self.config.model_type]:
            hidden = getattr(self.model, name)(hidden)
        return hidden

    def pool(self, hidden: Tensor, tokens: Tokens) -> Tensor:
        """Mean of the states over the tokens of each text, N x dim."""
        mask = tokens.mask[:, :, None].to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1).clamp_min(1)

    def forward(self, tokens: Tokens, embedded: Tensor | None = None) -> Tensor:
        return self.pool(self.hidden(tokens, embedded), tokens)

    def _states(self, tokens: Tokens, embedded: Tensor | None, **more: bool) -> Any:
        # without padding the kernel needs no mask, and is faster for it
        mask = None if tokens.lengths is None else tokens.mask.long()
        given = {"input_ids": tokens.ids} if embedded is None else {"inputs_embeds": embedded}
        cache = {"use_cache": False} if self.causal else {}
        return self.body(**given, attention_mask=mask, **cache, **more)


def whole_heads(width: int, heads: int) -> None:
    """Refuse a width that the attention heads cannot share."""
    if width % heads:
        raise BadInput(f"encoder.width: expected a multiple of the {heads} heads, found {width}")


def rotary_heads(width: int, heads: int) -> None:
    """The same for rotary positions, which turn pairs of numbers: each head's width must be even as well."""
    whole_heads(width, heads)
    if width // heads % 2:
        raise BadInput(f"encoder: expected an even width a head for rotary positions, found {width // heads}")
