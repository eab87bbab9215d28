"""What a model that leaves rests on: rows read as in the training, thresholds, readouts, ONNX of every encoder."""

from __future__ import annotations

import importlib
import json
import sys

import numpy as np
import pyarrow as pa
import pytest
import torch

from backend.finetune import knn
from backend.finetune._task import Cell, Task
from backend.leaving import onnx
from backend.leaving.choice import choose, leaves
from backend.leaving.decision import balanced, lowest
from backend.leaving.folder import FILES
from backend.leaving.model import Model, head_of
from backend.leaving.record import Record
from backend.modality.table import coding, dates, kinds, numbers
from backend.modality.table.kinds import Column, Known
from backend.registry import names, of_kind, plugin
from backend.stages.modality.table import reading
from backend.statistics.calibration import Calibrator
from backend.workspace.layout import BadInput

HOSTILE = (
    "", " ", "1", "-1", "+1", "01", "1.5", ".5", "5.", "1e5", "1E-3", "1,234", "1.234", "1,234.5", "1.234,5", "12,34",
    "1 234", "1\u00a0234,5", "1'234", "1’234.5", "$5", "5 $", "$ 5", "-$5", "(5)", "($5)", "€1.234,50", "50%", "50 %",
    "%", "−5", "- 5", "abc", "nan", "inf", "NA", "1_000", "0x10", "½", "٣", "1e999", "5\n", "--5", "1,2,3",
)  # fmt: skip
FORMS = (
    numbers.Form(), numbers.Form(".", ","), numbers.Form(",", "."), numbers.Form(",", " "), numbers.Form(".", "'"),
    numbers.Form(currency="$"), numbers.Form(",", ".", "€"), numbers.Form(percent=True), numbers.Form(brackets=True),
    numbers.Form(".", ",", "$", False, True),
)  # fmt: skip
DAYS = (
    "2021-03-04", "2021-3-4", "2021-03", "2021-02-29", "2020-02-29", "0001-01-01", "9999-12-31", "2021/03/04", "4.3.21",
    "04/03/2021", "31/12/69", "31/12/68", "12/31/1999", "4 Mar 2021", "March 4, 2021", "4-Mar-21 11:30 pm",
    "2021-03-04T10:20:30.5Z", "2021-03-04 10:20 +02:00", "2021-03-04 24:00", "2021-03-04 12:00 AM", "20210304",
    "1 Mar 0000", "abc", "",
    "2021-13-01", "2021-03-04 10:20:30,123456 -0530",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_one_number_is_read_as_a_column_is(form):
    values = [value.strip() for value in HOSTILE]
    column = numbers.read(pa.array(values), form).to_pylist()
    assert [numbers.one(value, form) for value in values] == column


@pytest.mark.parametrize("how", list(dates.WRITTEN))
def test_one_date_is_read_as_a_column_is(how):
    column = dates.read(pa.array(list(DAYS)), how).cast(pa.int64()).to_pylist()
    assert [dates.one(value, how) for value in DAYS] == column
    assert any(value is not None for value in column)


TYPED = (
    Column("n", "number", "", {}), Column("money", "number", "", {"form": {"decimal": ",", "thousands": "."}}),
    Column("day", "date", "", {"form": "iso"}), Column("stamp", "date", "", {"form": "seconds"}),
    Column("word", "category", ""),
)  # fmt: skip
CELLS = {
    "n": ["1.5", "-2", "", "nothing", " 7 ", "1e300"],
    "money": ["1.234,5", "7", "0,5", "-", "", "1.000.000"],
    "day": ["2021-03-04", "2022-12-31 23:59", "", "unknown", "1969-07-20", "2000-02-29"],
    "stamp": ["1600000000", "1700000000", "", "-86400", "0", "1"],
    "word": ["red", " e\u0301 ", "", "other", "gone", "red"],
}


def test_new_rows_are_coded_as_those_of_the_training(tmp_path, capsys):
    """The same float32 from a CSV, value by value, as Arrow made them from the whole column."""
    (tmp_path / "new.csv").write_text(
        "\n".join([";".join([*CELLS, "unused"]), *(";".join([*row, "x"]) for row in zip(*CELLS.values(), strict=True))])
    )
    known, told, wanted = Known("x", 6, said=["gone"]), [], []
    for column in TYPED:
        values = kinds.typed(kinds.present(pa.chunked_array([CELLS[column.name]], pa.string()), known), column)
        train = np.array([True, True, True, False, False, True])
        features = coding.described(column, values, train)
        told.append({"name": column.name, "type": column.type, "how": column.how, "features": features})
        wanted.append(coding.coder(column, features)(values))
    found = list(reading.read([tmp_path / "new.csv"], {"columns": told, "missing": ["gone"], "header": None}, tmp_path))
    assert found[0][0] == [f"row {place}" for place in range(6)]
    np.testing.assert_array_equal(found[0][1][0].numpy(), np.concatenate(wanted, axis=1))
    assert "column 'n': 'nothing' counts as missing in 1 rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [("a,b\n1,2\n", "expected the columns of the training, found none called 'n'"), ("n,b\n1\n", "expected 2 columns")],
)
def test_a_table_of_other_columns_is_one_line(tmp_path, text, says):
    (tmp_path / "new.csv").write_text(text)
    told = {"columns": [{"name": "n", "type": "number", "how": {}, "features": []}], "missing": None, "header": True}
    with pytest.raises(BadInput, match=says):
        list(reading.read([tmp_path / "new.csv"], told, tmp_path))


