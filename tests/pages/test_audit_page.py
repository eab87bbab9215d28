"""The audit page: nothing promised before a verification, a clean record, a tampered one."""

from pandas.api.types import is_numeric_dtype
from streamlit.testing.v1 import AppTest

from workbench.audit.verifying import Pace
from workbench.frame import session
from workbench.verdicts import audit as words


def test_empty(nothing, open_page):
    app = open_page("audit")
    assert "nothing to check yet" in app.title[0].value
    assert "empty" in app.info[0].value


def test_clean_record(trained, open_page):
    app = open_page("audit")
    assert "Not checked yet" in app.title[0].value
    app.button(key="verify").click().run()
    assert not app.exception
    assert app.title[0].value.startswith("Yes: all")
    assert trained.verify()["root"] in " ".join(c.value for c in app.caption)
    assert any("verified" in c.value and "not verified" not in c.value for c in app.sidebar.caption)


def rows(app):
    return next(d.value for d in app.dataframe if "Leaf" in d.value)


def test_events_are_filtered_by_run_and_kind_and_text(trained, open_page):
    app = open_page("audit")
    app.selectbox(key="ledger_run").select("failed").run()
    assert set(rows(app)["Run"]) == {"failed"}
    app.selectbox(key="ledger_kind").select("run.failed").run()
    assert rows(app)["Event"].tolist() == ["run.failed"]
    app.text_input(key="ledger_text").input("THE DISK IS FULL").run()
    assert rows(app)["Event"].tolist() == ["run.failed"]
    app.text_input(key="ledger_text").input("no such thing 100%").run()
    assert not app.exception
    assert "No event fits" in app.info[0].value


def test_the_state_of_the_record_says_what_is_not_there(trained, open_page):
    table = next(d.value for d in open_page("audit").dataframe if "What" in d.value)
    told = dict(zip(table["What"], table["Value"], strict=True))
    assert told["Root (RFC 9162)"] == trained.trail.tree()["root"]
    assert told["Vouched for by others"].startswith("nobody")


def test_a_bundle_is_built_and_offered(nothing, open_page):
    from tests.pages import conftest

    conftest.register(nothing)
    app = open_page("audit")
    app.button(key="bundle").click().run()
    assert not app.exception
    assert len(app.get("download_button")) == 1


def test_an_opened_event_says_what_it_holds():
    event = {"time": "2026-11-23T01:02:03.5Z", "actor": "ann", "run": "r", "seq": 4, "hash": "ab", "redacted": False}
    event |= {"body": {"a": {"b": [1, 2]}, "c": None, "d": [{"e": True}]}, "subjects": []}
    assert words.event(event).startswith(
        "2026-11-23 01:02:03 UTC by ann in r, number 4 there. Leaf hash ab. It holds a personal"
    )
    assert words.content(event) == [
        {"What": "a.b", "Value": "1, 2"},
        {"What": "c", "Value": "–"},
        {"What": "d[0].e", "Value": "yes"},
    ]


def test_a_replaced_file_is_named(nothing, open_page):
    from tests.pages import conftest

    manifest = conftest.register(nothing)
    path = nothing.artefacts.path(manifest["sheet"]["sha256"], "json")
    path.write_text('{"warnings": ["all is well"]}')
    session.use(nothing)
    app = open_page("audit")
    app.button(key="verify").click().run()
    assert app.title[0].value.startswith("No: 1 finding")
    assert manifest["sheet"]["sha256"][:12] in app.error[0].value


def test_no_sentence_promises_more_than_was_checked():
    assert "Yes" not in words.sentence(None, 12)
    result = {"ok": True, "events": 3, "artefacts": 1, "root": "ab", "findings": [], "checkpoints": 1}
    result |= {"signed": 3, "sealed": 3, "unsigned_since": None, "key": ""}
    assert "Whoever holds the key could still rewrite" in words.evidence(result)
    assert "No signed checkpoint" in words.evidence({**result, "checkpoints": 0})
    behind = {**result, "signed": 1, "unsigned_since": "2026-11-22T10:00:00Z"}
    told = words.covered(behind)
    assert told.startswith(
        "Signed up to 1 of 3 events. 2 events since 2026-11-22 10:00:00 UTC: no checkpoint covers them"
    )
    assert "nobody has signed them" in words.covered({**behind, "sealed": 0})


