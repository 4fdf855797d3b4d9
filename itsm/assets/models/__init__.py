"""The nouns of the asset register."""

from itsm.assets.models.asset import Asset, AssetAlias
from itsm.assets.models.attention import Precedence, Resurfacing, SetAside, StaleRule
from itsm.assets.models.catalogue import Category, Manufacturer, Model
from itsm.assets.models.custody import CustodyPeriod
from itsm.assets.models.evidence import Disagreement, FieldChoice, ObservedValue
from itsm.assets.models.merging import Distinction, MergeRecord
from itsm.assets.models.parts import Address, Component, Interface
from itsm.assets.models.relationship import Relationship
from itsm.assets.models.software import SoftwareInstallation, SoftwareProduct
from itsm.assets.models.station import Station
from itsm.assets.models.view import AssetView

__all__ = [
    "Address",
    "Asset",
    "AssetAlias",
    "AssetView",
    "Category",
    "Component",
    "CustodyPeriod",
    "Disagreement",
    "Distinction",
    "FieldChoice",
    "Interface",
    "Manufacturer",
    "MergeRecord",
    "Model",
    "ObservedValue",
    "Precedence",
    "Relationship",
    "Resurfacing",
    "SetAside",
    "SoftwareInstallation",
    "SoftwareProduct",
    "StaleRule",
    "Station",
]
