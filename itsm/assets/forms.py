"""HTTP in: what the register's forms may carry."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, create_model

from itsm.assets.enums import AssetKind, AssetStatus, RelationshipType
from itsm.assets.rules.merging import TAKEN
from itsm.assets.rules.money import minor
from itsm.assets.services.decisions import Decision
from itsm.fields.enums import FieldType
from itsm.kernel.text import one_line
from itsm.web.forms import Blank, Line, OptionalBody, OptionalLine, OptionalRowId, RowId, Schema
from itsm.web.texts import _

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "JPY", "INR")


def _tag(value: Any) -> Any:
    return one_line(value, 60) if isinstance(value, str) else value


def _known_currency(value: str) -> str:
    if value and value not in CURRENCIES:
        raise ValueError(_("Please choose one of the values offered."))
    return value


def _relation(value: str) -> str:
    if value.removesuffix(".back") not in {known.value for known in RelationshipType}:
        raise ValueError(_("Please choose one of the values offered."))
    return value


def _money(value: str) -> str:
    if value and minor(value, "EUR") is None:
        raise ValueError(_("Please write an amount such as 1299.00."))
    return value


Day = Annotated[date | None, Blank]
Tag = Annotated[str, BeforeValidator(_tag), StringConstraints(max_length=40)]
Serial = Annotated[Annotated[str, StringConstraints(max_length=120)] | None, Blank]
Amount = Annotated[str, AfterValidator(_money), StringConstraints(max_length=30)]
Choice = Annotated[str, StringConstraints(pattern=r"^(|none|[1-9][0-9]{0,17})$")]
"""A choice in a bulk edit: empty keeps, ``none`` empties, a number sets."""
Currency = Annotated[str, AfterValidator(_known_currency)]


class AssetForm(Schema):
    """The form of an asset, new or edited. ``price`` is in major units of ``currency``; empty fields are unknown."""

    name: Line
    kind: AssetKind
    category_id: OptionalRowId = None
    tag: Tag = ""
    maker: OptionalLine = ""
    model: OptionalLine = ""
    serial: Serial = None
    custodian_id: OptionalRowId = None
    owner_id: OptionalRowId = None
    department_id: OptionalRowId = None
    cost_centre_id: OptionalRowId = None
    location_id: OptionalRowId = None
    supplier: OptionalLine = ""
    order_number: Annotated[str, StringConstraints(max_length=80)] = ""
    purchased_on: Day = None
    price: Amount = ""
    currency: Currency = ""
    warranty_until: Day = None
    notes: OptionalBody = ""


class NewAssetForm(AssetForm):
    """The form of a new asset."""

    organization_id: OptionalRowId = None
    status: AssetStatus = AssetStatus.IN_STOCK


class StatusForm(Schema):
    """A status to go to."""

    status: AssetStatus


def columns_of(form: AssetForm, *, money: bool) -> dict[str, Any]:
    """Return the fields of the asset that a form sets, by column; without ``money`` the purchase facts are left out.

    Raises Invalid by way of ``price``, which has been checked to be an amount.
    """
    found = form.model_dump(exclude={"price", "organization_id", "status"} | (set() if money else _MONEY))
    if money:
        currency = form.currency or ("EUR" if form.price else None)
        found["currency"] = currency
        found["price_minor"] = minor(form.price, currency) if form.price else None
        found["supplier"] = form.supplier or None
        found["order_number"] = form.order_number or None
    return found


_MONEY = {"supplier", "order_number", "purchased_on", "currency", "warranty_until"}


class DecisionForm(Schema):
    """What a person decides about a disagreement."""

    decision: Decision


class ViewForm(Schema):
    """A saved view: its name and the query values it stands for."""

    name: Annotated[Line, StringConstraints(max_length=80)]
    query: Annotated[str, StringConstraints(max_length=2000)] = ""
    shared: bool = False


class HandoverForm(Schema):
    """To whom an asset goes."""

    person_id: OptionalRowId = None
    location_id: OptionalRowId = None
    expected_return_on: Day = None
    note: OptionalLine = ""


class ReturnForm(Schema):
    """Where an asset comes back to."""

    location_id: OptionalRowId = None
    repair: bool = False
    note: OptionalLine = ""


class RelationshipForm(Schema):
    """How this asset stands to another."""

    type: Annotated[str, AfterValidator(_relation)]
    other_id: RowId
    redundancy_group: Annotated[str, StringConstraints(max_length=80)] = ""
    needed: Annotated[int, Field(ge=1, le=99)] = 1


class BulkForm(Schema):
    """What to change on many assets: an empty field stays as it is, ``none`` empties it."""

    ids: Annotated[list[RowId], Field(min_length=1, max_length=500)]
    status: Annotated[AssetStatus | None, Blank] = None
    location_id: Choice = ""
    department_id: Choice = ""
    category_id: Choice = ""
    custodian_id: Choice = ""
    back: Annotated[str, StringConstraints(max_length=4000)] = ""


class PickedForm(Schema):
    """Selected assets."""

    ids: Annotated[list[RowId], Field(max_length=500)] = []
    status: str = ""
    location_id: str = ""
    department_id: str = ""
    category_id: str = ""
    back: Annotated[str, StringConstraints(max_length=4000)] = ""


class TagsForm(Schema):
    """A sequence of tags."""

    tag_prefix: Annotated[Tag, StringConstraints(max_length=20)] = ""
    tag_digits: Annotated[int, Field(ge=1, le=12)] = 5
    next_number: Annotated[int, Field(ge=1, le=10**12)] = 1


class CategoryForm(TagsForm):
    """A category and its tag sequence."""

    name: Line
    kind: AssetKind


class ModelForm(Schema):
    """A model: its name, kind and dates."""

    name: Line
    kind: AssetKind
    end_of_sale_on: Day = None
    end_of_life_on: Day = None
    end_of_support_on: Day = None


class MakerForm(Schema):
    """A maker's name."""

    name: Line


