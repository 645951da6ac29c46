#!/bin/sh
# The command of the package: its own libraries and nobody else's, and the configuration of this machine unless another one is named.
PXESERVE_CONFIG=${PXESERVE_CONFIG-/etc/pxeserve/pxeserve.toml}
export PXESERVE_CONFIG
exec /usr/lib/pxeserve/bin/python -I -m pxeserve "$@"
