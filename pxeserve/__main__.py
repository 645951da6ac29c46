"""`python -m pxeserve` is the command `pxeserve`."""

from pxeserve.cli.main import main

main()
