
# What follows is the same for every host. It has to run in any control domain since XenServer 4.1, with the shell and the tools of 2008.

unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
PATH=/opt/xensource/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077
home=/etc/pxeserve
state=$home/first-boot.state
over=$home/first-boot.over
out=$state/out
said=$state/said
failed=''
away=''

send='
import socket, sys
try:
    from urllib.request import urlopen
except ImportError:
    from urllib2 import urlopen
socket.setdefaulttimeout(15)
body = None
if sys.argv[3]:
    body = open(sys.argv[3], "rb").read(65536)
answer = urlopen(sys.argv[1], body).read(65536)
out = open(sys.argv[2], "wb")
out.write(answer)
out.close()
'

# call ADDRESS FILE BODY: asks pxeserve, or posts the file BODY to it when that is named; the answer goes into FILE.
call() {
    for one in python python3 python2 /usr/libexec/platform-python; do
        "$one" -c '' 2>/dev/null || continue
        "$one" -c "$send" "$1" "$2" "$3" 2>/dev/null
        return
    done
    if curl --version >/dev/null 2>&1; then
        if [ -n "$3" ]; then set -- "$1" "$2" --data-binary "@$3"; else set -- "$1" "$2"; fi
        address=$1 file=$2
        shift 2
        curl -s -f --connect-timeout 15 -m 60 -o "$file" "$@" "$address" 2>/dev/null
        return
    fi
    set -- -O "$2" ${3:+"--post-file=$3"} "$1"
    wget -q -T 15 "$@" 2>/dev/null || wget -q "$@" 2>/dev/null
}

# tell STEP STATE: how a step stands, with the last lines of what was said meanwhile. Once pxeserve could not be reached, nothing is tried twice.
tell() {
    tail -n 8 "$said" 2>/dev/null | tail -c 2000 >"$state/body"
    call "$server/step/$1/$2" /dev/null "$state/body" && away='' && return
    if [ -z "$away" ]; then sleep "$pause" && call "$server/step/$1/$2" /dev/null "$state/body" && return; fi
    away=yes
}

# xe_ WORD...: xe, for so long and no longer; what it answers is in $out, what it complains of in $said.
xe_() {
    xe "$@" >"$out" 2>"$said" </dev/null &
    child=$!
    (
        trap 'kill "$nap" 2>/dev/null; exit 0' TERM
        sleep "$patience" &
        nap=$!
        wait "$nap"
        kill "$child" 2>/dev/null
    ) >/dev/null 2>&1 &
    guard=$!
    wait "$child"
    status=$?
    kill "$guard" 2>/dev/null
    wait "$guard" 2>/dev/null
    [ "$status" -le 128 ] || echo "xe $1 did not answer within $patience s" >>"$said"
    return "$status"
}

# because SENTENCE: what went wrong, where no program said it.
because() {
    echo "$1" >>"$said"
    return 1
}

installed_id() {
    sed -n "s/^INSTALLATION_UUID=['\"]*\([0-9a-fA-F-]*\)['\"]*\$/\1/p" /etc/xensource-inventory 2>/dev/null
}

# until_ready: the toolstack answers, and has let the host in.
until_ready() {
    turn=0
    waits=''
    while [ "$turn" -lt "$turns" ]; do
        host=$(installed_id)
        if [ -n "$host" ] && xe_ host-list "uuid=$host" params=uuid --minimal && [ -s "$out" ]; then
            if xe_ host-param-get "uuid=$host" param-name=enabled && [ "$(cat "$out")" = true ]; then return 0; fi
            now='the toolstack answers, and the host is not enabled yet'
        else
            now='the toolstack does not answer yet: xe host-list'
        fi
        echo "$now" >>"$said"
        [ "$waits" = "$now" ] || tell toolstack waiting
        waits=$now
        turn=$((turn + 1))
        sleep "$pause"
    done
    because "given up after $turns looks"
}

toolstack() {
    until_ready
}

