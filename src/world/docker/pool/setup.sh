# Attaches the pool's file to a loop device, making the file first if need be; detaches it; or makes it larger.
# Runs as `sh -c THIS stage VERB FILESYSTEM [NUMBER | BYTES]` in a helper container that has the pool's back volume at /back
# and may use block devices of major 7; to grow, also the pool at /pool and CAP_SYS_ADMIN.
# Prints `device: /dev/loopN`, or `failed: why`. May be killed anywhere and run again.
set -u
image=/back/pool.img
verb=$1
filesystem=$2

fail() { echo "failed: $*"; exit 1; }
node() { [ -b "/dev/loop$1" ] || mknod "/dev/loop$1" b 7 "$1"; }

# The file is known by its inode, not by its path, which differs from one mount namespace to the next: a device that
# somebody else has attached is never taken for the pool's, whatever its number.
attached() {
    for entry in /sys/block/loop*/loop; do
        [ -e "$entry" ] || continue
        number=${entry#/sys/block/loop}
        node "${number%/loop}"
    done
    losetup --noheadings --output NAME --associated "$image" | head -n 1 | tr -d ' '
}

if [ "$verb" = detach ]; then
    [ -e "$image" ] || exit 0
    device=$(attached)
    [ -z "$device" ] || losetup --detach "$device" || fail "could not detach $device"
    exit 0
fi

if [ "$verb" = grow ]; then
    device=$(attached)
    [ -n "$device" ] || fail "the pool is not attached"
    if [ "$(stat --format %s "$image")" -lt "$3" ]; then
        truncate --size "$3" "$image" || fail "could not extend the file"
    fi
    losetup --set-capacity "$device" 2>/tmp/why || fail "the loop device does not grow: $(cat /tmp/why)"
    case $filesystem in
        btrfs) btrfs filesystem resize max /pool >/tmp/why 2>&1 ;;
        xfs) xfs_growfs /pool >/tmp/why 2>&1 ;;
    esac || fail "the filesystem does not grow: $(cat /tmp/why)"
    echo "device: $device"
    exit 0
fi

if [ ! -e "$image" ]; then
    # Sparse and modest: it takes only what is written, and grows with what it must hold. Under another name until it is
    # whole. A quarter of what is free stays free.
    free=$(df --block-size=1 --output=avail /back | tail -n 1)
    size=8589934592
    [ "$size" -le $((free / 4 * 3)) ] || size=$((free / 4 * 3 / 1048576 * 1048576))
    [ "$size" -ge 1073741824 ] || fail "no room: 1 GiB is needed, $((size / 1048576)) MiB may be used"
    rm -f "$image.new"
    truncate --size "$size" "$image.new" || fail "could not make the file"
    case $filesystem in
        btrfs) mkfs.btrfs --quiet --metadata single "$image.new" >/tmp/why 2>&1 ;;
        # Copied blocks are allocated in small pieces: the default would copy 128 kB around each page that is changed.
        xfs) mkfs.xfs -q -m reflink=1 -d cowextsize=2 "$image.new" >/tmp/why 2>&1 ;;
    esac || fail "mkfs.$filesystem: $(cat /tmp/why)"
    mv "$image.new" "$image" || fail "could not name the file"
fi

device=$(attached)
number=$3
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
