"""One rule for what may enter the record, at every door: refused in one line, or verified and exported."""

import json
import math
import sys

import pytest
import rfc8785
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.audit import auditor
from backend.audit.ledger.canonical import canonical
from backend.control.service import Service
from backend.workspace import plain
from backend.workspace.layout import BadInput
from tests.conftest import registered

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([2**53 - 1, 2**53, -(2**53), 2**63, 10**400])
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=12)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def deep(levels: int):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@settings(max_examples=300)
@given(anything)
@example(-0.0)
@example(1e21)
@example(1e-7)
@example(5e-324)
@example({"\U0001f600": 1, "\ufb33": 2})  # in the order of UTF-16, which is not that of code points
def test_what_may_enter_is_what_has_a_canonical_form(value):
    try:
        wanted = rfc8785.dumps(value).decode()
    except ValueError:
        wanted = None
    if wanted is None:
        with pytest.raises(BadInput) as refused:
            canonical(value, "x")
        assert plain.fault(value)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) <= 400
    else:
        assert plain.fault(value) is None
        assert canonical(value, "x") == wanted


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            {"a": [1, {"b": 2**53}]},
            r"x\.a\[1\]\.b: expected an integer within ±9007199254740991, found 9007199254740992",
        ),
        ([10**5_000], r"x\[0\]: expected an integer within .*, found one of 16,610 bits"),
        ({"a": math.nan}, r"x\.a: expected a finite number, found nan"),
        ({"a": "b\ud800"}, r"x\.a: expected whole characters, found 'b\\ud800'"),
        ({"a\udfff": 1}, r"x: expected names of whole characters"),
        ({1: 2}, r"x: expected names of whole characters, found 1"),
        (deep(65), r"expected at most 64 levels, found more"),
        (deep(sys.getrecursionlimit() * 2), r"expected at most 64 levels, found more"),
        ({"a": {1}}, r"x\.a: expected what JSON can say, found set"),
        ({"a": b"x"}, r"x\.a: expected what JSON can say, found bytes"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(value, says):
    for door in (plain.check, canonical):
        with pytest.raises(BadInput, match=says):
            door(value, "x")


def test_the_deepest_that_is_allowed():
    assert canonical(deep(64)) == "[" * 64 + "1" + "]" * 64


@pytest.mark.parametrize("text", ["Café №5", "مرحبا", "می‌خواهم", "👩‍🔬", "100\u00a0km", "e\u0301", ""])
def test_names_are_what_people_write(text):
    assert plain.line(text, "name", least=0) == text


ODD = ["a\nb", "a\tb", "a\0", "\x1b[31m", "a\u202eb", "a\u2028b", "\ufeffa", "\ud800", "x" * 201]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_names_are_one_printable_line(text):
    with pytest.raises(BadInput, match="name: expected 1 to 200 printable characters, found"):
        plain.line(text, "name")


def test_words_have_lines_and_tabs():
    assert plain.words("a\n\tb", "note", 10) == "a\n\tb"
    for wrong in ("a\x07", "a\rb", "x" * 11, None):
        with pytest.raises(BadInput, match="note: expected 0 to 10 printable characters, line breaks or tabs, found"):
            plain.words(wrong, "note", 10)


def test_settings_are_printable_all_through():
    plain.settings({"a": ["b", {"c": 1.5}]}, "recipe")
    for wrong, says in (({"a": ["b\x1b"]}, r"recipe\.a\[0\]: expected"), ({"a\n": 1}, "recipe: name of a field: exp")):
        with pytest.raises(BadInput, match=says):
            plain.settings(wrong, "recipe")


# Through the doors


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service.open(tmp_path_factory.mktemp("doors") / "ws", start_supervisor=False)
    registered(service.store, {"name": "bars", "kind": "image", "count": 10})
    yield service
    service.close()


def no_worker(*_) -> None:
    raise BadInput("no worker is started in this test, and no plug-in is asked")


RUN = "data-bars"
DOORS = {
    "a view": lambda s, value: s.save_selection(RUN, "s", [1], {"value": value}),
    "a name": lambda s, value: s.save_selection(RUN, value, [1], {}),
    "rows": lambda s, value: s.save_selection(RUN, "s", value, {}),
    "a note": lambda s, value: s.reviews.ask(f"run:{RUN}", value),
    "an event": lambda s, value: s.store.write(lambda tx: tx.log("noted", {"value": value}, actor="x", run=RUN)),
    "a private field": lambda s, value: s.store.write(
        lambda tx: tx.log("noted", {}, actor="x", run=RUN, private={"name": value})
    ),
    "a key": lambda s, value: s.store.write(lambda tx: tx.log("noted", {}, actor="x", run=RUN, key=value)),
    "a recipe": lambda s, value: s.submit({"data": {"name": "bars"}, "train": {"epochs": value}}),
    "a title": lambda s, value: s.submit({"data": {"name": "bars"}, "title": value}),
    "a spec": lambda s, value: s.add_data({"name": "x", "builtin": "digits", "params": {"n": value}}),
    "a question": lambda s, value: s.ask({"kind": "predict", "value": value}),
    "a reason": lambda s, value: s.trail.redact(0, value),
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=anything)
@example(value=2**53)
@example(value="\ud800")
@example(value=math.nan)
@example(value=deep(70))
def test_every_door_refuses_in_one_line_or_the_record_takes_it_whole(service, monkeypatch, value):
    monkeypatch.setattr(service._warm, "_start", no_worker)
    monkeypatch.setattr(Service, "catalogue", no_worker)
    committable = plain.fault(value) is None
    for name, door in DOORS.items():
        before, line = service.store.size, None
        try:
            door(service, value)
        except BadInput as refused:
            line = str(refused)
        assert committable if line is None else ("\n" not in line and service.store.size == before), name


def test_after_all_that_the_record_is_whole_and_leaves_as_a_bundle(service, tmp_path):
    """Runs last: what the doors let in is verified here and elsewhere."""
    assert service.verify()["findings"] == []
    told = service.trail.export(tmp_path / "bundle.zip")
    assert auditor.check(tmp_path / "bundle.zip", told["key"])["events"] == told["size"] >= 10
    for event in service.events(RUN):
        json.dumps(event, allow_nan=False).encode()
