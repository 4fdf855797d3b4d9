"""Forms: HTTP in, a command out. Every write has an explicit schema and refuses fields that it does not know.

A schema is a pydantic model with ``extra="forbid"``; the errors it finds come back as sentences beside the fields, with
everything that was typed kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar, get_origin

from flask_babel import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from itsm.kernel.errors import Invalid
from itsm.kernel.numbers import LARGEST
from itsm.kernel.text import many_lines, one_line
from itsm.web.texts import told

HOUSEKEEPING = frozenset({"csrf_token", "idempotency_key", "version", "next", "merge"})
"""Fields that every form may carry; they belong to the web floor and never reach a schema unless it asks for them."""


class Schema(BaseModel):
    """The base of write schemas: unknown fields are refused, text is stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Refuse whole numbers and texts that no column holds: to a database they are an error, not an empty result."""
        for one in value if isinstance(value, list) else (value,):
            if (isinstance(one, int) and not -LARGEST <= one <= LARGEST) or (isinstance(one, str) and "\x00" in one):
                raise PydanticCustomError("not_storable", "no column holds it")
        return value


def _empty_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _line(value: Any) -> Any:
    return one_line(value, 10_000) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    return many_lines(value, 1_000_000) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=200)]
"""A required line of text, cleaned of control characters."""
OptionalLine = Annotated[str, BeforeValidator(_line), StringConstraints(max_length=200)]
"""A line of text that may be empty."""
Body = Annotated[str, BeforeValidator(_lines), StringConstraints(min_length=1, max_length=100_000)]
"""A required text of several lines."""
OptionalBody = Annotated[str, BeforeValidator(_lines), StringConstraints(max_length=100_000)]
"""A text of several lines that may be empty."""
Blank = BeforeValidator(_empty_to_none)
"""Marks an optional value whose empty form field means None: ``Annotated[int | None, Blank]``."""

RowId = Annotated[int, Field(ge=1)]
"""The id of a row; whether there is one, and the actor may see it, is for the service to say."""
OptionalRowId = Annotated[RowId | None, Blank]
"""An id, or nothing chosen."""

S = TypeVar("S", bound=Schema)


class Form(Generic[S]):
    """What was typed, and what is wrong with it. ``values`` are texts (or lists of texts) by field name."""

    def __init__(
        self,
        schema: type[S],
        values: Mapping[str, Any] | None = None,
        errors: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.schema = schema
        self.values = dict(values or {})
        self.errors = dict(errors or {})

    def value(self, name: str, default: Any = "") -> Any:
        """Return what was typed into a field, or what it starts with."""
        found = self.values.get(name)
        return default if found is None else found

    def error(self, name: str) -> str:
        """Return the sentences about a field as one text; empty when all is well."""
        return " ".join(told(sentence) for sentence in self.errors.get(name, ()))

    @property
    def is_valid(self) -> bool:
        """Say whether nothing was found wrong."""
        return not self.errors

    def parse(self) -> S:
        """Return the command. Raises Invalid with one sentence a mistake."""
        try:
            return self.schema.model_validate(self.values)
        except ValidationError as error:
            self.errors = _sentences(error)
            raise Invalid(self.errors) from error

    def refuse(self, refusal: Invalid) -> Form[S]:
        """Take over the errors that a service found."""
        for name, said in refusal.errors.items():
            self.errors.setdefault(name, []).extend(s for s in said if s not in self.errors.get(name, []))
        return self


def read(schema: type[S], sent: MultiDict[str, str]) -> Form[S]:
    """Return the form as sent. A field annotated as a list, tuple or set takes all values of its name."""
    values: dict[str, Any] = {}
    for name in sent:
        field = schema.model_fields.get(name)
        if field is None and name in HOUSEKEEPING:
            continue
        many = field is not None and get_origin(_bare(field.annotation)) in (list, tuple, set, frozenset)
        values[name] = sent.getlist(name) if many else sent.get(name)
    return Form(schema, values)


def _bare(annotation: Any) -> Any:
    return annotation.__origin__ if get_origin(annotation) is Annotated else annotation


def _sentences(error: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        found.setdefault(name, []).append(_sentence(fault))
    return found


def _sentence(fault: Any) -> str:
    """Return what is wrong with a value; what we have no words for is never told in those of the validator."""
    if fault["type"] == "value_error":
        return str(fault.get("ctx", {}).get("error", fault["msg"]))
    for kinds, said in _said():
        if fault["type"] in kinds:
            return str(said % fault.get("ctx", {}))
    return str(_("This value does not fit here."))


def _said() -> tuple[tuple[frozenset[str], str], ...]:
    return (
        (frozenset({"missing", "string_too_short", "too_short", "string_type"}), _("Please fill this in.")),
        (frozenset({"string_too_long", "too_long"}), _("That is too long: at most %(max_length)s.")),
        (frozenset({"int_parsing", "int_type", "int_from_float"}), _("Please write a whole number.")),
        (frozenset({"decimal_parsing", "float_parsing", "decimal_type"}), _("Please write a number.")),
        (frozenset({"greater_than"}), _("Please write a number above %(gt)s.")),
        (frozenset({"greater_than_equal"}), _("Please write a number from %(ge)s up.")),
        (frozenset({"less_than"}), _("Please write a number below %(lt)s.")),
        (frozenset({"less_than_equal"}), _("Please write a number up to %(le)s.")),
        (frozenset({"enum", "literal_error", "bool_parsing"}), _("Please choose one of the values offered.")),
        (frozenset({"extra_forbidden"}), _("This form has no such field.")),
        (
            frozenset({"date_from_datetime_parsing", "date_parsing", "date_from_datetime_inexact"}),
            _("Please write a date such as 2026-11-23."),
        ),
    )
