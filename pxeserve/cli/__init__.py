"""The front door: one file a noun, which only translates between a terminal and `operations`."""
