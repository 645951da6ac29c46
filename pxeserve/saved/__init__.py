"""This service's own state in one archive: what is in it, how it is written and read, and how it takes the place of what is there."""
