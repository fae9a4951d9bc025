# Finds out how clones could be made on this engine. Runs as `sh -c THIS` in a helper container with an empty volume at
# /probe that may use block devices of major 7. Prints a line for each fact: `NAME: yes|no DETAIL`.
set -u
echo "filesystem: yes $(stat --file-system --format %T /probe)"
echo "disk: yes $(df --block-size=1 --output=size,avail /probe | tail -n 1)"
echo block >/probe/a
# Within one volume, as seeds and clones will be: kernels before 5.18 refuse to share blocks across mounts.
if cp --reflink=always /probe/a /probe/b 2>/tmp/why; then
    echo 'reflink: yes'
else
    echo "reflink: no $(sed 's/.*: //' /tmp/why)"
fi
# Opening a loop device proves that the kernel has them and that the engine lets a container use them.
number=77
while [ -e "/sys/block/loop$number/loop" ] && [ "$number" -lt 177 ]; do number=$((number + 1)); done
if mknod "/dev/loop$number" b 7 "$number" 2>/tmp/why && blockdev --getsize64 "/dev/loop$number" >/dev/null 2>/tmp/why; then
    echo 'loop: yes'
else
    echo "loop: no $(sed 's/.*: //' /tmp/why)"
fi
for filesystem in btrfs xfs; do
    if grep --quiet --word-regexp "$filesystem" /proc/filesystems; then
        echo "$filesystem: yes"
    else
        echo "$filesystem: no"
    fi
done
