
# Puts the database of a lost pool onto a master that was installed anew. Give it the file: sh restore.sh FILE
#   0: restored   1: the file or the dry run says no   2: the old master may be alive   3: not confirmed   4: the restoring itself failed

PATH=$PATH:/opt/xensource/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077

stop() {
    code=$1
    shift
    printf 'stopped: %s\n' "$@" >&2
    exit "$code"
}

file=${1-}
[ -n "$file" ] || stop 1 "name the file: pxeserve backup get $id --to FILE, and bring it here"
[ -r "$file" ] || stop 1 "$file cannot be read"
case $file in /*) ;; *) file=$PWD/$file ;; esac
found=$(sha256sum "$file" 2>/dev/null || openssl dgst -sha256 "$file" 2>/dev/null | sed 's/.*= *//')
[ "${found%% *}" = "$sha256" ] || stop 1 "$file is not the backup $id: its SHA-256 is ${found%% *}, not $sha256"
echo "the file is the backup $id of pool $pool, taken $taken"

# The restored machine has the names and UUIDs of the old one: both at once destroy the storage that they share.
if [ -n "$address" ]; then
    if (ip addr 2>/dev/null || /sbin/ifconfig -a 2>/dev/null) | grep -qF -e "inet $address/" -e "addr:$address "; then
        echo "this machine has the address $address of the old master $master, which is therefore not up with it"
    elif ping -c 2 -w 5 "$address" >/dev/null 2>&1; then
        stop 2 "the old master $master answers at $address: power it off first, and never let it start again with this pool"
    fi
fi

echo 'dry run:'
xe pool-restore-database file-name="$file" dry-run=true </dev/null 2>&1 || stop 1 'the dry run says no; nothing was changed. Its cards have to have the names and number of the old ones'

echo "The database of pool $pool replaces what this machine knows. The old master $master has to be off, and to stay off."
printf 'Type the name of the pool (%s) to go on: ' "$pool"
read -r typed || typed=
[ "$typed" = "$pool" ] || stop 3 'not confirmed; nothing was changed'
xe pool-restore-database file-name="$file" </dev/null || stop 4 'xe did not restore it: look at what it said'
echo 'restored; the toolstack starts again'
