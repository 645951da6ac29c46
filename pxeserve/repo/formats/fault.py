"""The error of every format's parser."""

from __future__ import annotations


class FormatError(ValueError):
    """Something that no installer of this generation would read as it was meant. `line` and `column` count from 1."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.file, self.line, self.column, self.message = file, line, column, message