# iqn NAME: a field of its own where the release has one, a word of other-config where not.
iqn() {
    if xe_ host-param-get "uuid=$host" param-name=iscsi_iqn; then
        [ "$(cat "$out")" != "$1" ] || return 0
        xe_ host-param-set "uuid=$host" "iscsi_iqn=$1"
        return
    fi
    if xe_ host-param-get "uuid=$host" param-name=other-config param-key=iscsi_iqn && [ "$(cat "$out")" = "$1" ]; then return 0; fi
    xe_ host-param-set "uuid=$host" "other-config:iscsi_iqn=$1"
}

certificate() {
    for file in /etc/xensource/xapi-ssl.pem /etc/xensource/xapi-pool-tls.pem; do
        [ -s "$file" ] || continue
        print=$(openssl x509 -noout -fingerprint -sha256 -in "$file" 2>"$said")
        print=${print##*=}
        [ -n "$print" ] || continue
        echo "$print" >"$state/print"
        call "$server/certificate" /dev/null "$state/print" && return 0
        because 'pxeserve did not take the fingerprint of the certificate'
        return
    done
    because 'there is no certificate in /etc/xensource/xapi-ssl.pem'
}

# join: pxeserve does it, as only it has the password of the pool; here is only asked how far it is. One that failed is waited for: whoever
# mends what stopped it has it taken up again there, and nothing that is tried here would change it. Such a look is no try.
join() {
    turn=0
    looks=0
    waits=''
    while [ "$turn" -lt "$turns" ]; do
        : >"$state/answer"
        call "$server/join" "$state/answer" ''
        answer=''
        read -r answer <"$state/answer"
        case $answer in
        joined)
            until_ready
            return
            ;;
        failed*)
            echo 0 >"$state/tries.join"
            if [ "$waits" != "$answer" ]; then
                because "${answer#failed }" || tell join waiting
            fi
            waits=$answer
            turn=0
            looks=$((looks + 1))
            [ "$looks" -lt "$mending" ] || break
            sleep $((pause * 6))
            ;;
        *)
            [ -z "$answer" ] || waits=''
            turn=$((turn + 1))
            sleep "$pause"
            ;;
        esac
    done
    [ "$looks" -lt "$mending" ] || echo "$most" >"$state/tries.join"
    [ -n "$waits" ] || because 'pxeserve was asked to join this host to its pool, and it is not done yet'
    return 1
}

# of_name NAME: sets sr to the storage repository of that name which this host has; fails when it has none.
of_name() {
    sr=''
    xe_ sr-list "name-label=$1" params=uuid --minimal || return 2
    for one in $(tr ',' ' ' <"$out"); do
        xe_ pbd-list "sr-uuid=$one" "host-uuid=$host" params=uuid --minimal || return 2
        [ -s "$out" ] || continue
        sr=$one
        return 0
    done
    return 1
}

# free_name NAME: there is none of that name yet; 0 goes on, and 9 says that nothing is left to do.
free_name() {
    of_name "$1"
    case $? in
    0) return 9 ;;
    1) return 0 ;;
    esac
    return 1
}

# local_sr NAME TYPE DEVICE: only on a device that is named and holds nothing. What an earlier installation left on it is attached again.
local_sr() {
    free_name "$1" || { [ $? -eq 9 ] && return; return 1; }
    [ -b "$3" ] || because "there is no disk $3" || return 1
    if xe_ sr-probe "host-uuid=$host" "type=$2" "device-config:device=$3"; then
        old=$(sed -n 's/.*<UUID>[[:space:]]*\([0-9a-f-]\{36\}\).*/\1/p;/^[[:space:]]*[0-9a-f-]\{36\}[[:space:]]*$/s/[[:space:]]//gp' "$out")
        case $old in
        '') ;;
        *[!0-9a-f-]*) because "$3 holds several storage repositories; it was not touched" || return 1 ;;
        *)
            attach "$old" "$1" "$2" "$3"
            return
            ;;
        esac
    fi
    held "$3" || return 1
    xe_ sr-create "host-uuid=$host" "name-label=$1" content-type=user "type=$2" "device-config:device=$3"
}

