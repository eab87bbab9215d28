"""What does this language model write after a prompt, or fill in for [MASK]?"""

from __future__ import annotations

from typing import Any

from ..encoders._text import TextEncoder
from ..engine.weights import load_encoder
from ..language.generate import fill, write
from ..tokenizers._base import Tokenizer
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed

MOST_TOKENS = 512
LONGEST = 20_000  # characters of a prompt
BOUNDS = {"max_tokens": (1, MOST_TOKENS), "temperature": (0.0, 5.0), "top_p": (0.01, 1.0), "seed": (0, 2**31 - 1)}
DEFAULTS = {"max_tokens": 40, "temperature": 0.8, "top_p": 0.95, "seed": 0}


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder and tokenizer (SHA-256 each), prompt; for a causal model also max_tokens, temperature, top_p,
    seed. The result is a sample as backend/language/generate.py makes it, and language, "causal" or "masked". Raises
    BadInput with one line."""
    needed(question, "encoder", "tokenizer", "prompt")
    prompt, drawn = checked(question)
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, question["encoder"], load_encoder)
    if not isinstance(encoder, TextEncoder):
        raise BadInput("question.encoder: expected a language model, found an encoder of images")
    tokenizer = tokenizer_of(artefacts, question["tokenizer"])
    if tokenizer.vocabulary.size > encoder.config.vocab_size:
        found, size = tokenizer.vocabulary.size, encoder.config.vocab_size
        raise BadInput(f"question.tokenizer: expected that of the encoder ({size:,} tokens), found {found:,} tokens")
    if encoder.causal:
        most = drawn.pop("max_tokens")
        sample = {"language": "causal", **write(encoder, tokenizer, prompt, most=most, **drawn)}
    else:
        sample = {"language": "masked", **fill(encoder, tokenizer, prompt)}
    return {"result": sample, "subjects": []}


def checked(question: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(prompt, how tokens are drawn), or BadInput that names the field."""
    prompt = question["prompt"]
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > LONGEST:
        found = "nothing" if isinstance(prompt, str) and not prompt.strip() else repr(prompt)[:60]
        raise BadInput(f"question.prompt: expected text of at most {LONGEST:,} characters, found {found}")
    drawn = {key: question.get(key, value) for key, value in DEFAULTS.items()}
    for key, (low, high) in BOUNDS.items():
        value, number = drawn[key], int if isinstance(low, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, number) or not low <= value <= high:
            raise BadInput(f"question.{key}: expected a number from {low} to {high}, found {value!r}")
    return prompt, drawn


def tokenizer_of(artefacts: Artefacts, sha256: str) -> Tokenizer:
    if not artefacts.path(sha256, "json").is_file():
        raise BadInput(f"question.tokenizer: expected an artefact of this workspace, found {sha256}")
    return Tokenizer.from_dict(artefacts.json(sha256))
