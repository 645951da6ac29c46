"""The console's certificate: what it says, a better one in its place, and back to our own. The console takes it within a second."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from pxeserve import certificates
from pxeserve.certificates import Certificate
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import audit

Pem = Annotated[str, Field(max_length=certificates.LARGEST)]


@verb("tls.show", role=Role.VIEWER)
def show(context: Context) -> dict[str, Any]:
    """Names, time and fingerprint of the certificate that the console serves with, and whether it made it itself."""
    return _now(context)


def _now(context: Context) -> dict[str, Any]:
    named = context.config.console.certificate
    path = named or certificates.file_of(context.config.server.data / "keys")
    if named is None and not path.exists():
        raise PxeserveError("the console has no certificate yet", code="not-found", fix="it makes one when it starts: pxeserve serve")
    return _described(certificates.read(path))


@verb("tls.import", role=Role.ADMIN, fresh=True)
def bring(context: Context, *, certificate: Pem, key: Pem) -> dict[str, Any]:
    """Serve with this certificate from now on: PEM texts, the certificate with its chain. Refused as a whole when they do not fit."""
    if context.config.console.certificate is not None:
        named = context.config.console.certificate
        raise RefusedError(f"the console serves with {named}, as its configuration says", fix="replace that file, or take the key out")
    found = certificates.bring(context.config.server.data / "keys", certificate, key)
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "tls.import", ", ".join(found.names)[:200], found.fingerprint)
    return _described(found)


@verb("tls.forget", role=Role.ADMIN, fresh=True)
def forget(context: Context) -> dict[str, Any]:
    """Go back to the certificate that the service made itself."""
    certificates.forget(context.config.server.data / "keys")
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "tls.forget", "the imported certificate")
    return _now(context)


def _described(found: Certificate) -> dict[str, Any]:
    return asdict(found)
