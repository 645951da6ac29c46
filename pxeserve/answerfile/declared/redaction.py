"""Secrets among what was declared: hidden wherever people look, and kept where what they saw comes back unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxeserve.answerfile.declared.values import SHOWN, without_password

_PASSWORD = "root-password"  # noqa: S105 - an element's name


def redacted(declared: Mapping[str, Any]) -> dict[str, Any]:
    """`declared` as people may see it: of a password only of what kind it is, and of an address all but its password."""
    return {key: _password(value) if key == _PASSWORD else _hidden(value) for key, value in declared.items()}


def kept(declared: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """`declared`, with the secret that is there already (`before`) wherever it holds only the sign of it, as `redacted` shows it."""
    signs = redacted(before)
    return {key: _kept(value, before.get(key), signs.get(key)) for key, value in declared.items()}


def _password(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {kind: SHOWN if isinstance(said, str) else said and [SHOWN] for kind, said in value.items()}
    return SHOWN if isinstance(value, str) and value != "random" else value


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return without_password(value)
        case Mapping():
            return {key: _hidden(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_hidden(inner) for inner in value]
    return value


def _kept(value: Any, before: Any, sign: Any) -> Any:
    if before is None:
        return value
    if value == sign:
        return before
    if isinstance(value, Mapping) and isinstance(before, Mapping) and isinstance(sign, Mapping):
        return {key: _kept(inner, before.get(key), sign.get(key)) for key, inner in value.items()}
    if isinstance(value, list) and isinstance(before, list) and isinstance(sign, list):
        own = {str(shown): real for shown, real in zip(sign, before, strict=True)}
        return [own.get(str(item), item) for item in value]
    return value
