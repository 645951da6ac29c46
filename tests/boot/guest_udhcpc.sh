#!/bin/busybox sh
# What udhcpc does with a lease: address and router, nothing else.
if [ "$1" = bound ]; then
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    if [ -n "$router" ]; then ip route add default via "${router%% *}"; fi
fi
