"""Repositories as the installers from 5.6 to 7.0 and of XenServer 9 read them: their visit is replayed from where the machine stands.

What these generations ask is data of `repo.replay`; here it is only given the plan's medium and the address that the answerfile named.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pxeserve.domain.medium import Role
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import Did, StepFailedError
from pxeserve.repo.replay.accessor import Accessor
from pxeserve.repo.replay.ftp import Ftp
from pxeserve.repo.replay.generation import generation
from pxeserve.repo.replay.http import Http
from pxeserve.repo.replay.report import Log
from pxeserve.repo.replay.walk import Asked, replay
from pxeserve.timeline.steps import Step as Stage


def replayed(plan: Plan, address: str) -> Did:
    """Find, check and fetch everything at `address`. Raises StepFailedError with what this installer would say."""
    chosen, log = generation(plan.dialect), Log()
    asked = Asked(plan.medium or "", plan.format, frozenset(plan.paths), Role(plan.role), urlsplit(address).scheme, address)
    found = replay(asked, chosen, _source(plan, address, log), log)
    size = sum(one.bytes for one in log.requests)
    if not found.installs:
        stage = Stage.REPOSITORY if log.phase == "find" else Stage.PACKAGES
        raise StepFailedError(found.verdict, found.fix, stage=stage, source=f"host-installer of {plan.dialect}, replayed")
    return Did(f"{', '.join(one.identity for one in found.repositories)}: {found.checked} packages, all right", size)


def _source(plan: Plan, address: str, log: Log) -> Accessor:
    parts = urlsplit(address)
    speech, path = generation(plan.dialect).speech, f"{parts.path.rstrip('/')}/"
    host = parts.hostname or ""
    match parts.scheme:
        case "http":
            return Http(host, parts.port or 80, path, speech, log, lambda _: None)
        case "ftp":
            return Ftp(host, parts.port or 21, path, speech, log, lambda _: None)
    raise StepFailedError(f"{address}: packages of a {plan.dialect} medium can be rehearsed over HTTP and FTP only")
