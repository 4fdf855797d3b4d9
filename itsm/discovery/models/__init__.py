"""The nouns of discovery."""

from itsm.discovery.models.credential import Credential, HostKey, credential_network
from itsm.discovery.models.exclusion import Exclusion
from itsm.discovery.models.matching import AssetKey, Identification, Match
from itsm.discovery.models.network import Network, Schedule
from itsm.discovery.models.probe import HouseKey, Probe, ProbeBeat, ProbeDelivery, SweepPart
from itsm.discovery.models.sighting import Sighting
from itsm.discovery.models.sweep import Sweep, TargetOutcome
from itsm.discovery.models.telling import Telling

__all__ = [
    "AssetKey",
    "Credential",
    "Exclusion",
    "HostKey",
    "HouseKey",
    "Identification",
    "Match",
    "Network",
    "Probe",
    "ProbeBeat",
    "ProbeDelivery",
    "Schedule",
    "Sighting",
    "Sweep",
    "SweepPart",
    "TargetOutcome",
    "Telling",
    "credential_network",
]
