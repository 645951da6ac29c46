"""What every answer carries so that browsers hold to our rules. Kept in one place, and each of them is in a test."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, g, request

POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
"""No script, style or frame that is not a file of ours: none inside a page either (CSP level 3)."""

ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

HSTS = "max-age=31536000"
"""A year (RFC 6797). Only with a certificate that somebody imported: with our own a browser would never let its user in again."""


def install(app: Flask, imported: Callable[[], bool]) -> None:
    """Put them on all answers of `app`; `imported` tells whether its certificate, now, is one that somebody imported."""

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers[name] = value
        if not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        if imported():
            response.headers["Strict-Transport-Security"] = HSTS
        if "request_id" in g:
            response.headers["X-Request-Id"] = g.request_id
        return response
