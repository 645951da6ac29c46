"""PUT and GET of a backup's bytes: from the connection into the vault, and back, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import Field

from pxeserve.console.api import reading
from pxeserve.console.api.answering import told
from pxeserve.console.api.backups import Backup
from pxeserve.console.api.route import BASE
from pxeserve.console.api.shape import Body, Name
from pxeserve.console.gate import route as guarded
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.recovering.backups import opened

blueprint = Blueprint("backup_bytes", __name__, url_prefix=BASE)
KIND = "application/octet-stream"
LARGEST = 1 << 40
"""Bytes; what the configuration allows is less, and looked at by the verb."""
SCHEMAS = (("backup", Backup),)


class Sent(Body):
    """What is sent."""

    kind: str = Field("database", pattern="^(database|host)$", description="`database` or `host`.")
    host: Name | None = Field(None, description="Whose archive one of the kind `host` is.")
    another: bool = Field(False, description="Take a database though it is another pool's.")


@guarded(blueprint, "/pools/<pool>/backups", methods=("PUT", "POST"), verb="backup.add", body=LARGEST, kinds=(KIND,))
def send(pool: str) -> Response:
    """Take a backup."""
    said = reading.query(Sent, request.args)
    arguments = {name: value for name, value in said.items() if value is not None}
    found = registry.call(g.context, "backup.add", {**arguments, "pool": pool, "stream": request.stream, "length": request.content_length})
    return told(found, 201)


@guarded(blueprint, "/backups/<id>/content", verb="backup.get")
def content(id: str) -> Response:
    """Its bytes, for a file."""
    registry.admit(g.context, registry.verbs()["backup.get"])
    size, pieces = opened(g.context, id)
    headers = {"Content-Length": str(size), "Content-Disposition": f'attachment; filename="{id}"', "Cache-Control": "no-store"}
    return Response(pieces, mimetype=KIND, headers=headers)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """As the document describes them."""
    name = {"in": "path", "required": True, "schema": {"type": "string", "maxLength": 255}}
    shown = {"application/json": {"schema": {"$ref": "#/components/schemas/Backup"}}}
    query = [
        {"name": key, "in": "query", "required": False, "schema": schema, "description": Sent.model_fields[key].description}
        for key, schema in (("kind", {"enum": ["database", "host"]}), ("host", {"type": "string"}), ("another", {"type": "boolean"}))
    ]
    for method in ("put", "post"):
        yield "/pools/{pool}/backups", method, {
            "operationId": f"{method}_pools_pool_backups",
            "tags": ["pools"],
            "summary": "Send a backup of a pool",
            "description": f"Role: {Role.OPERATOR.word}, or a token of the scope `backup:write`. The body is the file, "
            "with Content-Length or chunked. It is read as it comes and encrypted at once; what is cut, no "
            "dump, or another pool's is refused. 507: no room.",
            "x-verb": "backup.add",
            "x-role": "operator",
            "parameters": [{"name": "pool", **name}, *query],
            "requestBody": {"required": True, "content": {KIND: {"schema": {"type": "string", "format": "binary"}}}},
            "responses": {
                "201": {"description": "It is kept.", "content": shown},
                "415": {"$ref": "#/components/responses/415"},
            },
        }  # fmt: skip
    yield (
        "/backups/{id}/content",
        "get",
        {
            "operationId": "get_backups_id_content",
            "tags": ["backups"],
            "summary": "The bytes of a backup",
            "description": "Role: admin, with a fresh password. Every piece is checked before it leaves; what is damaged breaks off.",
            "x-verb": "backup.get",
            "x-role": "admin",
            "parameters": [{"name": "id", **name}],
            "responses": {"200": {"description": "The file.", "content": {KIND: {"schema": {"type": "string", "format": "binary"}}}}},
        },
    )
