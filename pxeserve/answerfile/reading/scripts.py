"""The steps that read scripts. Installers run them by stage, in the order in which they were read."""

from __future__ import annotations

from collections.abc import Callable

from pxeserve.answerfile.answers import Script, Stage
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.python import lower

_Address = Callable[[str, str], str]
_HOOKS = (("post-install-script", Stage.FILESYSTEM_POPULATED), ("install-failed-script", Stage.INSTALLATION_COMPLETE))


def hook_plain(look: Looking, draft: Draft) -> None:
    """4.1 and 5.0: a script when there is exactly one."""
    node = look.lone("post-install-script")
    if node is not None:
        draft["scripts"] = (Script(Stage.FILESYSTEM_POPULATED, look.text(node)),)


def hooks_plain(look: Looking, draft: Draft) -> None:
    """5.5: and one that runs after a failure."""
    hook_plain(look, draft)
    node = look.lone("install-failed-script")
    if node is not None:
        draft["scripts"] = (*draft.get("scripts", ()), Script(Stage.INSTALL_FAILED, look.text(node)))


def hooks_5_6(look: Looking, draft: Draft) -> None:
    """5.6: `nfs` completes the address of the two old elements, and not that of a `script` (it looks at the wrong variable)."""
    staged = _staged(look, _as_it_stands)
    draft["scripts"] = (*staged, *_typed_hooks(look, _always))


def hooks_6_0(look: Looking, draft: Draft) -> None:
    """6.0: `nfs` completes the address of a `script`, and the two old elements have no type."""
    staged = _staged(look, _always)
    hooks = [Script(stage, look.text(node)) for key, stage in _HOOKS if (node := look.lone(key)) is not None]
    draft["scripts"] = (*staged, *hooks)


def hooks(look: Looking, draft: Draft) -> None:
    """6.1 on: `nfs` completes an address that needs it."""
    staged = _staged(look, _where_missing)
    draft["scripts"] = (*staged, *_typed_hooks(look, _where_missing))


def _staged(look: Looking, address: _Address) -> list[Script]:
    found = []
    for node in look.all("script"):
        stage = lower(look.attribute(node, "stage", "script"))
        kind = lower(look.attribute(node, "type", "script"))
        found.append(Script(stage, address(kind, look.text(node))))
    return found


def _typed_hooks(look: Looking, address: _Address) -> list[Script]:
    found = []
    for key, stage in _HOOKS:
        node = look.lone(key)
        if node is not None:
            found.append(_typed(look, node, key, stage, address))
    return found


def _typed(look: Looking, node: Node, key: str, stage: Stage, address: _Address) -> Script:
    kind = lower(look.attribute(node, "type", key))
    return Script(stage, address(kind, look.text(node)))


def _as_it_stands(_kind: str, text: str) -> str:
    return text


def _always(kind: str, text: str) -> str:
    return f"nfs://{text}" if kind == "nfs" else text


def _where_missing(kind: str, text: str) -> str:
    return f"nfs://{text}" if kind == "nfs" and not text.startswith("nfs://") else text
