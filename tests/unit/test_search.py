"""Finding events: filters, text as text, time, pages, and a proof that checks out."""

from __future__ import annotations

import hashlib

import pytest

from backend.audit.ledger.proofs import check_inclusion
from backend.control.record.search import BINS, Query, Search
from backend.control.record.store import Store
from backend.control.runs.runs import NotFound
from backend.workspace.layout import BadInput

DAYS = ("2026-11-20T23:59:59.999999Z", "2026-11-21T00:00:00.000000Z", "2026-11-22T12:00:00.500000Z")


@pytest.fixture
def search(tmp_path):
    store = Store(tmp_path / "w.duckdb")

    def write(tx):
        tx.log(
            "run.started",
            {"note": "100 % of O'Neil's_data, said \"yes\" in C:\\x"},
            actor="ann",
            run="r1",
            time=DAYS[0],
            seq=0,
        )
        tx.log("metrics", {"loss": 0.5}, actor="worker", run="r1", time=DAYS[1], seq=1, key="pretrain/0/1")
        tx.log("selection", {}, actor="bob", run="r2", time=DAYS[2], private={"name": "Dark Spots"})

    store.write(write)
    yield Search(store)
    store.close()


def leaves(search, **query):
    return [leaf["leaf"] for leaf in search.find(Query(**query))["leaves"]]


def test_filters_and_their_combination(search):
    assert leaves(search) == [2, 1, 0]
    assert leaves(search, run="r1") == [1, 0]
    assert leaves(search, run="r1", actor="worker") == [1]
    assert leaves(search, kind="selection") == [2]
    assert leaves(search, run="nope") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("o'neil", [0]),
        ("100 %", [0]),
        ("%", [0]),
        ("s_d", [0]),
        ("sXd", []),
        ("dark spots", [2]),
        ("PRETRAIN/0", [1]),
        ('said "yes"', [0]),
        ("c:\\X", [0]),
    ],
)
def test_text_is_looked_for_as_it_stands(search, text, found):
    assert leaves(search, text=text) == found


def test_days_are_utc_and_the_last_one_is_not_included(search):
    assert leaves(search, since="2026-11-21") == [2, 1]
    assert leaves(search, until="2026-11-21") == [0]
    assert leaves(search, since="2026-11-21T01:00:00+01:00", until="2026-11-22T12:00:00.5Z") == [1]


def test_pages_and_the_total(search):
    found = search.find(Query(), limit=2, offset=2)
    assert found["total"] == 3
    assert [leaf["leaf"] for leaf in found["leaves"]] == [0]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"text": "x" * 201},
        {"run": 7},
        {"until": "2026-13-01"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"text": "\ud800"},
    ],
)
def test_hostile_queries_are_one_line(search, query):
    with pytest.raises(BadInput, match=r"^\w+: expected "):
        search.find(Query(**query))


def test_the_timeline_counts_every_event_once(search):
    told = search.timeline(Query())
    assert told["start"].startswith("2026-11-20T23:59:59")
    assert sum(map(sum, told["counts"].values())) == 3
    assert told["counts"]["measurements"][0] == 1
    assert told["counts"]["people and decisions"][BINS - 1] == 1
    assert search.timeline(Query(run="nope")) == {}


def test_an_event_with_a_damaged_time_breaks_nothing(search):
    search._store.write(lambda tx: tx.log("metrics", {}, actor="worker", run="r1", time="yesterday"))
    assert sum(map(sum, search.timeline(Query())["counts"].values())) == 3
    assert search.find(Query())["total"] == 4


def test_an_event_is_opened_with_its_payload_and_proven(search):
    assert search.event(2)["body"]["name"] == "Dark Spots"
    for leaf in range(3):
        proof = search.inclusion(leaf)
        assert hashlib.sha256(b"\x00" + proof["event"].encode()).hexdigest() == proof["hash"]
        path = [bytes.fromhex(node) for node in proof["path"]]
        assert check_inclusion(bytes.fromhex(proof["hash"]), leaf, 3, path, bytes.fromhex(proof["root"]))
    with pytest.raises(NotFound, match=r"^event: expected a leaf of this ledger, found 3"):
        search.event(3)
