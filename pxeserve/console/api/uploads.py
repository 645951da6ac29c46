"""Uploads: images and archives that people send, until an import takes them in. Sending one is a way of its own (`sending`)."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found, Moment


class Upload(Answer):
    """One of them."""

    name: str
    bytes: int = Field(description="That have come.")
    total: int = Field(description="That are to come in all.")
    state: str = Field(description="`whole`, `coming`, or `broken off`: sending the rest goes on where it was.")
    changed_at: Moment


ROUTES = (
    Route("GET", "/uploads", "upload.list", "Uploads, by name", Upload, query=Found, way=Way.LIST),
    Route("GET", "/uploads/{name}", "upload.show", "One upload, and how much of it has come", Upload),
    Route("DELETE", "/uploads/{name}", "upload.remove", "Remove an upload", Removed),
)
