"""The event log: gapless, once a key, whole after any cut."""

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.workspace.artefacts import Artefact
from backend.workspace.events import EventLog, read_events


def fill(path, n=6):
    log = EventLog(path)
    for i in range(n):
        log.append("metrics", {"step": i}, key=f"s/{i}")
    log.close()


def events(path):
    return [event for event, _ in read_events(path)]


def test_a_key_is_logged_once_a_kind(tmp_path):
    log = EventLog(tmp_path / "e.jsonl")
    log.append("metrics", {"loss": 1.0}, key="a")
    log.append("metrics", {"loss": 2.0}, key="a")
    log.append("knn", {}, key="a")
    log.append("note", {})
    log.append("note", {})
    log.close()
    assert [(e["seq"], e["kind"]) for e in events(log.path)] == [(0, "metrics"), (1, "knn"), (2, "note"), (3, "note")]
    assert events(log.path)[0]["body"] == {"loss": 1.0}


def test_subjects_are_written_out(tmp_path):
    log = EventLog(tmp_path / "e.jsonl")
    log.append("encoder", {}, [Artefact("encoder/ssl/0", "ab" * 32, "safetensors", 10)], key="x", durable=True)
    log.close()
    assert events(log.path)[0]["subjects"] == [
        {"role": "encoder/ssl/0", "sha256": "ab" * 32, "type": "safetensors", "bytes": 10}
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 800))
def test_a_log_cut_anywhere_goes_on_without_gap_or_double(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("log") / "e.jsonl"
    fill(path)
    path.write_bytes(path.read_bytes()[:cut])
    fill(path)
    found = events(path)
    assert [e["seq"] for e in found] == list(range(6))
    assert [e["key"] for e in found] == [f"s/{i}" for i in range(6)]


def test_last_and_seen_know_what_was_logged_before(tmp_path):
    path = tmp_path / "e.jsonl"
    assert EventLog(path).last is None
    fill(path, 3)
    log = EventLog(path)
    assert log.last["key"] == "s/2"
    assert log.seen("metrics", "s/1")["body"] == {"step": 1}
    assert log.seen("metrics", "s/9") is None


def test_threads_share_one_count(tmp_path):
    log = EventLog(tmp_path / "e.jsonl")
    threads = [threading.Thread(target=lambda: [log.append("n", {}) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert [e["seq"] for e in events(log.path)] == list(range(200))


def test_reading_on_from_an_offset(tmp_path):
    fill(tmp_path / "e.jsonl")
    *_, (_, third), _, _, _ = read_events(tmp_path / "e.jsonl")
    assert [e["seq"] for e, _ in read_events(tmp_path / "e.jsonl", third)] == [3, 4, 5]
