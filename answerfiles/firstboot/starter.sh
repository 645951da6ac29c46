#!/bin/sh
# Starts the job of the first boot beside the rest of the start, which must not wait for it. It says 1, so that it is called again at the
# next start: the job takes it away when it is over.
[ -x /etc/pxeserve/first-boot ] || exit 0
/etc/pxeserve/first-boot </dev/null >/dev/null 2>&1 &
exit 1
