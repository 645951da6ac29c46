"""What can come of asking a toolstack, but an answer: one error each, with where it was, at which call, why, and what mends it.

No error holds what was sent: there are passwords in it, and whoever was told one may repeat it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pxeserve.errors import PxeserveError, quoted
from pxeserve.recovery.xapi.words import hushed, meaning

_STARTING = frozenset({"HOST_STILL_BOOTING", "SESSION_INVALID"})
"""A toolstack that is still starting, or began anew between the login and the call."""


class XapiError(PxeserveError):
    """A call that came to nothing. `where` is address and port, `step` the call's name in XAPI, `cause` why. `code` is one of
    `unreachable`, `hangs`, `other-certificate`, `refused-login`, `lies` and `refused`."""

    CODE = ""
    passes = False
    """Whether it may be gone in a while: a toolstack that begins anew, or does not answer now."""

    def __init__(self, where: str, step: str, cause: str, *, fix: str) -> None:
        super().__init__(f"{where}: {step}: {cause}", code=self.CODE, fix=fix)
        self.where = where
        self.step = step
        self.cause = cause


class UnreachableError(XapiError):
    """Nobody answers there, or not with TLS, or the connection ended before the answer was whole."""

    CODE = "unreachable"
    passes = True


class HangsError(XapiError):
    """It takes longer than it was given."""

    CODE = "hangs"
    passes = True


class OtherCertificateError(XapiError):
    """Another certificate than the one that is known answers there. Nothing was said to it. `answered` is its SHA-256, hex."""

    CODE = "other-certificate"

    def __init__(self, where: str, step: str, cause: str, *, fix: str, answered: str = "") -> None:
        super().__init__(where, step, cause, fix=fix)
        self.answered = answered


class RefusedLoginError(XapiError):
    """User or password is not theirs."""

    CODE = "refused-login"


class LiesError(XapiError):
    """The answer is none that XAPI gives: of another shape, too large, too deep, no XML. `step` names a field that is wrong."""

    CODE = "lies"


class RefusalError(XapiError):
    """XAPI says no. `words` are its own: the error's name, and what belongs to it."""

    CODE = "refused"

    def __init__(self, where: str, step: str, words: Sequence[str]) -> None:
        cause, fix = meaning(words)
        super().__init__(where, step, cause, fix=fix)
        self.words = tuple(words)
        self.passes = self.words[0] in _STARTING


class IsMemberError(RefusalError):
    """A member of a pool was asked what only its master answers (HOST_IS_SLAVE). `master` is the address it says; nobody goes there
    unasked."""

    @property
    def master(self) -> str:
        """Where it believes its master to be."""
        return self.words[1] if len(self.words) > 1 else ""


def refusal(where: str, step: str, words: Sequence[str], secrets: Collection[str]) -> XapiError:
    """The error for a Failure with these words; it holds none of `secrets`, which were told to whoever says them."""
    code, words = words[0], [hushed(word, secrets) for word in words]
    if code == "HOST_IS_SLAVE":
        return IsMemberError(where, step, words)
    if code == "SESSION_AUTHENTICATION_FAILED":
        cause, fix = meaning(words)
        return RefusedLoginError(where, step, cause, fix=fix)
    return RefusalError(where, step, words)


def wrong_shape(where: str, step: str, what: str, found: object) -> LiesError:
    """A value that is not what XAPI gives in that place."""
    return LiesError(where, step, f"{what}, and it is {quoted(type(found).__name__)}", fix=NOT_XAPI)


NOT_XAPI = "look at what answers there: xe host-list on it, and its /var/log/xensource.log; xe-toolstack-restart lets it begin anew"
"""What to do about one that lies."""
