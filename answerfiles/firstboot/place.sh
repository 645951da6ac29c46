# Puts the job of the first boot into the new system: its argument is that system's root, still mounted. Running twice changes nothing.

root=${1%/}
if [ -z "$root" ] || [ ! -d "$root/etc" ]; then exit 2; fi

# How the system starts its jobs is looked at, not guessed: releases between two generations differ in it.
form=''
for units in usr/lib/systemd/system lib/systemd/system etc/systemd/system; do
    [ ! -e "$root/$units/xapi-init-complete.target" ] || form=systemd
done
if [ -z "$form" ] && [ -d "$root/etc/firstboot.d" ]; then form=firstboot.d; fi
[ -n "$form" ] || exit 4

home=$root/etc/pxeserve
umask 077
mkdir -p "$home" || exit 3
job >"$home/first-boot.new" && chmod 0700 "$home/first-boot.new" && mv -f "$home/first-boot.new" "$home/first-boot" || exit 3

if [ "$form" = systemd ]; then
    units=$root/etc/systemd/system
    mkdir -p "$units/multi-user.target.wants" && unit >"$units/pxeserve-first-boot.service" || exit 3
    chmod 0644 "$units/pxeserve-first-boot.service"
    ln -sf ../pxeserve-first-boot.service "$units/multi-user.target.wants/pxeserve-first-boot.service" || exit 3
else
    starter >"$root/etc/firstboot.d/95-pxeserve.new" && chmod 0755 "$root/etc/firstboot.d/95-pxeserve.new" || exit 3
    mv -f "$root/etc/firstboot.d/95-pxeserve.new" "$root/etc/firstboot.d/95-pxeserve" || exit 3
fi
sync
exit 0
