"""Who is told when a run has ended: once, again where it fails, and never from a recipe."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from backend.audit.witness.http_post import Reply, Unreachable
from backend.control.runs import runs
from backend.control.runs.notices import Notices, NotifySettings, notify_settings
from backend.control.service import Service
from backend.workspace.layout import BadInput

HOOK = "https://chat.example/hooks/very-secret"


class Chat:
    """Takes what is sent, or refuses as it is told: one answer a call."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []

    def __call__(self, url, body, media):
        self.got.append((url, json.loads(body), media))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, int):
            return Reply(answer, "", b"")
        raise answer


def add(store, run, state="succeeded", reason=None, **job):
    store.write(lambda tx: runs.create(tx, run, "run", f"Title of {run}", "bars", {"recipe": {}, **job}, "local"))
    if state:
        store.write(lambda tx: runs.move(tx, run, state, reason))


def notices(store, chat, wait=(0, 0)):
    return Notices(store, NotifySettings(webhook=HOOK), chat, wait)


def turn(one):
    one.turn()
    if one._thread:
        one._thread.join(60)


def told(store, run):
    return store.rows("SELECT kind, body FROM ledger WHERE run = ? AND kind LIKE 'notice.%' ORDER BY leaf", [run])


def test_the_end_of_a_run_is_told_once(store):
    add(store, "old")
    chat = Chat()
    one = notices(store, chat)
    add(store, "r1", "failed", "the disk is full")
    add(store, "trial", sweep={"sweep": "s", "number": 0})
    add(store, "waits", None)
    for _ in range(2):
        turn(one)
    ((url, body, media),) = chat.got
    assert (url, media) == (HOOK, "application/json")
    assert body["text"] == "Title of r1: failed after 0 s on bars: the disk is full"
    assert (body["run"], body["state"], body["reason"]) == ("r1", "failed", "the disk is full")
    (event,) = told(store, "r1")
    assert (event["kind"], json.loads(event["body"])) == ("notice.sent", {"host": "chat.example", "tries": 1})
    assert "secret" not in str(store.rows("SELECT body FROM ledger"))
    turn(notices(store, chat))  # whoever comes next knows it from the ledger
    assert len(chat.got) == 1


def test_an_end_that_nobody_was_told_of_is_told_by_the_next_owner(store):
    add(store, "r1")
    one = notices(store, Chat())
    add(store, "r2")
    turn(one)
    add(store, "r3")
    chat = Chat()
    turn(notices(store, chat))
    assert [body["run"] for _, body, _ in chat.got] == ["r3"]


def test_what_is_not_taken_is_sent_again_and_then_given_up(store):
    one = notices(store, chat := Chat(503, Unreachable(f"{HOOK}: expected an answer, found none"), 200))
    add(store, "r1")
    for _ in range(4):
        turn(one)
    assert len(chat.got) == 3
    assert json.loads(told(store, "r1")[0]["body"])["tries"] == 3
    one = notices(store, Chat(500, 500, Unreachable(f"{HOOK}: expected an answer, found none")))
    add(store, "r2")
    for _ in range(4):
        turn(one)
    (event,) = told(store, "r2")
    assert event["kind"] == "notice.failed"
    assert json.loads(event["body"]) == {
        "host": "chat.example",
        "tries": 3,
        "reason": "chat.example: expected an answer, found none",
    }


def test_it_waits_before_it_tries_again(store):
    one = notices(store, chat := Chat(500), wait=(3600,))
    add(store, "r1")
    for _ in range(3):
        turn(one)
    assert len(chat.got) == 1
    assert told(store, "r1") == []


def test_a_run_that_was_resumed_is_told_of_again(store):
    one = notices(store, chat := Chat())
    add(store, "r1", "cancelled")
    turn(one)
    store.write(lambda tx: runs.seal(tx, "r1", {}))
    store.write(lambda tx: runs.ask_again(tx, "r1", "local"))
    store.write(lambda tx: runs.move(tx, "r1", "succeeded"))
    turn(one)
    assert [body["state"] for _, body, _ in chat.got] == ["cancelled", "succeeded"]


def test_without_an_address_nobody_is_told(store):
    one = Notices(store, NotifySettings(), chat := Chat())
    add(store, "r1")
    turn(one)
    assert chat.got == []


@pytest.mark.parametrize("wrong", ["ftp://x/y", "https://user:word@x/y", "nothing"])
def test_an_address_that_is_none_is_one_line(tmp_path, wrong):
    (tmp_path / "settings.toml").write_text(f'[notify]\nwebhook = "{wrong}"\n')
    with pytest.raises(BadInput, match=r"notify\.webhook: .*expected http"):
        notify_settings(tmp_path)


def test_a_server_tells_a_real_address(tmp_path):
    got, came = [], threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            came.set()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as hook:
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        (tmp_path / "ws").mkdir()
        address = f"http://127.0.0.1:{hook.server_port}/hook"
        (tmp_path / "ws" / "settings.toml").write_text(f'[notify]\nwebhook = "{address}"\n')
        service = Service.open(tmp_path / "ws")
        add(service.store, "r1", "cancelled", "cancelled before it started")
        service.supervisor.wake()
        assert came.wait(60)
        until = time.monotonic() + 60
        while not (event := service.latest("r1", "notice.sent")):
            assert time.monotonic() < until
            time.sleep(0.05)
        service.close()
        hook.shutdown()
    assert (got[0]["run"], event["body"]) == ("r1", {"host": "127.0.0.1", "tries": 1})
