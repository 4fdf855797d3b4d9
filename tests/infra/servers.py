"""Small real servers on loopback for tests: they answer as told and remember who called."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class HttpSink:
    """An HTTP server that answers by path and keeps every request it got."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.port: int = server.server_address[1]
        self.hits: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, Answer] = {}

    @property
    def paths(self) -> list[str]:
        return [hit[1] for hit in self.hits]

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def http_sink(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[HttpSink]:
    """Run a server on a port of the kernel's choice until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sink.hits.append((self.command, self.path, headers, body))
            self.close_connection = True
            with contextlib.suppress(OSError):
                sink.answers.get(self.path, saying(b"hello"))(self)

        do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            return

    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    sink = HttpSink(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def saying(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Return an answer with this body, status and headers (underscores stand for hyphens)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def raw(*parts: bytes, pause: float = 0.0, stop: threading.Event | None = None) -> Answer:
    """Return an answer that writes these bytes as they are, with a pause before each part."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        waiter = stop or threading.Event()
        for part in parts:
            if pause and waiter.wait(pause):
                return
            handler.wfile.write(part)
            handler.wfile.flush()

    return answer


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
