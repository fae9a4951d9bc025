//! What a statement of a plain dump makes, as its comment or its own words tell.

use super::sql::{Statement, Token};

/// What the comment above a statement says of it.
#[derive(Clone, Default)]
pub(super) struct Title {
    pub(super) tag: String,
    pub(super) desc: String,
    pub(super) schema: Option<String>,
    pub(super) owner: Option<String>,
}

impl Title {
    /// Reads `Name: users; Type: TABLE; Schema: public; Owner: shop`.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        let text = comment.trim().trim_start_matches("Data for ").strip_prefix("Name: ")?;
        let (tag, rest) = text.split_once("; Type: ")?;
        let (desc, rest) = rest.split_once("; Schema: ")?;
        let (schema, owner) = rest.split_once("; Owner: ")?;
        let owner = owner.split("; Tablespace: ").next().unwrap_or(owner);
        let known = |text: &str| (text != "-" && !text.is_empty()).then(|| text.to_owned());
        Some(Self { tag: tag.to_owned(), desc: desc.to_owned(), schema: known(schema), owner: known(owner) })
    }

    /// The comment's title, or one made from the statement's own words.
    pub(super) fn or_words_of(&self, statement: &Statement) -> Self {
        let words = |count: usize| {
            statement.tokens.iter().filter_map(Token::identifier).take(count).collect::<Vec<_>>().join(" ")
        };
        let of_database =
            ["create", "alter", "drop"].iter().any(|verb| statement.begins(&[verb, "database"]));
        if of_database {
            return Title { desc: "DATABASE".into(), tag: words(3), ..Title::default() };
        }
        if statement.begins(&["create", "user", "mapping"]) {
            return Title { desc: "USER MAPPING".into(), ..Title::default() };
        }
        if statement.begins(&["create", "subscription"]) {
            return Title { desc: "SUBSCRIPTION".into(), ..Title::default() };
        }
        if self.desc.is_empty() {
            return Title { desc: words(2).to_uppercase(), tag: words(5), ..Title::default() };
        }
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_tells_what_follows_it() {
        let title = Title::parse("Name: users; Type: TABLE; Schema: public; Owner: shop; Tablespace: fast\n")
            .unwrap();
        assert_eq!((title.tag.as_str(), title.desc.as_str()), ("users", "TABLE"));
        assert_eq!((title.schema.as_deref(), title.owner.as_deref()), (Some("public"), Some("shop")));
        let title = Title::parse("Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -").unwrap();
        assert_eq!((title.desc.as_str(), title.owner), ("TABLE DATA", None));
        assert!(Title::parse("Dumped by pg_dump version 15.18").is_none());
    }
}
