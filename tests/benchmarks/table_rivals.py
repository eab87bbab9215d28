"""How strong are the rivals of pretraining on real tables, and what does one model of each cost?

    python -m tests.benchmarks.table_rivals [--sets adult german carclaims] [--fractions 0.1 1] [--subsets 2]
    python -m tests.benchmarks.table_rivals --run WORKSPACE RUN

The first prints the rivals alone, on the label subsets, validation and test rows of a study with seed 0: AUROC and
average precision on test in percent, mean and 95 % interval over label subsets and test rows, and seconds of one core a
model. Subsets of 100 % are the same rows: their interval is of the test rows alone. The second prints every arm of a
finished study and what its verdict says. The tables of table_rivals.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from backend.control.service import Service
from backend.data.dataset import Dataset
from backend.data.register import register
from backend.encoders._table import Records
from backend.finetune._task import Prediction, Task
from backend.modality.table.features import features
from backend.recipe import Recipe
from backend.registry import plugin
from backend.stages._study_design import Design, make_design
from backend.statistics.paired import crossed_mean
from backend.targets._classes import contributions
from backend.workspace.artefacts import Artefacts
from backend.workspace.formats import percent_interval
from tests.conftest import REAL_DATA
from workbench import modality
from workbench.verdicts import study as words

OUT = "leave out"
SETS = {
    "adult": {"path": "adult/adult.parquet", "label": "income", "positive": [">50K"], "columns": {"fnlwgt": OUT}},
    "german": {
        "path": "german_credit/german_credit.parquet",
        "label": "credit_risk",
        "positive": ["2"],
        "columns": {"personal_status_sex": OUT},
    },
    "carclaims": {
        "path": "fraud_carclaims/carclaims.parquet",
        "label": "FraudFound",
        "positive": ["Yes"],
        "columns": {"PolicyNumber": OUT, "RepNumber": OUT},
    },
}
METHODS = ("table_linear", "tuned_boosting", "lightgbm_boosting", "pseudo_label_boosting")
METRICS = ("auroc", "average_precision")


def read(name: str, fractions: list[float], subsets: int, folder: Path) -> tuple[Task, Design, np.ndarray]:
    """The task of the classical arm, the design of the study, and the labels of its test rows."""
    artefacts, spec = Artefacts(folder), SETS[name]
    manifest = register({"name": name, "kind": "table", **spec, "path": str(REAL_DATA / spec["path"])}, artefacts)[0]
    dataset = Dataset(manifest, artefacts)
    plan = {"fractions": fractions, "subset_seeds": subsets, "metric": "auroc", "baselines": ["classical"]}
    recipe = Recipe.model_validate({"data": {"name": name}, "finetune": plan})
    design, source = make_design(recipe, dataset), manifest["records"]
    task = Task(
        cells=design.cells,
        wanted=design.cells,
        labels=design.labels,
        train=design.train,
        val=design.val,
        test=design.test,
        classes=design.classes,
        metric="auroc",
        inputs=Records(artefacts.array(source["sha256"], source["key"]), features(artefacts, manifest)),
        device=torch.device("cpu"),
    )
    return task, design, dataset.labels[design.test]


def figure(found: list[Prediction], labels: np.ndarray, metric: str) -> str:
    """Mean and interval over cells and test rows; one cell (of all labels): over test rows, by its own error."""
    values = np.array([[contributions(metric, labels, one.test)] for one in found])
    if (values == values[:1]).all():
        error = 1.96 * values[0, 0].std(ddof=1) / np.sqrt(values.shape[2])
        mean = float(values.mean())
        return percent_interval({"value": mean, "low": mean - error, "high": mean + error})
    return percent_interval(crossed_mean(values).as_interval())


def rivals(names: list[str], fractions: list[float], subsets: int) -> None:
    print("| set | labels | model | AUROC | average precision | s of one core a model | chosen |\n" + "|---" * 7 + "|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            task, design, labels = read(name, fractions, subsets, Path(folder))
        for fraction in fractions:
            cells = [cell for cell in design.cells if cell.fraction == fraction]
            for method in METHODS:
                kind, found, seconds = plugin("finetune", method), [], []
                for cell in cells[: 1 if fraction == 1 else None]:
                    begun = time.process_time()
                    found += kind.call(Task(**{**vars(task), "cells": (cell,), "wanted": (cell,)}), kind.params())
                    seconds.append(time.process_time() - begun)
                told = [figure(found, labels, metric) for metric in METRICS]
                chosen = ", ".join(f"{k} {v}" for k, v in found[0].chosen.items() if k != "absolute")
                at = f"{100 * fraction:g} % ({len(cells[0].rows):,})"
                row = [name, at, method, *told, f"{np.mean(seconds):.1f}", chosen]
                print(f"| {' | '.join(row)} |", flush=True)


def of_run(folder: Path, run: str) -> None:
    """Every arm of a study, as the page shows it, and what it comes to."""
    service = Service.open(folder, start_supervisor=False)
    try:
        verdict = service.latest(run, "study.verdict")["body"]
        of = modality.of_run(service.run(run)).words
        rows = words.arm_table(verdict, of)
        print(f"| {' | '.join(rows[0])} |\n{'|---' * len(rows[0])}|")
        for row in rows:
            print(f"| {' | '.join(map(str, row.values()))} |")
        for line in [words.sentence(verdict, of), *words.further(verdict, of)]:
            print(f"- {line}")
    finally:
        service.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--fractions", nargs="+", type=float, default=[0.1, 1.0])
    parser.add_argument("--subsets", type=int, default=2)
    parser.add_argument("--run", nargs=2, metavar=("WORKSPACE", "RUN"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.run:
        of_run(Path(asked.run[0]), asked.run[1])
    else:
        rivals(asked.sets, asked.fractions, asked.subsets)


if __name__ == "__main__":
    main()
