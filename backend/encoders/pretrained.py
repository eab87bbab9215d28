"""A pretrained language model: a local folder, one that a Python package carries, or one of the Hugging Face hub.

Read from config.json and safetensors alone. Pretraining goes on from its weights; with `train.epochs = 0` it is taken
as it is. The random baseline is the same network with fresh weights.
"""

from __future__ import annotations

from pydantic import Field

from ..registry import Strict
from ..workspace.layout import BadInput
from ._source import digest, folder_of, read_model
from ._text import TextEncoder, Vocabulary

TITLE = "pretrained language model"
KINDS = ("text",)
SWEPT = False


class Params(Strict):
    source: str = Field(
        "",
        description="A folder with config.json and safetensors, package:NAME, or hf:OWNER/NAME",
        json_schema_extra={"place": "model"},
    )


def build(params: Params, vocabulary: Vocabulary) -> TextEncoder:
    """The model with its weights; `origin` says where they came from. A head that the files lack is drawn fresh."""
    folder = folder_of(params.source)
    model, told = read_model(folder)
    if vocabulary.size > model.config.vocab_size:
        raise BadInput(
            f"encoder.source {params.source}: expected tokens of its own vocabulary ({model.config.vocab_size:,}), "
            f"found {vocabulary.size:,}"
        )
    encoder = TextEncoder(model.config, vocabulary.length, model)
    encoder.origin = {"source": params.source, "model_type": model.config.model_type, "digest": digest(folder), **told}
    return encoder
