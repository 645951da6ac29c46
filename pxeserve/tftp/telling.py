"""What the record is told of transfers: all that hosts of the inventory do, and of strangers as much as is no flood."""

from __future__ import annotations

from pxeserve.domain.crowd import Crowd
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.tftp import report
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.outcome import Ended
from pxeserve.tftp.session import Knock, Session

AT_ONCE, A_SECOND = 1000, 100.0
"""Transfers of machines that are in no inventory: a hundred of them that boot together are told of, a flood is counted."""


class Telling:
    """One event for each request. `now` is monotonic seconds, `at` epoch seconds."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._crowd = Crowd(AT_ONCE, A_SECOND)

    def refused(self, knock: Knock, refusal: Refusal, at: float) -> None:
        """A request was answered with an ERROR."""
        if self._is_told(refusal, at):
            self._recorder.emit(report.refused(knock.request, knock.peer, refusal, at))
        else:
            self._recorder.count("untold-refusal")

    def ended(self, session: Session, ended: Ended, now: float, at: float) -> None:
        """A transfer is over."""
        if session.content.untold:
            return
        transfer, knock = session.transfer, session.knock
        blocks, size = transfer.acknowledged
        if not self._is_told(session.content, at):
            self._recorder.count("untold-transfer")
            self._recorder.count("untold-bytes", size)
        elif self._recorder.full:
            self._recorder.lost()
        else:
            answered, seconds = not session.silent, now - transfer.began
            course = report.Course(ended.outcome, ended.detail, blocks, size, transfer.resent, answered, seconds)
            self._recorder.emit(report.ended(knock.request, knock.peer, session.content, session.agreement, course, at))

    def trouble(self, knock: Knock, what: str, error: Exception, at: float) -> None:
        """Something of ours went wrong over a request."""
        text = f"{harmless(knock.request.file)} {what}: {type(error).__name__}: {harmless(str(error))}"
        self._recorder.emit(Event("tftp.trouble", at, text, address=knock.peer.host))

    def _is_told(self, what: Content | Refusal, at: float) -> bool:
        return what.host is not None or what.install is not None or self._crowd.admit(at)
