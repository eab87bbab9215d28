"""Home answers what is going on: nothing, something running, what came out."""


def test_empty_offers_the_demo(nothing, open_page):
    app = open_page("home")
    assert "empty" in app.title[0].value
    assert app.button(key="demo")


def test_running_and_queued_runs_are_shown_with_what_is_left(trained, open_page):
    app = open_page("home")
    assert app.title[0].value.startswith("1 running, 1 waiting; 2 runs finished on 1 data set")
    text = " ".join(m.value for m in app.markdown)
    assert "about 1 min 5 s left" in text
    assert "Queued" in text


def test_ended_runs_carry_their_verdicts(trained, open_page):
    text = " ".join(m.value for m in open_page("home").markdown)
    assert "Collapsed since step 60 (dimensional)" in text
    assert "the disk is full" in text
    assert "Healthy" in text


def test_the_footer_names_the_ledger(trained, open_page):
    app = open_page("home")
    assert any("events in the ledger" in c.value for c in app.sidebar.caption)


def test_the_machine_says_what_is_at_work_what_waits_and_how_much_room_there_is(trained, open_page):
    app = open_page("home")
    box = next(e for e in app.expander if e.label.startswith("This machine"))
    assert box.label == "This machine: 0 of 1 device at work, 1 run waits"
    devices, queue = (frame.value for frame in box.dataframe)
    assert list(devices["Device"]) == ["cpu", "registering data"]
    assert (queue["Place"][0], queue["Data"][0], queue["Asked by"][0]) == (1, "bars", "local")
    assert "GiB free" in box.caption[0].value
