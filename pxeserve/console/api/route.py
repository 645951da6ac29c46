"""One way into the API, as data: method, path, verb, and where each of the verb's arguments comes from.

What stands in the path's braces, in the query and in the body goes to the verb by its name. Role and freshness are the verb's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pxeserve.console.api.shape import Body, Nothing, Wait

BASE = "/api/v1"


class Way(StrEnum):
    """How the answer is given."""

    ANSWER = "answer"  # what the verb says, as it is
    ONE = "one"  # one thing that can be edited: with its ETag
    EDIT = "edit"  # a change of it: `If-Match` is needed, and the new ETag comes back
    REMOVE = "remove"  # its removal: `If-Match` may be said
    LIST = "list"  # all that there are, a page at a time
    PAGES = "pages"  # the same by a verb that knows pages itself: `limit`, `after`, and `items` and `next` in its answer
    JOB = "job"  # takes long: 202, and the job's address


@dataclass(frozen=True, slots=True)
class Route:
    """One of them. `path` is beneath `BASE`, with names in braces. `answer` is the type of what the verb gives (of one item, for `LIST`
    and `PAGES`). `given` are arguments that this route always says. Of a list, `key` is the field that tells items apart, `within` where in
    the verb's answer they lie; of `PAGES`, `onwards` is how the verb is told where to go on. `about` says what a job is about,
    from its arguments."""

    method: str
    path: str
    verb: str
    summary: str
    answer: Any
    body: type[Body] = Nothing
    query: type[Body] = Nothing
    way: Way = Way.ANSWER
    status: int = 200
    given: Mapping[str, Any] = field(default_factory=dict)
    key: str = "name"
    within: str = ""
    about: str = ""
    onwards: str = "after"

    def __post_init__(self) -> None:
        if self.way is Way.JOB and self.query is Nothing:
            object.__setattr__(self, "query", Wait)

    @property
    def names(self) -> tuple[str, ...]:
        """What the path says, by name."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def tag(self) -> str:
        """The first word of the path: by it the document puts routes together."""
        return self.path.split("/")[1]

    @property
    def operation(self) -> str:
        """What generated clients call it: the method, and the path's words."""
        words = re.findall(r"\w+", self.path)
        return "_".join([self.method.lower(), *words]).replace("-", "_")
