//! Files that hold both ways, up before down, under comments that say which: dbmate's and goose's.

use super::listing::Listing;
use crate::model::error::{Error, ErrorKind, Result};

/// How a tool marks its sections.
pub(super) struct Markers {
    /// The tool.
    pub(super) tool: &'static str,
    /// The comment over the way up, without its dashes.
    pub(super) up: &'static str,
    /// The comment over the way down.
    pub(super) down: &'static str,
    /// Whether a file without a way down is refused.
    pub(super) needs_down: bool,
}

/// The way up of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WayUp<'a> {
    /// The file's text as far as the way down, so that every place in it is a place in the file.
    pub(super) sql: &'a str,
    /// What follows on the line of the marker.
    pub(super) options: &'a str,
}

/// The way up of the file `name`, before which nothing but comments may stand.
pub(super) fn way_up<'a>(
    listing: &Listing,
    name: &str,
    text: &'a str,
    markers: &Markers,
) -> Result<WayUp<'a>> {
    let problem = |line: usize, message: String| {
        Error::new(ErrorKind::Config, message).at(listing.place(name, line, 1))
    };
    let mut options = None;
    let mut end = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if options.is_none() {
            options = marked(line, markers.up);
            let is_comment = line.trim().is_empty() || line.trim_start().starts_with("--");
            if options.is_none() && !is_comment {
                let message = format!("a statement before `-- {}`", markers.up);
                return Err(problem(number + 1, message).hint(format!("{} allows none there", markers.tool)));
            }
        } else if end.is_none() && marked(line, markers.down).is_some() {
            end = Some(at);
        }
        at += line.len();
    }
    let Some(options) = options else {
        let message = format!("the file has no `-- {}`", markers.up);
        return Err(problem(1, message).hint(format!("{} would not know what to run", markers.tool)));
    };
    if end.is_none() && markers.needs_down {
        let message = format!("the file has no `-- {}`", markers.down);
        return Err(problem(1, message).hint(format!("{} refuses it; it may be empty", markers.tool)));
    }
    Ok(WayUp { sql: text.get(..end.unwrap_or(text.len())).unwrap_or(text), options })
}

/// What follows a marker on its line; `None` if the line is another one.
fn marked<'l>(line: &'l str, marker: &str) -> Option<&'l str> {
    let comment = line.strip_prefix("--")?.trim_start();
    let head = comment.get(..marker.len()).filter(|head| head.eq_ignore_ascii_case(marker))?;
    let rest = comment.get(head.len()..)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}
