//! Types of columns, as far as rules tell them apart.

/// A type by what its text form looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `text`, `varchar`, `char(n)`, `citext`, `name`: any characters, at most `limit` of them.
    Text {
        /// Most characters; `None` without a limit.
        limit: Option<usize>,
        /// Blanks at the end do not count (`char(n)`).
        padded: bool,
    },
    /// A whole number of so many bits.
    Integer(u32),
    /// `numeric`, `real`, `double precision`, `money`.
    Number,
    /// `boolean`.
    Boolean,
    /// `date`.
    Date,
    /// `timestamp` with or without time zone.
    Timestamp,
    /// `time` with or without time zone.
    Time,
    /// `interval`.
    Interval,
    /// `uuid`.
    Uuid,
    /// `bytea`.
    Bytes,
    /// `json` or `jsonb`.
    Json,
    /// `xml`.
    Xml,
    /// `inet`.
    Inet,
    /// `cidr`.
    Cidr,
    /// `macaddr`.
    MacAddress,
    /// `tsvector`.
    TextSearch,
    /// An array of anything.
    Array,
    /// An enum, a domain, a range or what else there may be.
    Other,
}

impl Kind {
    /// Reads a type as `format_type` prints it.
    pub(super) fn parse(type_name: &str) -> Self {
        let text = type_name.trim();
        if text.ends_with("[]") {
            return Self::Array;
        }
        let limit = text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
        let limit: Option<usize> = limit.and_then(|inner| inner.parse().ok());
        // `timestamp(3) with time zone`: the limit stands in the middle.
        let name: String = match text.split_once('(') {
            Some((front, rest)) => {
                format!("{front}{}", rest.split_once(')').map_or("", |(_, behind)| behind))
            }
            None => text.to_owned(),
        };
        match name.rsplit('.').next().unwrap_or_default() {
            "text" | "character varying" | "varchar" | "citext" => Self::Text { limit, padded: false },
            "name" => Self::Text { limit: Some(63), padded: false },
            // `char` in its long form without a length is one character; `bpchar` has no limit.
            "character" | "char" => Self::Text { limit: limit.or(Some(1)), padded: true },
            "bpchar" => Self::Text { limit, padded: true },
            "smallint" => Self::Integer(16),
            "integer" => Self::Integer(32),
            "bigint" => Self::Integer(64),
            "numeric" | "real" | "double precision" | "money" => Self::Number,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "timestamp without time zone" | "timestamp with time zone" => Self::Timestamp,
            "time without time zone" | "time with time zone" => Self::Time,
            "interval" => Self::Interval,
            "uuid" => Self::Uuid,
            "bytea" => Self::Bytes,
            "json" | "jsonb" => Self::Json,
            "xml" => Self::Xml,
            "inet" => Self::Inet,
            "cidr" => Self::Cidr,
            "macaddr" => Self::MacAddress,
            "tsvector" => Self::TextSearch,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_server_prints_them() {
        for (text, kind) in [
            ("character varying(40)", Kind::Text { limit: Some(40), padded: false }),
            ("character(8)", Kind::Text { limit: Some(8), padded: true }),
            ("public.citext", Kind::Text { limit: None, padded: false }),
            ("timestamp(3) with time zone", Kind::Timestamp),
            ("text[]", Kind::Array),
            ("numeric(10,2)", Kind::Number),
            ("public.status", Kind::Other),
            ("\"char\"", Kind::Other),
        ] {
            assert_eq!(Kind::parse(text), kind, "{text}");
        }
    }
}
