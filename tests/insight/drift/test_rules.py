"""Every rule: what it finds, what it leaves alone, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from itsm.assets.enums import AssetStatus
from itsm.assets.models import Address, Asset, ObservedValue, Station
from itsm.discovery.enums import HostKeyState
from itsm.discovery.models import HostKey
from itsm.discovery.wire import CommandOutput
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import DriftBaseline
from itsm.insight.drift.services import evaluation
from itsm.insight.drift.services.decisions import accept, drift_to_change
from tests.application import only
from tests.discovery.services.test_intake import report
from tests.factories.assets import AssetFactory
from tests.insight.drift.conftest import DISCOVERY

SECOND = report(address="10.0.0.2", serial="FOC9999Z9ZZ", name="sw-2")


def confirmed(office):
    """Return (subject, before, after) of what stands."""
    return [(row.subject, row.before, row.after) for row in office.drift() if row.state is not DriftState.SUSPECTED]


def observe(office, field, value, source="ssh", asset="sw-1"):
    asset_id = office.asset(asset)
    with office.work() as unit:
        old = update(ObservedValue).where(ObservedValue.asset_id == asset_id, ObservedValue.field == field)
        unit.session.execute(old.values(ended_at=unit.now))
        times = {"first_seen_at": unit.now, "last_seen_at": unit.now}
        unit.session.add(ObservedValue(asset_id=asset_id, field=field, source=source, value=value, **times))


def baseline_taken(office, rule, **values):
    """Let the office's baseline hold what stands now, with one rule on."""
    with office.work() as unit:
        for row in unit.session.scalars(select(DriftBaseline)):
            unit.session.delete(row)
    office.only_rule(rule, kinds=[], **values)
    office.sweep(report())


def test_memory_beyond_the_tolerance(seen):
    observe(seen, "memory_bytes", str(16 * 1024**3))
    baseline_taken(seen, RuleKey.MEMORY_CHANGED)
    observe(seen, "memory_bytes", str(16 * 1024**3 - 4096))
    seen.sweep(report())
    assert seen.drift() == []
    observe(seen, "memory_bytes", str(8 * 1024**3))
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("ssh", "16 GB", "8 GB")]
    observe(seen, "memory_bytes", str(16 * 1024**3))
    seen.sweep(report())
    seen.sweep(report())
    assert seen.drift() == []


def test_a_disk_that_is_gone_and_one_that_is_new(seen):
    seen.part("sda", "disk", serial="S3Z1NB0K", size=512_000_000_000)
    baseline_taken(seen, RuleKey.DISK_CHANGED)
    seen.part("sda", "disk", gone_at=seen.now)
    seen.part("sdb", "disk", serial="WD-7788", size=2_000_000_000_000)
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("S3Z1NB0K", "sda 512 GB S3Z1NB0K", ""), ("WD-7788", "", "sdb 2 TB WD-7788")]
    assert len(seen.tickets()) == 1


def test_a_partial_reading_proves_nothing(seen):
    seen.part("sda", "disk", serial="S3Z1NB0K", size=512_000_000_000)
    baseline_taken(seen, RuleKey.DISK_CHANGED)
    seen.part("sda", "disk", gone_at=seen.now)
    cut = report(partial=True, name="sw-1", macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02"))
    seen.sweep(cut)
    seen.sweep(cut)
    assert seen.drift() == []


def test_another_serial_in_the_same_place(seen):
    seen.part("PSU A", "power_supply", serial="PSU-1")
    baseline_taken(seen, RuleKey.PART_CHANGED)
    seen.part("PSU A", "power_supply", serial="PSU-2")
    seen.part("PSU B", "power_supply", serial="PSU-9")
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("power supply PSU A", "PSU-1", "PSU-2")]


def test_another_firmware_and_its_acceptance(seen, sign_in):
    observe(seen, "firmware", "15.2(7)E4", "snmp")
    baseline_taken(seen, RuleKey.FIRMWARE_CHANGED)
    observe(seen, "firmware", "15.2(8)E1", "snmp")
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("snmp", "15.2(7)E4", "15.2(8)E1")]
    with seen.work(DISCOVERY) as unit:
        accept(DISCOVERY, drift_to_change(DISCOVERY, [only(seen.drift()).id]), "Updated.", now=unit.now)
    seen.sweep(report())
    assert seen.drift() == []
    observe(seen, "firmware", "15.2(7)E4", "snmp")
    seen.sweep(report())
    assert [(row.before, row.after) for row in seen.drift()] == [("15.2(8)E1", "15.2(7)E4")]


