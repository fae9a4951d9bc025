//! An error of `stage` as people read it.

use std::error::Error as StdError;

use crate::model::error::Error;

use super::paint::{Paint, Tone, clean};

/// `error: …`, each cause underneath, and hints after a blank line; then the other problems that were found in the same
/// go. Ends with a line break.
pub fn error(error: &Error, colour: bool) -> String {
    let paint = Paint { colour };
    let mut said = vec![format!("{} {}", paint.put(Tone::Bad, "error:"), lines(&error.to_string()))];
    let mut above = error.to_string();
    let mut cause = error.source();
    while let Some(under) = cause {
        let message = under.to_string();
        // Many libraries repeat their cause's message at the end of their own.
        if !above.ends_with(&message) {
            said.push(format!("  {} {}", paint.put(Tone::Dim, "caused by:"), lines(&message)));
        }
        above = message;
        cause = under.source();
    }
    if !error.hints.is_empty() {
        said.push(String::new());
    }
    said.extend(error.hints.iter().map(|hint| format!("{} {}", paint.put(Tone::Good, "hint:"), lines(hint))));
    let mut text = said.join("\n") + "\n";
    for other in &error.also {
        text.push('\n');
        text.push_str(&self::error(other, colour));
    }
    text
}

/// Further lines stand under the first.
fn lines(text: &str) -> String {
    text.trim_end().lines().map(clean).collect::<Vec<_>>().join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::{ErrorKind, Location};

    #[test]
    fn an_error_tells_what_why_and_what_to_do() {
        let cause = Error::new(ErrorKind::Unreachable, "connection refused").because("no route\nto \x1bhost");
        let it = Error::new(ErrorKind::Config, "cannot read `stage.yaml`")
            .at(Location { file: "stage.yaml".into(), line: 3, column: 1 })
            .because(cause)
            .hint("did you mean `databases`?")
            .hint("see README.md");
        let expected = "error: stage.yaml:3:1: cannot read `stage.yaml`\n  caused by: connection refused\n  \
                        caused by: no route\n  to \u{fffd}host\n\nhint: did you mean `databases`?\n\
                        hint: see README.md\n";
        assert_eq!(error(&it, false), expected);
        assert!(error(&it, true).starts_with("\x1b[1;31merror:\x1b[0m stage.yaml"));
    }

    #[test]
    fn all_problems_of_one_go_are_told() {
        let problem = |message: &str| Error::new(ErrorKind::Config, message).hint("mend it");
        let it = Error::all(vec![problem("one"), problem("two")]).unwrap_err();
        assert_eq!(error(&it, false), "error: one\n\nhint: mend it\n\nerror: two\n\nhint: mend it\n");
    }

    #[test]
    fn a_cause_that_was_said_already_is_not_repeated() {
        let it = Error::new(ErrorKind::Backup, "cannot read: truncated").because("truncated");
        assert_eq!(error(&it, false), "error: cannot read: truncated\n");
    }
}
