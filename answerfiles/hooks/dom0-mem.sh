# Sets dom0_mem of the installed host: its argument is the new system's root, still mounted. Running twice changes nothing.

root=${1%/}
if [ -z "$root" ] || [ ! -d "$root/boot" ]; then exit 2; fi

# The vendor's own tool knows more of its boot loader than we do, where there is one; what it leaves is done by hand below.
tool=/opt/xensource/libexec/xen-cmdline
[ ! -x "$root$tool" ] || chroot "$root" "$tool" --set-xen "dom0_mem=$value" >/dev/null 2>&1

# A line that loads Xen begins with one word (append, kernel, multiboot2, xen_hypervisor) and then the hypervisor's file. On it dom0_mem is
# replaced where it stands, else put behind that file; modules and chain loaders are no such lines.
edit() {
    line='^[[:blank:]]*[A-Za-z][A-Za-z0-9_]*[[:blank:]][[:blank:]]*[^[:blank:]]*/xen[-.][^[:blank:]]*'
    set -- -e "\\|$line|!b" -e "s|[[:blank:]]dom0_mem=[^[:blank:]]*| dom0_mem=$value|" -e t -e "s|$line|& dom0_mem=$value|"
    sed "$@" 2>/dev/null || chroot "$root" /bin/sed "$@"
}

found=''
for file in extlinux.conf grub/menu.lst grub/grub.conf grub/grub.cfg grub2/grub.cfg efi/EFI/xenserver/grub.cfg efi/EFI/xcp-ng/grub.cfg; do
    file=$root/boot/$file
    if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
    new=$file.pxeserve
    # a copy first, for its owner and mode; renamed at the end, so that no half of a boot menu is ever there
    if ! { cp -p "$file" "$new" && edit <"$file" >"$new" && [ -s "$new" ]; }; then
        rm -f "$new"
        exit 3
    fi
    if cmp -s "$file" "$new"; then rm -f "$new"; else mv -f "$new" "$file" || exit 3; fi
    found=yes
done
[ -n "$found" ] || exit 4
sync
exit 0
