#!/bin/sh
# The container's first process: gives a new data folder the loaders of this image, then becomes the service.
set -eu

data=${PXESERVE_SERVER__DATA-/var/lib/pxeserve}

if [ -d "$data" ] && [ -w "$data" ] && [ -z "$(ls -A "$data/loaders" 2>/dev/null)" ]; then
    # Without them nothing boots, and the service, its doctor and its console say so.
    pxeserve loaders import || echo 'pxeserve-start: no boot loaders were imported (see above)' >&2
fi
exec pxeserve serve "$@"
