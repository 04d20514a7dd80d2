//! One-time links that set a password.
