//! pg_dump formats: table of contents and row streams.
