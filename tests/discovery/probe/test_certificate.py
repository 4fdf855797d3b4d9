"""The certificate on a TLS port: read from an honest server, and from others in no more than the time allowed."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from itsm.discovery import reading
from itsm.discovery.probe.certificate import read_certificate
from itsm.discovery.wire import HostReport
from tests.infra.certificates import make_certificate, server_context

HERE = "127.77.0.9"


async def looked_at(answer, context=None, seconds=1.0):
    """Serve with ``answer`` and return what the probe saw of it."""
    server = await asyncio.start_server(answer, HERE, 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        return await read_certificate(HERE, port, seconds=seconds, gate=asyncio.Semaphore(1))
    finally:
        server.close()


async def hang_up(_reader, writer):
    writer.close()


async def say_nothing(reader, writer):
    await reader.read(-1)
    writer.close()


async def talk_nonsense(_reader, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 2000)
    writer.close()


def test_an_honest_server_tells_when_its_certificate_ends(tmp_path):
    context = server_context(make_certificate(tmp_path, "intranet.example", HERE))
    shown, stage = asyncio.run(looked_at(hang_up, context))
    assert stage is None
    report = HostReport(HERE, "2026-11-23T12:00:00+00:00", certificate=shown)
    ends = (datetime.now(UTC) + timedelta(days=1)).date()
    assert reading.certificate_of(report) == f"{ends} intranet.example"
    assert HostReport.from_json(report.to_json()) == report
    assert report.content_hash() != HostReport(HERE, "2026-11-23T12:00:00+00:00").content_hash()


@pytest.mark.parametrize("answer", [hang_up, say_nothing, talk_nonsense])
def test_anything_else_ends_in_time_with_a_reason(answer):
    begun = time.monotonic()
    shown, stage = asyncio.run(looked_at(answer, seconds=0.3))
    assert (shown, stage.name, stage.reason) == (None, "tls", "bad_certificate")
    assert time.monotonic() - begun < 2


def test_a_shut_port_is_no_stage():
    found = asyncio.run(read_certificate(HERE, 9, seconds=0.3, gate=asyncio.Semaphore(1)))
    assert found == (None, None)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "MAA="])
def test_what_is_no_certificate_is_none(text):
    assert reading.certificate_of(HostReport(HERE, "2026-11-23T12:00:00+00:00", certificate=text)) is None
