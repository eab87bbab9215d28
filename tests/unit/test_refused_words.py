"""What pydantic and JSON Schema refuse is said in our own words: where, what was expected, what was found."""

from __future__ import annotations

from typing import Annotated, Literal

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from backend.workspace.layout import BadInput
from backend.workspace.refused import line, of_schema, validated


class Told(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field("x", min_length=1, max_length=3)
    rate: float = Field(1.0, gt=0, le=10)
    count: int = Field(4, ge=2, lt=9)
    shares: list[Annotated[float, Field(gt=0)]] = Field([0.1], min_length=1, max_length=2)
    kind: Literal["mae", "rmse"] = "mae"
    yes: bool = True
    code: str = Field("ab", pattern="^[a-z]+$")
    own: str = ""

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value == "bare":
            raise ValueError("expected another word")
        if value:
            raise ValueError(f"expected nothing, found {value}")
        return value


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"name": ""}, "name: expected at least 1 character, found ''"),
        ({"name": "long"}, "name: expected at most 3 characters, found 'long'"),
        ({"name": 3}, "name: expected text, found 3"),
        ({"rate": 0}, "rate: expected a number above 0, found 0"),
        ({"rate": 11.5}, "rate: expected a number of at most 10, found 11.5"),
        ({"rate": "much"}, "rate: expected a number, found 'much'"),
        ({"count": 1}, "count: expected a number of at least 2, found 1"),
        ({"count": 9}, "count: expected a number below 9, found 9"),
        ({"count": 2.5}, "count: expected a whole number, found 2.5"),
        ({"shares": []}, "shares: expected at least 1 entry, found []"),
        ({"shares": [1, 1, 1]}, "shares: expected at most 2 entries, found [1, 1, 1]"),
        ({"shares": [1, 0]}, "shares, entry 2: expected a number above 0, found 0"),
        ({"shares": 1}, "shares: expected a list, found 1"),
        ({"kind": "x"}, "kind: expected one of 'mae' or 'rmse', found 'x'"),
        ({"yes": "perhaps"}, "yes: expected true or false, found 'perhaps'"),
        ({"code": "AB"}, "code: expected text of the form ^[a-z]+$, found 'AB'"),
        ({"unknown": 1}, "unknown: expected a known key, found an unknown one"),
        ({"own": "bare"}, "own: expected another word, found 'bare'"),
        ({"own": "word"}, "own: expected nothing, found word"),
        (3, "it: expected a section of keys and values, found 3"),
    ],
)
def test_a_refusal_is_one_sentence_of_ours(told, said):
    with pytest.raises(BadInput) as refused:
        validated(Told, told, line)
    assert str(refused.value) == said


def test_a_place_may_lie_under_another_and_the_line_begin_with_a_file():
    with pytest.raises(BadInput, match=r"^a\.toml: memory\.rate: expected"):
        validated(Told, {"rate": -1}, lambda error: line(error, "a.toml: ", ("memory",)))


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "number", "exclusiveMinimum": 0}, -1, "expected a number above 0, found -1"),
        ({"type": "integer", "minimum": 1}, 0, "expected a number of at least 1, found 0"),
        ({"type": "number", "maximum": 0.5}, 0.75, "expected a number of at most 0.5, found 0.75"),
        ({"type": "integer"}, "hot", "expected a whole number, found 'hot'"),
        ({"enum": ["a", "b"]}, "c", "expected one of a, b, found 'c'"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "x", "expected a number or nothing, found 'x'"),
        ({"type": "array", "minItems": 2}, [1], "expected at least 2 entries, found [1]"),
        ({"not": {"type": "string"}}, "x", "expected a value that simclr takes, found 'x'"),
    ],
)
def test_what_a_methods_own_schema_refuses_is_said_in_our_words(schema, value, said):
    (problem,) = jsonschema.Draft202012Validator(schema).iter_errors(value)
    assert of_schema(problem, "a value that simclr takes") == said
