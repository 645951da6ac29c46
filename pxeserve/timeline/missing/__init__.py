"""The missing next step: what should come now, how long machines take for it, and when it does not come, why and how to tell.

Rules as data, a file a part of the story. Pure: events and what is known besides in, a sentence with its causes out.
"""

from pxeserve.timeline.missing.shape import Cause, Next
from pxeserve.timeline.missing.situation import Known, Situation
from pxeserve.timeline.missing.verdict import awaited, following, silence, unheard

__all__ = ["Cause", "Known", "Next", "Situation", "awaited", "following", "silence", "unheard"]
