//! The verbs of the store, on real databases with the real migrations.

mod harness;
mod held;

mod accounts;
mod audit;
mod dashboard;
mod demo;
mod links;
mod organizations;
mod schema;
mod sessions;
mod support;

pub(crate) use held::{tokens_of, tokens_of_both_modes};
