"""Rehearsals: what a machine would meet, walked by a simulated client of the server itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Name
from pxeserve.domain.client import Firmware
from pxeserve.rehearse.meant import ALL, KINDS
from pxeserve.rehearse.step import Step


class Asked(Body):
    """As what it boots."""

    firmware: Firmware | None = None


class Prediction(Answer):
    """What would stop a machine."""

    step: str = Field(description="The timeline's word for the first step that would not come.")
    code: str
    text: str = Field(description="What is so.")
    fix: str
    source: str
    stops: bool = Field(description="False for what may stop it and need not.")
    tell: str = Field(description="How it shows.")


class Foreseen(Answer):
    """What is known beforehand."""

    host: str
    mac: str
    firmware: str
    heard: str
    known: list[Prediction]
    unwalkable: bool
    unknown: list[str]


class Rehearse(Body):
    """Whom: one card, or a selection of hosts, or all."""

    mac: Name | None = Field(None, description="The card that would boot.")
    name: list[Name] | None = Field(None, max_length=1000, description="Hosts by their names.")
    rack: Name | None = None
    tag: list[Name] | None = Field(None, max_length=100)
    firmware: Annotated[str, Field(max_length=32)] | None = Field(
        None, description=f"One of {', '.join(KINDS)}; or `{ALL}`, of one card. Left out: what each last said of itself, else bios."
    )


class Report(Answer):
    """One rehearsal."""

    host: str
    mac: str
    firmware: str
    heard: str
    ok: bool = Field(description="Whether the machine would reach the end.")
    verdict: str
    prediction: Prediction | None
    also: list[Prediction]
    steps: list[Step]
    not_walked: list[str]


class Rehearsed(Answer):
    """What came of all of them."""

    ok: bool
    reports: list[Report]


ROUTES = (
    Route("GET", "/foresight/{mac}", "rehearse.foresee", "What would stop a machine, as far as it is known without walking", Foreseen,
          query=Asked),
    Route("POST", "/rehearsals", "rehearse.run", "Walk hosts' installations", Rehearsed, body=Rehearse, way=Way.JOB, about="a rehearsal"),
)  # fmt: skip
