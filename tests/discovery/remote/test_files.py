"""A site without any connection: an order goes there as a file, a bare Python works by it, the result comes back."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from itsm.assets.models import Asset
from itsm.discovery.enums import PartState, SweepState
from itsm.discovery.knowledge import catalog, plan
from itsm.discovery.models import Probe, ProbeDelivery, Sighting, Sweep, SweepPart, TargetOutcome
from itsm.discovery.probe.remote import envelope, offline, zipapp
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.home import Home
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.libraries import kind_of_machine
from itsm.discovery.services import order_files, probes, sweeps
from itsm.kernel.errors import Invalid, RuleBroken
from tests.application import only
from tests.discovery.remote.conftest import HOUSE, house_card, network_of, run_jobs


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "itsm-probe.pyz"
    zipapp.build(path)
    return path


@pytest.fixture
def site(app, work, fleet, tmp_path, clock):
    """Give the home of an offline probe that the house knows; its network is the fleet's."""
    home = Home(tmp_path / "branch")
    with work():
        network = network_of(fleet)
        card = zipapp.settle(home, "branch", house_card())
        new = probes.NewProbe(name="branch", organization_id=network.organization_id, network_ids=[network.id])
        probes.enter_card(HOUSE, new, card, now=clock.now())
    return home


def exported(work, tmp_path, **more) -> tuple[int, Path]:
    with work() as unit:
        probe = only(unit.session.scalars(select(Probe)))
        networks = unit.session.scalars(select(probes.Network).where(probes.Network.probe == probe.name)).all()
        part, order = order_files.export_order(HOUSE, probe, networks, now=unit.now, **more)
    path = tmp_path / f"order-{part.id}"
    path.write_bytes(order)
    return part.id, path


def brought(work, data: bytes) -> int:
    with work() as unit:
        return order_files.import_result(HOUSE, io.BytesIO(data), now=unit.now)[1]


def refusal(work, data: bytes) -> str:
    with pytest.raises(Invalid) as said:
        brought(work, data)
    return said.value.errors["file"][0]


def ran(home: Home, order: Path, tmp_path: Path) -> bytes:
    """Work by an order in this process."""
    result = tmp_path / f"{order.name}.result"
    assert offline.run_file(home, order, result, say=lambda _: None)
    return result.read_bytes()


def counts(reading):
    with reading() as session:
        models = (Asset, Sighting, TargetOutcome, ProbeDelivery)
        return [session.scalar(select(func.count()).select_from(model)) for model in models]


def test_a_bare_python_works_by_the_order_and_the_result_is_taken_in_once(
    app, work, reading, site, fleet, program, tmp_path
):
    part_id, order = exported(work, tmp_path)
    secret = order.read_bytes()
    assert b"larkspur" not in secret
    result = tmp_path / "result"
    command = [sys.executable, "-I", "-S", program, "--home", site.folder, "run-file", order, "-o", result]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert brought(work, result.read_bytes()) > 2
    run_jobs(app)
    with reading() as session:
        sweep = only(session.scalars(select(Sweep)))
        assert (sweep.state, sweep.error, sweep.total) == (SweepState.FINISHED, "", 63)
        whole = select(func.count(Asset.id)).where(Asset.parent_id.is_(None))  # the chassis of a stack come with it
        assert sweep.new == session.scalar(whole) >= 5
        part = session.get_one(SweepPart, part_id)
        assert (part.state, part.refused, part.parcel) == (PartState.FINISHED, 0, None)
        assert set(session.scalars(select(ProbeDelivery.state))) == {"taken"}
        seen = session.scalars(select(TargetOutcome.address)).all()
        assert len(seen) == len(set(seen)) >= 5
    before = counts(reading)
    assert brought(work, result.read_bytes()) == 0
    run_jobs(app)
    assert counts(reading) == before


