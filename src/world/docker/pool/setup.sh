# Attaches the pool's file to a loop device, making the file first if need be; or detaches it.
# Runs as `sh -c THIS stage attach|detach NUMBER` in a helper container that has the pool's back volume at /back
# and may use block devices of major 7. Prints `device: /dev/loopN`, or `failed: why`. May be killed anywhere and run again.
set -u
image=/back/pool.img

fail() { echo "failed: $*"; exit 1; }
node() { [ -b "/dev/loop$1" ] || mknod "/dev/loop$1" b 7 "$1"; }

# The file is known by its inode, not by its path, which differs from one mount namespace to the next.
attached() {
    for entry in /sys/block/loop*/loop; do
        [ -e "$entry" ] || continue
        number=${entry#/sys/block/loop}
        node "${number%/loop}"
    done
    losetup --noheadings --output NAME --associated "$image" | head -n 1 | tr -d ' '
}

if [ "$1" = detach ]; then
    [ -e "$image" ] || exit 0
    device=$(attached)
    [ -z "$device" ] || losetup --detach "$device" || fail "could not detach $device"
    exit 0
fi

if [ ! -e "$image" ]; then
    # Sparse: it takes only what is written. Under another name until it is whole.
    free=$(df --block-size=1 --output=avail /back | tail -n 1)
    size=$((free / 10 * 8 / 1048576 * 1048576))
    [ "$size" -ge 4294967296 ] || fail "no room: 4 GiB are needed, $((size / 1048576)) MiB may be used"
    rm -f "$image.new"
    truncate --size "$size" "$image.new" || fail "could not make the file"
    mkfs.btrfs --quiet --metadata single "$image.new" >/dev/null 2>/tmp/mkfs || fail "mkfs.btrfs: $(cat /tmp/mkfs)"
    mv "$image.new" "$image" || fail "could not name the file"
fi

device=$(attached)
number=$2
last=$((number + 100))
while [ -z "$device" ] && [ "$number" -lt "$last" ]; do
    if [ ! -e "/sys/block/loop$number/loop" ] && node "$number"; then
        # Direct I/O keeps pages from being cached twice; not every disk allows it.
        if losetup --direct-io=on "/dev/loop$number" "$image" 2>/tmp/why ||
            losetup "/dev/loop$number" "$image" 2>/tmp/why; then
            device=/dev/loop$number
        fi
    fi
    number=$((number + 1))
done
[ -n "$device" ] || fail "no loop device: $(cat /tmp/why 2>/dev/null)"
echo "device: $device"
