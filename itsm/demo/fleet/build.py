"""From a device's facts to the template that its agent serves."""

from __future__ import annotations

from itsm.demo.fleet.mibs.configuration import write_configuration
from itsm.demo.fleet.mibs.entity import write_entities
from itsm.demo.fleet.mibs.host import write_host
from itsm.demo.fleet.mibs.layer2 import write_bridge, write_cdp, write_lldp
from itsm.demo.fleet.mibs.power import write_ups
from itsm.demo.fleet.mibs.printer import write_printer
from itsm.demo.fleet.mibs.rows import Writer, write_objects
from itsm.demo.fleet.mibs.system import write_addresses, write_interfaces, write_system
from itsm.demo.fleet.mibs.virtual import write_machines, write_wireless
from itsm.demo.fleet.tree import Rows, Template
from itsm.demo.fleet.world import Facts, World


def template(world: World, name: str) -> Template:
    """Return all that a device answers, as the world is now."""
    return Template(rows(world, name))


def rows(world: World, name: str) -> Rows:
    """Return the rows of a device."""
    facts = world[name]
    writer = Writer()
    write_system(writer, facts, world.sites[facts["site"]]["title"])
    write_interfaces(writer, world, name)
    write_addresses(writer, world, name)
    write_bridge(writer, world, name)
    write_lldp(writer, world, name)
    write_cdp(writer, world, name)
    write_entities(writer, facts)
    write_configuration(writer, facts)
    write_printer(writer, facts)
    write_ups(writer, facts)
    write_host(writer, facts, packages(world, facts))
    write_machines(writer, facts)
    write_wireless(writer, world, name)
    write_objects(writer, facts)
    return writer.rows


def packages(world: World, facts: Facts) -> list[str]:
    """Return a computer's packages as ``name version publisher`` lines: its release's, and its own."""
    return [*world.software.get(facts.get("release", ""), ()), *facts.get("packages", ())]
