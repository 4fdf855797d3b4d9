"""What a form says of a value that does not fit: our words, never the validator's."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field
from werkzeug.datastructures import MultiDict

from itsm.kernel.errors import Invalid
from itsm.web.forms import Body, Line, OptionalRowId, RowId, Schema, read


class Wish(Schema):
    title: Line
    body: Body
    number: Annotated[int, Field(ge=1, le=9)] = 1
    size: Literal["small", "large"] = "small"
    row: OptionalRowId = None
    rows: list[RowId] = []
    raw: str = ""
    codes: Annotated[list[Annotated[str, Field(pattern="^a")]], Field(max_length=2)] = []


GOOD = {"title": "A", "body": "B"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"title": "", "body": "\n"}, {"title": "Please fill this in.", "body": "Please fill this in."}),
        ({**GOOD, "title": "x" * 201}, {"title": "That is too long: at most 200."}),
        ({**GOOD, "number": "0"}, {"number": "Please write a number from 1 up."}),
        ({**GOOD, "number": "10"}, {"number": "Please write a number up to 9."}),
        ({**GOOD, "row": str(2**63)}, {"row": "This value does not fit here."}),
        ({**GOOD, "rows": ["1", str(2**70)]}, {"rows": "This value does not fit here."}),
        ({**GOOD, "raw": "a\x00b"}, {"raw": "This value does not fit here."}),
        ({**GOOD, "number": "ten"}, {"number": "Please write a whole number."}),
        ({**GOOD, "size": "huge"}, {"size": "Please choose one of the values offered."}),
        ({**GOOD, "codes": "b"}, {"codes": "This value does not fit here."}),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_our_words(app, sent, said):
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        read(Wish, MultiDict(sent)).parse()
    assert {name: " ".join(words) for name, words in refused.value.errors.items()} == said
