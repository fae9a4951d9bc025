//! `stage report`.

use super::output::Output;
use super::{Global, session};
use crate::model::error::{Error, ErrorKind, Result};
use crate::store::reports::{self, Kept};
use crate::world::StateFiles;

/// Print the report of a former check again.
///
/// Reports are kept in the state folder of this machine; `stage check --keep-reports` says for how long. No engine is needed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The last report of this environment, by the name that the report shows; without it, the last of any.
    #[arg(value_name = "ENV")]
    environment: Option<String>,
    /// The report of this run, whose id stands at the end of each report.
    #[arg(long, value_name = "RUN", conflicts_with = "environment")]
    run: Option<String>,
    /// Print the report as JSON, not as Markdown.
    #[arg(long)]
    json: bool,
}

pub fn run(global: &Global, args: &Args, output: Output) -> Result<u8> {
    let state = session::open_state(global)?;
    let report = find(state.as_ref(), args)?;
    let text = if args.json { report.json(state.as_ref())? } else { report.markdown(state.as_ref())? };
    output.result(&text.ok_or_else(|| none(args))?)?;
    Ok(0)
}

fn find(state: &dyn StateFiles, args: &Args) -> Result<Kept> {
    for report in reports::list(state)? {
        let is_meant = match (&args.run, &args.environment) {
            (Some(run), _) => report.run == *run,
            (None, Some(environment)) => environment_of(state, &report)?.as_ref() == Some(environment),
            (None, None) => true,
        };
        if is_meant {
            return Ok(report);
        }
    }
    Err(none(args))
}

fn environment_of(state: &dyn StateFiles, report: &Kept) -> Result<Option<String>> {
    let json: Option<serde_json::Value> =
        report.json(state)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(json.and_then(|json| json.get("environment")?.as_str().map(str::to_owned)))
}

fn none(args: &Args) -> Error {
    let of = match (&args.run, &args.environment) {
        (Some(run), _) => format!(" of run `{run}`"),
        (None, Some(environment)) => format!(" of `{environment}`"),
        (None, None) => String::new(),
    };
    Error::new(ErrorKind::Usage, format!("no report{of} is kept in this state folder"))
        .hint("`stage check ENV` makes one; --keep-reports says how long they are kept")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::reports::Keep;
    use crate::world::state::MemoryState;

    fn asked(state: &MemoryState, environment: Option<&str>, run: Option<&str>) -> String {
        let args =
            Args { environment: environment.map(str::to_owned), run: run.map(str::to_owned), json: false };
        find(state, &args).map_or_else(|error| error.to_string(), |report| report.run)
    }

    #[test]
    fn a_report_is_found_by_its_run_and_by_its_environment() {
        let state = MemoryState::default();
        assert_eq!(asked(&state, None, None), "no report is kept in this state folder");
        let keep = Keep { age_s: u64::MAX, size_bytes: Keep::SIZE_BYTES };
        let text = r#"{"environment":"shop"}"#;
        reports::keep(&state, "r1", (text, "# shop"), keep, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(asked(&state, None, None), "r1");
        assert_eq!(asked(&state, Some("shop"), None), "r1");
        assert_eq!(asked(&state, Some("other"), None), "no report of `other` is kept in this state folder");
        assert_eq!(asked(&state, None, Some("r1")), "r1");
        assert_eq!(asked(&state, None, Some("r2")), "no report of run `r2` is kept in this state folder");
    }
}