def test_a_span_drawn_on_the_timeline_narrows_the_events_until_it_is_let_go(trained, open_page):
    app = open_page("audit")
    every = rows(app)
    when = every["Time (UTC)"].iloc[-1]
    app.session_state["ledger_span"] = ("2000-01-01", when.replace(" ", "T") + ".999999")
    app.run()
    assert not app.exception
    narrowed = rows(app)
    assert 0 < len(narrowed) <= len(every)
    assert max(narrowed["Time (UTC)"]) == when
    assert any(f"Only from 2000-01-01 to {when[:10]}" in c.value for c in app.caption)
    app.session_state["ledger_span"] = ("2000-01-01", "2000-01-02")
    assert "No event fits" in app.run().info[0].value
    app.session_state["ledger_span"] = ("<script>", "2000-01-02")
    assert "since: expected a day or time" in app.run().error[0].value
    app.button(key="whole_time").click().run()
    assert len(rows(app)) == len(every)


def test_an_event_counts_whose_time_cannot_be_read(nothing, open_page):
    nothing.store.write(
        lambda tx: [tx.log("note", {}, actor="a", time=t) for t in ("yesterday", "2026-01-01T00:00:00Z")]
    )
    app = open_page("audit")
    assert len(rows(app)) == 2
    assert any("2 events, the newest first. 1 of them have a time" in c.value for c in app.caption)
    nothing.store.write(lambda tx: tx.log("other", {}, actor="a", time="yesterday"))
    app = open_page("audit")
    app.selectbox(key="ledger_kind").select("other").run()
    assert not app.exception
    assert rows(app)["Event"].tolist() == ["other"]


def test_the_number_in_a_run_is_a_number(trained, open_page):
    app = open_page("audit")
    app.selectbox(key="ledger_run").select("done").run()
    assert is_numeric_dtype(rows(app)["Number in run"])


OPENED = "from workbench.audit.opened import opened\nopened(0)"


def test_a_proof_stays_while_its_event_is_open(nothing):
    nothing.store.write(lambda tx: tx.log("note", {}, actor="a"))
    app = AppTest.from_string(OPENED).run()
    app.button(key="prove_0").click().run()
    app.run()
    assert any("checks the file: verify.py lies in the bundle" in c.value for c in app.caption)
    assert len(app.get("download_button")) == 1


def test_a_verification_that_was_stopped_says_nothing(trained, open_page):
    app = open_page("audit")
    app.session_state["verifying"] = True
    app.run()
    assert "stopped before its end" in app.info[0].value
    assert "Not checked yet" in app.title[0].value
    assert not any("stopped" in i.value for i in app.run().info)


def test_the_pace_is_that_of_the_last_seconds():
    clock = iter([0, 0.5, 2, 10, 11, 12, 13, 14, 15]).__next__
    pace = Pace(clock)
    assert pace.left(10, 1_000) is None
    assert pace.left(500, 1_000) == 2  # 500 in 2 s
    for done in (990, 991, 992, 993, 994):
        pace.left(done, 1_000)
    assert pace.left(995, 1_000) == 5  # one a second, however fast it was before
    assert words.progress(995, 1_000, 5) == "Checked 995 of 1,000 events and files; at this pace 5 s left"


def test_the_sidebar_says_up_to_where_the_record_is_signed(nothing, open_page):
    from tests.pages import conftest

    conftest.register(nothing)
    assert any("no checkpoint signed yet" in c.value for c in open_page("home").sidebar.caption)
    size = nothing.trail.checkpoint()["size"]
    assert any(f"UTC over {size} of them" in c.value for c in open_page("home").sidebar.caption)