def test_a_service_that_did_not_run_before(seen):
    observe(seen, "services", "cron\nssh")
    baseline_taken(seen, RuleKey.SERVICE_APPEARED)
    observe(seen, "services", "cron\nnc-shell\nuser@1000")
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("nc-shell", "", "runs")]


def test_who_became_privileged_and_who_is_so_no_longer(seen):
    observe(seen, "privileged", "anna\tsudo\nbo\twheel\nroot\tuid 0")
    baseline_taken(seen, RuleKey.PRIVILEGED_CHANGED)
    observe(seen, "privileged", "anna\tsudo, admin\nmallory\tuid 0\nroot\tuid 0")
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("anna", "sudo", "sudo, admin"), ("bo", "wheel", ""), ("mallory", "", "uid 0")]
    with seen.work(DISCOVERY) as unit:
        accept(DISCOVERY, drift_to_change(DISCOVERY, [row.id for row in seen.drift()]), "Hired.", now=unit.now)
    seen.sweep(report())
    assert seen.drift() == []


def test_who_is_privileged_is_read_off_a_host_and_kept(seen):
    said = "sudo:x:27:anna,bo\nwheel:*:998:\nadmin:x:110:bo\nroot:x:0:0:root:/root:/bin/bash\nnonsense\n:::\n"
    output = CommandOutput("getent group sudo", "privileged", said)
    seen.sweep(replace(report(), outputs=(output,)))
    with seen.reading() as session:
        kept = select(ObservedValue.value, ObservedValue.source).where(ObservedValue.field == "privileged")
        assert session.execute(kept).all() == [("anna\tsudo\nbo\tsudo, admin\nroot\tuid 0", "ssh")]


def test_silent_for_three_sweeps_of_the_whole_network(seen):
    seen.only_rule(RuleKey.SILENT)
    for _ in range(2):
        seen.sweep(SECOND)
    assert [row.state for row in seen.drift()] == [DriftState.SUSPECTED]
    seen.sweep(SECOND)
    assert confirmed(seen) == [("", "2026-11-23 13:00 UTC", "silent")]
    seen.sweep(report(), SECOND)
    seen.sweep(report(), SECOND)
    assert seen.drift() == []
    assert only(seen.tickets()).category.value == "resolved"


def test_a_laptop_or_a_retired_switch_may_be_silent(seen):
    seen.only_rule(RuleKey.SILENT)
    with seen.work() as unit:
        unit.session.scalars(select(Asset)).one().status = AssetStatus.RETIRED
    for _ in range(3):
        seen.sweep(SECOND)
    assert seen.drift() == []


def test_a_disk_that_fills_up(seen):
    seen.only_rule(RuleKey.DISK_FULL)
    seen.part("/", "filesystem", level=89)
    seen.part("/var", "filesystem", level=93)
    seen.sweep(report())
    seen.sweep(report())
    assert confirmed(seen) == [("/var", "< 90 %", "93 %")]


def test_an_unknown_host_behind_a_port(seen):
    old, new, owned = "3c:52:82:aa:00:01", "3c:52:82:aa:00:02", "3c:52:82:aa:00:03"
    random, here = "da:a1:19:00:00:01", {"10.0.0.1": [("Gi1/0/7", "3c:52:82:aa:00:01")]}
    seen.only_rule(RuleKey.UNKNOWN_MAC)
    with seen.work() as unit:
        unit.session.execute(update(DriftBaseline).values(set_at=seen.now + timedelta(minutes=90)))
    seen.sweep(report(), heard=here)
    more = {"10.0.0.1": [*here["10.0.0.1"], ("Gi1/0/8", new), ("Gi1/0/9", random), ("Gi1/0/1", owned)]}
    owner = report(address="10.0.0.9", serial="FOC5555X0AB", name="pc", macs=(owned,))
    seen.sweep(report(), owner, heard=more)
    seen.sweep(report(), owner, heard=more)
    row = only(seen.drift())
    assert (row.asset_id, row.subject, row.state) == (seen.asset(), new, DriftState.TICKETED)
    assert row.after.startswith("port Gi1/0/8 · ")
    with seen.reading() as session:
        unknown = session.scalars(select(Station.mac).where(Station.asset_id.is_(None), Station.mac != random))
        assert sorted(unknown) == [old, new]
    with seen.work(DISCOVERY) as unit:
        accept(DISCOVERY, drift_to_change(DISCOVERY, [row.id]), "The caterer's till.", now=unit.now)
    seen.sweep(report(), owner, heard=more)
    assert seen.drift() == []