# held DEVICE: fails, and says what is there, when a disk holds anything.
held() {
    real=$(readlink -f "$1" 2>/dev/null)
    disk=${real##*/}
    for part in "/sys/class/block/$disk/$disk"* "/sys/block/$disk/$disk"*; do
        [ ! -e "$part/partition" ] && [ ! -e "$part/dev" ] || because "$1 has partitions; it was not touched. Empty it by hand" || return 1
    done
    found=$(blkid "$1" 2>/dev/null)
    [ -z "$found" ] || because "$1 holds something; it was not touched: $found" || return 1
    pvs "$1" >/dev/null 2>&1 || return 0
    because "$1 is part of a volume group; it was not touched"
}

# attach SR NAME TYPE DEVICE
attach() {
    xe_ sr-list "uuid=$1" params=uuid --minimal || return 1
    if [ ! -s "$out" ]; then
        xe_ sr-introduce "uuid=$1" "name-label=$2" "type=$3" content-type=user shared=false || return 1
    fi
    xe_ pbd-list "sr-uuid=$1" "host-uuid=$host" params=uuid --minimal || return 1
    [ -s "$out" ] || xe_ pbd-create "sr-uuid=$1" "host-uuid=$host" "device-config:device=$4" || return 1
    xe_ pbd-list "sr-uuid=$1" "host-uuid=$host" params=uuid --minimal || return 1
    pbd=$(cat "$out")
    xe_ pbd-plug "uuid=$pbd"
}

# nfs_sr NAME SERVER PATH
nfs_sr() {
    free_name "$1" || { [ $? -eq 9 ] && return; return 1; }
    xe_ sr-create "name-label=$1" shared=true content-type=user type=nfs "device-config:server=$2" "device-config:serverpath=$3"
}

# iso_sr NAME SERVER PATH
iso_sr() {
    free_name "$1" || { [ $? -eq 9 ] && return; return 1; }
    xe_ sr-create "name-label=$1" shared=true content-type=iso type=iso "device-config:location=$2:$3"
}

# iscsi_sr NAME TARGET IQN SCSIID USER SECRET: making one formats the LUN, so it is looked at first, and one that holds anything is left.
iscsi_sr() {
    name=$1 user=$5 secret=$6
    free_name "$name" || { [ $? -eq 9 ] && return; return 1; }
    set -- type=lvmoiscsi "device-config:target=$2" "device-config:targetIQN=$3" "device-config:SCSIid=$4"
    if [ -n "$user" ]; then
        ask_secret "$secret" || return 1
        set -- "$@" "device-config:chapuser=$user" "device-config:chappassword=$word"
    fi
    word=''
    xe_ sr-probe "$@" || return 1
    if grep -q '<UUID>' "$out"; then
        because "the LUN of $name holds a storage repository: $(tr -dc '0-9a-f-' <"$out" | tail -c 36). It was not touched: making one formats it. \
Attach it by xe sr-introduce, pbd-create and pbd-plug, or restore the pool's database, which knows it"
        return
    fi
    xe_ sr-create "name-label=$name" shared=true content-type=user "$@"
}

# ask_secret NAME: sets word to what pxeserve keeps for this host under that name; it is never written down here.
ask_secret() {
    : >"$state/answer"
    call "$server/secrets" "$state/answer" '' || because 'pxeserve did not give what this step needs: was its arming ended, or is a day over?' || {
        rm -f "$state/answer"
        return 1
    }
    word=$(sed -n "s/^$1 //p" "$state/answer")
    rm -f "$state/answer"
    [ -n "$word" ] || because "pxeserve keeps no $1 for this host"
}

# default_sr NAME: guests, suspended images and crash dumps of the pool go there.
default_sr() {
    of_name "$1" || because "there is no storage repository $1 on this host" || return 1
    xe_ pool-list params=uuid --minimal || return 1
    pool=$(cat "$out")
    xe_ pool-param-set "uuid=$pool" "default-SR=$sr" "suspend-image-SR=$sr" "crash-dump-SR=$sr"
}

# licence EDITION SERVER PORT
licence() {
    if xe_ host-param-get "uuid=$host" param-name=edition && [ "$(cat "$out")" = "$1" ]; then return 0; fi
    xe_ host-apply-edition "host-uuid=$host" "edition=$1" "license-server-address=$2" "license-server-port=$3"
}

# root_password: the one that the installation began with is worth nothing from here on.
root_password() {
    ask_secret root || return 1
    new=$word
    word=''
    grep -qF "root:$new:" /etc/shadow && return 0
    echo "root:$new" | chpasswd -e >/dev/null 2>"$said"
    if grep -qF "root:$new:" /etc/shadow; then return 0; fi
    cp -p /etc/shadow /etc/shadow.pxeserve && sed "s,^root:[^:]*:,root:$new:," </etc/shadow >/etc/shadow.pxeserve && [ -s /etc/shadow.pxeserve ] &&
        mv -f /etc/shadow.pxeserve /etc/shadow
    rm -f /etc/shadow.pxeserve
    sync
    grep -qF "root:$new:" /etc/shadow || because "root's password could not be replaced"
}

# inventory: what this host is made of, a line each: a word, then fields between tabs.
inventory() {
    {
        sed -n "s/^\([A-Z_]*\(VERSION\|BRAND\|BUILD_NUMBER\|UUID\)\)=['\"]*\([^'\"]*\).*/version	\1	\3/p" /etc/xensource-inventory
        sed -n 's/^MemTotal:[[:space:]]*\([0-9]*\).*/memory	\1/p' /proc/meminfo
        for one in /sys/block/*; do
            case ${one##*/} in loop* | ram* | dm-* | tap* | td* | nbd* | sr* | fd* | '*') continue ;; esac
            echo "disk	${one##*/}	$(cat "$one/size" 2>/dev/null)	$(cat "$one/device/model" 2>/dev/null)"
        done
        for one in /sys/class/net/*; do
            [ -e "$one/device" ] || continue
            driver=$(readlink "$one/device/driver" 2>/dev/null)
            echo "card	${one##*/}	$(cat "$one/address" 2>/dev/null)	${driver##*/}"
        done
    } 2>/dev/null | head -n 500 | head -c 60000 >"$state/inventory"
    call "$server/inventory" /dev/null "$state/inventory" || because 'pxeserve did not take the inventory'
}

