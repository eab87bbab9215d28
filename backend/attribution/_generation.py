"""What made a causal language model go on as it does: each word of the prompt is taken out in turn.

Ablation by Captum's LLMAttribution (Miglani et al. 2023, arXiv 2312.05491). A word's score for a token of the
continuation is how much that token's log probability (nats) falls when the word, with the space before it, is deleted.
Deleted and not masked: a causal model has never seen a mask token. Every prompt stands behind the token that begins
a text, as every text of the corpus does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..encoders._text import TextEncoder, Tokens
from ..tokenizers._base import Tokenizer
from ..workspace.layout import BadInput
from ._base import explaining

WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class PromptScores:
    """spans: where each word of the prompt begins and ends; tokens: ids of the continuation, M; probabilities: of
    each, given all before it; scores: float M x words."""

    spans: list[tuple[int, int]]
    tokens: list[int]
    probabilities: list[float]
    scores: Tensor


def explain_prompt(encoder: TextEncoder, tokenizer: Tokenizer, prompt: str, target: str | None) -> PromptScores:
    """target: the continuation to explain, None for the likeliest next token. Raises BadInput for what does not fit."""
    if not encoder.causal:
        raise BadInput("question.encoder: expected a causal language model, found one that reads in both directions")
    spans = [found.span() for found in WORD.finditer(prompt)]
    if not spans:
        raise BadInput("question.prompt: expected words, found none")
    reader = _Reader(tokenizer, next(encoder.parameters()).device)
    start = reader.encode(prompt, return_tensors="pt")
    wanted = None if target is None else tokenizer.ids([target])[0]
    if wanted == []:
        raise BadInput("question.target: expected at least one token, found none")
    if start.shape[1] + len(wanted or [0]) > encoder.length:
        raise BadInput(f"question.prompt: expected at most {encoder.length} tokens, found {start.shape[1]}")
    with explaining(encoder), torch.no_grad():
        tokens = wanted or [int(encoder.logits(encoder.hidden(Tokens(start))[0, -1]).argmax())]
        whole = torch.cat([start, torch.tensor([tokens], device=start.device)], dim=1)
        logits = encoder.logits(encoder.hidden(Tokens(whole))[0, start.shape[1] - 1 : -1]).float().softmax(dim=1)
        scores = _ablate(encoder, reader, prompt, spans, torch.tensor(tokens, device=start.device))
    return PromptScores(spans, tokens, [float(p[t]) for p, t in zip(logits, tokens, strict=True)], scores)


def _ablate(encoder: TextEncoder, reader: _Reader, prompt: str, spans: list[tuple[int, int]], tokens: Tensor) -> Tensor:
    """Fall of each token's log probability when a word of the prompt is deleted, M x words, on the CPU."""
    from captum.attr import FeatureAblation, LLMAttribution, TextTemplateInput

    begins = [0, *(end for _, end in spans[:-1])]
    words = [prompt[begin:end] for begin, (_, end) in zip(begins, spans, strict=True)]
    rest = prompt[spans[-1][1] :]
    given = TextTemplateInput(lambda *parts: "".join(parts) + rest, words)
    method = LLMAttribution(FeatureAblation(encoder.model), reader)
    return method.attribute(given, target=tokens, forward_in_tokens=False).token_attr.cpu()


class _Reader:
    """The run's tokenizer with the face that Captum asks for."""

    def __init__(self, tokenizer: Tokenizer, device: torch.device):
        self.tokenizer, self.device = tokenizer, device
        self.named: list[int] = []

    def encode(self, text: str, add_special_tokens: bool = True, return_tensors: str | None = None) -> Any:
        """Ids of a text behind what begins it; a tensor 1 x T where "pt" is asked for."""
        first = [self.tokenizer.vocabulary.begin] if add_special_tokens else []
        ids = [*first, *self.tokenizer.ids([text])[0]]
        return torch.tensor([ids], device=self.device) if return_tensors == "pt" else ids

    def decode(self, ids: Tensor) -> str:
        """One sign a token. Captum names tokens by decoding them and encoding the text again, which a token that is a
        part of a letter does not survive; the names are not used."""
        self.named = ids.view(-1).tolist()
        return "·" * len(self.named)

    def __call__(self, text: str, return_offsets_mapping: bool = True, add_special_tokens: bool = False) -> dict:
        """The tokens that `decode` gave the signs of."""
        return {"input_ids": self.named, "offset_mapping": [(i, i + 1) for i in range(len(text))]}
