"""Columns of tables by what is written in them: which type, why, and which values come back."""

from __future__ import annotations

import math
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.modality.table import dates, kinds, numbers, types
from backend.modality.table.kinds import Known
from backend.workspace.layout import BadInput


def column(values, name="x", asked=None, **known):
    """(the column, its values read)"""
    array = pa.chunked_array([pa.array(values)])
    told = Known("t.csv", len(array), **{"words_only": True, **known})
    found = types.column(pa.field(name, array.type), array, told, asked, "as asked" if asked else "")
    return found, kinds.typed(kinds.present(array, told), found).to_pylist()


NUMBERS = [
    (["1", "2.5", "-3", "+4", "1e+05"], [1, 2.5, -3, 4, 1e5], "numbers"),
    (["1,234", "12", "1,234,567.50"], [1234, 12, 1234567.5], "commas between thousands"),
    (["1.234,5", "12,25", "7"], [1234.5, 12.25, 7], "points between thousands; a decimal comma"),
    (["0,5", "12,25", "7"], [0.5, 12.25, 7], "a decimal comma"),
    (["1 234,5", "12,25", "7"], [1234.5, 12.25, 7], "blanks between thousands; a decimal comma"),
    (["1'234.5", "1’000", "7"], [1234.5, 1000, 7], "apostrophes between thousands"),
    (["$1,234.50", "-$12", "$ 7"], [1234.5, -12, 7], "amounts in $; commas between thousands"),
    (["1.234,50 €", "12 €", "-7,5 €"], [1234.5, 12, -7.5], "amounts in €; points between thousands; a decimal comma"),
    (["EUR 10", "EUR 12.5", "EUR 9"], [10, 12.5, 9], "amounts in EUR"),
    (["12 %", "7.5%", "100%"], [12, 7.5, 100], "percent"),
    (["$(1,200)", "$300", "$1,000"], [-1200, 300, 1000], "negative numbers in brackets"),
]


@pytest.mark.parametrize(("written", "meant", "why"), NUMBERS)
def test_numbers_in_every_usual_form_are_read(written, meant, why):
    found, values = column(written)
    assert found.type == "number"
    assert values == meant
    assert why in found.why


@given(st.lists(st.floats(-1e7, 1e7), min_size=4, max_size=12, unique=True), st.sampled_from(["", "$", "€"]))
def test_an_amount_comes_back_whatever_its_thousands(found, currency):
    cents = [round(value, 2) + 0.0 for value in found]
    values, _ = [f"{currency}{value:,.2f}" for value in cents], None
    read = column([*values, f"{currency}1,234,567.25"])[1]
    assert read[:-1] == pytest.approx(cents, abs=1e-9)


def test_a_comma_before_three_digits_is_told():
    found, values = column(["1,234", "5,678", "9,012"])
    assert (found.type, values) == ("number", [1234, 5678, 9012])
    assert "1,234 is read as 1234" in found.why
    found, values = column(["1,234", "5,678", "9,012"], comma=True)  # values that semicolons part
    assert (found.type, values) == ("number", [1.234, 5.678, 9.012])


def test_codes_with_leading_zeros_are_no_numbers():
    found, values = column(["007", "010", "123", "007"])
    assert (found.type, values[0]) == ("category", "007")


def test_a_word_for_missing_is_none_of_the_numbers():
    found, values = column(["1", "?", "3", "NA", ""])
    assert (found.type, values, found.missing) == ("number", [1, None, 3, None, None], 3)
    assert "'?', 'NA' counts as missing" in found.why


def test_words_among_numbers_are_told_and_the_type_can_be_said():
    written = [*map(str, range(100)), "abc"]
    found, _ = column(written)
    assert found.type != "number"
    assert found.how["mixed"] == "1 of 101 values are no numbers, such as 'abc'"
    found, values = column(written, asked="number")
    assert (found.missing, values[-1], values[5]) == (1, None, 5)
    assert "1 values that are no numbers count as missing, such as 'abc'" in found.why


def test_amounts_in_two_currencies_are_no_numbers():
    assert column(["$5", "€7", "$9", "€12"])[0].type == "category"


def test_infinite_values_and_no_numbers_are_missing():
    found, values = column([1.5, math.inf, -math.inf, math.nan, 2.0])
    assert (found.type, values, found.missing) == ("number", [1.5, None, None, None, 2.0], 3)


@pytest.mark.parametrize("kind", [str, int])
def test_integers_beyond_2_to_the_53_keep_their_digits(kind):
    huge = [kind(2**53 + 2 * i + 1) for i in range(4)] * 3
    found, values = column(huge)
    assert (found.type, values) == ("identifier", huge)
    assert "2^53" in found.why


DATES = [
    (["2021-03-04", "1899-12-31", "0900-01-01"], [(2021, 3, 4), (1899, 12, 31), (900, 1, 1)]),
    (["2021/3/4", "1850/12/31"], [(2021, 3, 4), (1850, 12, 31)]),
    (["04.03.2021", "05.12.1850"], [(2021, 3, 4), (1850, 12, 5)]),
    (["04/03/2021", "31/12/1850"], [(2021, 3, 4), (1850, 12, 31)]),
    (["03/04/2021", "12/31/1850"], [(2021, 3, 4), (1850, 12, 31)]),
    (["4 Mar 2021", "31 December 1850"], [(2021, 3, 4), (1850, 12, 31)]),
    (["March 4, 2021", "Dec 31, 1850"], [(2021, 3, 4), (1850, 12, 31)]),
    (["04-Mar-21", "31-Dec-75"], [(2021, 3, 4), (1975, 12, 31)]),
    (["2021-03", "1850-12"], [(2021, 3, 1), (1850, 12, 1)]),
]


