"""The answerfile editor's side of the house: drafts read, written, mended, looked at for a host, saved, and taken back."""
