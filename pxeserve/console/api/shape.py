"""What bodies, queries and answers are made of: pydantic models whose fields say what they mean, in units.

What comes from outside may hold nothing that is not described; what goes out is described whole, and a test holds both to it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME_LENGTH = 255


class Body(BaseModel):
    """A request's JSON body, or its query. Unknown fields are refused by their names."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Answer(BaseModel):
    """An answer. Only described here: verbs give plain values."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Nothing(Body):
    """A body or query that holds nothing."""


class Page(Body):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=500, description="Items at most.")
    cursor: str | None = Field(None, max_length=600, description="Where to go on: `next` of the page before, or the address in its `Link`.")


class Found(Page):
    """Which items of a list, and which part of those."""

    q: str | None = Field(None, max_length=400, description="Only items in whose values each of these words stands, in any case.")


class Wait(Body):
    """How long to wait for a job."""

    wait: float = Field(0, ge=0, le=30, description="Seconds to wait for its end: then the answer is 200 with the result, else 202.")


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Text = Annotated[str, Field(max_length=16 << 20)]
Settings = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=65536)]],
    Field(
        max_length=500,
        description="Words `KEY=VALUE`: `KEY=` takes away, `KEY+=VALUE` adds to a list, dots lead inside (`admin-interface.proto=dhcp`).",
    ),
]
Moment = Annotated[float, Field(description="Epoch seconds.")]
Open = dict[str, Any]
"""An object whose names are the site's own, such as answers."""

Mode = Literal["fresh", "reinstall", "upgrade", "restore"]
Reveal = Literal["now", "later"]


class Standing(Answer):
    """How a medium fares."""

    name: str
    state: str = Field(description="`good` or `damaged`.")
    because: str = Field(description="Why it is damaged; empty when it is not.")


class LintFinding(Answer):
    """What a linter found."""

    code: str = Field(description="A stable word, such as XA-048.")
    severity: str = Field(description="`error`, `warning` or `info`.")
    line: int
    column: int
    message: str
    fix: str = Field(description="What to do about it.")
    source: str = Field(description="Where the fact is known from.")


class Reason(Answer):
    """One reason of a decision."""

    weight: str = Field(description="`chose`, `passed-over` or `refused`, as the decision weighed it.")
    code: str = Field(description="A stable word.")
    text: str
    source: str = Field(description="The file, record or setting that says so.")
