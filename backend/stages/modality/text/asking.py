"""Questions about texts: rows, typed texts, and why a classifier decides as it does."""

from __future__ import annotations

from typing import Any

from ....attribution._run import recorded, run_method
from ....attribution._text import by_word, sentences
from ....attribution._text_run import as_table, cut, predictions, tokenizer_of
from ....data.dataset import Dataset
from ....encoders._text import Tokens
from ....questions import _embedding
from ....questions._common import check_methods, check_rows, classifier, needed
from ....questions._embedding import MOST_CHARACTERS, MOST_TEXTS
from ....workspace.artefacts import Artefacts
from ....workspace.layout import BadInput, Workspace
from .._asking import Asking


class Texts(Asking):
    field = "texts"

    def rows(self, artefacts: Artefacts, dataset: Dataset, rows: list[int], model: str) -> Tokens:
        texts = artefacts.text_rows(dataset.manifest["texts"]["sha256"], "text", list(map(int, rows)))
        return _embedding.tokenizer_of(artefacts, model).encode(texts)

    def own(self, question: dict[str, Any], artefacts: Artefacts, model: str) -> Tokens:
        return _embedding.tokenizer_of(artefacts, model).encode(_embedding.check_texts(question["texts"]))

    def attribute(self, question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
        """In place of dataset and rows the question may hold texts [str], at most MOST_TEXTS. The classifier knows its
        tokenizer and its classes.

        The result holds rows (null for texts), classes, label (-1 where unknown; of numbers null), predicted (the class
        or the number), probability (of the predicted class; null of numbers), bare (the same when every word is
        masked), cut [bool] (the text goes on behind what the model read) and methods {name: {"layer", "completeness",
        "steps"}}, with subjects `scores/NAME` (Parquet: row, word, start, end, score; the row of a typed text is its
        place in the list).
        """
        wanted, params = check_methods(question["methods"], "text"), question.get("params", {})
        artefacts = Artefacts(workspace.artefacts)
        model = classifier(artefacts, question["classifier"])
        tokenizer, spec = tokenizer_of(artefacts, question["classifier"])
        rows, texts, labels = asked_texts(question, artefacts)
        read = sentences(tokenizer, texts, next(model.parameters()).device)
        empty = next((i for i, places in enumerate(read.spans) if not places), None)
        if empty is not None:
            raise BadInput(f"question: expected texts that hold a word, found none in text {empty + 1}")
        said, bare = predictions(model, read)
        target = said.index.to(read.device)
        methods, subjects = {}, []
        for name in wanted:
            found = run_method(name, model, read, target, params.get(name))
            numbers = list(range(len(texts))) if rows is None else rows
            table = as_table(numbers, texts, read, by_word(found.scores, read))
            subjects.append(artefacts.put_table(f"scores/{name}", table))
            methods[name] = recorded(found)
        result = {
            "rows": rows,
            "classes": spec["classes"],
            "label": labels,
            "predicted": said.predicted,
            "probability": said.probability,
            "bare": bare,
            "cut": cut(texts, read),
            "methods": methods,
        }
        return {"result": result, "subjects": subjects}


def asked_texts(question: dict[str, Any], artefacts: Artefacts) -> tuple[list[int] | None, list[str], list[int]]:
    """(rows or None, texts, what is true of them) of the question, checked."""
    if "texts" in question:
        texts = question["texts"]
        if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS:
            raise BadInput(f"question.texts: expected a list of 1 to {MOST_TEXTS} texts, found {str(texts)[:80]!r}")
        wrong = next((t for t in texts if not isinstance(t, str) or len(t) > MOST_CHARACTERS), None)
        if wrong is not None:
            found = f"{len(wrong):,} characters" if isinstance(wrong, str) else type(wrong).__name__
            raise BadInput(f"question.texts: expected texts of at most {MOST_CHARACTERS:,} characters, found {found}")
        return None, texts, [-1] * len(texts)  # of numbers as well: nothing is known of a typed text
    needed(question, "dataset", "rows")
    dataset = Dataset(question["dataset"], artefacts)
    rows = list(dict.fromkeys(check_rows(question["rows"], dataset)))
    if len(rows) > MOST_TEXTS:
        raise BadInput(f"question.rows: expected at most {MOST_TEXTS} rows, found {len(rows)}")
    texts = artefacts.text_rows(dataset.manifest["texts"]["sha256"], "text", rows)
    return rows, texts, dataset.true_of(rows)


ASKING = Texts()
