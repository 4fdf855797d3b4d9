"""The nouns of drift."""

from itsm.insight.drift.models.baseline import DriftBaseline, DriftLook
from itsm.insight.drift.models.drift import Drift, DriftCase
from itsm.insight.drift.models.planned import ExpectedChange, MaintenanceWindow
from itsm.insight.drift.models.reprobe import Reprobe
from itsm.insight.drift.models.rule import DriftHouse, DriftRule

__all__ = [
    "Drift",
    "DriftBaseline",
    "DriftCase",
    "DriftHouse",
    "DriftLook",
    "DriftRule",
    "ExpectedChange",
    "MaintenanceWindow",
    "Reprobe",
]
