"""How full a disk is moves all the time and makes no new content; the register follows it all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from itsm.assets.models import Component
from itsm.discovery.enums import TargetResult
from itsm.discovery.facts import Device, Supply
from itsm.discovery.reading import component_rows
from itsm.discovery.wire import CommandOutput
from tests.application import only
from tests.discovery.services.test_intake import report, take
from tests.factories.discovery import NetworkFactory

DF = """Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/sda1         41152736 {used} 10000000      41% /
tmpfs              4096000        0   4096000       0% /dev/shm
"""


def host(used: int):
    return report(outputs=(CommandOutput("df -kP", "df", DF.format(used=used), status=0),))


def test_a_disk_that_fills_is_followed_without_a_new_sighting(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, host(16_461_094))
        assert take(network, host(39_000_000)) == {TargetResult.SAME: 1}
        wanted = select(Component).where(Component.kind == "filesystem").execution_options(populate_existing=True)
        row = only(unit.session.scalars(wanted))
        assert (row.name, row.size, row.level) == ("/", 41_152_736 * 1024, 95)


@pytest.mark.parametrize(("size", "used", "level"), [(100, 1, 1), (1000, 901, 91), (10, 20, 100), (0, 0, None)])
def test_levels_are_rounded_up_and_kept_in_bounds(size, used, level):
    rows = component_rows(Device("10.0.0.1", filesystems=(("/", size, used), ("/snap/core/1", 100, 100))))
    assert [row["level"] for row in rows] == ([] if level is None else [level])


def test_supplies_are_parts_with_a_level():
    (row,) = component_rows(Device("10.0.0.1", supplies=(Supply("Black", level=12),)))
    assert (row["kind"], row["name"], row["level"]) == ("supply", "Black", 12)
