"""Calls to the outside reach what they may, and nothing on the inside whatever the URL looks like."""

import socket
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from itsm.infra.http import (
    BadReply,
    BadUrl,
    DestinationRefused,
    HttpClient,
    OutboundError,
    OutboundTimedOut,
    Unreachable,
    checked_url,
)
from tests.infra.certificates import make_certificate, server_context
from tests.infra.servers import HttpSink, free_port, http_sink, raw, saying

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
GUARDED = HttpClient(timeout=3)
INSIDE = HttpClient(allowed=LOOPBACK, timeout=5, max_body=10_000)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as server:
        yield server


# Every one of these names a machine, a neighbour, or a cloud's secrets; PORT is that of a listening sink.
FORBIDDEN = [
    "http://127.0.0.1:PORT/", "http://127.0.0.2:PORT/", "http://127.1:PORT/", "http://127.0.1:PORT/",
    "http://2130706433:PORT/", "http://0x7f000001:PORT/", "http://0x7f.0.0.1:PORT/", "http://0x7f.1:PORT/",
    "http://0177.0.0.1:PORT/", "http://017700000001:PORT/", "http://0177.1:PORT/", "http://127.0.0.1.:PORT/",
    "http://*:PORT/",
    "http://localhost:PORT/", "http://LOCALHOST:PORT/", "http://localhost.:PORT/", "http://LocalHost:PORT/x?y#z",
    "http://0.0.0.0:PORT/", "http://0:PORT/", "http://[::1]:PORT/", "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/", "http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/", "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/", "http://[2002:7f00:1::]:PORT/", "http://[2002:a00:1::1]/",
    "http://[2001:0:7f00:1::80ff:fffe]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fec0::1]/",
    "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[ff02::1]/", "http://[fd00:ec2::254]/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://3232235777/",
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/",
    "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://100.100.100.200/",
    "http://100.64.0.1/", "http://192.0.0.192/", "http://168.63.129.16/", "http://198.18.0.1/", "http://192.0.2.1/",
    "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
    "https://127.0.0.1:PORT/", "https://localhost:PORT/", "http://①②⑦.⓪.⓪.①:PORT/", "http://１２７.0.0.1:PORT/",
    "http://127。0。0。1:PORT/", "http://ⓛocalhost:PORT/",
]  # fmt: skip
MALFORMED = [
    "", "/", "localhost", "//localhost/", "http://", "http:///", "http:/127.0.0.1", "file:///etc/passwd",
    "ftp://127.0.0.1/", "gopher://127.0.0.1:25/_x", "dict://127.0.0.1/", "javascript:alert(1)", "data:,x",
    "unix:///run/x.sock", "http+unix://x/", "ldap://127.0.0.1/", "jar:http://x!/", "http://user@127.0.0.1/",
    "http://user:word@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1#@example.org/\n",
    "http://127.0.0.1\\@example.org/", "http://example.org\\.evil/", "http://exam ple.org/", "http://a\tb/",
    "http://a\r\nHost: b/", "http://a/\0", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.org/",
    "http://[::1", "http://::1/", "http://[v1.x]/", "http://a:b/", "http://a:99999/", "http://a:-1/",
    "http://" + "a" * 300 + "/", "http://a/" + "b" * 5000, "http://a/\u2028", "http://a\u202eb/", "http://..",
    "HTTP", "ht tp://a", "http://a..b/", "http://.a/",
]  # fmt: skip


@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_form_of_an_inner_address_is_called(sink: HttpSink, url: str) -> None:
    with pytest.raises((DestinationRefused, BadUrl, Unreachable)) as caught:
        GUARDED.get(url.replace("PORT", str(sink.port)))
    # What the resolver of this machine does not understand is no danger; a failed connection would be.
    assert not isinstance(caught.value, Unreachable) or "does not resolve" in str(caught.value)
    assert sink.hits == []


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises((BadUrl, Unreachable)):
        GUARDED.get(url)


@pytest.mark.parametrize("url", ["https://example.org", "http://example.org:8080/a/b?c=d#e", "https://bücher.example/"])
def test_an_ordinary_url_is_accepted_in_a_form(url: str) -> None:
    assert checked_url(url).scheme in url


