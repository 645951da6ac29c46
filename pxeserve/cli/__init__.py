"""The front door: one file a noun, in the room that its matter has in `operations`; it only translates between a terminal and these."""
