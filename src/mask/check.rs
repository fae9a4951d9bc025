//! The proof that no column is unruled and every rule fits: all problems at once, before any row flows.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretBox;

use super::catalog;
use super::kind::Kind;
use super::rule::{Action, Request, RuleKind};
use super::told::{
    located, meant, unknown_column, unknown_rule, unknown_table, unruled_column, unruled_table,
};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::{MaskColumn, MaskKey, MaskRule, Masking, TableMasking};
use crate::model::name::TableName;

/// All that is wrong with the rules for these tables, whose columns are those of their rows.
///
/// What has no rule or a rule that does not fit is of kind `Masking`; a rule for what does not exist, or that does not
/// exist itself, of kind `Config`.
pub fn check(masking: &Masking, columns: &BTreeMap<TableName, Vec<MaskColumn>>) -> Vec<Error> {
    let named = columns.iter().map(|(table, columns)| {
        (
            table.clone(),
            columns.iter().map(|column| (column.name.clone(), column.type_name.clone())).collect(),
        )
    });
    let mut errors = completeness(masking, &named.collect());
    // Rules are built to see whether they fit; nothing is masked with this key.
    let key = MaskKey(Arc::new(SecretBox::new(Box::new([0; 16]))));
    for (table, rules) in &masking.tables {
        let TableMasking::Columns(rules) = rules else { continue };
        for column in columns.get(table).into_iter().flatten() {
            // What is no rule was told above.
            if let Some(rule) = rules.get(&column.name).filter(|rule| find(&rule.id).is_some()) {
                errors.extend(built(table, column, rule, &key).err());
            }
        }
    }
    errors
}

/// The part of [`check`] that needs only names: `columns` are pairs of name and type, which is empty if unknown.
pub fn completeness(masking: &Masking, columns: &BTreeMap<TableName, Vec<(String, String)>>) -> Vec<Error> {
    let mut errors = Vec::new();
    for (table, columns) in columns {
        match masking.tables.get(table) {
            Some(TableMasking::Empty) => {}
            Some(TableMasking::Columns(rules)) => {
                let unruled = columns.iter().filter(|(name, _)| !rules.contains_key(name));
                let at = masking.locations.get(table);
                errors.extend(unruled.map(|(name, type_name)| unruled_column(table, name, type_name, at)));
            }
            None => errors.push(unruled_table(table, columns)),
        }
    }
    for (table, rules) in &masking.tables {
        let Some(columns) = columns.get(table) else {
            errors.push(unknown_table(table, columns.keys(), masking.locations.get(table)));
            continue;
        };
        let TableMasking::Columns(rules) = rules else { continue };
        for (name, rule) in rules {
            if !columns.iter().any(|(column, _)| column == name) {
                errors.push(unknown_column(table, name, columns, rule));
            }
            errors.extend(check_form(rule));
        }
    }
    errors
}

/// A rule as it works on one column.
pub(super) fn built(
    table: &TableName,
    column: &MaskColumn,
    rule: &MaskRule,
    key: &MaskKey,
) -> Result<Action> {
    let kind = find(&rule.id).ok_or_else(|| unknown_rule(rule))?;
    let request = Request { column, kind: Kind::parse(&column.type_name), rule, key };
    (kind.build)(&request).map_err(|misfit| {
        let message = format!("the rule of `{table}.{}` does not fit: {}", column.name, misfit.message);
        let error = located(Error::new(ErrorKind::Masking, message), rule.location.as_ref());
        match misfit.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })
}

fn find(id: &str) -> Option<&'static RuleKind> {
    catalog().iter().copied().find(|kind| kind.id == id)
}