def test_an_allowed_network_is_called_and_the_reply_is_whole(sink: HttpSink) -> None:
    sink.answers["/a?b=c"] = saying(b"body", 418, X_Note="yes")
    reply = INSIDE.request("POST", sink.url("/a?b=c#fragment"), headers={"X-Sign": "s"}, body=b"sent")
    assert (reply.status, reply.body, reply.headers["x-note"]) == (418, b"body", "yes")
    [(method, path, headers, body)] = sink.hits
    assert (method, path, body) == ("POST", "/a?b=c", b"sent")
    assert headers == {
        "host": f"127.0.0.1:{sink.port}",
        "user-agent": "itsm",
        "accept": "*/*",
        "accept-encoding": "identity",
        "x-sign": "s",
        "content-length": "4",
    }


def test_allowing_one_network_does_not_allow_another(sink: HttpSink) -> None:
    with pytest.raises(DestinationRefused, match=r"leads to 127.0.0.1"):
        HttpClient(allowed=[ip_network("10.0.0.0/8"), ip_network("::/0")]).get(sink.url())
    assert sink.hits == []


def test_a_mapped_address_is_matched_as_the_address_it_carries() -> None:
    with http_sink("127.0.0.1") as sink:
        assert INSIDE.get(sink.url(host="[::ffff:127.0.0.1]")).body == b"hello"


def test_an_ipv6_host_is_called_with_its_brackets() -> None:
    with http_sink("::1") as sink:
        assert INSIDE.get(sink.url(host="[::1]")).body == b"hello"
        assert sink.hits[0][2]["host"] == f"[::1]:{sink.port}"


def test_a_name_with_one_inner_address_among_public_ones_is_refused(
    sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolver(["93.184.216.34", "127.0.0.1"]))
    with pytest.raises(DestinationRefused, match=r"mixed\.example leads to 127\.0\.0\.1"):
        GUARDED.get(sink.url(host="mixed.example"))
    assert sink.hits == []


