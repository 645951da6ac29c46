#!/bin/busybox sh
# A small installer in the shape of 4.1's: network by DHCP, answerfile, repositories in their fixed order, packages with their
# sums, post-install script. On a medium with .treeinfo it has the stages of later ones instead, with their rule for interpreters.
# Everything it does it says on the console, one marker a line: "@@ WORD rest".
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /tmp/root /tmp/repo
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1

say() { echo "@@ $*"; }
end() { say "$@"; sync; poweroff -f; }
word() { for one in $(cat /proc/cmdline); do case "$one" in "$1"=*) echo "${one#*=}" ;; esac; done; }
kind() { tr '\n' ' ' </tmp/answerfile | sed -n 's:.*<source type="\([a-z]*\)".*:\1:p'; }
get() { # name beneath the source, file to write
    if [ "$kind" = nfs ]; then cp "/tmp/source/$1" "$2"; else wget -q -O "$2" "$source/$1"; fi
}
element() { tr '\n' ' ' </tmp/answerfile | sed -n "s:.*<$1[^>]*>[[:space:]]*\([^<[:space:]]*\)[[:space:]]*</$1>.*:\1:p"; }

install_package() { # repository, then the fields of one line of XS-PACKAGES
    folder=$1 size=$3 sum=$4 type=$5
    case "$type" in
        tbz2) file=$7 ;;
        driver | firmware) file=$6 ;;
        *) end FAILED "unknown package type $type" ;;
    esac
    get "$folder$file" /tmp/package || end FAILED "cannot fetch $file"
    [ "$(wc -c </tmp/package)" -eq "$size" ] || end FAILED "$file has another size"
    [ "$(md5sum </tmp/package | cut -d' ' -f1)" = "$sum" ] || end FAILED "$file has another MD5"
    if [ "$type" = tbz2 ]; then tar -C /tmp/root -xjf /tmp/package || end FAILED "$file cannot be unpacked"; fi
    say PACKAGE "$file"
}

say STARTED "$(cat /proc/cmdline)"
for module in /modules/*.ko; do insmod "$module"; done
ip link set lo up
ip link set eth0 up || end FAILED "no eth0"
udhcpc -i eth0 -s /udhcpc.sh -t 20 -T 2 -n -q >/dev/null 2>&1 || end FAILED "no address"
say ADDRESS "$(ip -4 -o addr show eth0 | sed 's/.*inet \([0-9.]*\).*/\1/')"

answerfile=$(word answerfile)
[ -n "$answerfile" ] || end INTERACTIVE
wget -q -O /tmp/answerfile "$answerfile" || end FAILED "cannot fetch the answerfile"
say ANSWERFILE "$(wc -c </tmp/answerfile)"
source=$(element source)
[ -n "$source" ] || end FAILED "the answerfile names no source"
kind=$(kind)
say SOURCE "$kind $source"
say HOSTNAME "$(element hostname)"
if [ "$kind" = nfs ]; then # installers name neither port nor version; busybox wants the version that theirs would take
    mkdir -p /tmp/source
    for module in /nfs/*.ko; do insmod "$module"; done
    version=$(word nfsvers)
    mount -t nfs -o "ro,nolock,proto=tcp,vers=${version:-3}" "$source" /tmp/source || end FAILED "cannot mount $source"
    say MOUNTED "$(sed -n 's/.* nfs[4]* .*\(vers=[0-9.]*\).*/\1/p' /proc/mounts)"
fi

stage() { # name, argument: fetch and run the scripts of a stage, in the order of the file
    { tr '\n' ' ' </tmp/answerfile && echo; } | sed 's:<script :\n<script :g' |
        sed -n "s:^<script [^>]*stage=\"$1\"[^>]*>[[:space:]]*\([^<[:space:]]*\)[[:space:]]*</script>.*:\1:p" >/tmp/stage
    while read -r script; do
        wget -q -O /tmp/script "$script" || end FAILED "Unable to fetch script $script"
        case "$(head -n 1 /tmp/script)" in
            "#!/bin/sh"* | "#!/bin/bash"* | "#!/usr/bin/python"*) ;;
            *) end FAILED "Invalid interpreter in $script" ;;
        esac
        chmod 500 /tmp/script
        if [ -n "$2" ]; then /tmp/script "$2" </dev/null; else /tmp/script </dev/null; fi
        say SCRIPT "$1 returned $?"
    done </tmp/stage
}

