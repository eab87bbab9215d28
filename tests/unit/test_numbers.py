"""Numbers as people type them: read as they are written, or refused in one line; nothing is guessed."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench
from backend.workspace.layout import BadInput
from workbench.frame.numbers import Range, read, read_list, shown

ANY = Range()
RATE = Range(0, 10, above=True)
SIZE = Range(4, 4096, whole=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.01", 0.01), ("0,01", 0.01), ("1e-3", 0.001), ("1E-3", 0.001), (" .5 ", 0.5), ("5.", 5.0), ("10", 10.0),
     ("0,001", 0.001), ("+2", 2.0), ("2.5e0", 2.5)],
)  # fmt: skip
def test_a_number_is_read_with_a_point_or_a_comma(text, value):
    assert read(text, "Learning rate", RATE) == value


@pytest.mark.parametrize(("text", "value"), [("4", 4), ("+64", 64), ("1e3", 1000), (" 4096 ", 4096)])
def test_a_whole_number_is_read(text, value):
    found = read(text, "Width", SIZE)
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    "text",
    ["1e9", "0", "-1", "−1", "10.001", "nan", "inf", "1e400", "1e-400", "0x10", "1_000", "1 000", "1.234,5", "1,2,3",
     "٣", "²", "lots", "1e", ",", "--1"],
)  # fmt: skip
def test_what_is_no_number_of_the_range_is_one_line(text):
    with pytest.raises(BadInput) as told:
        read(text, "Learning rate", RATE)
    assert str(told.value) == f"Learning rate: expected a number above 0 and at most 10, found {text!r}"


@pytest.mark.parametrize("text", ["0,01", "1.0", "1,000", "3", "4097", "1e99", "9" * 30, "1e-1"])
def test_what_is_no_whole_number_of_the_range_is_refused(text):
    with pytest.raises(BadInput, match=r"^Width: expected a whole number from 4 to 4096, found "):
        read(text, "Width", SIZE)


def test_nothing_is_told_from_a_number():
    with pytest.raises(BadInput, match=r"^Width: expected a whole number from 4 to 4096, found nothing$"):
        read("  ", "Width", SIZE)


def test_a_comma_before_three_digits_may_mean_two_numbers():
    with pytest.raises(BadInput, match=r"found '1,234', which may mean 1\.234 or 1234: write one of them$"):
        read("1,234", "Margin", ANY)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_a_field_shows_is_what_it_reads(value):
    assert read(shown(value), "x", ANY) == value
    assert read(shown(value).replace(".", ","), "x", ANY) == value


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_kept_exactly(value):
    assert read(shown(value), "x", Range(whole=True)) == value


@given(st.text(max_size=12), st.sampled_from([RATE, SIZE, Range(0, 1), Range(1, whole=True)]))
def test_no_text_is_read_as_a_number_that_the_range_refuses(text, taken):
    try:
        found = read(text, "x", taken)
    except BadInput:
        return
    assert found in taken
    assert float(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("40, 60", [40, 60]), ("0.1, 0.5", [0.1, 0.5]), ("0,1; 0,5", [0.1, 0.5]), ("40 60", [40, 60]), ("", []),
     ("0.1,0.5", [0.1, 0.5]), ("10,20,30", [10, 20, 30]), ("40,", [40]), (" 7 ", [7])],
)  # fmt: skip
def test_a_list_is_read(text, found):
    assert read_list(text, "Cut age at", ANY) == found


@pytest.mark.parametrize("text", ["0,01", "40,60", "0,1, 0,5", "00,5,7", "old", "40, old", "40; nan"])
def test_a_list_that_can_be_read_in_two_ways_is_refused(text):
    with pytest.raises(BadInput, match=r"^Cut age at: expected "):
        read_list(text, "Cut age at", ANY)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=6))
def test_a_list_that_is_shown_is_read_again(values):
    assert read_list(", ".join(map(shown, values)), "x", ANY) == values


@pytest.mark.parametrize(
    ("taken", "told"),
    [(ANY, "a number"), (SIZE, "a whole number from 4 to 4096"), (Range(0.5), "a number at least 0.5"),
     (Range(high=1, below=True), "a number below 1"), (Range(0, 1, below=True), "a number at least 0 and below 1")],
)  # fmt: skip
def test_a_range_is_said(taken, told):
    assert str(taken) == told


def test_no_page_asks_with_a_number_field_of_the_browser():
    """It keeps a number that it refuses to itself, and the server goes on with the one before."""
    here = Path(workbench.__file__).parent
    files = [*here.rglob("*.py"), *(here.parent / "pages").glob("*.py")]
    assert len(files) > 100
    texts = {file.name: file.read_text() for file in files}
    assert [name for name, text in texts.items() if re.search(r"\bnumber_input\(", text)] == []
    editors = {name: text for name, text in texts.items() if ".data_editor(" in text}
    for name, text in editors.items():  # a table in which one picks from a list asks for no number
        assert "SelectboxColumn" in text, name
        assert "disabled=[" in text, name
        assert "NumberColumn" not in text, name
