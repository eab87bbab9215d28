"""Does a study decide rightly where the truth was planted: where pretraining helps, and where it cannot?

    python -m tests.benchmarks.planted_truth [--sets 20] [--first 0] > tests/benchmarks/planted_truth.md

Two worlds of invented loan applications (`credit`), each set a run of the product: registered, pretrained, studied.

helps    18 columns hide three yes-or-no traits; whether an odd number of them is "yes" decides. No column alone says
         anything of the label, so few labels cannot show it; the rows without labels show the eight kinds. What that
         is worth is known: the AUROC of the best possible model, less that of the best one that ignores the traits
cannot   the same without the 18 columns: the others are independent of each other, so that rows without labels say
         nothing of how columns and label hang together

Right is, at 10 % of the labels against the strongest rival that saw no pretraining: a gain in the first world, no gain
in the second. Goals: at least 18 of 20 sets each. Prints a Markdown table, a row a set as it is done. About two minutes
a set on one core, so little more than an hour for both worlds; `--pretrainings 1` takes half of that.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from backend.control.service import Service
from backend.targets.figures import Figures
from sample_data.credit import Params, make
from workbench.verdicts.arms import method

COMMON = {"proxy": False, "gap": 0.0, "labelled": 0.5}
WORLDS = {"helps": {"latent": True}, "cannot": {"latent": False}}
RIGHT = {"helps": {"gain"}, "cannot": {"loss", "equivalent", "no significant difference"}}
RECIPE = {
    "stages": ["pretrain", "study"],
    "pretext": {"name": "masked_features"},
    "encoder": {"name": "mlp"},
    "train": {"batch_size": 256, "epochs": 15},
    "finetune": {
        "fractions": [0.1],
        "subset_seeds": 5,
        "pretrain_seeds": 3,
        "methods": ["knn", "linear", "trees_on_both"],
        "baselines": ["scratch_aug", "random", "classical"],
        "metric": "auroc",
    },
}


def worth(params: Params) -> tuple[float, float]:
    """(AUROC of the best possible model, of the best one that ignores the traits)."""
    truth = make(params).truth
    return truth["auroc"], truth.get("auroc_without_traits", truth["auroc"])


def studied(service: Service, name: str, told: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The verdict of the product on one set. Raises RuntimeError where a run of it did not succeed."""
    added = service.add_data({"name": name, "builtin": "credit", "kind": "table", "params": told})
    for run in (added, None):
        ended = service.wait(run or service.submit({**recipe, "title": name, "data": {"name": name}}))
        if ended["state"] != "succeeded":
            raise RuntimeError(f"{ended['run']}: {ended['state']}: {ended['reason']}")
    return service.latest(ended["run"], "study.verdict")["body"]


def row(world: str, seed: int, verdict: dict[str, Any], seconds: float) -> tuple[str, bool]:
    """A line of the table, and whether the decision was right."""
    one = verdict["strongest"][0]
    right = one["decision"] in RIGHT[world]
    cells = (
        world,
        seed,
        f"{method(one['method'])} against {method(one['against_method'])}",
        Figures(verdict["metric"]).difference(one["difference"]),
        one["decision"],
        "yes" if right else "no",
        f"{seconds:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |", right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", type=int, default=20, help="generated sets of each world")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--epochs", type=int, default=RECIPE["train"]["epochs"])
    parser.add_argument("--subsets", type=int, default=RECIPE["finetune"]["subset_seeds"])
    parser.add_argument("--pretrainings", type=int, default=RECIPE["finetune"]["pretrain_seeds"])
    asked = parser.parse_args()
    sizes = {"subset_seeds": asked.subsets, "pretrain_seeds": asked.pretrainings}
    recipe = {**RECIPE, "train": {**RECIPE["train"], "epochs": asked.epochs}}
    recipe["finetune"] = {**RECIPE["finetune"], **sizes}
    print("# Planted truth: is a study right where the answer is known?\n")
    for world in asked.worlds:
        best, without = worth(Params(n=400, **COMMON, **WORLDS[world]))
        print(
            f"- {world}: AUROC of the best possible model {100 * best:.1f} %, without the traits {100 * without:.1f} %"
        )
    print("\n| world | seed | best use of pretraining against strongest rival | difference | decision | right | s |")
    print("|---|---|---|---|---|---|---|")
    right = dict.fromkeys(asked.worlds, 0)
    with tempfile.TemporaryDirectory() as folder:
        service = Service.open(Path(folder) / "ws")
        try:
            for seed in range(asked.first, asked.first + asked.sets):
                for world in asked.worlds:
                    began, told = time.monotonic(), {"n": asked.rows, "seed": seed, **COMMON, **WORLDS[world]}
                    verdict = studied(service, f"{world}-{seed}", told, recipe)
                    line, fine = row(world, seed, verdict, time.monotonic() - began)
                    right[world] += fine
                    print(line, flush=True)
        finally:
            service.close()
    print("\n" + "; ".join(f"{world}: {count} of {asked.sets} decided rightly" for world, count in right.items()))


if __name__ == "__main__":
    main()
