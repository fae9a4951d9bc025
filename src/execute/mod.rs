//! A plan onto the world; decides nothing.
