"""What newly installed hosts of pools say and ask at their first boot, translated between HTTP and `recovery.firstboot`. The token in the
path and the address that it comes from are all the authority there is; every refusal is the same 404. Refuses to know what is made of any
of it.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Protocol

from flask import Flask, Response, request


class FirstBoots(Protocol):
    """Who takes it; `recovery.firstboot.taking.FirstBoots` is one. None or False: refused."""

    def step(self, token: str, name: str, state: str, body: bytes, address: IPv4Address, now: float) -> bool: ...
    def inventory(self, token: str, body: bytes, address: IPv4Address, now: float) -> bool: ...
    def certificate(self, token: str, body: bytes, address: IPv4Address, now: float) -> bool: ...
    def join(self, token: str, address: IPv4Address, now: float) -> str | None: ...
    def secrets(self, token: str, address: IPv4Address, now: float) -> bytes | None: ...
    def over(self, token: str, word: str, body: bytes, address: IPv4Address, now: float) -> bool: ...


def add_routes(
    app: Flask, heard: FirstBoots, peer: Callable[[], IPv4Address], clock: Callable[[], float], refused: Callable[[], Response]
) -> None:
    """Let `app` answer beneath /fb/. `refused` is the answer to all that is not taken."""

    def taken(good: bool) -> Response:
        return Response(status=204, headers={"Cache-Control": "no-store"}) if good else refused()

    def told(text: bytes | None) -> Response:
        if text is None:
            return refused()
        return Response(text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    @app.post("/fb/<token>/step/<name>/<state>")
    def first_boot_step(token: str, name: str, state: str) -> Response:
        return taken(heard.step(token, name, state, request.get_data(cache=False), peer(), clock()))

    @app.post("/fb/<token>/inventory")
    def first_boot_inventory(token: str) -> Response:
        return taken(heard.inventory(token, request.get_data(cache=False), peer(), clock()))

    @app.post("/fb/<token>/certificate")
    def first_boot_certificate(token: str) -> Response:
        return taken(heard.certificate(token, request.get_data(cache=False), peer(), clock()))

    @app.route("/fb/<token>/join", methods=["GET"])
    def first_boot_join(token: str) -> Response:
        word = None if request.method == "HEAD" else heard.join(token, peer(), clock())
        return told(None if word is None else f"{word}\n".encode())

    @app.route("/fb/<token>/secrets", methods=["GET"])
    def first_boot_secrets(token: str) -> Response:
        return told(None if request.method == "HEAD" else heard.secrets(token, peer(), clock()))

    @app.post("/fb/<token>/<any(done, failed):word>")
    def first_boot_over(token: str, word: str) -> Response:
        return taken(heard.over(token, word, request.get_data(cache=False), peer(), clock()))
