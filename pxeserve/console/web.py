"""The console's application, put together: every module of `api/` and `pages/` that has a `blueprint` is a part of it.

Refuses to know how it is served.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from flask import Blueprint, Flask, g, request

from pxeserve import reached
from pxeserve.config import Config
from pxeserve.console import api, csrf, files, gate, headers, jinja, limits, live, pages, problems
from pxeserve.console.live import Hub
from pxeserve.events.recorder import Recorder
from pxeserve.operations.people.entrance import Entrance, entrance
from pxeserve.store import Store
from pxeserve.store.events import newest_id

_ROOMS = (api, pages)
_NO_PAGES = ("/api/", "/live", "/static/")


def preload() -> None:
    """Load and read all that answering will need, while it can be read."""
    jinja.web()
    blueprints()


def make_app(
    config: Config,
    store: Store,
    recorder: Recorder | None,
    keeper: Entrance | None = None,
    hub: Hub | None = None,
    imported: Callable[[], bool] = lambda: False,
) -> Flask:
    """The application for this configuration, with its gate. `keeper` knows who comes in, `hub` feeds the live streams; `imported` tells
    whether the certificate was imported.

    Raises gate.UnguardedError when a route does not say who may ask for it.
    """
    keeper = keeper or entrance(store, config.server.data)
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config.update(PROPAGATE_EXCEPTIONS=False, TRAP_HTTP_EXCEPTIONS=False)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    limits.install(app)
    jinja.install(app)
    problems.install(app)
    headers.install(app, imported)
    app.extensions["live"] = hub if hub is not None else Hub(store, keeper)
    app.extensions["reception"] = keeper.reception
    app.register_blueprint(files.blueprint)
    app.register_blueprint(live.blueprint)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    gate.Gate(config, store, recorder, keeper, gate.rules_of(app), reached.authorities(config)).install(app)
    app.before_request(partial(_stand, store))
    app.context_processor(_words)
    return app


@lru_cache(maxsize=1)
def blueprints() -> tuple[Blueprint, ...]:
    """Those of the rooms, in the order of their modules' names; looked for once, as later their folders may be out of reach."""
    return tuple(_found())


def _found() -> Iterator[Blueprint]:
    for room in _ROOMS:
        for found in sorted(pkgutil.iter_modules(room.__path__), key=lambda one: one.name):
            module = importlib.import_module(f"{room.__name__}.{found.name}")
            if isinstance(blueprint := getattr(module, "blueprint", None), Blueprint):
                yield blueprint


def _stand(store: Store) -> None:
    """Know the newest event from before anything of a page is read: what is written while it is made, and until its stream is there, is
    told by the stream, which begins behind that event."""
    if request.method == "GET" and g.get("actor") is not None and not request.path.startswith(_NO_PAGES):
        with store.events.read() as connection:
            g.seen = newest_id(connection)


def _words() -> dict[str, object]:
    """What every template has: who looks at it (None for a stranger), the word its requests have to send, and the newest event that is
    older than all that is shown."""
    session = g.get("session", "")
    return {"actor": g.get("actor"), "csrf": csrf.word(session) if session else "", "seen": g.get("seen", "")}
