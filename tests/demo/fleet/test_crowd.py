"""Generated devices: repeatable, all different, many to a socket, quick."""

from __future__ import annotations

import resource
import socket
import time
from collections import Counter

import pytest

from itsm.demo.fleet import Crowd, ber, generate
from itsm.demo.fleet.pdu import GET
from itsm.demo.fleet.secrets import COMMUNITY
from tests.demo.fleet.asking import ask, community

NAME, DESCR = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.1.0"
SERIAL = {
    "printer": "1.3.6.1.2.1.43.5.1.1.17.1",
    "switch": "1.3.6.1.2.1.47.1.1.1.1.11.1",
    "ups": "1.3.6.1.4.1.318.1.1.1.1.2.3.0",
}
FIRST_MAC = "1.3.6.1.2.1.2.2.1.6.1"


def test_the_same_seed_gives_the_same_devices_and_none_twice() -> None:
    devices = list(generate(10_000, seed=7))
    assert devices == list(generate(10_000, seed=7))
    assert devices != list(generate(10_000, seed=8))
    for field in ("name", "serial", "mac", "host"):
        assert len({getattr(device, field) for device in devices}) == 10_000, field
    kinds = Counter(device.kind for device in devices)
    assert set(kinds) == {"switch", "server", "printer", "ip_phone", "ups"}
    assert all(count >= 500 for count in kinds.values())


def test_each_device_answers_as_itself_from_its_own_address() -> None:
    with Crowd(300, seed=3, net="127.65.0.0/16") as crowd:
        sample = {device.kind: (address, device) for address, device in crowd.devices.items()}
        for kind, (address, device) in sample.items():
            wanted = [NAME, *([SERIAL[kind]] if kind in SERIAL else ())]
            assert ask(address, crowd.port, community(), *wanted) == dict(
                zip(wanted, (device.name, device.serial), strict=False)
            )
        address, switch = sample["switch"]
        offset = int(switch.mac.replace(":", ""), 16) + 1
        assert ask(address, crowd.port, community(), FIRST_MAC) == {FIRST_MAC: f"0x{offset:012x}"}
        crowd.silence(address)
        assert ask(address, crowd.port, community(), NAME, timeout=0.3) == "No SNMP response received before timeout"


def test_no_text_of_a_twin_names_another() -> None:
    with Crowd(60, seed=5, net="127.68.0.0/16") as crowd:
        ups = next((address, twin) for address, twin in crowd.devices.items() if twin.kind == "ups")
        said = ask(ups[0], crowd.port, community(), DESCR)
        printer = next((address, twin) for address, twin in crowd.devices.items() if twin.shape == "prn-mono")
        port_monitor = "1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1"
        identity = ask(printer[0], crowd.port, community(), port_monitor)
    assert f"SN: ZA{ups[1].serial} " in said[DESCR]
    assert identity[port_monitor].endswith(f"CLS:PRINTER;SN:{printer[1].serial};")


def test_addresses_without_a_device_are_silent() -> None:
    with Crowd(5, net="127.66.0.0/16") as crowd:
        said = ask("127.66.9.9", crowd.port, community(), NAME, timeout=0.3)
    assert said == "No SNMP response received before timeout"


def test_a_network_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="has no room for host 255"):
        Crowd(300, net="127.65.0.0/24")


def test_ten_thousand_devices_cost_little_and_answer_quickly() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Crowd(10_000, net="127.67.0.0/16") as crowd:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        name = ber.oid(ber.arcs_of("1.3.6.1.2.1.1.2.0"))
        binding = ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, name + ber.NULL))
        agents = [*crowd._answers.values()][:2000]
        messages = [
            ber.tlv(
                ber.SEQUENCE,
                ber.integer(1)
                + ber.octets(COMMUNITY)
                + ber.tlv(GET, ber.integer(number) + ber.integer(0) * 2 + binding),
            )
            for number in range(len(agents))
        ]
        started = time.process_time()
        answers = [answer(message, 1e6) for answer, message in zip(agents, messages, strict=True)]
        spent = time.process_time() - started
        assert all(answers)
        # A fifth of what is measured on two cores, so that a busy machine doesn't fail it.
        assert len(agents) / spent > 5_000
        assert grown < 120_000, f"{grown} KiB"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            asking.sendto(messages[0], (next(reversed(crowd.devices)), crowd.port))
            assert asking.recvfrom(2048)[1] == (next(reversed(crowd.devices)), crowd.port)
