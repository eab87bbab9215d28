"""Sensor series as they are registered: whatever order, gaps and clocks files have, windows hold what was there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from backend.data.register import register
from backend.modality.series.stored import Series
from backend.workspace.artefacts import Artefacts
from backend.workspace.layout import BadInput

UNITS, LENGTH, WINDOW = 12, 12, 4


def drawn(seed: int = 0, units: int = UNITS, length: int = LENGTH) -> pd.DataFrame:
    """Two sensors of some machines, a reading every hour."""
    rng = np.random.default_rng(seed)
    count = units * length
    return pd.DataFrame(
        {
            "machine": np.repeat([f"M{k}" for k in range(units)], length),
            "hour": np.tile(np.arange(length), units),
            "heat": rng.normal(50, 5, count).round(3),
            "hum": rng.normal(0, 1, count).round(3),
        }
    )


def made(folder: Path, frame: pd.DataFrame | Path, **asked) -> SimpleNamespace:
    """What was registered of a CSV file, or of a path."""
    path = frame
    if isinstance(frame, pd.DataFrame):
        path = folder / "readings.csv"
        frame.to_csv(path, index=False)
    spec = {
        "name": "data",
        "kind": "series",
        "path": str(path),
        "split_by": "machine",
        "window": WINDOW,
        "label": False,
    }
    spec = {key: value for key, value in (spec | asked).items() if value is not None}
    artefacts = Artefacts(folder / "artefacts")
    manifest, _ = register(spec, artefacts)
    sheet = artefacts.json(manifest["sheet"]["sha256"])
    table = artefacts.table(manifest["table"]["sha256"]).to_pandas()
    series = Series(artefacts, manifest)
    said = " ".join(sheet["warnings"])
    return SimpleNamespace(manifest=manifest, sheet=sheet, table=table, series=series, said=said, told=sheet["series"])


def channel(found: SimpleNamespace, name: str) -> np.ndarray:
    """float64 N x L of one channel."""
    place = [one["name"] for one in found.series.channels].index(name)
    return found.series.raw(range(found.manifest["count"]))[:, place]


def test_windows_hold_the_readings_before_their_end(tmp_path):
    frame = drawn()
    found = made(tmp_path, frame)
    assert found.manifest["count"] == UNITS * (LENGTH - WINDOW + 1)
    for row in (0, 5, 40, found.manifest["count"] - 1):
        own = frame[frame.machine == found.series.unit(row)]
        end = int(found.table.window_age[row])
        wanted = own[["heat", "hum"]].to_numpy()[end - WINDOW + 1 : end + 1].T
        assert found.series.raw([row])[0] == pytest.approx(wanted, abs=1e-5)
    last = found.table[found.table.window_last]
    assert last.window_age.tolist() == [LENGTH - 1] * UNITS


def test_statistics_are_those_of_the_training_units_alone(tmp_path):
    frame = drawn()
    found = made(tmp_path, frame)
    train = set(found.table.group[found.table.split == "train"])
    assert train.isdisjoint(found.table.group[found.table.split != "train"])
    own = frame[frame.machine.isin(train)].heat
    (heat,) = (one for one in found.series.channels if one["name"] == "heat")
    assert (heat["mean"], heat["std"]) == pytest.approx((own.mean(), own.std(ddof=0)))


def test_rows_in_any_order_are_the_same_readings(tmp_path):
    frame = drawn()
    straight = made(tmp_path, frame)
    mixed = made(tmp_path, frame.sample(frac=1, random_state=1))
    order = {name: place for place, name in enumerate(mixed.series.told["units"])}
    key = [(order[one], age) for one, age in zip(straight.table.group, straight.table.window_age, strict=True)]
    place = np.argsort(np.array([unit * 1000 + age for unit, age in key]))
    assert channel(straight, "heat")[place] == pytest.approx(channel(mixed, "heat"), abs=1e-4)
    assert mixed.told["back"] > 0
    assert "put in order of time" in mixed.said
    assert "order of time" not in straight.said


def test_a_gap_is_missing_and_a_step_keeps_its_length(tmp_path):
    frame = drawn()
    frame = frame[(frame.machine != "M3") | ~frame.hour.isin([6, 7])]
    found = made(tmp_path, frame)
    row = found.table.index[(found.table.group == "M3") & (found.table.window_age == 8)][0]
    assert np.isnan(channel(found, "heat")[row]).tolist() == [False, True, True, False]
    assert found.told["gaps"] == 1
    assert not ((found.table.group == "M3") & found.table.window_age.isin([6, 7])).any()


def test_zones_are_put_on_one_clock(tmp_path):
    frame = drawn()
    stamps = pd.Timestamp("2025-03-30") + pd.to_timedelta(frame.hour, unit="h")
    written = [
        f"{at:%Y-%m-%dT%H:%M}+00:00" if k % 2 else f"{at + pd.Timedelta(hours=2):%Y-%m-%dT%H:%M}+02:00"
        for k, at in enumerate(stamps)
    ]
    found = made(tmp_path, frame.assign(hour=written))
    assert found.told["time"] == {"column": "hour", "kind": "stamp", "unit": "hours"}
    assert found.told["step"] == 1
    assert channel(found, "heat") == pytest.approx(channel(made(tmp_path, frame), "heat"), abs=1e-4)


def test_some_stamps_with_a_zone_and_some_without_are_refused(tmp_path):
    frame = drawn()
    stamps = pd.Timestamp("2025-01-01") + pd.to_timedelta(frame.hour, unit="h")
    written = [f"{at:%Y-%m-%d %H:%M}" + "Z" * (k != 17) for k, at in enumerate(stamps)]
    with pytest.raises(BadInput, match="expected a zone in every time stamp or in none, found 143 with one and 1"):
        made(tmp_path, frame.assign(hour=written), time_column="hour")


def test_a_column_that_is_named_is_the_time_whatever_it_looks_like(tmp_path):
    found = made(tmp_path, drawn().rename(columns={"hour": "reading_id"}), time_column="reading_id")
    assert found.told["time"] == {"column": "reading_id", "kind": "number", "unit": None}
    assert found.told["gaps"] == 0
    with pytest.raises(BadInput, match="expected numbers or time stamps of one form, found 'early'"):
        made(
            tmp_path,
            drawn().assign(hour=lambda frame: frame.hour.astype(str).replace("3", "early")),
            time_column="hour",
        )


def test_a_unit_with_one_row_has_a_window_of_it(tmp_path):
    frame = drawn()
    found = made(tmp_path, frame[(frame.machine != "M5") | (frame.hour == 0)])
    row = found.table.index[found.table.group == "M5"]
    assert len(row) == 1
    assert np.isnan(channel(found, "heat")[row[0]]).tolist() == [True, True, True, False]
    assert found.told["alone"] == 1
    assert "1 units have one reading" in found.said


def test_channels_without_values_or_variation_are_left_out(tmp_path):
    frame = drawn().assign(nothing=np.nan, still=7.0)
    found = made(tmp_path, frame)
    assert [one["name"] for one in found.series.channels] == ["heat", "hum"]
    assert {one["name"] for one in found.told["left_out"]} == {"nothing", "still"}
    assert "2 columns are no channels: nothing (every value is missing); still" in found.said


def test_infinite_values_are_missing_and_said(tmp_path):
    frame = drawn()
    frame.loc[frame.index[5], "heat"] = np.inf
    path = tmp_path / "readings.parquet"
    frame.to_parquet(path)
    found = made(tmp_path, path)
    assert np.isnan(channel(found, "heat")).sum() == WINDOW
    assert "heat: 1 infinite value counts as missing." in found.said


def test_words_in_a_sensor_column_are_missing_and_said(tmp_path):
    frame = drawn()
    heat = frame.heat.astype(str)
    heat.iloc[[3, 30]] = "ERR"
    found = made(tmp_path, frame.assign(heat=heat))
    assert np.isnan(channel(found, "heat")).sum() == WINDOW + 4
    assert "heat: 2 values that are no numbers count as missing, such as 'ERR'." in found.said


def test_a_slow_channel_beside_a_fast_one_is_missing_in_between(tmp_path):
    frame = drawn()
    found = made(tmp_path, frame.assign(hum=frame.hum.where(frame.hour % 4 == 0)))
    assert np.isnan(channel(found, "hum")).sum(axis=1).tolist() == [3] * found.manifest["count"]
    assert not np.isnan(channel(found, "heat")).any()
    assert "hum has no value in 75 % of the readings." in found.said


def test_units_of_ten_hertz_beside_one_hertz_share_a_grid(tmp_path):
    slow, fast = drawn(units=6), drawn(1, units=6, length=10 * LENGTH)
    slow, fast = slow.assign(machine="S" + slow.machine), fast.assign(hour=fast.hour / 10)
    found = made(tmp_path, pd.concat([slow, fast]))
    assert found.told["step"] == 1
    assert "sampled differently, from every 0.1 to every 1" in found.said
    own = fast[fast.machine == "M0"]
    wanted = [own.heat[np.rint(own.hour) == k].mean() for k in range(WINDOW)]
    row = found.table.index[(found.table.group == "M0")][0]
    assert channel(found, "heat")[row] == pytest.approx(wanted, abs=1e-4)
    finer = made(tmp_path, pd.concat([slow, fast]), step=0.1, window=21)
    row = finer.table.index[finer.table.group == "SM0"][-1]
    assert np.flatnonzero(~np.isnan(channel(finer, "heat")[row])).tolist() == [0, 10, 20]


def test_readings_of_one_time_are_averaged(tmp_path):
    frame = drawn()
    again = frame[frame.hour == 4]
    found = made(tmp_path, pd.concat([frame, again.assign(heat=again.heat + 2)]))
    assert found.told["same_time"] == UNITS
    row = found.table.index[(found.table.group == "M2") & (found.table.window_age == 4)][0]
    own = frame[frame.machine == "M2"].heat.to_numpy()
    assert channel(found, "heat")[row] == pytest.approx(own[1:5] + np.eye(4)[3], abs=1e-4)


def test_many_channels_are_read(tmp_path):
    frame = drawn()
    rng = np.random.default_rng(3)
    more = pd.DataFrame(rng.normal(size=(len(frame), 498)).round(2), columns=[f"s{k}" for k in range(498)])
    path = tmp_path / "wide.parquet"
    pd.concat([frame, more], axis=1).to_parquet(path)
    found = made(tmp_path, path)
    assert found.manifest["channels"] == 500
    assert channel(found, "s497")[0] == pytest.approx(more["s497"][:WINDOW].to_numpy(), abs=1e-4)


def test_names_of_units_that_were_written_as_fractions_are_whole(tmp_path):
    frame = drawn()
    number = frame.machine.str[1:].astype(float)
    assert set(made(tmp_path, frame.assign(machine=number)).table.group) == {str(k) for k in range(UNITS)}


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ("machine", "expected a unit in every row, found none in 1"),
        ("hour", "expected a time in every row, found none"),
    ],
)
def test_rows_without_unit_or_time_are_refused(tmp_path, column, line):
    frame = drawn().astype({"hour": object})
    frame.loc[9, column] = None
    with pytest.raises(BadInput, match=line):
        made(tmp_path, frame, time_column="hour")


def test_one_unit_alone_asks_for_a_split_in_time(tmp_path):
    frame = drawn(units=1, length=60)
    with pytest.raises(BadInput, match="expected several units, found one"):
        made(tmp_path, frame)
    found = made(tmp_path, frame, split_time="hour")
    ends = {split: found.table.window_age[found.table.split == split] for split in ("train", "val", "test")}
    assert ends["train"].max() + WINDOW <= ends["val"].min()
    assert ends["val"].max() + WINDOW <= ends["test"].min()
    assert found.told["divided"] == 2 * (WINDOW - 1)
    heat = next(one for one in found.series.channels if one["name"] == "heat")
    assert heat["mean"] == pytest.approx(frame.heat[: int(ends["train"].max()) + 1].mean())


def test_units_of_several_splits_are_told_of(tmp_path):
    found = made(tmp_path, drawn(), split_time="hour", window=2)
    assert {tuple(leak["splits"]) for leak in found.sheet["group_leaks"]} == {
        ("train", "val"), ("train", "test"), ("val", "test"),
    }  # fmt: skip
    assert f"{UNITS} units of machine stand in train and test" in found.said


def test_units_with_the_same_readings_stay_together(tmp_path):
    frame = drawn()
    twin = frame[frame.machine == "M1"].assign(machine="copy")
    found = made(tmp_path, pd.concat([frame, twin]))
    split = found.table.groupby("group")["split"].first()
    assert split["M1"] == split["copy"]
    assert "1 groups of units have the same readings: M1 = copy." in found.said


def test_units_that_are_nearly_the_same_are_named(tmp_path):
    frame = drawn(units=20)
    noise = np.random.default_rng(1).normal(0, 0.02, LENGTH)
    twins = [frame[frame.machine == f"M{k}"].assign(machine=f"copy {k}") for k in range(3)]
    twins = [one.assign(heat=one.heat + 5 * noise, hum=one.hum + noise) for one in twins]
    part = {f"copy {k}": "test" for k in range(3)} | {"M18": "val", "M19": "test"}
    both = pd.concat([frame, *twins])
    found = made(tmp_path, both.assign(part=both.machine.map(part).fillna("train")), split_column="part")
    assert {tuple(sorted(pair)) for pair in found.told["near_units"]} == {(f"M{k}", f"copy {k}") for k in range(3)}
    windows = 3 * (LENGTH - WINDOW + 1)
    assert found.sheet["duplicates"]["near_across"] == [{"splits": ["train", "test"], "count": windows}]
    assert f"{windows} test windows nearly stand in train (near duplicates)" in found.said
    assert "3 pairs of units have nearly the same readings" in found.said
    assert not made(tmp_path, frame).told["near"]


def test_leaks_are_named(tmp_path):
    frame = drawn()
    left = LENGTH - 1 - frame.hour
    frame = frame.assign(left=left, countdown=left * 2.5 + 1, counter=frame.hour * 60)
    found = made(tmp_path, frame, label="left", target="number")
    assert {(one["channel"], one["what"]) for one in found.told["leaks"]} == {
        ("countdown", "target"), ("counter", "target"),
    }  # fmt: skip
    assert "countdown is left under another name" in found.said
    assert not made(tmp_path, drawn().assign(left=left), label="left", target="number").told["leaks"]


def test_a_channel_that_counts_time_is_named(tmp_path):
    found = made(tmp_path, drawn().assign(counter=lambda frame: frame.hour * 60 + 7))
    assert "counter counts up or down with time" in found.said


def test_a_sensor_that_stands_still_in_some_units_is_named(tmp_path):
    frame = drawn(units=20)
    frame.loc[frame.machine == "M3", "hum"] = 0.5
    found = made(tmp_path, frame)
    assert "hum stands still for half of the life of 1 units" in found.said


def test_a_file_a_unit_and_folders_of_splits(tmp_path):
    frame = drawn()
    folder = tmp_path / "line"
    folder.mkdir()
    for name, own in frame.groupby("machine"):
        own.drop(columns="machine").to_csv(folder / f"{name}.csv", index=False)
    found = made(tmp_path, folder, split_by=None)
    assert set(found.table.group) == {f"M{k}" for k in range(UNITS)}
    assert found.manifest["count"] == UNITS * (LENGTH - WINDOW + 1)
    both = tmp_path / "both"
    both.mkdir()
    frame.to_csv(both / "train_set.csv", index=False)
    drawn(5).to_csv(both / "test_set.csv", index=False)
    found = made(tmp_path, both)
    assert found.manifest["units"] == 2 * UNITS
    assert not found.sheet["group_leaks"]
    assert found.sheet["counts"]["test"] == UNITS * (LENGTH - WINDOW + 1)
    assert set(found.table.group[found.table.split == "test"]) == {f"test_set: M{k}" for k in range(UNITS)}
