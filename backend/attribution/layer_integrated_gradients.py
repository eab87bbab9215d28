"""Layer Integrated Gradients: gradients summed from a text without words to the text, in the word embeddings.

Sundararajan, Taly & Yan (2017), arXiv 1703.01365, on the embedding layer. The baseline is the same text with the mask
token in the place of every word: a masked language model knows it as "some word", and length and special tokens stay,
so nothing but the words is explained. A classifier that has learnt to switch at one word has a steep path, which takes
many steps. The scores should add up to the change of the target's logit from there to the
text. Their relative error is at most `tolerance` or the steps are doubled; a text that has not got there at
`max_steps` keeps its best scores and counts as not certified.
"""

from __future__ import annotations

import torch
from captum.attr import LayerIntegratedGradients
from pydantic import Field
from torch import Tensor, nn

from ..encoders._text import Tokens
from ..registry import Strict
from ._base import explaining
from ._completeness import certify
from ._text import Sentences, TextMaps, at_once, batches, logits, padded

KINDS = ("text",)
TITLE = "Layer Integrated Gradients"


class Params(Strict):
    steps: int = Field(32, ge=2, le=4096, description="Evaluations of the path integral to begin with")
    max_steps: int = Field(2048, ge=2, le=4096, description="Steps are doubled up to this many")
    tolerance: float = Field(0.01, gt=0, le=1, description="Largest relative completeness error that is certified")


def attribute(model: nn.Module, texts: Sentences, target: Tensor, params: Params) -> TextMaps:
    """`model` is a Classifier over a TextEncoder, target int64 N -> TextMaps with errors and steps."""
    bare = texts.bare
    change = (logits(model, texts.tokens) - logits(model, bare)).gather(1, target.view(-1, 1)).squeeze(1)
    layer = model.encoder.embedding
    name = next(n for n, module in model.named_modules() if module is layer)
    parts = []
    with explaining(model):
        method = LayerIntegratedGradients(lambda ids, lengths: model(Tokens(ids, lengths)), layer)
        for part in batches(texts):
            found = _of(method, texts.tokens[part], bare[part], target[part])
            parts.append(certify(found, change[part], params))
    scores, errors, steps = zip(*parts, strict=True)
    return TextMaps(padded(list(scores), texts.tokens.ids.shape[1]), torch.cat(errors), torch.cat(steps), name)


def _of(method: LayerIntegratedGradients, tokens: Tokens, bare: Tokens, target: Tensor):
    """(positions, steps) -> scores n x T, summed over the embedding's dimensions"""

    def attributions(chosen: Tensor, steps: int) -> Tensor:
        found = method.attribute(
            tokens.ids[chosen],
            baselines=bare.ids[chosen],
            target=target[chosen],
            additional_forward_args=(tokens.lengths[chosen],),
            n_steps=steps,
            internal_batch_size=at_once(tokens),
        )
        return found.detach().sum(dim=2).to("cpu", torch.float32)

    return attributions