def in_the_file(program: Path, script: str) -> str:
    """Return what a bare Python prints that has nothing but the file."""
    begin = f"import sys; sys.path.insert(0, {str(program)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", begin + script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_file_carries_the_whole_knowledge_and_asks_as_we_do(program):
    data = Path(catalog.__file__).with_name("data")
    with zipfile.ZipFile(program) as archive:
        carried = {name.rpartition("/")[2] for name in archive.namelist() if "/knowledge/data/" in name}
    assert "documented.tsv" in carried and carried == {path.name for path in data.iterdir()}
    script = (
        "from itsm.discovery.knowledge import catalog, plan\n"
        "lines = catalog.object_lines()\n"
        "print(len(lines), sum(not line.proven for line in lines), plan.__file__.startswith(sys.path[0]))\n"
        "print(plan.objects_for('1.3.6.1.4.1.43.1.8', ''))"
    )
    counted, asked = in_the_file(program, script).splitlines()
    lines = catalog.object_lines()
    assert counted == f"{len(lines)} {sum(not line.proven for line in lines)} True"
    assert "1.3.6.1.4.1.43.45.1.2.33.6.1.0" in asked and asked == str(plan.objects_for("1.3.6.1.4.1.43.1.8", ""))


def test_compiled_packages_beside_the_file_bring_ssh_and_snmpv3_to_a_bare_python(app, work, site, tmp_path):
    with work() as unit:
        only(unit.session.scalars(select(probes.Network))).ranges = ["127.43.21.1-127.43.21.4"]
    native = tmp_path / "carried" / "itsm-probe.pyz"
    native.parent.mkdir()
    said = zipapp.build(native, with_native=True)
    assert said.endswith(f"Carry itsm-probe.lib beside it: SNMPv3 and SSH for {kind_of_machine()}.")

    def bare(*arguments):
        command = [sys.executable, "-I", "-S", native, "--home", site.folder, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin"}, check=False
        )

    assert bare("about").stdout.splitlines()[1:] == [
        "SNMP v1, v2c: yes",
        "SNMPv3 with encryption: yes",
        "SSH: yes",
        "Signing and sealing: by cryptography",
    ]
    _, order = exported(work, tmp_path)
    done = bare("run-file", order, "-o", tmp_path / "result")
    assert (done.returncode, done.stderr) == (0, "")
    assert brought(work, (tmp_path / "result").read_bytes()) > 0
    (native.parent / "itsm-probe.lib" / "made-for").write_text("another-machine python3.11")
    foreign = bare("about")
    assert "is for another-machine python3.11, this is" in foreign.stderr
    assert "SSH: no, paramiko is not installed" in foreign.stdout


