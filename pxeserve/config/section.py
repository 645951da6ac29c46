"""What every section of the configuration has in common: an unknown key is an error, and nothing changes once it was read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
