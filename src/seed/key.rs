//! The content key of a seed: everything that can change a byte of it, and nothing else.

use std::path::PathBuf;

use crate::model::clones::CloneDriver;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::Masking;
use crate::model::seed::SeedKey;

/// Raised whenever this build would make another seed of the same ingredients.
const FORMAT_VERSION: u32 = 1;

/// What a seed is made of. Not `Debug`: the variables of the cluster hold its password.
#[derive(Clone, Copy)]
pub struct Ingredients<'a> {
    /// The backup's fingerprint.
    pub fingerprint: &'a str,
    /// The rules, as written.
    pub masking: &'a Masking,
    /// The mask key's id, as [`crate::mask::key_id`] gives it.
    pub mask_key_id: &'a str,
    /// SQL that is run on the masked rows, in order; only its text counts.
    pub prepare: &'a [(PathBuf, String)],
    /// The id of the image whose server makes the cluster.
    pub image_id: &'a str,
    /// Variables that shape the cluster (`POSTGRES_USER`, `POSTGRES_INITDB_ARGS`, …), in any order.
    pub cluster: &'a [(String, String)],
    /// How its clones are made: what is kept for one driver is of no use to another.
    pub clones: CloneDriver,
}

/// The key of the seed that these make.
pub fn key(of: &Ingredients<'_>) -> Result<SeedKey> {
    let masking = serde_json::to_vec(of.masking)
        .map_err(|cause| Error::new(ErrorKind::Bug, "the masks cannot be written as JSON").because(cause))?;
    let mut hasher = blake3::Hasher::new_derive_key("stage seed key");
    let mut add = |label: &str, bytes: &[u8]| {
        // Lengths in front: no two lists of parts read the same.
        for part in [label.as_bytes(), bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    };
    add("format", &FORMAT_VERSION.to_le_bytes());
    add("fingerprint", of.fingerprint.as_bytes());
    add("masking", &masking);
    add("mask key", of.mask_key_id.as_bytes());
    for (_, sql) in of.prepare {
        add("prepare", sql.as_bytes());
    }
    add("image", of.image_id.as_bytes());
    let mut cluster: Vec<_> = of.cluster.iter().collect();
    cluster.sort();
    for (name, value) in cluster {
        add("cluster name", name.as_bytes());
        add("cluster value", value.as_bytes());
    }
    // Seeds that were made before there was a choice are all of this one.
    if of.clones != CloneDriver::Btrfs {
        add("clones", of.clones.name().as_bytes());
    }
    Ok(SeedKey(hasher.finalize().to_hex().to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::error::Location;
    use crate::model::masking::{MaskRule, TableMasking};
    use crate::model::name::TableName;

    fn masking(rule: &str, line: usize) -> Masking {
        let location = Some(Location { file: "masks.yaml".into(), line, column: 1 });
        let rule = MaskRule { id: rule.into(), parameters: BTreeMap::new(), location };
        let rules = TableMasking::Columns(BTreeMap::from([("email".to_owned(), rule)]));
        let tables = BTreeMap::from([(TableName::new("public", "users"), rules)]);
        Masking { tables, ..Masking::default() }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn everything_that_changes_a_seed_changes_its_key_and_nothing_else_does() {
        let rules = masking("email", 3);
        let prepare = [(PathBuf::from("a.sql"), "SELECT 1".to_owned())];
        let cluster = pairs(&[("POSTGRES_USER", "shop"), ("POSTGRES_DB", "shop")]);
        let base = Ingredients {
            fingerprint: "f1",
            masking: &rules,
            mask_key_id: "k1",
            prepare: &prepare,
            image_id: "sha256:1",
            cluster: &cluster,
            clones: CloneDriver::Btrfs,
        };
        let key_of = |ingredients: Ingredients<'_>| key(&ingredients).unwrap();
        let first = key_of(base);
        assert_eq!(first.0.len(), 64);

        let (moved, turned) =
            (masking("email", 99), pairs(&[("POSTGRES_DB", "shop"), ("POSTGRES_USER", "shop")]));
        let renamed = [(PathBuf::from("b.sql"), "SELECT 1".to_owned())];
        let same = Ingredients { masking: &moved, cluster: &turned, prepare: &renamed, ..base };
        assert_eq!(key_of(same), first);

        let (other_rules, other_cluster) = (masking("hash", 3), pairs(&[("POSTGRES_USERS", "hop")]));
        let split =
            [(PathBuf::from("a.sql"), "SELECT".to_owned()), (PathBuf::from("a.sql"), " 1".to_owned())];
        for changed in [
            Ingredients { fingerprint: "f2", ..base },
            Ingredients { masking: &other_rules, ..base },
            Ingredients { mask_key_id: "k2", ..base },
            Ingredients { prepare: &split, ..base },
            Ingredients { prepare: &[], ..base },
            Ingredients { image_id: "sha256:2", ..base },
            Ingredients { cluster: &other_cluster, ..base },
            Ingredients { clones: CloneDriver::Copy, ..base },
        ] {
            assert_ne!(key_of(changed), first);
        }
    }
}
