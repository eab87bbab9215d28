"""New readings become the windows that a model takes, called by their unit and the time at their end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from backend.stages.modality.series.reading import read

CHANNEL = {"name": "a", "mean": 1.0, "std": 2.0, "how": {}}


def told(kind: str, unit: str | None, step: float = 1.0) -> dict:
    time = {"column": "when", "kind": kind, "unit": unit, "how": {}}
    return {"unit": "pump", "time": time, "channels": [CHANNEL], "length": 3, "stride": 2, "step": step,
            "missing": None, "header": None}  # fmt: skip


def windows(tmp_path, times, asked) -> tuple[list[str], np.ndarray]:
    frame = pd.DataFrame({"pump": "P1", "when": times, "a": np.arange(1.0, 1 + len(times))})
    frame.to_csv(tmp_path / "new.csv", index=False)
    (names, (values,)), = read([tmp_path / "new.csv"], asked, tmp_path)  # fmt: skip
    return names, values.numpy()


def test_a_stamp_is_written_as_one(tmp_path):
    times = pd.Timestamp("2024-03-01 23:00:00") + pd.to_timedelta(range(5), unit="h")
    names, values = windows(tmp_path, times, told("stamp", "hours"))
    assert names == ["P1 at 2024-03-02T01:00:00", "P1 at 2024-03-02T03:00:00"]
    assert values.tolist() == [[[0, 0.5, 1]], [[1, 1.5, 2]]]


@pytest.mark.parametrize("start", [0.0, 1_700_000_000.0, 123_456.75])
def test_a_number_is_written_in_full(tmp_path, start):
    names, _ = windows(tmp_path, start + np.arange(5), told("number", None))
    assert [float(name.removeprefix("P1 at ")) for name in names] == [start + 2, start + 4]
