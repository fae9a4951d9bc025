//! PostgreSQL, through sqlx.
