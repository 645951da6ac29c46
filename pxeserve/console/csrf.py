"""Whether a request that changes something was made by a page of ours. Four ways at once, as each has failed somewhere alone: the cookie's
SameSite=Strict, a media type that no form can send, where the browser says the request comes from, and a word that only our pages know.

Refuses to know who asks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection

from pxeserve.errors import PxeserveError

COOKIE = "__Host-sid"
"""The prefix binds it to this host, to HTTPS and to the path / (RFC 6265bis section 4.1.3)."""

FLAGS = {"secure": True, "httponly": True, "samesite": "Strict", "path": "/"}
HEADER = "X-CSRF"
SAFE = frozenset({"GET", "HEAD"})
_SAME = "same-origin"


class CrossSiteError(PxeserveError):
    """A request that a page of somebody else may have made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="cross-site", fix="load the page of this console anew, and try it there")


def word(session: str) -> str:
    """What pages of the session send in `X-CSRF`: worthless without its cookie, and telling nothing of it."""
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


def check_kind(content_type: str, kinds: Collection[str]) -> None:
    """Raises PxeserveError (`media-type`) unless the body is of one of `kinds`, none of which a form can send."""
    if content_type.partition(";")[0].strip().lower() not in kinds:
        wanted = " or ".join(sorted(kinds))
        raise PxeserveError(f"a body of {content_type[:100] or 'no media type'} is not taken here", code="media-type", fix=f"send {wanted}")


def check_origin(origin: str | None, site: str | None, host: str) -> None:
    """Raises CrossSiteError unless the browser says that a page of `https://host` asks, `host` being the Host header, checked before."""
    if origin is not None:
        if origin.lower() != f"https://{host}":
            raise CrossSiteError("the request comes from a page of another origin")
    elif site != _SAME:
        raise CrossSiteError("the request does not say which page it comes from (Origin, or Sec-Fetch-Site: same-origin)")


def check_word(given: str | None, session: str) -> None:
    """Raises CrossSiteError unless `given` is the word of the session, compared in constant time."""
    if given is None or not given.isascii() or not hmac.compare_digest(given.encode(), word(session).encode()):
        raise CrossSiteError(f"the request has not the right {HEADER} header")
