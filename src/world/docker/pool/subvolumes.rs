//! Seeds and clones as subvolumes of btrfs.
//!
//! A snapshot onto a path that exists would nest silently in it, so the path is looked at first; only one run ever uses a
//! name.

/// Makes an empty clone: `NAME`.
pub(super) const CREATE: &str = r#"[ -e "/pool/clones/$1" ] && exit 0
exec btrfs subvolume create "/pool/clones/$1""#;

/// Makes a clone of a seed: `KEY NAME`.
pub(super) const CLONE: &str = r#"[ -e "/pool/clones/$2" ] && exit 0
[ -d "/pool/seeds/$1" ] || { echo "there is no /pool/seeds/$1" >&2; exit 3; }
exec btrfs subvolume snapshot "/pool/seeds/$1" "/pool/clones/$2""#;

/// Freezes a clone as a seed, read-only: `NAME KEY`. A frozen leftover of the same key is deleted: nothing registered it,
/// so nobody knows whether it is whole. A read-only subvolume must be made writable before an ordinary user may delete it.
pub(super) const FREEZE: &str = r#"[ -d "/pool/clones/$1" ] || { echo "there is no /pool/clones/$1" >&2; exit 3; }
seed="/pool/seeds/$2"
if [ -e "$seed" ]; then
    btrfs property set -ts "$seed" ro false && btrfs subvolume delete "$seed" || exit 4
fi
exec btrfs subvolume snapshot -r "/pool/clones/$1" "$seed""#;

/// Deletes `FOLDER NAME`, where folder is `clones` or `seeds`; says `deleted` if it was there. Synced before it
/// returns, by way of its folder, which costs less than a commit of its own (`--commit-after`) where several go at once; the
/// filesystem then frees the space by itself within moments. Waiting for that (`btrfs subvolume sync`) is refused to a
/// container without privileges.
pub(super) const DELETE: &str = r#"path="/pool/$1/$2"
[ -e "$path" ] || exit 0
btrfs property set -ts "$path" ro false
btrfs subvolume delete "$path" >/dev/null || exit 4
sync "/pool/$1"
[ ! -e "$path" ] && echo deleted"#;
