"""The audit page: nothing promised before a verification, a clean record, a tampered one."""

from workbench import session
from workbench.verdicts import audit as words


def test_empty(nothing, open_page):
    app = open_page("audit")
    assert "nothing to check yet" in app.subheader[0].value
    assert "empty" in app.info[0].value


def test_clean_record(trained, open_page):
    app = open_page("audit")
    assert "Not checked yet" in app.subheader[0].value
    app.button(key="verify").click().run()
    assert not app.exception
    assert app.subheader[0].value.startswith("Yes: all")
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
    assert app.subheader[0].value.startswith("No: 1 finding")
    assert manifest["sheet"]["sha256"][:12] in app.error[0].value


def test_no_sentence_promises_more_than_was_checked():
    assert "Yes" not in words.sentence(None, 12)
    result = {"ok": True, "events": 3, "artefacts": 1, "root": "ab", "findings": [], "checkpoints": 1}
    assert "who holds the key could still rewrite" in words.evidence(result)
    assert "No signed checkpoint" in words.evidence({**result, "checkpoints": 0})
