"""How strong is the TF-IDF baseline of the studies on texts, beside the one that it replaced?

    python -m tests.benchmarks.tfidf_baseline [--recipes sst2_mlm hate_mlm ..] [--fractions 0.01 0.1 1]

About 16 minutes on one busy core. The label subsets, validation and test rows are those of the committed recipes on
SST-2 and on the tweets of Davidson et al. Before: one vocabulary and one idf of words and word pairs, of all rows that
were neither validated nor tested on, inverse penalties 0.1 to 100, plain losses. Now: backend/finetune/tfidf.py as it
stands; of balanced accuracy also without balanced class weights, which no other arm of a study has. All choose on the
same validation rows. Prints the table of tfidf_baseline.md: the study's metric on the test texts in percent, mean and
95 % interval over subsets and test texts, and the paired difference.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from backend.data.dataset import Dataset
from backend.data.register import register
from backend.encoders._text import Tokens
from backend.finetune import tfidf
from backend.finetune._classical import over_all_classes
from backend.finetune._task import Prediction, Task
from backend.recipe import Recipe
from backend.recipe.files import read_toml
from backend.stages._study_design import make_design
from backend.statistics.paired import Estimate, crossed_mean
from backend.targets._classes import contributions
from backend.workspace.artefacts import Artefacts
from tests.conftest import REAL_DATA

RECIPES = Path(__file__).parents[2] / "sample_data" / "recipes"
DATA = {
    "sst2": {"path": "sst2/sst2_sentences.parquet", "label": "label", "split_column": "split"},
    "hate": {"path": "hate_davidson/davidson_tweets.parquet", "label": "label"},
}
HEAD = (
    "| recipe, metric | labels | subsets | before | now | now - before | now, plain losses | chosen now | s a subset |"
)


def study(name: str, folder: Path) -> tuple[Task, np.ndarray]:
    """The task of the classical arm of a committed recipe, and the labels of its test rows."""
    recipe = Recipe.model_validate(read_toml(RECIPES / f"{name}.toml"))
    spec = DATA[recipe.data.name]
    artefacts = Artefacts(folder)
    asked = {"name": recipe.data.name, "kind": "text", **spec, "path": str(REAL_DATA / spec["path"])}
    dataset = Dataset(register(asked, artefacts)[0], artefacts)
    design = make_design(recipe, dataset)
    task = Task(
        cells=design.cells,
        wanted=design.cells,
        labels=design.labels,
        train=design.train,
        val=design.val,
        test=design.test,
        classes=design.classes,
        metric=recipe.finetune.metric,
        inputs=Tokens(torch.zeros(len(design.labels), 1, dtype=torch.int64)),
        device=torch.device("cpu"),
        texts=dataset.texts,
    )
    return task, dataset.labels[design.test]


def before(task: Task) -> Iterator[Prediction]:
    """The baseline as it stood in the studies of language.md."""
    rest = np.setdiff1d(np.arange(len(task.texts)), np.concatenate([task.val, task.test]))
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, max_features=200_000, token_pattern=r"(?u)\b\w+\b"
    ).fit([task.texts[i] for i in rest])
    val, test = (vectorizer.transform([task.texts[i] for i in rows]) for rows in (task.val, task.test))
    for cell in task.wanted:
        train, labels = vectorizer.transform([task.texts[i] for i in cell.rows]), task.labels[cell.rows]
        models = [LogisticRegression(C=c, max_iter=1000).fit(train, labels) for c in (0.1, 1.0, 10.0, 100.0)]
        told = [over_all_classes(m.predict_proba(val), m.classes_, task.classes) for m in models]
        best = task.pick(told)
        answer = over_all_classes(models[best].predict_proba(test), models[best].classes_, task.classes)
        yield Prediction(cell, told[best], answer, {"strength": (0.1, 1.0, 10.0, 100.0)[best]})


def adding(task: Task, found: list[Prediction], labels: np.ndarray) -> np.ndarray:
    """What every test row adds to the metric, subsets x 1 x rows."""
    return np.array([[contributions(task.metric, labels, p.test)] for p in found])


def shown(estimate: Estimate, sign: str = "") -> str:
    value, low, high = (100 * v for v in (estimate.value, estimate.low, estimate.high))
    return f"{value:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"


def picked(found: list[Prediction]) -> str:
    """What validation chose, once for each subset that differs."""
    said = []
    for chosen in (p.chosen for p in found):
        words = "words" if chosen["words"] == 1 else "words and pairs"
        balanced = ", balanced" if chosen["balanced"] else ""
        said.append(f"{words} of {chosen['fitted_on']}, {chosen['strength']:g}{balanced}")
    return "; ".join(dict.fromkeys(said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=["sst2_mlm", "sst2_minilm", "hate_minilm", "hate_mlm"])
    parser.add_argument("--fractions", nargs="+", type=float, default=[0.01, 0.1, 1.0])
    asked = parser.parse_args()
    print(HEAD + "\n" + "|---" * 9 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.recipes:
            task, labels = study(name, Path(folder))
            for fraction in asked.fractions:
                part = replace(task, wanted=tuple(c for c in task.cells if c.fraction == fraction))
                old = list(before(part))
                start = time.process_time()
                new = list(tfidf.fit(part, tfidf.Params()))
                seconds = (time.process_time() - start) / len(new)
                weighted = task.metric == "balanced_accuracy"
                plain = list(tfidf.fit(part, tfidf.Params(balanced=False))) if weighted else new
                a, b, c = (adding(task, found, labels) for found in (old, new, plain))
                row = [f"{name}, {task.metric.replace('_', ' ')}", f"{100 * fraction:g} %", f"{len(new)}"]
                row += [shown(crossed_mean(a)), shown(crossed_mean(b)), shown(crossed_mean(b - a), "+")]
                row += [shown(crossed_mean(c)) if weighted else "the same", picked(new), f"{seconds:.0f}"]
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
