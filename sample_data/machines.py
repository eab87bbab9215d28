"""Invented machines that announce their failures: known fault signatures, onsets, harmless drift and a worse site.

A long table, a row an hour and machine: `machine`, `time`, seven sensors, the machine's `site` and `model`, and
`hours_to_failure`: of a machine that fails (`failed` 1) the time left, of one that is followed without a failure
(`failed` 0) the time to the end of its record.

A machine that fails has one of three faults. From the fault's onset, LEAD hours before the failure, its signature comes
back once in EVERY hours, lasts EPISODE hours and grows by half until the failure. It lies in one sensor:

bearing    vibration swings with a period of three hours, which is near the highest frequency that hourly rows hold
pump       pressure dips and recovers
winding    current is raised by a steady amount

Nothing else tells of a failure: load follows the day and drives the sensors alike, each machine has its own levels,
and from 0.6 times the average on a machine is as likely to fail, or to be followed no longer, at any age.

drift      in this share of the machines one sensor wanders off for as long as the machine is followed, whether it fails
           or not. An alarm that drift raises is false
worse      `west` has worse sensors: NOISIER times the noise, and of exactly this share of its failures, in every split,
           no signature is seen. Whoever reads every signature finds all failures elsewhere and 1 - worse of them there.
           0: all sites are alike
gaps       share of the rows that are lost
stuck      share of the machines whose flow meter stands still from some time on

`labelled`: the share of train's machines whose times to failure are known; those of val and test are. As a number, the
hours that are left are known of machines that fail alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field
from scipy.signal import lfilter

from . import Sample, SampleParams

KIND = "series"
# sensor -> (level, one standard deviation of its noise, how many of these the load moves it)
SENSORS = {
    "speed": (1480.0, 6.0, 2.0),
    "current": (42.0, 0.8, 1.5),
    "vibration": (2.8, 0.12, 0.8),
    "bearing_temperature": (64.0, 0.9, 1.0),
    "pressure": (5.2, 0.06, 0.7),
    "flow": (118.0, 1.6, 1.2),
    "ambient_temperature": (21.0, 0.7, 0.0),
}
FAULTS = {"bearing": "vibration", "pump": "pressure", "winding": "current"}
SITES, WORSE, NOISIER = ("north", "south", "west"), "west", 1.5
MODELS = ("A", "B")
LEAD = (80, 140)  # hours from the onset of a fault to the failure
HORIZON = 72.0  # hours: below every lead
EVERY, EPISODE, PERIOD = 16, 6, 3  # hours
WINDOW, STRIDE = 48, 6  # hours: a window that ends at least EVERY hours behind an onset holds a signature
DRIFT = (4.0, 10.0)  # standard deviations of the noise, over the whole record
SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
START = np.datetime64("2024-01-01T00:00:00")


class Params(SampleParams):
    n: int = Field(240, ge=20, le=20_000, description="Machines")
    hours: int = Field(300, ge=240, le=5_000, description="Hours that a machine is followed on average")
    seed: int = Field(0, ge=0, lt=2**31)
    target: Literal["event", "number"] = Field(
        "event", description="A failure within 72 hours, or the hours that are left"
    )
    failing: float = Field(0.5, ge=0.1, le=0.9, description="Share of the machines that fail")
    labelled: float = Field(1.0, gt=0, le=1, description="Share of train's machines whose time to failure is known")
    strength: float = Field(5.0, ge=1, le=20, description="Signature, in standard deviations of the sensor's noise")
    drift: float = Field(0.3, ge=0, le=1, description="Share of the machines of which one sensor drifts")
    worse: float = Field(0.6, ge=0, le=0.9, description="Share of the worse site's failures that show no sign")
    gaps: float = Field(0.01, ge=0, le=0.3, description="Share of the rows that are lost")
    stuck: float = Field(0.05, ge=0, le=0.5, description="Share of the machines with a flow meter that stands still")


@dataclass(frozen=True)
class Fleet:
    """M machines. hours: rows of each; fault: "" where it does not fail; onset: hours from its first row, the record's
    length where it does not fail; hidden: no signature is seen; drifting: a sensor's place or -1."""

    split: np.ndarray
    site: np.ndarray
    model: np.ndarray
    hours: np.ndarray
    fault: np.ndarray
    onset: np.ndarray
    hidden: np.ndarray
    drifting: np.ndarray
    known: np.ndarray


def make(params: Params) -> Sample:
    rng = np.random.default_rng(params.seed)
    fleet = _fleet(params, rng)
    parts = [_followed(params, fleet, machine, rng) for machine in range(params.n)]
    values, signature, kept = (np.concatenate(each) for each in zip(*parts, strict=True))
    of = np.repeat(np.arange(params.n), fleet.hours)
    hour = np.concatenate([np.arange(hours) for hours in fleet.hours])
    begun = rng.integers(0, 24 * 180, params.n)
    names = np.array([f"M{number:05d}" for number in rng.permutation(params.n)])
    left, event = (fleet.hours[of] - 1 - hour).astype(np.float64), params.target == "event"
    told = fleet.known[of] & (
        event | (fleet.fault != "")[of]
    )  # nobody knows what is left of a machine that did not fail
    columns = {
        "machine": names[of],
        "time": START + (begun[of] + hour).astype("timedelta64[h]"),
        **{name: values[:, place] for place, name in enumerate(SENSORS)},
        "site": fleet.site[of],
        "model": fleet.model[of],
        "failed": (fleet.fault != "")[of].astype(np.int64),
        "hours_to_failure": np.where(told, left, np.nan),
        "split": fleet.split[of],
    }
    return Sample(
        images=None,
        columns={name: column[kept] for name, column in columns.items()},
        label="hours_to_failure",
        split="split",
        group="machine",
        sensitive=[{"column": "site"}, {"column": "model"}],
        kind=KIND,
        target=params.target,
        unit="hours",
        time="time",
        spec={"window": WINDOW, "stride": STRIDE} | ({"horizon": HORIZON, "observed": "failed"} if event else {}),
        truth=_truth(params, fleet, names, signature[kept]),
    )


