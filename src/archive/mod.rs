//! Archives of `pg_dump`: table of contents and row streams.
