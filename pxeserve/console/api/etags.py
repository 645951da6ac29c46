"""ETags of what people edit (RFC 9110, section 8.8.3): the revision, a full stop, and a word for the whole answer.

`If-Match` asks whether somebody has changed the thing, so it looks at the revision alone; `If-None-Match` asks whether the answer is still
the same one, down to the state of an install.
"""

from __future__ import annotations

import hashlib
import re

from pxeserve.console.api.reading import Wrong, WrongFieldsError
from pxeserve.errors import PxeserveError

_STRONG = re.compile(r'"([\x21\x23-\x7e]{0,5000})"')


def etag(revision: str, body: bytes) -> str:
    """The tag, without its quotation marks."""
    return f"{revision}.{hashlib.sha256(body).hexdigest()[:16]}"


def wanted(said: str | None, *, needed: bool) -> str | None:
    """The revision that `If-Match` names; None for `*`, and where it may be left out and is.

    Raises PxeserveError (`precondition`) where it is missing, and WrongFieldsError for what is no tag of ours."""
    if said is None:
        if needed:
            fix = "send the ETag that GET gave; or If-Match: * to change it whatever it is now"
            raise PxeserveError("If-Match is needed here, so that nobody's change is lost", code="precondition", fix=fix)
        return None
    if said.strip() == "*":
        return None
    found = _STRONG.fullmatch(said.strip())
    if found is None:
        raise WrongFieldsError((Wrong("header", "If-Match", "one strong ETag, or *"),), code="malformed")
    return found[1].partition(".")[0]
