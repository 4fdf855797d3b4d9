"""The one client for calls to the outside: bounded in time and size, and unable to reach the inside.

Each call resolves the name once, checks every address it got, and connects to one of exactly those; each
redirect is a new call under the same rules. Proxies and other settings from the environment are not read, no
cookie is kept, nothing is retried. It stands on httpcore, the engine of httpx, because only there the
connection itself can be ours.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from itsm.infra.addresses import Network
from itsm.infra.guarded import DestinationForbiddenError, GuardedBackend

SCHEMES = ("http", "https")
_REDIRECTS = {301, 302, 303, 307, 308}
_MAX_URL = 4000
# The headers that also travel along a redirect to another origin.
_HARMLESS = {"accept", "accept-encoding", "content-type", "user-agent"}
Headers = Mapping[str, str]


class OutboundError(Exception):
    """Base of the reasons why a call to the outside gave no reply; the text is fit for a person."""


class BadUrl(OutboundError):
    """The URL is not one that is called at all."""


class DestinationRefused(OutboundError):
    """The name leads to where this server does not talk."""


class Unreachable(OutboundError):
    """The name does not resolve, nobody answers, or the connection broke."""


class OutboundTimedOut(OutboundError):
    """The whole call took longer than allowed."""


class BadReply(OutboundError):
    """The other side's reply is too large, broken, compressed, or redirects too often."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply: the URL that answered at last, its status, headers (lower-case names) and body."""

    url: str
    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Calls to the outside under one policy.

    `allowed` are networks inside the house that may be called nevertheless; `timeout` is for a whole call
    with all its redirects, in seconds; `max_body` is in bytes; `ca_file` adds a private authority.
    """

    allowed: Sequence[Network] = ()
    timeout: float = 10.0
    max_body: int = 1 << 20
    ca_file: str | None = None
    user_agent: str = "itsm"

    def get(self, url: str, *, headers: Headers | None = None, redirects: int = 3) -> Reply:
        """Fetch a URL, following a few redirects; raises OutboundError."""
        return self.request("GET", url, headers=headers, redirects=redirects)

    def request(
        self, method: str, url: str, *, headers: Headers | None = None, body: bytes = b"", redirects: int = 0
    ) -> Reply:
        """Send one request and return the whole reply, whatever its status; raises OutboundError.

        Without `redirects` a redirecting reply is returned as it is.
        """
        deadline = time.monotonic() + self.timeout
        sent = {"user-agent": self.user_agent, "accept": "*/*", "accept-encoding": "identity"}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        target = checked_url(url)
        for _ in range(redirects + 1):
            reply = self._once(method, target, sent, body, deadline)
            location = reply.headers.get("location")
            if not redirects or reply.status not in _REDIRECTS or location is None:
                return reply
            following = _following(target, location)
            if reply.status == 303 or (reply.status in {301, 302} and method == "POST"):
                method, body = "GET", b""
            if _origin(following) != _origin(target):
                sent = {name: value for name, value in sent.items() if name in _HARMLESS}
            target = following
        raise BadReply(f"{target.host} redirects more than {redirects} times.")

    def _once(self, method: str, url: httpx.URL, headers: Headers, body: bytes, deadline: float) -> Reply:
        host = url.host
        pool = httpcore.ConnectionPool(
            ssl_context=_tls(self.ca_file), network_backend=GuardedBackend(self.allowed, deadline)
        )
        sent = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        sent.append((b"host", url.netloc))
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        try:
            with pool, pool.stream(method, target, headers=sent, content=body or None) as answer:
                got = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in answer.headers}
                return Reply(str(url), answer.status, got, self._read(answer.iter_stream(), got))
        except DestinationForbiddenError as error:
            raise DestinationRefused(f"{host} leads to {error}, where this server does not call.") from error
        except httpcore.TimeoutException as error:
            raise OutboundTimedOut(f"{host} did not answer within {self.timeout:g} seconds.") from error
        except httpcore.LocalProtocolError as error:
            raise BadUrl(f"The request to {host} cannot be sent: {error}.") from error
        except httpcore.RemoteProtocolError as error:
            raise BadReply(f"{host} did not answer in proper HTTP.") from error
        except (httpcore.NetworkError, OSError) as error:
            raise Unreachable(f"{host} cannot be reached: {error}.") from error

    def _read(self, chunks: Iterable[bytes], headers: Headers) -> bytes:
        if headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
            raise BadReply("The reply is compressed though it was asked not to be.")
        read = bytearray()
        for chunk in chunks:
            read += chunk
            if len(read) > self.max_body:
                raise BadReply(f"The reply is larger than {self.max_body} bytes.")
        return bytes(read)


def checked_url(text: str) -> httpx.URL:
    """Return the parsed URL when it is of a form that may be called; raises BadUrl with the reason.

    Nothing is resolved here: forms can use it to tell a mistake at once.
    """
    if len(text) > _MAX_URL or "\\" in text or not text.isprintable() or " " in text:
        raise BadUrl("The URL is too long or holds characters that do not belong there.")
    try:
        url = httpx.URL(text)
        host, port = url.raw_host, url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise BadUrl("This is not a URL.") from error
    if url.scheme not in SCHEMES:
        raise BadUrl("Only http and https URLs are called.")
    if url.userinfo:
        raise BadUrl("A URL with a user name or password in it is not called.")
    if not host or b"%" in host or port == 0 or len(host) > 253:
        raise BadUrl("The URL names no host.")
    return url


def _following(target: httpx.URL, location: str) -> httpx.URL:
    try:
        joined = str(target.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise BadUrl(f"{target.host} redirects to what is not a URL.") from error
    following = checked_url(joined)
    if target.scheme == "https" and following.scheme != "https":
        raise DestinationRefused(f"{target.host} redirects from a protected to an unprotected address.")
    return following


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, url.port or (443 if url.scheme == "https" else 80)


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Return the verifying context; made once, because reading the authorities takes a moment."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
