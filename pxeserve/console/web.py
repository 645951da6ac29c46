"""The console's application, put together: every module of `api/` and `pages/` that has a `blueprint` is a part of it.

Refuses to know how it is served.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import lru_cache

from flask import Blueprint, Flask, g

from pxeserve import reached
from pxeserve.config import Config
from pxeserve.console import api, csrf, files, gate, headers, jinja, limits, live, pages, problems
from pxeserve.console.live import Hub
from pxeserve.events.recorder import Recorder
from pxeserve.operations.people.entrance import Entrance, entrance
from pxeserve.store import Store

_ROOMS = (api, pages)


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


def _words() -> dict[str, object]:
    """What every template has: who looks at it (None for a stranger), and the word its requests have to send."""
    session = g.get("session", "")
    return {"actor": g.get("actor"), "csrf": csrf.word(session) if session else ""}
