"""What a reading has gathered so far: the fields of `Answers`, as far as they have been said."""

from __future__ import annotations

from typing import Any

Draft = dict[str, Any]
"""Fields of `Answers` by name. A step adds its own, and looks at others only where the installer does."""