/// What is wrong with a rule wherever it stands: its id, its parameters.
fn check_form(rule: &MaskRule) -> Vec<Error> {
    let Some(kind) = find(&rule.id) else { return vec![unknown_rule(rule)] };
    let mut errors = Vec::new();
    for name in rule.parameters.keys() {
        if !kind.parameters.iter().any(|parameter| parameter.name == name) {
            let error =
                Error::new(ErrorKind::Config, format!("the rule `{}` has no parameter `{name}`", kind.id));
            let names = kind.parameters.iter().map(|parameter| parameter.name);
            errors.push(located(meant(error, name, names), rule.location.as_ref()));
        }
    }
    for parameter in kind.parameters.iter().filter(|parameter| parameter.required) {
        if !rule.parameters.contains_key(parameter.name) {
            let message = format!("the rule `{}` needs the parameter `{}`", kind.id, parameter.name);
            let error = Error::new(ErrorKind::Config, message)
                .hint(format!("`{}` is {}", parameter.name, parameter.summary));
            errors.push(located(error, rule.location.as_ref()));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{column, rule};
    use crate::model::error::Location;

    fn masking(tables: &[(&str, &[(&str, &str)])]) -> Masking {
        let tables = tables.iter().map(|(table, rules)| {
            let rules = rules.iter().map(|(name, text)| {
                let location = Location { file: "masks.yaml".into(), line: 7, column: 3 };
                ((*name).to_owned(), MaskRule { location: Some(location), ..rule(text) })
            });
            (TableName::new("public", *table), TableMasking::Columns(rules.collect()))
        });
        Masking { tables: tables.collect(), ..Masking::default() }
    }

    /// A table `users (id integer, email text unique)`.
    fn users() -> BTreeMap<TableName, Vec<MaskColumn>> {
        let column = |name: &str, text: &str| MaskColumn { name: name.into(), ..column(text) };
        let columns = vec![column("id", "integer not null"), column("email", "text unique")];
        BTreeMap::from([(TableName::new("public", "users"), columns)])
    }

    fn found(rules: &[(&str, &[(&str, &str)])]) -> Vec<(ErrorKind, String)> {
        let errors = check(&masking(rules), &users());
        errors
            .into_iter()
            .map(|error| (error.kind, format!("{error} ({})", error.hints.join("; "))))
            .collect()
    }

    #[test]
    fn rules_for_every_column_pass() {
        assert_eq!(found(&[("users", &[("id", "keep"), ("email", "email")])]), []);
    }

    #[test]
    fn an_unruled_table_is_named_with_a_proposal_for_every_column() {
        let errors = found(&[]);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].0, ErrorKind::Masking);
        assert!(
            errors[0].1.contains("table `users` has no masks (add `users: {id: keep, email: email}`"),
            "{}",
            errors[0].1
        );
    }

    #[test]
    fn an_unruled_column_is_named_with_its_proposal() {
        let errors = found(&[("users", &[("id", "keep")])]);
        assert_eq!(
            errors,
            [(
                ErrorKind::Masking,
                "column `users.email` has no mask (add `email: email` under `users`)".to_owned(),
            )]
        );
    }

    #[test]
    fn what_does_not_exist_is_told_with_what_was_meant_all_at_once() {
        let errors = found(&[
            ("users", &[("id", "kep"), ("email", "email"), ("emial", "keep")]),
            ("user", &[("x", "keep")]),
        ]);
        let texts: Vec<&str> = errors.iter().map(|(_, text)| text.as_str()).collect();
        assert!(errors.iter().all(|(kind, _)| *kind == ErrorKind::Config));
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(
            texts[0].contains("the table `user`") && texts[0].contains("did you mean `users`?"),
            "{}",
            texts[0]
        );
        assert!(texts[2].contains("there is no rule `kep`") && texts[2].contains("did you mean `keep`?"));
        assert!(texts[1].contains("`users.emial`") && texts[1].contains("did you mean `email`?"));
    }

    #[test]
    fn a_rule_that_does_not_fit_is_told_where_it_stands() {
        let errors = found(&[("users", &[("id", "null"), ("email", "constant value=x")])]);
        assert_eq!(errors.len(), 2);
        for (kind, text) in &errors {
            assert_eq!(*kind, ErrorKind::Masking);
            assert!(text.starts_with("masks.yaml:7:3: the rule of `users."), "{text}");
        }
    }

    #[test]
    fn parameters_are_checked_by_name() {
        let errors = found(&[("users", &[("id", "constant valeu=1"), ("email", "email")])]);
        let texts: Vec<&str> = errors.iter().map(|(_, text)| text.as_str()).collect();
        assert!(texts[0].contains("no parameter `valeu`") && texts[0].contains("did you mean `value`?"));
        assert!(texts[1].contains("needs the parameter `value`"));
    }
}