def test_files_that_were_changed_cut_or_are_foreign_are_refused_with_a_sentence(app, work, site, tmp_path):
    with work() as unit:
        only(unit.session.scalars(select(probes.Network))).ranges = ["127.43.21.1-127.43.21.12"]
    _, order = exported(work, tmp_path)
    data = ran(site, order, tmp_path)
    at = len(data) // 2
    assert "changed" in refusal(work, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert "cut off" in refusal(work, data[:-9])
    assert "added" in refusal(work, data + b"x")
    assert "not the result of a probe" in refusal(work, b"PK\x03\x04" + data)
    frames = list(offline.frames(io.BytesIO(data)))
    assert "missing from the file" in refusal(work, joined([frames[0], *frames[2:]]))
    assert "does not reach to its end" in refusal(work, joined(frames[:-1]))
    forger = KeyPair.fresh()
    forged = envelope.pack({**envelope.split(frames[0]).head}, {"what": "ended"}, signer=forger)
    assert "The signature is not that of the probe branch" in refusal(work, joined([forged]))
    head = {**envelope.split(frames[0]).head, "version": 2}
    newer = envelope.pack(head, {"what": "ended"}, signer=site.keys())
    assert "understands 1 to 1. Update this side first" in refusal(work, joined([newer]))
    older = envelope.pack({**head, "version": 0}, {"what": "ended"}, signer=site.keys())
    assert "not understood any more" in refusal(work, joined([older]))
    assert brought(work, data) == len(frames)
    other = envelope.pack({**envelope.split(frames[0]).head}, {"what": "ended"}, signer=site.keys())
    assert "Another result of this order" in refusal(work, joined([other]))


def joined(frames: list[bytes]) -> bytes:
    return offline.MAGIC + b"".join(struct.pack(">I", len(one)) + one for one in frames) + struct.pack(">I", 0)


def test_a_body_that_unpacks_without_end_is_not_unpacked(site):
    keys = site.keys()
    bomb = envelope.pack({"kind": "delivery"}, "0" * (2 << 20), signer=keys)
    assert (len(bomb) < 10_000, envelope.MOST_PLAIN) == (True, 64 << 20)
    with pytest.raises(Refused, match="unpacks to more than 1 MiB"):
        envelope.content_of(envelope.split(bomb), "delivery", sender=keys.public, who="The probe", most=1 << 20)


def test_an_order_is_good_for_one_probe_one_house_and_a_time(app, work, site, tmp_path, clock):
    with work() as unit:
        only(unit.session.scalars(select(probes.Network))).ranges = ["127.43.21.1"]
    _, order = exported(work, tmp_path, lasts=timedelta(days=1))
    data = order.read_bytes()
    stranger = Home(tmp_path / "stranger")
    stranger.settle()
    stranger.tell(name="branch", house=site.told()["house"])
    for home, sent, said in (
        (stranger, data, "sealed for somebody else"),
        (site, data[:-70] + bytes([data[-70] ^ 1]) + data[-69:], "signature is not that of the main site"),
        (site, data[: len(data) // 2], "cut off"),
        (site, b"hello", "not an order"),
    ):
        order.write_bytes(sent)
        with pytest.raises(Refused, match=said):
            offline.run_file(home, order, tmp_path / "result", say=lambda _: None)
    with pytest.raises(RuleBroken, match="under way already"):
        exported(work, tmp_path)
    clock.advance(timedelta(days=2))
    from itsm.discovery.probe_tasks import look_after_probes

    with app.app_context():
        look_after_probes(clock.now())
    run_jobs(app)
    with work() as unit:
        sweep = only(unit.session.scalars(select(Sweep)))
        assert (sweep.state, sweep.error) == (
            SweepState.FAILED,
            "branch: no result came back before the order expired.",
        )
    order.write_bytes(data)
    assert "The order expired before this result came back" in refusal(work, ran(site, order, tmp_path))
    clock.advance(timedelta(days=-10))
    _, late = exported(work, tmp_path, lasts=timedelta(days=1))
    with pytest.raises(Refused, match="This order expired"):
        offline.run_file(site, late, tmp_path / "late", say=lambda _: None)


def test_a_run_that_was_stopped_goes_on_where_it_was(app, work, reading, site, tmp_path):
    _, order = exported(work, tmp_path)
    result = tmp_path / "result"
    kept: list[str] = []
    assert not offline.run_file(site, order, result, say=kept.append, should_stop=lambda: len(kept) > 0)
    assert not result.exists()
    assert offline.run_file(site, order, result, say=kept.append)
    assert brought(work, result.read_bytes()) > 0
    run_jobs(app)
    with reading() as session:
        assert only(session.scalars(select(Sweep))).state is SweepState.FINISHED
        seen = session.scalars(select(TargetOutcome.address)).all()
        assert len(seen) == len(set(seen)) >= 5
    assert [path.name for path in tmp_path.iterdir() if "spool" in path.name] == []


def test_a_network_of_an_offline_probe_is_not_swept_live_and_a_revoked_probe_brings_nothing(work, site, tmp_path):
    with work() as unit:
        only(unit.session.scalars(select(probes.Network))).ranges = ["127.43.21.1"]
    with pytest.raises(RuleBroken, match="works with files"), work() as unit:
        sweeps.queue_sweep(HOUSE, unit.session.scalars(select(probes.Network)).all(), now=unit.now)
    _, order = exported(work, tmp_path)
    data = ran(site, order, tmp_path)
    with work() as unit:
        probes.revoke(HOUSE, only(unit.session.scalars(select(Probe))), now=unit.now)
    assert "was revoked" in refusal(work, data)
