"""The nouns of the organisation."""

from itsm.org.models.cost_centre import CostCentre
from itsm.org.models.department import Department
from itsm.org.models.location import Location, LocationKind
from itsm.org.models.organization import Organization
from itsm.org.models.preference import InstallationSetting

__all__ = ["CostCentre", "Department", "InstallationSetting", "Location", "LocationKind", "Organization"]