def test_a_name_that_changes_after_the_check_is_not_asked_again(
    sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the first answer is allowed, every later one would be the forbidden 127.0.0.9."""
    answers = [["127.0.0.1"], ["127.0.0.9"], ["127.0.0.9"]]
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def rebinding(host: str, *rest: object, **options: object) -> object:
        if host != "rebind.example":
            return genuine(host, *rest, **options)
        asked.append(host)
        return _resolver(answers.pop(0))(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    client = HttpClient(allowed=[ip_network("127.0.0.1/32")], timeout=5)
    assert client.get(sink.url(host="rebind.example")).body == b"hello"
    assert asked == ["rebind.example"]
    sink.answers["/again"] = saying(b"", 302, Location=sink.url("/", host="rebind.example"))
    with pytest.raises(DestinationRefused, match=r"127\.0\.0\.9"):
        client.get(sink.url("/again"))


def _resolver(addresses: list[str]):
    def resolve(host: str, port: int, *rest: object, **options: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_each_redirect_is_checked_anew(sink: HttpSink) -> None:
    with http_sink("127.0.0.2") as forbidden:
        client = HttpClient(allowed=[ip_network("127.0.0.1/32")], timeout=5)
        sink.answers["/go"] = saying(b"", 302, Location=forbidden.url("/secret", host="127.0.0.2"))
        with pytest.raises(DestinationRefused, match=r"127\.0\.0\.2"):
            client.get(sink.url("/go"))
        assert forbidden.hits == []


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://x/", "http://user@127.0.0.1/", "http://[::1", "http://a\\b/", ""],
)
def test_a_redirect_to_what_is_not_called_is_refused(sink: HttpSink, location: str) -> None:
    sink.answers["/go"] = saying(b"", 302, Location=location)
    with pytest.raises(OutboundError):
        INSIDE.get(sink.url("/go"), redirects=1)


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", ("GET", b"")),
        (302, "POST", ("GET", b"")),
        (303, "PUT", ("GET", b"")),
        (302, "PUT", ("PUT", b"b")),
        (307, "POST", ("POST", b"b")),
        (308, "PUT", ("PUT", b"b")),
    ],
)
def test_redirects_keep_or_change_the_method_as_the_standard_says(
    sink: HttpSink, status: int, method: str, then: tuple[str, bytes]
) -> None:
    sink.answers["/go"] = saying(b"", status, Location="/end?x=1")
    reply = INSIDE.request(method, sink.url("/go"), body=b"b", redirects=1)
    assert (reply.url, reply.body) == (sink.url("/end?x=1"), b"hello")
    assert [(hit[0], hit[3]) for hit in sink.hits] == [(method, b"b"), then]


def test_secrets_in_headers_do_not_follow_to_another_origin(sink: HttpSink) -> None:
    with http_sink() as other:
        sink.answers["/go"] = saying(b"", 302, Location=other.url("/"))
        sink.answers["/near"] = saying(b"", 302, Location="/end")
        secrets = {"Authorization": "Bearer planted", "X-Api-Key": "planted", "Cookie": "a=planted"}
        INSIDE.get(sink.url("/go"), headers=secrets)
        assert "planted" not in repr(other.hits)
        INSIDE.get(sink.url("/near"), headers=secrets)
        assert sink.hits[-1][2]["authorization"] == "Bearer planted"


def test_a_loop_of_redirects_ends(sink: HttpSink) -> None:
    sink.answers["/loop"] = saying(b"", 302, Location="/loop")
    with pytest.raises(BadReply, match="more than 3 times"):
        INSIDE.get(sink.url("/loop"))
    assert len(sink.hits) == 4


def test_without_leave_a_redirect_is_only_returned(sink: HttpSink) -> None:
    sink.answers["/go"] = saying(b"", 302, Location="/end")
    assert INSIDE.request("POST", sink.url("/go")).status == 302
    assert sink.paths == ["/go"]


def test_proxies_of_the_environment_are_not_used(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_sink() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert INSIDE.get(sink.url()).body == b"hello"
        assert proxy.hits == []


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n"] + [b"X-Drip: x\r\n"] * 100,
        [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"] + [b"x"] * 1000,
        [b"H", b"T", b"T", b"P"] * 30,
    ],
    ids=["headers", "body", "status"],
)
def test_a_reply_that_drips_ends_at_the_deadline(sink: HttpSink, parts: list[bytes]) -> None:
    sink.answers["/drip"] = raw(*parts, pause=0.1)
    started = time.monotonic()
    with pytest.raises(OutboundTimedOut, match=r"within 0\.8 seconds"):
        HttpClient(allowed=LOOPBACK, timeout=0.8).get(sink.url("/drip"))
    assert time.monotonic() - started < 2


def test_a_server_that_never_answers_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(OutboundTimedOut):
            HttpClient(allowed=LOOPBACK, timeout=0.5).get(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert time.monotonic() - started < 2


def test_a_resolver_that_hangs_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *rest, **options: time.sleep(1.5) or [])
    started = time.monotonic()
    with pytest.raises(OutboundTimedOut):
        HttpClient(timeout=0.3).get("http://slow.example/")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (saying(b"x" * 10_001), "larger than 10000 bytes"),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"), "proper HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), "proper HTTP"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "proper HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n"), "proper HTTP"),
        (raw(b""), "proper HTTP"),
        (saying(b"\x1f\x8b", Content_Encoding="gzip"), "compressed"),
    ],
)
def test_a_bad_reply_is_named(sink: HttpSink, answer, reason: str) -> None:
    sink.answers["/bad"] = answer
    with pytest.raises(BadReply, match=reason):
        INSIDE.get(sink.url("/bad"))


def test_an_endless_body_is_cut(sink: HttpSink) -> None:
    sink.answers["/endless"] = raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 1000)
    with pytest.raises(BadReply, match="larger than"):
        INSIDE.get(sink.url("/endless"))


def test_nobody_listening_and_unknown_names_are_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached"):
        INSIDE.get(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(Unreachable, match="does not resolve"):
        INSIDE.get("http://no-such-name.invalid/")


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-C: d"}, {"X A": "b"}, {"X-A": "b\0"}, {"X-A\n": "b"}])
def test_a_header_with_line_ends_is_not_sent(sink: HttpSink, headers: dict[str, str]) -> None:
    with pytest.raises(BadUrl, match="cannot be sent"):
        INSIDE.get(sink.url(), headers=headers)
    assert sink.hits == []


def test_tls_is_verified_against_the_name(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    with http_sink(tls=server_context(certificate)) as sink:
        trusting = HttpClient(allowed=LOOPBACK, timeout=5, ca_file=str(certificate))
        assert trusting.get(sink.url(scheme="https")).body == b"hello"
        with pytest.raises(Unreachable, match="certificate verify failed"):
            INSIDE.get(sink.url(scheme="https"))
        with pytest.raises(Unreachable, match="certificate verify failed"):
            trusting.get(sink.url(scheme="https", host="localhost"))
        sink.answers["/down"] = saying(b"", 302, Location=sink.url("/", scheme="http"))
        with pytest.raises(DestinationRefused, match="unprotected"):
            trusting.get(sink.url("/down", scheme="https"))


def test_no_descriptor_is_left_open(sink: HttpSink) -> None:
    sink.answers["/bad"] = saying(b"x" * 20_000)
    INSIDE.get(sink.url())
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        INSIDE.get(sink.url())
        with pytest.raises(BadReply):
            INSIDE.get(sink.url("/bad"))
    time.sleep(0.2)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