@pytest.mark.parametrize(("written", "meant"), DATES)
def test_dates_in_every_usual_form_are_read(written, meant):
    found, values = column(written)
    assert found.type == "date"
    assert [(value.year, value.month, value.day) for value in values] == meant
    assert found.whole


def test_times_and_zones_are_taken_into_account():
    written = ["2021-03-04T12:30:00Z", "2021-03-04 12:30:15.25+02:00", "2021-03-04T00:00"]
    values = column(written)[1]
    assert values == [datetime(2021, 3, 4, 12, 30), datetime(2021, 3, 4, 10, 30, 15, 250000), datetime(2021, 3, 4)]
    assert column(["3/14/2021 1:05:00 PM", "3/15/2021 12:00:00 AM"])[1] == [
        datetime(2021, 3, 14, 13, 5),
        datetime(2021, 3, 15),
    ]


@given(st.lists(st.dates(date(1, 1, 1), date(9999, 12, 31)), min_size=1, max_size=9))
def test_any_day_comes_back_as_its_number(days):
    read = dates.read(pa.array([day.isoformat() for day in days]), "iso")
    since = [(day - date(1970, 1, 1)).days for day in days]
    assert [stamp.value // dates.DAY for stamp in read] == since


def test_day_or_month_is_asked_about_where_no_value_tells():
    with pytest.raises(
        BadInput, match=r"'03/04/2021' may name the day or the month first.*--column 'x=date day first'"
    ):
        column(["03/04/2021", "05/06/2021"])
    assert column(["03/04/2021"] * 2, asked="date day first")[1][0] == datetime(2021, 4, 3)
    assert column(["03/04/2021"] * 2, asked="date month first")[1][0] == datetime(2021, 3, 4)


def test_a_day_that_does_not_exist_is_no_date():
    assert column(["2021-02-30", "2021-02-28"])[0].type == "category"
    found, values = column(["2021-02-30", "2021-02-28"], asked="date")
    assert (values[0], found.missing) == (None, 1)


def test_whole_numbers_are_times_by_the_name_alone():
    stamps = [1_600_000_000 + 1000 * i for i in range(30)]
    assert column(stamps, name="created_at")[0].type == "date"
    assert column(stamps, name="created_at")[1][0] == datetime(2020, 9, 13, 12, 26, 40)
    assert column(stamps, name="amount")[0].type == "number"
    assert column([20210304, 20201231, 19991231] * 9, name="date")[1][0] == datetime(2021, 3, 4)


@pytest.mark.parametrize(
    ("values", "name", "kind", "why"),
    [
        (["yes", "no", "yes"], "x", "yes/no", "no and yes"),
        ([0, 1, 1, 0], "x", "yes/no", "0 and 1 alone"),
        ([True, False, None], "x", "yes/no", "true and false"),
        (["m", "f", "f"], "x", "category", "2 different values"),
        ([f"k{i}" for i in range(40)], "x", "identifier", "every value is different"),
        (list(range(40)), "x", "identifier", "count the rows"),
        ([i * i for i in range(40)], "x", "number", "numbers"),
        ([i * i for i in range(40)], "customer_id", "identifier", "its name says so"),
        ([i % 7 for i in range(40)], "customer_id", "category", "7 different codes, by its name"),
        ([f"a rather long remark on case {i} of the day" for i in range(40)], "x", "text", "free text"),
        (["same"] * 40, "x", "constant", "all rows say 'same'"),
        ([None] * 5, "x", "constant", "every value is missing"),
        ([*["a"] * 2998, "b", "c"], "x", "constant", "2,998 of 3,000 rows say 'a'"),
        ([*[None] * 2998, 1.0, 2.0], "x", "constant", "have no value"),
        ([[1], [2]], "x", "leave out", "lists or records"),
        ([b"a", b"b"], "x", "leave out", "bytes"),
    ],
)
def test_each_type_and_why(values, name, kind, why):
    found = column(values, name=name)[0]
    assert found.type == kind
    assert why in found.why


def test_what_cannot_be_of_the_type_is_one_line():
    with pytest.raises(BadInput, match="expected numbers, found 'abc'"):
        column(["abc", "def"], asked="number")
    with pytest.raises(BadInput, match="expected dates, found 'abc'"):
        column(["abc", "def"], asked="date")
    with pytest.raises(BadInput, match="expected two values for type yes/no, found 3"):
        column(["a", "b", "c"], asked="yes/no")
    with pytest.raises(BadInput, match="expected plain values for type number, found lists"):
        column([[1], [2]], asked="number")


def test_numbers_as_categories_are_written_as_people_do():
    found, values = column([1.0, 2.5, math.nan], asked="category")
    assert (found.type, values) == ("category", ["1", "2.5", None])


def test_a_form_reads_nothing_but_itself():
    values = pa.array(["1,234", "12", "1.5", "x"])
    assert numbers.read(values, numbers.Form(".", ",")).to_pylist() == [1234, 12, 1.5, None]
    assert np.isnan(numbers.read(values, numbers.Form()).to_numpy(zero_copy_only=False)[[0, 3]]).all()
