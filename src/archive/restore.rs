//! What of a table of contents is restored, when, and what is refused.

use super::entry::Section;
use crate::model::error::{Error, ErrorKind, Result};

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its SQL runs in this pass.
    Run(Pass),
    /// It says something of the session.
    Setting,
    /// It stands for rows.
    Rows,
    /// It makes large objects.
    Objects,
    /// It stands for the bytes of large objects.
    Bytes,
    /// It is left out: it belongs to the whole database or to nobody.
    Leave,
}

/// The passes of a restore, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pass {
    /// Before the rows.
    PreData,
    /// After the rows.
    PostData,
    /// Grants, once everything is there.
    Grants,
    /// What has to see the grants: refreshes and event triggers.
    Last,
}

impl Pass {
    /// The section that people know it by.
    pub(super) fn section(self) -> Section {
        if self == Self::PreData { Section::PreData } else { Section::PostData }
    }
}

/// Decides by kind, tag and the section that has been reached.
///
/// User mappings and subscriptions are errors of kind `Masking`: a password could pass.
pub(super) fn fate(desc: &str, tag: &str, reached: Section) -> Result<Fate> {
    let of_database = tag.starts_with("DATABASE ");
    Ok(match desc {
        "ENCODING" | "STDSTRINGS" | "SEARCHPATH" => Fate::Setting,
        "TABLE DATA" => Fate::Rows,
        // Statistics hold the most common values of every column, raw.
        "DATABASE" | "DATABASE PROPERTIES" | "STATISTICS DATA" => Fate::Leave,
        "COMMENT" | "ACL" | "SECURITY LABEL" if of_database => Fate::Leave,
        "BLOB" | "BLOB METADATA" => Fate::Objects,
        "BLOBS" => Fate::Bytes,
        "USER MAPPING" => {
            return Err(refused(
                "a user mapping, which may hold a password",
                "`--exclude-…`, or drop it in a copy",
            ));
        }
        "SUBSCRIPTION" | "SUBSCRIPTION TABLE" => {
            return Err(refused("a subscription, which may hold a password", "`pg_dump --no-subscriptions`"));
        }
        "ACL" | "ACL LANGUAGE" | "DEFAULT ACL" => Fate::Run(Pass::Grants),
        "EVENT TRIGGER" | "MATERIALIZED VIEW DATA" => Fate::Run(Pass::Last),
        "COMMENT" | "SECURITY LABEL" if tag.starts_with("EVENT TRIGGER ") => Fate::Run(Pass::Last),
        "SEQUENCE SET" => Fate::Run(Pass::PostData),
        _ if reached == Section::PreData => Fate::Run(Pass::PreData),
        _ => Fate::Run(Pass::PostData),
    })
}

fn refused(what: &str, instead: &str) -> Error {
    Error::new(ErrorKind::Masking, format!("the backup holds {what}: no rule can mask that"))
        .hint(format!("take the backup with {instead}"))
}

/// Every server has the schema `public` already.
pub(super) fn tolerate_public(definition: &str) -> String {
    definition.replacen("CREATE SCHEMA public;", "CREATE SCHEMA IF NOT EXISTS public;", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_after_indexes_and_refreshes_after_grants() {
        let pass = |desc: &str| match fate(desc, "t", Section::PreData).unwrap() {
            Fate::Run(pass) => pass,
            other => panic!("{desc}: {other:?}"),
        };
        assert!(pass("TABLE") < pass("SEQUENCE SET"));
        assert!(pass("SEQUENCE SET") < pass("ACL"));
        assert!(pass("ACL") < pass("MATERIALIZED VIEW DATA"));
    }

    #[test]
    fn what_no_rule_could_mask_is_refused() {
        for desc in ["USER MAPPING", "SUBSCRIPTION"] {
            assert_eq!(fate(desc, "x", Section::PreData).unwrap_err().kind, ErrorKind::Masking, "{desc}");
        }
        assert_eq!(fate("STATISTICS DATA", "x", Section::PreData).unwrap(), Fate::Leave);
    }
}