def _fleet(params: Params, rng: np.random.Generator) -> Fleet:
    count = params.n
    splits = np.repeat(list(SHARES), np.diff(np.rint(np.cumsum([0, *SHARES.values()]) * count).astype(int)))
    split, site = rng.permutation(splits), rng.choice(SITES, count)
    fails = rng.random(count) < params.failing
    fault = np.where(fails, rng.choice(list(FAULTS), count), "")
    # as likely to end at any age, so that the clock tells little
    further = np.minimum(rng.exponential(0.4 * params.hours, count), 3 * params.hours)
    hours = (0.6 * params.hours + further).astype(np.int64)
    hidden = np.zeros(count, dtype=bool)
    for part in SHARES:
        there = np.flatnonzero(fails & (site == WORSE) & (split == part))
        hidden[rng.permutation(there)[: round(params.worse * len(there))]] = True
    drifting = np.where(rng.random(count) < params.drift, rng.integers(0, len(SENSORS), count), -1)
    return Fleet(
        split=split,
        site=site,
        model=rng.choice(MODELS, count),
        hours=hours,
        fault=fault,
        onset=np.where(fails, hours - rng.integers(LEAD[0], LEAD[1] + 1, count), hours),
        hidden=hidden,
        drifting=drifting,
        known=(split != "train") | (rng.random(count) < params.labelled),
    )


def _followed(
    params: Params, fleet: Fleet, machine: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values float64 T x sensors, the sensor in which a signature is shown or -1, whether the row was kept)"""
    count = int(fleet.hours[machine])
    hour, midnight = np.arange(count), rng.integers(0, 24)
    day = np.sin(2 * np.pi * (hour + midnight) / 24)
    load = day + lfilter([0.3], [1, -0.9], rng.standard_normal(count))
    noise = NOISIER if params.worse and fleet.site[machine] == WORSE else 1.0
    moved = noise * rng.standard_normal((count, len(SENSORS))) + rng.standard_normal(len(SENSORS))
    moved += np.outer(load, [by for _, _, by in SENSORS.values()])
    moved[:, list(SENSORS).index("ambient_temperature")] += 2 * day
    if (place := fleet.drifting[machine]) >= 0:
        moved[:, place] += rng.choice([-1, 1]) * rng.uniform(*DRIFT) * hour / (count - 1)
    shown, signature = _signature(params, fleet, machine, rng)
    for place in np.unique(shown[shown >= 0]):
        moved[:, place] += signature
    levels, spreads = (np.array([one[at] for one in SENSORS.values()]) for at in (0, 1))
    values = np.round(levels + spreads * moved, 4)
    if rng.random() < params.stuck:
        flow, since = list(SENSORS).index("flow"), rng.integers(count // 4, 3 * count // 4)
        values[since:, flow] = values[since, flow]
    kept = rng.random(count) >= params.gaps
    kept[[0, -1]] = True
    return values, shown, kept


def _signature(params: Params, fleet: Fleet, machine: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(the sensor that shows it in each hour or -1, int8 T; what it adds there, in standard deviations, float64 T)"""
    count, onset = int(fleet.hours[machine]), int(fleet.onset[machine])
    hour, fault = np.arange(count), str(fleet.fault[machine])
    none = np.full(count, -1, dtype=np.int8)
    if not fault or fleet.hidden[machine]:
        return none, np.zeros(count)
    since = hour - onset
    within = since % EVERY
    on = (since >= 0) & (within < EPISODE)
    shape = {
        "bearing": np.sin(2 * np.pi * within / PERIOD + rng.uniform(0, 2 * np.pi)) * np.sqrt(2),
        "pump": -np.sin(np.pi * (within + 0.5) / EPISODE),
        "winding": np.ones(count),
    }[fault]
    grown = 1 + 0.5 * since / (count - 1 - onset)
    place = list(SENSORS).index(FAULTS[fault])
    return np.where(on, place, none).astype(np.int8), np.where(on, params.strength * grown * shape, 0.0)


def _truth(params: Params, fleet: Fleet, names: np.ndarray, signature: np.ndarray) -> dict[str, Any]:
    """sensors: in the order of their numbers; signature: int8 N, the sensor that shows a fault in a row or -1; fleet:
    of each machine its fault, the hours from its first row to the onset, whether nothing is seen of it, and the
    sensor that drifts; gap: of the recall of whoever reads every signature."""
    sensors = list(SENSORS)
    return {
        "sensors": sensors,
        "signature": signature,
        "fleet": {
            "machine": names,
            "fault": fleet.fault,
            "sensor": np.array([FAULTS.get(fault, "") for fault in fleet.fault]),
            "onset": np.where(fleet.fault != "", fleet.onset, -1),
            "hidden": fleet.hidden,
            "drift": np.array(["" if place < 0 else sensors[place] for place in fleet.drifting]),
        },
        "period": {"bearing": PERIOD},
        "gap": {"attribute": "site", "group": WORSE, "metric": "tpr", "value": params.worse} if params.worse else None,
    }
