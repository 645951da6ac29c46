"""A server on loopback that gives one file away as a test says: cut short, refused, led elsewhere, or another one."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from pxeserve.repo.sources.address import Limits

LOOPBACK = Limits((ip_network("127.0.0.0/8"), ip_network("::1/128")))


class Mirror:
    """Gives one file away under any path, as `behave` says; writes down what it was asked for and how much it sent."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.etag = '"one"'
        self.cut_after: int | None = None
        self.status = 200
        self.fields: dict[str, str] = {}
        self.location: Callable[[str], str | None] = lambda _path: None
        self.asked: list[tuple[str, str | None]] = []
        self.sent = 0
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.answer(self)

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                return  # clients hang up here as they please

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append((request.path, request.headers.get("Range")))
        where = self.location(request.path)
        if where is not None:
            request.send_response(302)
            request.send_header("Location", where)
            request.end_headers()
            return
        start, status = 0, self.status
        if request.headers.get("Range") and request.headers.get("If-Range") == self.etag and status == 200:
            start, status = int(request.headers["Range"].removeprefix("bytes=").rstrip("-")), 206
        body = self.content[start:]
        request.send_response(status)
        fields = {"Content-Length": str(len(body)), "ETag": self.etag, **self.fields}
        if status == 206:
            fields["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        for name, value in fields.items():
            if value:
                request.send_header(name, value)
        request.end_headers()
        if self.cut_after is not None:
            body = body[: max(self.cut_after - start, 0)]
        self.sent += len(body)
        request.wfile.write(body)
