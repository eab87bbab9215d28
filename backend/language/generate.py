"""What a language model writes after a prompt, or fills in for [MASK], with the probability of every token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..encoders._text import TextEncoder
from ..tokenizers._base import SPECIAL, Tokenizer
from ..workspace.layout import BadInput
from .readings import reading

ALTERNATIVES = 5
MASK = SPECIAL["mask"]  # what a person writes for a token to be filled in, whatever the model's own sign


@dataclass(frozen=True)
class Drawn:
    """A token with its probability, and the likeliest ones at its place, as (token, probability): those of the model
    itself, before temperature and top-p."""

    token: int
    probability: float
    alternatives: list[tuple[int, float]]


@torch.no_grad()
def continued(
    encoder: TextEncoder,
    prompt: list[int],
    most: int,
    temperature: float,
    top_p: float,
    seed: int,
    end: int | None = None,
) -> tuple[list[Drawn], str]:
    """Up to `most` tokens after `prompt` and why it ended: "length", "end of text" (`end` was drawn; it is left out)
    or "context full" (the model reads `encoder.length` tokens).

    Keys and values of the tokens so far are cached. temperature 0 takes the likeliest token; top_p draws among the
    likeliest tokens that hold this share of the probability.
    """
    device, draw = next(encoder.parameters()).device, torch.Generator().manual_seed(seed)
    drawn: list[Drawn] = []
    given, cache = torch.tensor([prompt], device=device), None
    with reading(encoder):
        while len(drawn) < most:
            if len(prompt) + len(drawn) > encoder.length:
                return drawn, "context full"
            logits, cache = next_logits(encoder, given, cache)
            token = chosen_token(logits, temperature, top_p, draw)
            if token == end:
                return drawn, "end of text"
            drawn.append(Drawn(token, *told(logits, token)))
            given = torch.tensor([[token]], device=device)
    return drawn, "length"


def next_logits(encoder: TextEncoder, ids: Tensor, cache: Any) -> tuple[Tensor, Any]:
    """Logits of the token after ids 1 x T, float32 on the CPU, and the cache that now holds them too."""
    out = encoder.model(input_ids=ids, past_key_values=cache, use_cache=True)
    return out.logits[0, -1].float().cpu(), out.past_key_values


def chosen_token(logits: Tensor, temperature: float, top_p: float, draw: torch.Generator) -> int:
    if temperature == 0:
        return int(logits.argmax())
    shares, order = (logits.double() / temperature).softmax(dim=0).sort(descending=True, stable=True)
    before = shares.cumsum(0) - shares
    kept = torch.where(before < top_p, shares, 0.0)  # the first is always kept: nothing lies before it
    return int(order[torch.multinomial(kept, 1, generator=draw)])


def told(logits: Tensor, token: int) -> tuple[float, list[tuple[int, float]]]:
    """(probability of the token, the likeliest tokens with theirs)"""
    shares = logits.double().softmax(dim=0)
    top = shares.topk(min(ALTERNATIVES, len(shares)))
    return float(shares[token]), list(zip(top.indices.tolist(), top.values.tolist(), strict=True))


def write(
    encoder: TextEncoder,
    tokenizer: Tokenizer,
    prompt: str,
    most: int = 40,
    temperature: float = 0.8,
    top_p: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """A sample of a causal model: {"prompt", "tokens": [{"text", "probability", "alternatives": [{"text",
    "probability"}]}], "stopped"}. The prompt is read as the beginning of a text."""
    end = tokenizer.vocabulary.separator
    ids = [tokenizer.vocabulary.begin, *tokenizer.ids([prompt])[0]]
    if len(ids) >= encoder.length:
        raise BadInput(f"prompt: expected fewer than {encoder.length - 1} tokens, found {len(ids) - 1}")
    drawn, stopped = continued(encoder, ids, most, temperature, top_p, seed, end)
    texts = spelled(tokenizer, ids, [one.token for one in drawn])
    tokens = [_shown(tokenizer, text, one) for text, one in zip(texts, drawn, strict=True)]
    return {"prompt": prompt, "tokens": tokens, "stopped": stopped}


@torch.no_grad()
def fill(encoder: TextEncoder, tokenizer: Tokenizer, text: str) -> dict[str, Any]:
    """A sample of a masked model: the text's own stretches (probability null) and, for every [MASK], the likeliest
    token; each place is filled as if the others stayed masked. Same shape as `write`."""
    own = tokenizer.special.get("mask")
    prompt = text if own is None else text.replace(MASK, own)
    tokens = tokenizer.encode([prompt]).to(next(encoder.parameters()).device)
    places = (tokens.ids[0] == tokenizer.vocabulary.mask).nonzero().squeeze(1) if own else []
    if not len(places):
        raise BadInput(f"prompt: expected {MASK} where the model is to fill in, found none among the tokens it reads")
    with reading(encoder):
        logits = encoder.logits(encoder.hidden(tokens)[0, places]).float().cpu()
    found = [Drawn(int(row.argmax()), *told(row, int(row.argmax()))) for row in logits]
    shown, at = [], 0
    masks = [piece for piece in tokenizer.pieces(prompt) if piece.token == own]
    for piece, one in zip(masks, found, strict=True):
        shown += _literal(prompt[at : piece.start])
        shown.append(_shown(tokenizer, bare(tokenizer, one.token), one))
        at = piece.end
    return {"prompt": text, "tokens": shown + _literal(prompt[at:]), "stopped": "filled"}


def spelled(tokenizer: Tokenizer, before: list[int], tokens: list[int]) -> list[str]:
    """What each token adds to the text, spaces included; its own name where it changes what stood before."""
    texts, ids = [], list(before)
    so_far = tokenizer.decode(ids)
    for token in tokens:
        ids.append(token)
        now = tokenizer.decode(ids)
        texts.append(now[len(so_far) :] if now.startswith(so_far) and now != so_far else bare(tokenizer, token))
        so_far = now
    return texts


def bare(tokenizer: Tokenizer, token: int) -> str:
    """One token as text, without what marks its place in a word; a special token by its name."""
    return tokenizer.decode([token]).strip() or tokenizer.token(token)


def _shown(tokenizer: Tokenizer, text: str, one: Drawn) -> dict[str, Any]:
    others = [{"text": bare(tokenizer, token), "probability": p} for token, p in one.alternatives]
    return {"text": text, "probability": one.probability, "alternatives": others}


def _literal(text: str) -> list[dict[str, Any]]:
    return [{"text": text, "probability": None, "alternatives": []}] if text else []
