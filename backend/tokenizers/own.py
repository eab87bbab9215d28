"""The pretrained encoder's own tokenizer, read from its tokenizer.json."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field

from ..encoders._source import JSON_BYTES, folder_of, longest, read_config, read_json
from ..encoders._text import CAUSAL
from ..recipe import Choice
from ..registry import Strict
from ..workspace.layout import BadInput
from ._base import SPECIAL, Tokenizer, begin_with

TITLE = "the encoder's own tokenizer"
KINDS = ("text",)
ROLES = (*SPECIAL, "bos", "eos")
# What stands in for a role that is not given.
INSTEAD = {"pad": ("eos_token", "unk_token")}


class Params(Strict):
    length: int = Field(
        0, ge=0, le=131_072, description="Longest input in tokens, longer texts are cut; 0: as the model allows"
    )


def train(params: Params, texts: Iterable[list[str]], encoder: Choice) -> Tokenizer:
    """The tokenizer of the encoder's `source`; the texts are not read. Raises BadInput with one line."""
    if "source" not in encoder.params:
        raise BadInput(f"tokenizer.name: expected 'own' beside encoder 'pretrained', found encoder {encoder.name!r}")
    folder = folder_of(encoder.params["source"])
    config = read_config(folder)
    most = longest(config)
    if params.length > most:
        raise BadInput(f"tokenizer.length: expected at most the {most:,} tokens of the model, found {params.length:,}")
    fast = read_fast(folder)
    made = Tokenizer(fast, special_tokens(folder), params.length or most)
    if config.model_type in CAUSAL:
        begin_with(fast, made.token(made.vocabulary.begin))
        made = Tokenizer(fast, made.special, made.length)
    if made.vocabulary.size > config.vocab_size:
        raise BadInput(
            f"source {folder}: expected at most {config.vocab_size:,} tokens, as in config.json, "
            f"found {made.vocabulary.size:,} in tokenizer.json"
        )
    return made


def read_fast(folder: Path) -> Any:
    from tokenizers import Tokenizer as Fast

    path = folder / "tokenizer.json"
    if not path.is_file() or path.stat().st_size > JSON_BYTES:
        raise BadInput(
            f"source {folder}: expected tokenizer.json of at most {JSON_BYTES >> 20} MB, found none; "
            "transformers writes it: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        )
    try:
        return Fast.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare Exception
        raise BadInput(f"source {path}: expected a tokenizer, found {str(error)[:200]}") from None


def special_tokens(folder: Path) -> dict[str, str]:
    """{role of `ROLES`: token} by special_tokens_map.json and tokenizer_config.json, which counts more.

    A model without a padding token (GPT-2) is padded by its end of text, which attention never sees.
    """
    told = read_json(folder / "special_tokens_map.json")
    told |= {name: token for name, token in read_json(folder / "tokenizer_config.json").items() if token is not None}
    found = {}
    for role in ROLES:
        names = (f"{role}_token", *INSTEAD.get(role, ()))
        token = next((text for name in names if (text := _text(told.get(name)))), None)
        if token:
            found[role] = token
    return found


def _text(token: Any) -> str | None:
    """A token as it stands in the JSON: a string, or an object with its content."""
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) and content else None
