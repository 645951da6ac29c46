"""A site's own templates of answerfiles: Jinja2, rendered in a process that can only compute, for a bounded time in bounded memory.

Refuses to know hosts, and what a template may say: what comes out is parsed and linted by whoever asked for it.
"""

from pxeserve.answerfile.templates.folder import MOST_FILES, Sources, TemplateError, sources
from pxeserve.answerfile.templates.room import SECONDS, Rendered, Room

__all__ = ["MOST_FILES", "SECONDS", "Rendered", "Room", "Sources", "TemplateError", "sources"]
