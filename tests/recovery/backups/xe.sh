#!/bin/sh
# A toolstack that writes down what it is asked, and does what the folder $XE says: dump, archive, no (fails), no-dry-run (refuses that).
echo "$*" >>"$XE/asked"
file=
for one in "$@"; do
    case $one in file-name=*) file=${one#*=} ;; esac
done
[ ! -e "$XE/no" ] || { echo 'The server said no' >&2; exit 1; }
case "$*" in
*pool-dump-database*) (set -C && cat "$XE/dump" >"$file") && stat -c %a "$file" "${file%/*}" >"$XE/modes" ;;
*host-backup*) cat "$XE/archive" ;;
*host-list*) echo 11111111-1111-4111-8111-111111111111 ;;
*dry-run=true*) [ ! -e "$XE/no-dry-run" ] || { echo 'The cards do not match'; exit 1; }; echo 'Database would restore' ;;
*) : ;;
esac
