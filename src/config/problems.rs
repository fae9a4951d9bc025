//! Everything that is wrong with the files of an environment, collected so that the user reads it all at once.

use crate::model::error::{Error, ErrorKind, Location};

/// A problem at a place in the user's files.
pub fn problem(location: &Location, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message).at(location.clone())
}

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
    errors: Vec<Error>,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// The value, if nothing was wrong; otherwise every problem in the order in which a reader meets them.
    ///
    /// What an anchor, `extends` or a second file repeats is told once.
    pub fn or<T>(mut self, value: Option<T>) -> Result<T, Vec<Error>> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => {
                self.errors.sort_by_cached_key(place);
                self.errors.dedup_by_key(|error| (place(error), error.message.clone()));
                if self.errors.is_empty() {
                    self.errors
                        .push(Error::new(ErrorKind::Bug, "the environment was given up without a reason"));
                }
                Err(self.errors)
            }
        }
    }
}

fn place(error: &Error) -> Option<(std::path::PathBuf, usize, usize)> {
    error.location.as_ref().map(|location| (location.file.clone(), location.line, location.column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize) -> Location {
        Location { file: "stage.yaml".into(), line, column: 1 }
    }

    #[test]
    fn problems_are_told_once_and_in_order_of_their_place() {
        let mut problems = Problems::default();
        for line in [7, 3, 7] {
            problems.push(problem(&at(line), "wrong"));
        }
        let told: Vec<String> = problems.or(Some(())).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["stage.yaml:3:1: wrong", "stage.yaml:7:1: wrong"]);
    }

    #[test]
    fn nothing_wrong_gives_the_value() {
        assert_eq!(Problems::default().or(Some(5)).unwrap(), 5);
    }
}
