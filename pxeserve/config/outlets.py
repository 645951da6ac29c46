"""What may be configured of the ways on which people and programs hear of what happens: log, record, metrics and webhooks."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from pxeserve.config.section import Section

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
Level = Literal["debug", "info", "warning", "error"]


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", value, re.ASCII):
        raise ValueError(f"{value[:60]!r} is not a name or an IPv4 address, without a port")
    return value.lower()


def _hook_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", value, re.ASCII):
        raise ValueError(f"{value!r} is not a name of small letters, digits and hyphens, 40 at most")
    return value


def _hook_url(value: str) -> str:
    """An address to post to: nothing that a person would rather not see in a log, and no plain HTTP over a network."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(f"{value!r} is not a URL") from None
    spelled = value.isascii() and value.isprintable() and not set(value) & set(" \\")
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or not spelled:
        raise ValueError("not a URL such as https://chat.example.com/hooks/17")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL with a user name or a password; requests are signed with secret_file instead")
    if parts.fragment:
        raise ValueError("a URL with a fragment (#), which is never sent")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"plain http to {parts.hostname}, which anybody on the way can read; use https (ca_file for a CA of your own)")
    return value


def _hook_events(value: str) -> str:
    if value != "*" and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*(\.\*)?", value, re.ASCII):
        raise ValueError(f'{value!r} is not a kind of event such as install.done, the beginning of one such as "install.*", or "*"')
    if value == "webhook" or value.startswith("webhook."):
        raise ValueError("what webhooks themselves tell the record is never sent by one: it would tell of itself without end")
    return value


class LogConfig(Section):
    format: Literal["text", "json"] = Field("text", description="text | json: a line an event, for people or for programs")
    level: Level = Field("info", description="debug | info | warning | error: nothing below it is logged")


class RecordConfig(Section):
    """How long is remembered what happened. Installs and their ends are not forgotten, nor is the audit."""

    keep_days: int = Field(90, ge=1, le=3650, description="older events are forgotten, but for those of each host's last install")
    keep_events: int = Field(200_000, ge=1000, le=50_000_000, description="and so are the oldest beyond so many, but for the same ones")
    keep_megabytes: int = Field(2048, ge=16, description="and whatever is oldest while the record's file holds more than this")


class MetricsConfig(Section):
    enabled: bool = Field(False, description="metrics for Prometheus, at /metrics, for everybody who can reach the address below")
    listen: str = Field("127.0.0.1:9468", description="address and port, not of the machines' network")
    names: tuple[Annotated[str, AfterValidator(_host_name)], ...] = Field(
        (), max_length=32, description="by which it may be asked for, beside that address, localhost and this machine's name"
    )

    @field_validator("listen")
    @classmethod
    def _place(cls, value: str) -> str:
        address, _, port = value.rpartition(":")
        try:
            IPv4Address(address)
        except ValueError:
            raise ValueError(f"{value!r} is not an IPv4 address and a port such as 127.0.0.1:9468") from None
        if not re.fullmatch(r"[1-9]\d{0,4}", port, re.ASCII) or int(port) > 65535:
            raise ValueError(f"{value!r} has no port such as 9468 behind its address")
        return value

    @property
    def place(self) -> tuple[str, int]:
        """Address and port."""
        address, _, port = self.listen.rpartition(":")
        return address, int(port)


class WebhookConfig(Section):
    name: Annotated[str, AfterValidator(_hook_name)] = Field(description="what it is called in status and in the record")
    url: Annotated[str, AfterValidator(_hook_url)] = Field(description="https, or http on loopback; events are posted to it, one a request")
    events: tuple[Annotated[str, AfterValidator(_hook_events)], ...] = Field(
        ("install.*", "doctor.*"), min_length=1, max_length=50, description='kinds of events; "install.*" is all that begin so, "*" is all'
    )
    secret_file: Path = Field(description="secrets that sign each request, one a line in base64, beneath the data folder unless absolute")
    ca_file: Path | None = Field(None, description="certificates to trust instead of the system's, as PEM")