class MergeForm(Schema):
    """What something is merged into."""

    into_id: RowId


class FieldForm(Schema):
    """A custom field of assets."""

    name: Line
    type: FieldType
    category_id: OptionalRowId = None
    choices: OptionalBody = ""
    required: bool = False


class ImportForm(Schema):
    """The word to carry an import out; it has no fields of its own."""


class _MergeForm(Schema):
    """Two records made one. ``f_<field>`` says whose value counts; the versions are those that were compared."""

    other_id: RowId
    left_version: int
    right_version: int
    why: Annotated[OptionalLine, StringConstraints(max_length=200)] = ""
    sure: bool = False


AssetMergeForm: Any = create_model(
    "AssetMergeForm",
    __base__=_MergeForm,
    **dict[str, Any]({f"f_{name}": (Literal["keep", "take"], "keep") for name in TAKEN}),
)


class UndoMergeForm(Schema):
    """A merge taken back; ``apart`` also remembers that the two are not the same thing."""

    apart: bool = False


class ApartForm(Schema):
    """Two assets that are not the same thing."""

    other_id: RowId
    why: OptionalLine = ""


class ManyDecisionsForm(Schema):
    """What a person decides about many disagreements: ids with the versions that were looked at ("17-2")."""

    ids: list[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}-[0-9]{1,9}$")]] = Field(max_length=500)
    decision: Decision


class ActionForm(Schema):
    """What to do to the assets that were ticked in a worklist."""

    ids: list[RowId] = Field(default=[], max_length=500)
    do: Literal["adopt", "missing", "aside", "bring_back"]
    owner_id: OptionalRowId = None
    reason: OptionalLine = ""
    until: Day = None
    back: Annotated[str, StringConstraints(max_length=2000)] = ""


class AcknowledgeForm(Schema):
    """What an asset was that answered although it should not, and what its status is from now on (empty: as it was)."""

    note: OptionalLine = ""
    status: Annotated[AssetStatus | None, Blank] = None


class OrderForm(Schema):
    """The order in which sources are believed, and the version of the one that was looked at."""

    order: list[Annotated[str, StringConstraints(max_length=40)]] = Field(max_length=20)
    version: int = 0
    organization: OptionalLine = ""
