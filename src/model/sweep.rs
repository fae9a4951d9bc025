//! What a sweep is about.

/// Which stacks a sweep is about, and how many of them it takes at most.
#[derive(Clone, Debug)]
pub struct SweepBounds {
    /// Only those of this environment.
    pub environment: Option<String>,
    /// Only those of this instance.
    pub instance: Option<String>,
    /// At most so many stacks; the others are left for the next sweep.
    pub limit: usize,
}

impl Default for SweepBounds {
    /// All of them, twenty at once: whoever finds more expired than that should have a look.
    fn default() -> Self {
        Self { environment: None, instance: None, limit: 20 }
    }
}

impl SweepBounds {
    /// Whether it is about everything: what belongs to no stack is then looked at, too.
    pub fn is_whole(&self) -> bool {
        self.environment.is_none() && self.instance.is_none()
    }

    /// Whether it is about this stack.
    pub fn has(&self, environment: Option<&str>, instance: Option<&str>) -> bool {
        let is_meant = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        is_meant(&self.environment, environment) && is_meant(&self.instance, instance)
    }
}
