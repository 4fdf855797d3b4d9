"""A simulated network that answers real SNMP and real SSH on loopback addresses.

``Fleet`` is the demonstration company, some forty devices whose values live and can be changed; ``generate``
makes any number of devices for measurements, and ``Crowd`` lets them answer. ``python -m itsm.demo.fleet`` runs
either in a process of its own.

Nothing here imports the application, Flask or SQLAlchemy.
"""

from itsm.demo.fleet.fleet import Fleet
from itsm.demo.fleet.generate import Crowd, Twin, generate

__all__ = ["Crowd", "Fleet", "Twin", "generate"]
