
# Suspended guests whose memory lay on the disks that are lost cannot be resumed: they are set to halted.
echo 'guests that were suspended to storage that is lost:'
suspended printed
printf 'Type reset to set them to halted now, anything else to leave them: '
read -r typed || typed=
[ "$typed" = reset ] || exit 0
turns=60
until xe host-list --minimal >/dev/null 2>&1 </dev/null; do
    turns=$((turns - 1))
    [ "$turns" -gt 0 ] || stop 4 'the toolstack has not come back: run those commands by hand'
    sleep 5
done
suspended done_