first_boot() { # the management interface of the installed host; the installer itself keeps to the address that it was lent
    case "$(tr '\n' ' ' </tmp/answerfile | sed -n 's:.*<admin-interface\([^>]*\)>.*:\1:p')" in
        *'proto="static"'*) ;;
        *) return 0 ;;
    esac
    ip addr flush dev eth0
    ip addr add "$(element ip)/$(element subnet-mask)" dev eth0 || end FAILED "no address of its own"
    ip route add default via "$(element gateway)" || end FAILED "no gateway"
    ping -c 3 -W 5 "$(element gateway)" >/dev/null || end FAILED "its gateway does not answer"
    say STATIC "$(element hostname) $(element ip) $(element subnet-mask) $(element gateway)"
}

install_rpm() { # path, size, SHA-256
    get "$1" /tmp/package || end FAILED "cannot fetch $1"
    [ "$(wc -c </tmp/package)" -eq "$2" ] || end FAILED "$1 has another size"
    [ "$(sha256sum </tmp/package | cut -d' ' -f1)" = "$3" ] || end FAILED "$1 has another SHA-256"
    say PACKAGE "${1##*/}"
}

if get .treeinfo /tmp/repo/treeinfo 2>/dev/null; then # as installers from 7.1 on
    stage installation-start
    get repodata/repomd.xml /tmp/repo/repomd || end FAILED "No main repository found"
    primary=$(sed -n 's/.*href="\([^"]*primary[^"]*\)".*/\1/p' /tmp/repo/repomd)
    get "$primary" /tmp/repo/primary.gz || end FAILED "cannot fetch $primary"
    gunzip -c /tmp/repo/primary.gz >/tmp/repo/primary || end FAILED "$primary cannot be unpacked"
    say REPOSITORY "$(sed -n 's/^product_name = //p' /tmp/repo/treeinfo)"
    sed -n -e 's/.*<checksum[^>]*>\([0-9a-f]*\)<.*/S \1/p' -e 's/.*<size package="\([0-9]*\)".*/Z \1/p' \
        -e 's/.*<location href="\([^"]*\)".*/L \1/p' /tmp/repo/primary >/tmp/repo/list
    while read -r kind value; do
        case "$kind" in
            S) sum=$value ;;
            Z) size=$value ;;
            L) install_rpm "$value" "$size" "$sum" ;;
        esac
    done </tmp/repo/list
    mkdir -p /tmp/root/boot/grub # what scripts look for in a new system
    echo '  multiboot2 /boot/xen.gz dom0_mem=2048M,max:2048M watchdog' >/tmp/root/boot/grub/grub.cfg
    stage filesystem-populated /tmp/root
    say ROOT "$(sed -n 's/.*\(dom0_mem=[^ ]*\).*/\1/p' /tmp/root/boot/grub/grub.cfg)"
    stage installation-complete 0
    first_boot
    end DONE
fi

found=0
for place in "" packages/ packages.main/ packages.linux/ packages.site/; do
    get "${place}XS-REPOSITORY" /tmp/repo/repository 2>/dev/null || continue
    get "${place}XS-PACKAGES" /tmp/repo/packages 2>/dev/null || continue
    found=1
    say REPOSITORY "$(head -n 1 /tmp/repo/repository)"
    while read -r line; do
        # shellcheck disable=SC2086
        install_package "$place" $line
    done </tmp/repo/packages
done
[ $found = 1 ] || end FAILED "no repository at $source"

script=$(element post-install-script)
if [ -n "$script" ]; then
    mkdir -p /tmp/root/boot /tmp/root/etc # what scripts look for in a new system
    echo '  append /boot/xen.gz dom0_mem=752M --- /boot/vmlinuz-2.6-xen ro --- /boot/initrd-2.6-xen.img' >/tmp/root/boot/extlinux.conf
    echo 'root:$1$old$old:14000:0:99999:7:::' >/tmp/root/etc/shadow
    wget -q -O /tmp/script "$script" || end FAILED "cannot fetch the script"
    chmod 500 /tmp/script
    /tmp/script /tmp/root
    say SCRIPT "returned $?"
    say ROOT "$(sed -n 's/.*\(dom0_mem=[^ ]*\).*/\1/p' /tmp/root/boot/extlinux.conf) $(cut -d: -f2 /tmp/root/etc/shadow | cut -c1-3)"
fi
first_boot
end DONE
