//! What `doctor` found: a line each on a terminal, or JSON.

use serde_json::json;

use super::Style;
use super::paint::{Paint, Tone};
use crate::model::diagnosis::{Diagnosis, Finding, Health};

/// A line a finding: how it is, its name, what was seen; hints underneath.
pub fn diagnosis(diagnosis: &Diagnosis, style: Style) -> String {
    let paint = Paint { colour: style.colour };
    let width = diagnosis.findings.iter().map(|finding| finding.name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for finding in &diagnosis.findings {
        let tone = match finding.health {
            Health::Good => Tone::Good,
            Health::Limited => Tone::Doubt,
            Health::Missing(_) => Tone::Bad,
        };
        let health = paint.put(tone, &format!("{:<7}", word(finding)));
        let name = paint.put(Tone::Bold, &format!("{:<width$}", finding.name));
        lines.push(format!("{health}  {name}  {}", paint.put(Tone::Plain, &finding.text)));
        let label = paint.put(Tone::Good, "hint:");
        let hints = finding.hints.iter().map(|hint| paint.put(Tone::Plain, hint));
        lines.extend(hints.map(|hint| format!("{:9}{:width$}  {label} {hint}", "", "")));
    }
    lines.push(String::new());
    let can_check = diagnosis.exit_code() == 0;
    lines.push(if can_check { "a check can run here" } else { "no check can run here" }.to_owned());
    lines.join("\n") + "\n"
}

/// The same as JSON, schema 1: `can_check`, `exit_code` and the findings, each with `name`, `health` (`good`, `limited` or
/// `missing`), `text` and `hints`.
pub fn diagnosis_json(diagnosis: &Diagnosis) -> String {
    let findings: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|finding| {
            json!({
                "name": finding.name,
                "health": word(finding),
                "text": finding.text,
                "hints": finding.hints,
            })
        })
        .collect();
    let exit_code = diagnosis.exit_code();
    let value =
        json!({ "schema": 1, "can_check": exit_code == 0, "exit_code": exit_code, "findings": findings });
    format!("{value:#}\n")
}

fn word(finding: &Finding) -> &'static str {
    match finding.health {
        Health::Good => "good",
        Health::Limited => "limited",
        Health::Missing(_) => "missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::ErrorKind;

    fn sample() -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        diagnosis.add("engine", Health::Good, "Docker Engine 20.10");
        let missing = Health::Missing(ErrorKind::NoRoom);
        diagnosis.add("disk", missing, "1.0 GB free").hint("`stage seed list` names the seeds");
        diagnosis
    }

    #[test]
    fn every_finding_is_a_line_with_its_hints_under_it() {
        let text = diagnosis(&sample(), Style { colour: false, width: 80 });
        assert_eq!(
            text,
            "good     engine  Docker Engine 20.10\n\
             missing  disk    1.0 GB free\n                 \
             hint: `stage seed list` names the seeds\n\n\
             no check can run here\n"
        );
    }

    #[test]
    fn the_first_thing_that_is_missing_decides_the_exit_code() {
        let value: serde_json::Value = serde_json::from_str(&diagnosis_json(&sample())).unwrap();
        assert_eq!(value["exit_code"], 7);
        assert_eq!(value["can_check"], false);
        assert_eq!(value["findings"][1]["hints"][0], "`stage seed list` names the seeds");
    }
}