def test_the_threshold_is_the_one_that_a_search_of_all_finds():
    rng = np.random.default_rng(0)
    score, event = rng.random(200).round(2), rng.random(200) < 0.2
    at = balanced(score, event)

    def mean_recall(threshold):
        alert = score >= threshold
        return (alert[event].mean() + (~alert[~event]).mean()) / 2

    assert mean_recall(at) == max(mean_recall(t) for t in np.linspace(-0.005, 1.005, 203))
    assert at not in score, "halfway between two rows"


def test_a_cost_is_turned_back_into_a_score():
    warmer = Calibrator("temperature", 2.0)
    assert float(warmer(np.array(lowest(warmer, 0.3)))) == pytest.approx(0.3, abs=1e-9)
    steps = Calibrator("isotonic", steps=(np.array([0.2, 0.6]), np.array([0.1, 0.5])))
    assert lowest(steps, 0.9) is None
    assert lowest(steps, 0.3) == pytest.approx(0.4, abs=1e-9)


@pytest.mark.parametrize("target", ["class", "number"])
def test_neighbours_vote_elsewhere_as_in_the_study(target):
    rng = np.random.default_rng(1)
    features = torch.from_numpy(rng.normal(size=(60, 5)).astype(np.float32))
    labels = rng.integers(0, 3, 60) if target == "class" else rng.normal(1e5, 10, 60)
    rows = np.arange(60)
    cell, split = Cell(1.0, 0, rows[:40]), {"train": rows[:40], "val": rows[40:50], "test": rows[50:]}
    told = {"labels": labels, "classes": 3 if target == "class" else 0, "target": target, **split}
    metric = "balanced_accuracy" if target == "class" else "mae"
    task = Task(cells=(cell,), wanted=(cell,), metric=metric, inputs=None, device=torch.device("cpu"),
                features=features, **told)  # fmt: skip
    left = knn.leaves(task, knn.Params())
    head = head_of({"kind": left.kind, "probabilities": target == "class", **left.settings}, left.tensors)
    np.testing.assert_allclose(head(features[50:]).numpy(), left.prediction.test, rtol=1e-6, atol=1e-6)


def test_every_method_says_whether_it_leaves():
    assert {name for name in names("finetune") if leaves(name)} == {"knn", "linear", "lpft", "lora", "end_to_end"}


