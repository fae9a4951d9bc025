//! Files of an environment to an Environment, or every problem at once.
