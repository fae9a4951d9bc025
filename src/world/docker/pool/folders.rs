//! Seeds and clones as folders: made by copying files, which share their blocks where the filesystem can.
//!
//! A copy grows under `partial/` and gets its name when it is whole. What goes is first renamed into `trash/`, so that a
//! copier whose `stage` died, and which goes on in the keeper, finds its folder gone and ends.

use crate::model::clones::CloneDriver;

/// `cp` of the driver: one that promises to share blocks never copies in silence.
pub(super) fn copy_option(driver: CloneDriver) -> &'static str {
    match driver {
        CloneDriver::Reflink | CloneDriver::Xfs | CloneDriver::Btrfs => "--reflink=always",
        CloneDriver::Copy => "--reflink=never",
    }
}

/// Makes an empty clone: `NAME`.
pub(super) const CREATE: &str = r#"mkdir -p "/pool/clones/$1""#;

/// Makes a clone of a seed: `KEY NAME OPTION-OF-CP`.
pub(super) const CLONE: &str = r#"[ -e "/pool/clones/$2" ] && exit 0
[ -d "/pool/seeds/$1" ] || { echo "there is no /pool/seeds/$1" >&2; exit 3; }
rm -rf "/pool/partial/$2"
cp --archive "$3" --no-target-directory "/pool/seeds/$1" "/pool/partial/$2" || exit 4
exec mv --no-target-directory "/pool/partial/$2" "/pool/clones/$2""#;

/// Makes a clone a seed: `NAME KEY`. It is moved: nobody needs it any more under its old name. What is written is on the
/// disk before the seed can be registered.
pub(super) const FREEZE: &str = r#"if [ ! -d "/pool/clones/$1" ]; then
    [ -d "/pool/seeds/$2" ] && exit 0
    echo "there is no /pool/clones/$1" >&2
    exit 3
fi
rm -rf "/pool/seeds/$2" && sync --file-system "/pool/clones/$1" || exit 4
exec mv --no-target-directory "/pool/clones/$1" "/pool/seeds/$2""#;

/// Deletes `FOLDER NAME`, where folder is `clones` or `seeds`; says `deleted` if there was something to delete.
pub(super) const DELETE: &str = r#"found=
for place in partial "$1"; do
    [ -e "/pool/$place/$2" ] || continue
    found=deleted
    mv --no-target-directory "/pool/$place/$2" "/pool/trash/$place.$2.$$" || exit 4
done
for dead in "/pool/trash/"*".$2."*; do
    [ -e "$dead" ] || continue
    found=deleted
    rm -rf "$dead" || rm -rf "$dead" || exit 4
done
echo "$found""#;
