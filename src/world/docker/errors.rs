//! What the engine's refusals mean.

use bollard::errors::Error as Refusal;

use crate::model::error::{Error, ErrorKind};

/// The HTTP status of a refusal; `None` if the engine did not answer at all.
pub(super) fn status(refusal: &Refusal) -> Option<u16> {
    match refusal {
        Refusal::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Whether what was asked for does not exist.
pub(super) fn is_absent(refusal: &Refusal) -> bool {
    status(refusal) == Some(404)
}

/// Whether the state of what exists stands against what was asked for. Podman 4 says so of a name in words only.
pub(super) fn is_conflict(refusal: &Refusal) -> bool {
    status(refusal) == Some(409) || says(refusal, "that name is already in use")
}

/// Whether the engine's message contains `words`.
pub(super) fn says(refusal: &Refusal, words: &str) -> bool {
    matches!(refusal, Refusal::DockerResponseServerError { message, .. } if message.contains(words))
}

/// An error that says what could not be done. `hidden` are values that the engine may have quoted and nobody may read.
pub(super) fn refused<'a>(
    action: &str,
    refusal: Refusal,
    hidden: impl IntoIterator<Item = &'a String>,
) -> Error {
    let Refusal::DockerResponseServerError { status_code, message } = refusal else {
        let why = match refusal {
            // Not Docker's own engine: another one may use words that Docker's API does not have.
            Refusal::JsonDataError { .. } | Refusal::JsonSerdeError { .. } => {
                "the engine's answer was not understood"
            }
            _ => "the engine did not answer",
        };
        return Error::new(ErrorKind::Unreachable, format!("could not {action}: {why}")).because(refusal);
    };
    let mut message = message.trim().to_owned();
    for value in hidden {
        if !value.is_empty() {
            message = message.replace(value.as_str(), "…");
        }
    }
    let is_full = status_code == 507 || message.to_lowercase().contains("no space left");
    let kind = if is_full { ErrorKind::NoRoom } else { ErrorKind::Unreachable };
    Error::new(kind, format!("could not {action}: {message}"))
}

/// As [`refused`], for what has no secrets.
pub(super) fn could_not(action: &str) -> impl Fn(Refusal) -> Error + use<> {
    let action = action.to_owned();
    move |refusal| refused(&action, refusal, [])
}

/// An error of kind `Leftover`: something that should be gone is still there.
pub(super) fn left(what: &str, refusal: Refusal) -> Error {
    let mut error = refused(&format!("remove {what}"), refusal, []);
    error.kind = ErrorKind::Leftover;
    error
}

/// An error of kind `NoRoom`: somebody else has made an object of this name.
pub(super) fn held(what: &str, name: &str, run: Option<&str>) -> Error {
    let by = run.map_or_else(|| "something that is not of stage".to_owned(), |run| format!("run {run}"));
    Error::new(ErrorKind::NoRoom, format!("the name of {what} `{name}` is held by {by}"))
        .hint("wait until the other one has ended, or `stage sweep` if it has crashed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status_code: u16, message: &str) -> Refusal {
        Refusal::DockerResponseServerError { status_code, message: message.to_owned() }
    }

    #[test]
    fn a_full_disk_is_no_room() {
        let error = could_not("start web")(refusal(500, "write /x: no space left on device"));
        assert_eq!(error.kind, ErrorKind::NoRoom);
        assert_eq!(could_not("start web")(refusal(507, "full")).kind, ErrorKind::NoRoom);
    }

    #[test]
    fn a_name_that_is_held_is_a_conflict_on_podman_too() {
        assert!(is_conflict(&refusal(409, "Conflict. The container name \"/x\" is already in use")));
        assert!(is_conflict(&refusal(500, "creating container storage: that name is already in use")));
        assert!(!is_conflict(&refusal(500, "boom")));
    }

    #[test]
    fn secrets_that_the_engine_quotes_are_hidden() {
        let secret = "hunter2".to_owned();
        let error = refused("create web", refusal(400, "invalid environment variable: =hunter2"), [&secret]);
        assert_eq!(error.to_string(), "could not create web: invalid environment variable: =…");
        assert_eq!(error.kind, ErrorKind::Unreachable);
    }
}