FEATURES = [
    {"kind": "number", "edges": np.linspace(-2, 2, 20).tolist()},
    {"kind": "category", "size": 5},
    {"kind": "number", "edges": [0.0, 1.0]},
]
ROWS = torch.tensor([[0.3, 2, 1.0], [float("nan"), 1, 0], [1.2, float("nan"), float("nan")], [9, 7, 0.5]])
SMALL = {"resnet18": {"width": 8}, "vit": {"dim": 16, "depth": 2}, "tabm": {"width": 8, "members": 2}}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("image", "table") for name in of_kind("encoders", kind)]
)
def test_every_encoder_is_the_same_as_onnx(tmp_path, kind, name):
    known = plugin("encoders", name)
    arguments = ((1, 16, 16), [0.5], [0.2]) if kind == "image" else (FEATURES,)
    encoder = known.call(known.params(**SMALL.get(name, {})), *arguments).eval()
    head = head_of(
        {"kind": "linear", "probabilities": True}, {"weight": torch.ones(2, encoder.dim), "bias": torch.ones(2)}
    )
    inputs = torch.rand(4, 1, 16, 16) if kind == "image" else ROWS
    told = onnx.written(tmp_path, Model(encoder, head, {"free": []}).eval(), (inputs,))
    assert told["file"] == "model.onnx", told
    assert told["difference"] <= 1e-4


class Odd(torch.nn.Module):
    """Its answer hangs on how many rows come together, which a trace takes for fixed."""

    def forward(self, x):
        return x * len(x)


class Unknown(torch.nn.Module):
    def forward(self, x):
        return torch.linalg.matrix_exp(x)


@pytest.mark.parametrize(
    ("encoder", "says"), [(Odd(), "apart"), (Unknown(), "expected a network that can be written so")]
)
def test_a_network_that_is_no_onnx_says_why(tmp_path, encoder, says):
    told = onnx.written(tmp_path, Model(encoder, None, {"free": []}).eval(), (torch.rand(3, 4, 4),))
    assert told["file"] is None
    assert says in told["line"]
    assert "\n" not in told["line"]
    assert not list(tmp_path.iterdir())


TOLD = {
    "head": {"probabilities": True}, "classes": ["=cmd()", 'a,"b"\n'],
    "decision": {"class": 1, "used": "budget", "thresholds": {"budget": {"at": 0.7}, "likelier": {"at": 0.5}}},
}  # fmt: skip


@pytest.fixture
def score(monkeypatch):
    """score.py, beside which load.py lies."""
    monkeypatch.syspath_prepend(str(FILES))
    yield importlib.import_module("score")
    for name in ("score", "load"):
        del sys.modules[name]


def test_hostile_names_are_text_in_the_scores(score):
    rows = list(score.rows(TOLD, ["@SUM(A1)", "ok"], [[0.9, 0.1], [0.2, 0.8]], 0.7))
    assert rows == [["'@SUM(A1)", "'=cmd()", "0.9", "0.1", "no"], ["ok", 'a,"b"\n', "0.2", "0.8", "yes"]]


@pytest.mark.parametrize(("asked", "at"), [(None, 0.7), ("likelier", 0.5), ("0.25", 0.25)])
def test_a_threshold_has_a_name_or_is_a_number(score, asked, at):
    assert score.threshold(TOLD, asked) == at


@pytest.mark.parametrize(("told", "asked"), [(TOLD, "best"), (TOLD, "1.5"), (TOLD, "nan"), ({"decision": None}, "0.5")])
def test_another_threshold_is_one_line(score, told, asked):
    with pytest.raises(ValueError, match="--threshold: expected"):
        score.threshold(told, asked)


def test_a_run_without_a_study_lets_its_encoder_leave_alone(workspace, reviews):
    folder = workspace.run("r1")
    folder.path.mkdir(parents=True)
    folder.job.write_text(json.dumps({"kind": "run", "dataset": reviews.manifest}))
    folder.events.write_text("")
    record = Record(workspace, "r1")
    assert choose(record, None, 0).what == "encoder"
    with pytest.raises(BadInput, match="expected a study, whose readout leaves, found none; use --what encoder"):
        choose(record, "readout", 0)
    with pytest.raises(BadInput, match="--method: expected it with --what readout alone"):
        choose(record, "encoder", 0, "linear")
    with pytest.raises(BadInput, match="--what: expected one of readout"):
        choose(record, "everything", 0)
