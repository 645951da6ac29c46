
# What follows is the same for every installation. It has to run in the RAM disk of any installer since XenServer 4.1, with the shell of a
# busybox of 2008, and must not stand in the way of the installation when pxeserve cannot be reached.

unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
away=''
work=/tmp/pxeserve.$$

python='
import socket, sys
try:
    from urllib.request import urlopen
except ImportError:
    from urllib2 import urlopen
socket.setdefaulttimeout(15)
answer = urlopen(sys.argv[1])
out = open(sys.argv[2], "wb")
while 1:
    some = answer.read(65536)
    if not some:
        break
    out.write(some)
out.close()
'
post='
import socket, sys
try:
    from urllib.request import urlopen
except ImportError:
    from urllib2 import urlopen
socket.setdefaulttimeout(15)
most = int(sys.argv[3])
log = open(sys.argv[2], "rb")
log.seek(0, 2)
log.seek(max(log.tell() - most, 0))
urlopen(sys.argv[1], log.read(most)).read()
'
sum='
import hashlib, sys
sys.stdout.write(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())
'

# with_python PROGRAM ARGUMENT...: 127 where there is no Python. The installer itself is written in it.
with_python() {
    for one in python python3 python2; do
        "$one" -c '' 2>/dev/null || continue
        "$one" -c "$@" 2>/dev/null
        return
    done
    return 127
}

# fetch ADDRESS FILE
fetch() {
    with_python "$python" "$1" "$2"
    status=$?
    [ $status -eq 127 ] || return $status
    if curl --version >/dev/null 2>&1; then
        curl -s -f --connect-timeout 15 -m 60 -o "$2" "$1" 2>/dev/null
        return
    fi
    wget -q -T 15 -O "$2" "$1" 2>/dev/null || wget -q -O "$2" "$1" 2>/dev/null
}

# tell WHAT PAUSE...: one word for pxeserve, again after each pause. Once it could not be reached, nothing is tried twice.
tell() {
    what=$1
    shift
    for pause in "$@" ''; do
        fetch "$progress$what" /dev/null && return
        if [ -n "$away" ] || [ -z "$pause" ]; then break; fi
        sleep "$pause"
    done
    away=yes
}

# serial: sets what goes behind the first report: the machine's serial number, its spaces escaped. Nothing where it cannot be read, or holds
# what would need more than that.
serial() {
    serial=''
    number=/sys/class/dmi/id/product_serial
    if [ "$stage" != "$first" ] || [ ! -r "$number" ]; then return; fi
    read -r line <"$number"
    case $line in *[!A-Za-z0-9._\ -]*) return ;; esac
    for word in $line; do serial=$serial${serial:+%20}$word; done
    serial=${serial:+"?serial=$serial"}
}

# send_log: the end of the installer's own log, before the word that all has failed: with that word its addresses end. It is sent once, and
# kept back where nothing here can send.
send_log() {
    if [ -n "$away" ] || [ ! -s "$log" ]; then return; fi
    with_python "$post" "$progress$stage.log" "$log" "$most"
    [ $? -eq 127 ] || return
    mkdir -p "$work" && chmod 0700 "$work" && tail -c "$most" "$log" >"$work/log" 2>/dev/null || return
    if curl --version >/dev/null 2>&1; then
        curl -s -f --connect-timeout 15 -m 60 -o /dev/null --data-binary "@$work/log" "$progress$stage.log" 2>/dev/null
    else
        wget -q -T 15 -O /dev/null --post-file="$work/log" "$progress$stage.log" 2>/dev/null
    fi
}

# intact FILE SUM: whether it is what was frozen. With nothing here that can tell, it is taken as it came.
intact() {
    [ -n "$2" ] || return 0
    found=$(sha256sum "$1" 2>/dev/null)
    [ -n "$found" ] || found=$(with_python "$sum" "$1")
    case $found in
    '' | "$2"*) return 0 ;;
    esac
    return 1
}

# run NAME ADDRESS SUM ARGUMENT...: one script; how it ended is told, and the next one runs whatever that was.
run() {
    name=$1 address=$2 sum_wanted=$3
    shift 3
    file=$work/$name
    mkdir -p "$work" && chmod 0700 "$work"
    if ! fetch "$address" "$file"; then
        tell "$name=not-fetched" 2
    elif ! intact "$file" "$sum_wanted"; then
        tell "$name=changed" 2
    else
        chmod 0500 "$file"
        "$file" "$@" </dev/null
        tell "$name=$?" 2
    fi
    rm -f "$file"
}

stage=${XS_STAGE-}
case $stage in
installation-start | packages-installed | filesystem-populated | installation-complete) ;;
*) # installers before 5.6 do not say; their argument does
    case ${1-} in
    '') stage=$argumentless ;;
    0 | 1) stage=installation-complete ;;
    *) stage=filesystem-populated ;;
    esac
    ;;
esac
XS_STAGE=$stage
export XS_STAGE

serial
tell "$stage$serial" 2
scripts "$@"
case $stage:${1-} in
install-failed:*)
    send_log
    tell failed 2 5 10
    ;;
installation-complete:0) tell 'done' 2 5 10 ;;
installation-complete:*)
    send_log
    tell failed 2 5 10
    ;;
"$done_after":*) tell 'done' 2 5 10 ;;
esac
rm -rf "$work"
exit 0
