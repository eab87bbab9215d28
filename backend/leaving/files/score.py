"""Predictions for new files: python score.py FILE... [-o predictions.csv] [--threshold NAME or 0.3]

One line a row: its name, what is predicted, and the probability of each class. Of two classes, one of which is looked
for, `alert` says whether its probability reaches the threshold; model.json lists those that validation rows chose.
Of an encoder alone the features are written.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import torch
from load import load, read

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell of text that begins so


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-o", "--output", help="file to write; none: the terminal")
    parser.add_argument("--threshold", help="one of those in model.json, by its name, or a probability")
    asked = parser.parse_args(words)
    try:
        model = load()
        alert = threshold(model.told, asked.threshold)
        if asked.output:
            with open(asked.output, "w", newline="", encoding="utf-8") as file:
                score(model, asked.files, alert, file)
        else:
            score(model, asked.files, alert, sys.stdout)
    except (ValueError, OSError) as error:
        print(f"score.py: {error}", file=sys.stderr)
        return 2
    return 0


def score(model: Any, files: list[str], alert: float | None, file: TextIO) -> None:
    out = csv.writer(file, lineterminator="\n")
    out.writerow([text(name) for name in columns(model.told)])
    for names, inputs in read(files):
        with torch.no_grad():
            answers = model(*inputs)
        out.writerows(rows(model.told, names, answers.tolist(), alert))


def threshold(told: dict[str, Any], asked: str | None) -> float | None:
    """The probability from which on there is an alert; None where there are no alerts. Raises ValueError."""
    decision = told["decision"]
    if decision is None:
        if asked is not None:
            raise ValueError("--threshold: expected none, this model has no two classes of which one is looked for")
        return None
    known = decision["thresholds"]
    name = decision["used"] if asked is None else asked
    if name in known:
        return known[name]["at"]
    try:
        found = float(name)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError(f"--threshold: expected {', '.join(known)} or a number from 0 to 1, found {name!r}")
    return found


def columns(told: dict[str, Any]) -> list[str]:
    if told["head"] is None:
        return ["name", *(f"f{place}" for place in range(told["dim"]))]
    if not told["head"]["probabilities"]:
        return ["name", "predicted"]
    return ["name", "predicted", *(f"p {name}" for name in told["classes"]), *(["alert"] if told["decision"] else [])]


def rows(told: dict[str, Any], names: list[str], answers: list[list[float]], alert: float | None) -> Iterator[list]:
    for name, answer in zip(names, answers, strict=True):
        if told["head"] is None or not told["head"]["probabilities"]:
            yield [text(name), *(f"{value:.9g}" for value in answer)]
            continue
        likelier = told["classes"][max(range(len(answer)), key=answer.__getitem__)]
        said = [text(name), text(likelier), *(f"{value:.9g}" for value in answer)]
        if told["decision"]:
            said.append("yes" if answer[told["decision"]["class"]] >= alert else "no")
        yield said


def text(value: str) -> str:
    """As a spreadsheet shows it and does not run it."""
    return f"'{value}" if value.startswith(FORMULA) else value


if __name__ == "__main__":
    sys.exit(main())