# step NAME KIND FUNCTION WORD...: once, and again until it has come to its end or has failed $most times, over restarts too. After one of
# kind `stop` that fails nothing further is done.
step() {
    at=$1 kind=$2
    shift 2
    [ ! -e "$state/done.$at" ] || return 0
    while :; do
        tries=0
        [ ! -s "$state/tries.$at" ] || read -r tries <"$state/tries.$at"
        [ "$tries" -lt "$most" ] || break
        echo $((tries + 1)) >"$state/tries.$at"
        : >"$said"
        tell "$at" begun
        if "$@"; then
            : >"$state/done.$at"
            : >"$said"
            tell "$at" 'done'
            return 0
        fi
        sleep "$pause"
    done
    tell "$at" failed
    failed="$failed $at"
    [ "$kind" != stop ] || finish
}

# finish: says how it ended, and leaves nothing of itself behind but one word.
finish() {
    echo "${failed:-}" >"$said"
    if [ -n "$failed" ]; then word='failed'; else word='done'; fi
    turn=0
    while [ "$turn" -lt "$most" ]; do
        call "$server/$word" /dev/null "$said" && break
        turn=$((turn + 1))
        sleep "$pause"
    done
    echo "$mark $word" >"$over"
    rm -f /etc/firstboot.d/95-pxeserve /etc/systemd/system/multi-user.target.wants/pxeserve-first-boot.service
    rm -f /etc/systemd/system/pxeserve-first-boot.service "$home/first-boot"
    rm -rf "$state"
    sync
    exit 0
}

# alone: two of these would stand in each other's way. A number that is left from before a restart is another program's.
alone() {
    if [ -s "$state/pid" ]; then
        read -r other <"$state/pid"
        [ "$other" = $$ ] || ! grep -q first-boot "/proc/$other/cmdline" 2>/dev/null || exit 0
    fi
    echo $$ >"$state/pid"
}

if [ -s "$over" ]; then
    read -r before _ <"$over"
    [ "$before" != "$mark" ] || exit 0
fi
mkdir -p "$state" || exit 1
alone
host=$(installed_id)
steps
finish
