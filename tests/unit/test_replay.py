"""A selection's record: its steps give its rows again, and what is no record is refused."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from backend.workspace.layout import BadInput
from workbench.explorer import finding, summary
from workbench.explorer.columns import CLUSTER, Clusters, Places, Source
from workbench.explorer.gesture import Gesture, selection
from workbench.explorer.grid import STEPS, Grid
from workbench.explorer.replay import drawn_again, follow, step

MAP = "a" * 64
ROWS = np.arange(0, 400, 2)
GRID = Grid.of(np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32))
CODES = (np.arange(200) % 3).astype(np.uint8)
HALF = [[0, 0], [STEPS, 0], [STEPS, STEPS // 2], [0, STEPS // 2]]


DATA = Source("b" * 64, ("x", "y"), "label", (), predictions="c" * 64, clusters=Clusters("d" * 64, ("1", "2")))


def look(one):
    assert one.map == MAP
    return ROWS, GRID, CODES


def told(gesture, colour="label", frame=None):
    return step(gesture, MAP, frame, colour, DATA)


def test_gestures_drawn_again_give_the_same_rows():
    gestures = [
        Gesture(shape="class", index=1),  # replaced by the next, so that it is no step of the record
        Gesture(shape="polygon", corners=HALF, camera=[0.0, 0.0, 1.0]),
        Gesture(shape="class", index=2, mode="add"),
        Gesture(shape="point", index=7, mode="subtract"),
        Gesture(shape="rest"),
    ]
    mask, steps = np.zeros(400, dtype=bool), []
    for gesture in gestures:
        mask = selection(gesture, mask, ROWS, GRID, CODES)
        steps = follow(steps, told(gesture))
    assert len(steps) == 4
    assert "camera" not in str(steps)
    assert (drawn_again(steps, 400, look) == mask).all()
    assert 0 < mask.sum() < 200
    assert (drawn_again(steps[:-1], 400, look) != mask).any()


def test_what_was_not_drawn_leaves_no_steps():
    drawn = told(Gesture(shape="polygon", corners=HALF))
    added = told(Gesture(shape="polygon", corners=HALF, mode="add"))
    assert follow([drawn], None) is None
    assert follow(None, added) is None
    assert follow(None, drawn) == [drawn]
    many = [drawn]
    while many is not None and len(many) < 5_000:
        many = follow(many, added)
    assert many is None, "a record has room for so many steps and no more"


@pytest.mark.parametrize("steps", ["x", [1], [{"map": "../x", "gesture": {"shape": "rest"}}], [{"map": MAP}]])
def test_a_record_that_is_none_is_one_line(steps):
    with pytest.raises(BadInput) as refused:
        drawn_again(steps, 400, look)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("frame", [[0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1.0], ["x", 0.0, 1.0]])
def test_a_frame_that_is_none_is_one_line(frame):
    wrong = told(Gesture(shape="rest")) | {"frame": frame}
    with pytest.raises(BadInput, match=r"steps\.frame"):
        drawn_again([wrong], 400, look)


def test_a_press_on_the_legend_records_what_its_column_was_made_of():
    press = Gesture(shape="class", index=1)
    made_of = {colour: told(press, colour).get("made_of") for colour in ("label", CLUSTER, "outcome", "predicted")}
    assert made_of == {"label": None, CLUSTER: "d" * 64, "outcome": "c" * 64, "predicted": "c" * 64}
    assert "colour" not in told(Gesture(shape="rest"), CLUSTER)


def test_a_step_holds_the_frame_in_which_it_was_drawn():
    frame = (0.1, -1 / 3, 7.3)
    drawn = json.loads(json.dumps(told(Gesture(shape="polygon", corners=HALF), frame=frame)))
    seen = []
    drawn_again([drawn], 400, lambda one: seen.append(tuple(one.frame)) or look(one))
    assert seen == [frame]


def test_rows_are_found_by_number():
    assert finding.rows_of("17, 40 - 42;3 17", 100) == [3, 17, 40, 41, 42]
    assert finding.rows_of("", 100) == []
    for wrong in ("x", "1-", "5-3", "100", "-1", "1e3", "9" * 40):
        with pytest.raises(BadInput, match="rows: expected"):
            finding.rows_of(wrong, 100)


def test_no_cell_of_a_csv_is_run_as_a_formula():
    table = pd.DataFrame({"row": [0, 1, 2], "=note": ["=cmd()", "plain, text", None], "n": [-1.5, 2.0, 3.0]})
    places = Places(np.arange(3), np.array([[1, 2], [3, 4], [5, 6]], np.float32), np.array([0.5, 0, 1], np.float32))
    found = summary.exported(table, places, np.array([True, False, True]))
    assert found["row"].tolist() == [0, 2]
    lines = summary.as_csv(found, {}).decode().split("\r\n")
    assert lines[:3] == ["row,map_x,map_y,kept,'=note,n", "0,1.0,2.0,0.5,'=cmd(),-1.5", "2,5.0,6.0,1.0,,3.0"]
    back = pd.read_parquet(io.BytesIO(summary.as_parquet(found, {})))
    assert back["=note"].tolist()[:1] == ["=cmd()"], "a typed format carries what was there"


def test_the_file_says_what_it_was_selected_on_and_holds_the_texts():
    table = pd.DataFrame({"row": [0, 1], "text": ["a column of the data", "called so"], "tags": [["a"], []]})
    places = Places(np.arange(2), np.zeros((2, 3), np.float32), np.ones(2, np.float32))
    found = summary.exported(table, places, np.array([False, True]), {"text": ["the whole text"]})
    assert found.columns.tolist() == ["row", "map_x", "map_y", "map_z", "kept", "text", "source_text", "tags"]
    told = {"run": "r", "map": MAP, "rows_sha256": "c" * 64}
    file = pq.read_table(io.BytesIO(summary.as_parquet(found, told)))
    assert json.loads(file.schema.metadata[b"workbench"]) == told
    assert file["text"].to_pylist() == ["the whole text"]


def test_our_names_and_those_of_the_data_stand_beside_each_other():
    table = pd.DataFrame({"row": [0, 1], "label": ["a", "b"], "Label": [1, 2], "Row": [3, 4], "split": ["train"] * 2})
    found = summary.listing(table, np.array([0, 1]), np.ones(2))
    assert found.columns.tolist() == ["row", "True neighbours kept (%)", "label", "Label", "Row", "Split"]
