"""Webhooks as people see them: which there are and how each fares, and a test that says what the other side answers."""

from __future__ import annotations

import difflib
import secrets as random_words
import time
from typing import Any

from pxeserve.config.outlets import WebhookConfig
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.outlets.webhooks.message import of_test
from pxeserve.outlets.webhooks.sending import NotDeliveredError, Sender
from pxeserve.outlets.webhooks.signing import headers, secrets
from pxeserve.store import audit
from pxeserve.store import webhooks as stored


@verb("webhook.list", role=Role.VIEWER)
def list_webhooks(context: Context) -> list[dict[str, Any]]:
    """Each webhook of the configuration: whom it posts to, what, and how that fares."""
    return [_described(context, hook) for hook in context.config.webhook]


@verb("webhook.test", role=Role.ADMIN)
def test(context: Context, *, name: str) -> dict[str, Any]:
    """Post a message that tells of nothing, signed as any other; what was answered, and whether that takes it."""
    hook = _known(context, name)
    message = of_test(random_words.token_hex(6), name, time.time())
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "webhook.test", hook.name)
    sender = Sender(hook)
    began = time.monotonic()
    try:
        answer = sender.post(headers(message, int(time.time()), secrets(context.config.server.data / hook.secret_file)), message.body)
    except NotDeliveredError as error:
        raise PxeserveError(f"webhook {name}: {error}", fix="nothing was delivered; events wait and are posted again") from None
    finally:
        sender.close()
    return {
        "webhook": name,
        "delivery": message.id,
        "taken": answer.taken,
        "status": answer.status,
        "text": str(answer),
        "body": answer.body,
        "seconds": round(time.monotonic() - began, 3),
    }


def _described(context: Context, hook: WebhookConfig) -> dict[str, Any]:
    with context.store.events.read() as connection:
        row = stored.find(connection, hook.name)
        waiting = stored.waiting(connection, hook.events, row.cursor) if row is not None else stored.Waiting(0, None)
    return {
        "name": hook.name,
        "to": Sender(hook).where,
        "events": list(hook.events),
        "state": "not begun" if row is None else "good" if row.failing_since is None else "failing",
        "failing_since": row.failing_since if row is not None else None,
        "waiting": waiting.count,
        "oldest": waiting.oldest,
        "delivered": row.delivered if row is not None else 0,
        "refused": row.refused if row is not None else 0,
        "dropped": row.dropped if row is not None else 0,
        "again_at": row.again_at if row is not None else None,
        "last_at": row.last_at if row is not None else None,
        "last_result": row.last_result if row is not None else "",
    }


def _known(context: Context, name: str) -> WebhookConfig:
    found = {hook.name: hook for hook in context.config.webhook}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, 1, 0.5)
    fix = f"did you mean {near[0]}?" if near else "give it a [[webhook]] in the configuration, and reload the service"
    raise NotFoundError(f"there is no webhook {name}", fix=fix)
