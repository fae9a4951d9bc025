//! What a guard is.

use crate::model::guard::Finding;

use super::evidence::Evidence;

/// A limit on a change, as data: the docs and the report are written from it.
pub struct Guard {
    /// Its id, as in `stage.yaml` and in reports.
    pub id: &'static str,
    /// What breaks it, as a fragment.
    pub summary: &'static str,
    /// Why that is worth stopping for.
    pub why: &'static str,
    /// What to do when it is broken.
    pub hint: &'static str,
    /// The findings, in the order in which the migrations ran; none if it holds.
    pub check: fn(&Evidence) -> Vec<Finding>,
}
