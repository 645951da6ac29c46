"""What may be configured of backups: how many are kept, how long, and how large one may be."""

from __future__ import annotations

from pydantic import Field

from pxeserve.config.section import Section

_DAY = 86_400.0


class BackupsConfig(Section):
    keep: int = Field(30, ge=1, le=10_000, description="so many stay of each pool, kind and host, and of as many days the first and newest")
    days: int = Field(90, ge=1, le=36_500, description="but none older than so many days, save the newest good one")
    overdue: int = Field(2, ge=1, le=3650, description="days after which a pool's newest database is too old: the doctor tells it")
    most_database: int = Field(512, ge=1, le=65_536, description="MB of a pool's database at most")
    most_host: int = Field(8192, ge=1, le=1_048_576, description="MB of a host's archive at most")

    def overdue_days(self, newest: float, now: float) -> int:
        """How many days ago the newest good database of a pool was taken (`newest`, epoch seconds) when it should have sent another by
        `now`; 0 when not."""
        return int((now - newest) / _DAY) if now - newest > self.overdue * _DAY else 0

    def most(self, kind: str) -> int:
        """Bytes of one of that kind, at most."""
        return (self.most_database if kind == "database" else self.most_host) << 20