def test_one_address_claimed_by_two(seen):
    seen.only_rule(RuleKey.DUPLICATE_ADDRESS)
    pc = report(address="10.0.0.2", serial="FOC9999Z9ZZ", name="pc-2")
    seen.sweep(report(), pc)
    pc_id = seen.asset("pc-2")
    with seen.work() as unit:
        unit.session.execute(update(Asset).where(Asset.name == "pc-2").values(kind="workstation"))
        twin = Address(asset_id=pc_id, address="10.0.0.1", first_seen_at=unit.now)
        unit.session.add(twin)
    seen.sweep(report(), pc)
    seen.sweep(report(), pc)
    row = only(seen.drift())
    assert (row.asset_id, row.subject, row.state) == (pc_id, "10.0.0.1", DriftState.TICKETED)
    assert row.after.endswith(" sw-1")


def test_another_host_key_until_somebody_decides(seen):
    seen.only_rule(RuleKey.HOST_KEY_CHANGED)
    with seen.work() as unit:
        key = {"network_id": seen.network_id, "address": "10.0.0.1", "algorithm": "ssh-ed25519"}
        unit.session.add(HostKey(**key, fingerprint="SHA256:new", state=HostKeyState.CHANGED))
    seen.sweep(SECOND)
    assert confirmed(seen) == [("10.0.0.1", "", "ssh-ed25519 SHA256:new")]
    with seen.work() as unit:
        unit.session.execute(update(HostKey).values(state=HostKeyState.PINNED))
    seen.sweep(SECOND)
    assert seen.drift() == []


@pytest.mark.parametrize(
    ("until", "found"),
    [(date(2027, 1, 22), True), (date(2027, 1, 23), False), (date(2026, 9, 1), True), (date(2020, 1, 1), False)],
)
def test_a_warranty_that_runs_out(office, until, found):
    office.only_rule(RuleKey.WARRANTY_ENDING)
    with office.work() as unit:
        AssetFactory(organization=None, organization_id=office.organization_id, name="lt", warranty_until=until)
        first = evaluation.look_by_clock(DISCOVERY, now=unit.now)
        assert [one.opened for one in first] == [int(found)]
    with office.work() as unit:
        assert evaluation.look_by_clock(DISCOVERY, now=unit.now) == []
    assert len(office.tickets()) == int(found)


def test_a_certificate_that_runs_out(seen):
    seen.only_rule(RuleKey.CERTIFICATE_ENDING)
    observe(seen, "certificate", "2026-12-05 intranet.acme.example", "tls")
    with seen.work() as unit:
        evaluation.look_by_clock(DISCOVERY, now=unit.now)
    assert confirmed(seen) == [("intranet.acme.example", "", "2026-12-05 (+12 d)")]


def test_a_rule_keeps_to_its_kinds_places_and_categories(seen):
    seen.only_rule(RuleKey.SUPPLIES_LOW, kinds=["printer"])
    seen.part("Black toner", "supply", level=1)
    seen.sweep(report())
    assert seen.drift() == []
    seen.rule(RuleKey.SUPPLIES_LOW, kinds=["switch"], category_ids=[4711])
    seen.sweep(report())
    assert seen.drift() == []
    seen.rule(RuleKey.SUPPLIES_LOW, kinds=["switch"], category_ids=[])
    seen.sweep(report())
    assert len(seen.drift()) == 1
