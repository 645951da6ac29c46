#!/bin/sh
# A toolstack that remembers: it answers as xe does, and writes down each act, and each call word by word. /xe/kill holds the number of an act, and whether who called is
# ended before or after it.
said=$*
{
    printf xe
    for one in "$@"; do printf ' [%s]' "$one"; done
    echo
} >>/xe/calls
verb=$1
shift
for one in "$@"; do
    case $one in
    uuid=*) uuid=${one#*=} ;;
    name-label=*) name=${one#*=} ;;
    sr-uuid=*) sr=${one#*=} ;;
    param-name=*) param=${one#*=} ;;
    iscsi_iqn=*) iqn=${one#*=} ;;
    other-config:iscsi_iqn=*) other=${one#*=} ;;
    edition=*) edition=${one#*=} ;;
    type=*) type=${one#*=} ;;
    esac
done
act() {
    number=$(($(wc -l </xe/acts) + 1))
    [ "$(cat /xe/kill 2>/dev/null)" != "$number before" ] || { rm /xe/kill; kill -9 "$PPID"; exit 1; }
    echo "$said" >>/xe/acts
    "$@"
    [ "$(cat /xe/kill 2>/dev/null)" != "$number after" ] || { rm /xe/kill; kill -9 "$PPID"; exit 1; }
    exit 0
}
put() { echo "$2" >"/xe/$1"; }
made() {
    new=00000000-0000-0000-0000-$(printf %012d "$number")
    echo "$new $name" >>/xe/srs
    echo "$new" >>/xe/pbds
    echo "$new"
}
case $verb in
host-list) echo "$uuid" ;;
host-param-get)
    case $param in
    enabled) echo true ;;
    iscsi_iqn) [ -e /xe/new ] && cat /xe/iqn ;;
    other-config) cat /xe/other 2>/dev/null ;;
    edition) cat /xe/edition ;;
    esac
    ;;
host-param-set) if [ -n "${iqn-}" ]; then act put iqn "$iqn"; else act put other "$other"; fi ;;
sr-list)
    all=''
    while read -r one called; do
        if [ "$called" = "${name-}" ] || [ "$one" = "${uuid-}" ]; then all=$all${all:+,}$one; fi
    done </xe/srs
    echo "$all" | grep . || :
    ;;
pbd-list) grep "$sr" /xe/pbds || : ;;
sr-probe) cat "/xe/probe.$type" ;;
sr-create) act made ;;
sr-introduce) act eval 'echo "$uuid $name" >>/xe/srs' ;;
pbd-create) act eval 'echo "$sr" >>/xe/pbds' ;;
pbd-plug) act : ;;
pool-list) echo pool-1 ;;
pool-param-set) act : ;;
host-apply-edition) act put edition "$edition" ;;
*) echo "You tried to call $verb" >&2; exit 1 ;;
esac
