"""docs/api.md, drawn from the tables: the page for people beside the document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxeserve.console.api.document import ABOUT, document
from pxeserve.console.api.table import WITHOUT_A_VERB

_HEAD = """# The API

<!-- Drawn by `pxeserve api page`; a test compares. -->

`https://HOST:8443/api/v1`, described for programs by `/api/v1/openapi.json` (OpenAPI 3.1; `pxeserve api document` prints it too).
"""

_FIRST = """
## A first request

    pxeserve token create ansible --role operator               # prints the token, once
    openssl s_client -connect HOST:8443 </dev/null | openssl x509 > console.pem    # compare its SHA-256 with: pxeserve tls show
    curl --cacert console.pem -H "Authorization: Bearer $TOKEN" https://HOST:8443/api/v1/hosts

Change a host that nobody else has changed meanwhile:

    curl -D - ... /api/v1/hosts/xen01                            # ETag: "..."
    curl -X PATCH -H 'If-Match: "..."' -H 'Content-Type: application/json' -d '{"set": ["rack=R2"]}' ... /api/v1/hosts/xen01

Send an image and import it:

    curl -T xcp-ng-8.3.0.iso -H 'Content-Type: application/octet-stream' ... /api/v1/uploads/xcp83.iso
    curl -d '{"name": "xcp83", "upload": "xcp83.iso"}' -H 'Content-Type: application/json' ... /api/v1/media    # 202, Location: a job
    curl ... /api/v1/jobs/ID

Follow the record: `curl -N ... '/api/v1/events?follow=true&rack=R2'` gives server-sent events named `record`; `Last-Event-ID` goes on where
a lost connection was.

## The command line from afar

    pxeserve --server https://HOST:8443 --token-file ~/.pxeserve.token --ca console.pem host list

or `PXESERVE_SERVER`, `PXESERVE_TOKEN_FILE` (or `PXESERVE_TOKEN`), `PXESERVE_CA`. `--fingerprint SHA256` knows the server by its certificate
alone, as its log and `pxeserve tls show` name it. The token's file is for its owner alone (`chmod 600`), and
the token is sent to nobody whose certificate was not checked first. A file that is
imported is sent to the server, and goes on where it was when that breaks off; a folder is not. `rehearse` and `doctor` are carried out by
the server, as its own user. `serve`, `media create` and `loaders import --from-dir` belong on the machine itself.
What other commands do without a server has a route all the same:

COMMANDS


## What can be asked
"""


_COMMANDS = "COMMANDS"
"""Where their table stands."""


def page() -> str:
    """The whole page."""
    drawn = document()
    return "\n".join([_HEAD, ABOUT.strip(), _FIRST.replace(_COMMANDS, _commands()), *_tables(drawn), ""])


def _commands() -> str:
    """The commands that ask no service, and what there is over the API."""
    return "\n".join(["| command | over the API |", "| --- | --- |", *(f"| `{name}` | {said} |" for name, said in WITHOUT_A_VERB.items())])


def _tables(drawn: dict[str, Any]) -> Iterator[str]:
    said = ""
    for tag in drawn["tags"]:
        rows = [
            (method.upper(), path, one)
            for path, operations in drawn["paths"].items()
            for method, one in operations.items()
            if one["tags"][0] == tag["name"]
        ]
        about = tag["description"] if tag["description"] != said else ""  # said of the one before, which is of the same matter
        said = tag["description"]
        yield "\n\n".join(filter(None, (f"### {tag['name']}", about, "| | | | role |\n| --- | --- | --- | --- |")))
        for method, path, one in rows:
            yield f"| {method} | `{path}` | {one['summary']}{_said(one, drawn)} | {one['x-role']} |"
        yield ""


def _said(one: dict[str, Any], drawn: dict[str, Any]) -> str:
    """The fields that go in, by their names."""
    query = [f"`{field['name']}`" for field in one.get("parameters", ()) if field["in"] == "query"]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = drawn["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
    needed = schema.get("required", [])
    fields = [f"`{name}`" + ("" if name in needed else "?") for name in schema.get("properties", {})]
    said = [*([f"query: {', '.join(query)}"] if query else []), *([f"body: {', '.join(fields)}"] if fields else [])]
    return f" ({'; '.join(said)})" if said else ""
