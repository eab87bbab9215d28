"""The planted truths of machines, counted: signatures, onsets, what a reader of them finds, drift, site, gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import sample_data
from sample_data import machines as world


@pytest.fixture(scope="module")
def sample():
    return sample_data.make("machines", {"n": 200, "seed": 3})


@pytest.fixture(scope="module")
def units(sample):
    """A row a machine: what is known of it, and of its rows where they lie."""
    fleet = pd.DataFrame(sample.truth["fleet"]).set_index("machine")
    frame = pd.DataFrame(sample.columns)
    first = frame.groupby("machine")[["site", "split", "failed"]].first()
    return fleet.join(first)


def test_a_failing_machine_has_a_fault_and_its_time_runs_out(sample, units):
    frame = pd.DataFrame(sample.columns)
    assert ((units["fault"] != "") == (units["failed"] == 1)).all()
    last = frame.groupby("machine")["hours_to_failure"].last()
    assert (last == 0).all()
    hours = frame["time"].diff() / np.timedelta64(1, "h")
    inside = frame["machine"] == frame["machine"].shift()
    assert (-frame["hours_to_failure"].diff()[inside] == hours[inside]).all()


def test_signatures_lie_in_the_fault_s_sensor_from_the_onset_on(sample, units):
    frame = pd.DataFrame({"machine": sample.columns["machine"], "shown": sample.truth["signature"]})
    frame["left"] = sample.columns["hours_to_failure"]
    for name, one in frame.groupby("machine"):
        told = units.loc[name]
        shown = one[one["shown"] >= 0]
        if told["fault"] == "" or told["hidden"]:
            assert shown.empty
            continue
        assert {sample.truth["sensors"][k] for k in shown["shown"]} == {world.FAULTS[told["fault"]]}
        assert world.LEAD[0] - world.EVERY <= shown["left"].max() <= world.LEAD[1]
        assert shown["left"].min() < world.EVERY  # the last hours always hold a part of one


def test_a_signature_is_as_large_as_it_is_said_to_be():
    """Against the machine's other rows of the time since the onset, in standard deviations of the noise."""
    plain = {"n": 40, "hours": 240, "drift": 0, "worse": 0, "gaps": 0, "stuck": 0, "seed": 1}
    weak, strong = (sample_data.make("machines", {**plain, "strength": s}) for s in (1.0, 9.0))
    shown = weak.truth["signature"]
    for place, (name, (_, spread, _)) in enumerate(world.SENSORS.items()):
        added = (strong.columns[name] - weak.columns[name]) / (8 * spread)
        assert not added[shown != place].any()
        if name == "current":  # raised by as much as the time since the onset says
            frame = pd.DataFrame({"machine": weak.columns["machine"], "left": weak.columns["hours_to_failure"]})
            there = frame[shown == place]
            lead = there.groupby("machine")["left"].transform("max")
            wanted = 1.5 - 0.5 * there["left"] / lead
            assert np.allclose(added[shown == place], wanted, atol=1e-3)
        if name == "vibration":  # a sine of mean square 1
            assert np.square(added[shown == place]).mean() == pytest.approx(1.25**2, rel=0.1)
        if name == "pressure":
            assert added[shown == place].max() < 0


def test_a_reader_of_signatures_finds_all_but_the_hidden_share_of_the_worse_site(units):
    for split in world.SHARES:
        failing = units[(units["failed"] == 1) & (units["split"] == split)]
        worse = failing["site"] == world.WORSE
        assert not failing["hidden"][~worse].any()
        assert abs(failing["hidden"][worse].sum() - 0.6 * worse.sum()) <= 0.5


def test_the_worse_site_is_noisier_and_without_it_all_sites_are_alike():
    def spreads(worse):
        found = sample_data.make("machines", {"n": 60, "hours": 240, "worse": worse, "drift": 0, "seed": 2})
        frame = pd.DataFrame(found.columns)
        assert (found.truth["gap"] is None) == (worse == 0)
        quick = frame.groupby("machine")["ambient_temperature"].transform(lambda one: one.diff(24))
        return quick.groupby(frame["site"]).std()

    with_it, without = spreads(0.6), spreads(0.0)
    assert with_it["west"] / with_it["north"] == pytest.approx(world.NOISIER, rel=0.05)
    assert without["west"] / without["north"] == pytest.approx(1, rel=0.05)


def test_drift_moves_one_sensor_and_says_nothing_of_a_failure(sample, units):
    frame = pd.DataFrame(sample.columns)
    drifting = units["drift"] != ""
    assert drifting.mean() == pytest.approx(0.3, abs=0.1)
    shares = drifting.groupby(units["failed"]).mean()
    assert abs(shares[0] - shares[1]) < 4 * np.sqrt(2 * 0.3 * 0.7 / (len(units) / 2))
    slow = "ambient_temperature"
    _, spread, _ = world.SENSORS[slow]
    moved = frame.groupby("machine")[slow].agg(lambda one: one.tail(72).mean() - one.head(72).mean()) / spread
    assert moved[units["drift"] == slow].abs().min() > 2
    assert moved[units["drift"] != slow].abs().max() < 1.5


def test_few_labelled_machines_have_times_to_failure():
    found = sample_data.make("machines", {"n": 400, "hours": 240, "labelled": 0.1, "seed": 4})
    frame = pd.DataFrame(found.columns)
    known = frame.groupby("machine")["hours_to_failure"].agg(lambda one: one.notna().mean())
    assert set(known) == {0.0, 1.0}
    by = known.groupby(frame.groupby("machine")["split"].first()).mean()
    assert by["val"] == by["test"] == 1
    assert by["train"] == pytest.approx(0.1, abs=0.06)


def test_rows_are_lost_and_flow_meters_stand_still():
    frame = pd.DataFrame(sample_data.make("machines", {"n": 100, "hours": 240, "gaps": 0.1, "stuck": 0.2}).columns)
    hours = frame.groupby("machine")["time"].agg(lambda one: (one.max() - one.min()) / np.timedelta64(1, "h") + 1)
    assert 1 - len(frame) / hours.sum() == pytest.approx(0.1, abs=0.01)
    still = frame.groupby("machine")["flow"].agg(lambda one: (one.tail(20) == one.iloc[-1]).all())
    assert still.mean() == pytest.approx(0.2, abs=0.1)


def test_it_is_written_as_csv_and_as_parquet(tmp_path):
    small = {"n": 20, "hours": 240}
    sample, path = sample_data.make("machines", small), tmp_path / "machines"
    for ending in ("csv", "parquet"):
        sample.write(path.with_suffix(f".{ending}"))
    written = pd.read_csv(path.with_suffix(".csv"), parse_dates=["time"]), pd.read_parquet(path.with_suffix(".parquet"))
    for frame in written:
        assert list(frame) == list(sample.columns)
        assert (frame["time"].to_numpy() == sample.columns["time"]).all()
        assert np.allclose(frame["pressure"], sample.columns["pressure"])
    with pytest.raises(ValueError, match="expected a name that ends in"):
        sample.write(tmp_path / "machines.json")
    assert sample.digest() == sample_data.make("machines", small).digest()
