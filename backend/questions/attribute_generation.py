"""Which words of the prompt make this causal language model go on as it does?"""

from __future__ import annotations

from typing import Any

from ..attribution._generation import explain_prompt
from ..attribution._text_run import tokenizer_of
from ..engine.weights import load_encoder
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import kept, needed

MOST_CHARACTERS = 20_000


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: encoder (SHA-256), prompt, target (a continuation; null: the likeliest next token).

    The result holds words [{"start", "end"}] of the prompt and tokens [{"token", "probability", "scores": [one a
    word: by how much the token's log probability (nats) falls without it]}]. Raises BadInput with one line.
    """
    needed(question, "encoder", "prompt")
    prompt, target = question["prompt"], question.get("target")
    for name, text in (("prompt", prompt), ("target", target)):
        if not (isinstance(text, str) or (text is None and name == "target")) or len(text or "") > MOST_CHARACTERS:
            raise BadInput(
                f"question.{name}: expected a text of at most {MOST_CHARACTERS:,} characters, found {str(text)[:80]!r}"
            )
    artefacts = Artefacts(workspace.artefacts)
    encoder = kept(artefacts, question["encoder"], load_encoder)
    tokenizer, _ = tokenizer_of(artefacts, question["encoder"])
    found = explain_prompt(encoder, tokenizer, prompt, target or None)
    each = zip(found.tokens, found.probabilities, found.scores.tolist(), strict=True)
    result = {
        "words": [{"start": start, "end": end} for start, end in found.spans],
        "tokens": [
            {"token": tokenizer.decode([t]) or tokenizer.token(t), "probability": p, "scores": s} for t, p, s in each
        ],
    }
    return {"result": result, "subjects": []}
