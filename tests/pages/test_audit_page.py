"""The audit page: nothing promised before a verification, a clean record, a tampered one."""

from workbench import session
from workbench.verdicts import audit as words


def test_empty(nothing, open_page):
    app = open_page("audit")
    assert "Not checked yet" in app.subheader[0].value
    assert "empty" in app.info[0].value


def test_clean_record(trained, open_page):
    app = open_page("audit")
    assert "Not checked yet" in app.subheader[0].value
    app.button(key="verify").click().run()
    assert not app.exception
    assert app.subheader[0].value.startswith("Yes: all")
    assert trained.verify()["root"] in " ".join(c.value for c in app.caption)
    assert any("verified" in c.value and "not verified" not in c.value for c in app.sidebar.caption)


def test_events_are_filtered_by_run_and_kind(trained, open_page):
    app = open_page("audit")
    app.selectbox(key="ledger_run").select("failed").run()
    assert set(app.dataframe[0].value["Run"]) == {"failed"}
    app.selectbox(key="ledger_kind").select("run.failed").run()
    assert app.dataframe[0].value["Event"].tolist() == ["run.failed"]


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
    assert "not signed" in words.evidence({"ok": True, "events": 3, "artefacts": 1, "root": "ab", "findings": []})
