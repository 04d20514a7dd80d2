//! The verbs of the store, on real databases with the real migrations.

mod counting_proxy;
mod flow;
mod forged;
mod harness;
mod held;

mod accounts;
mod ahead;
mod app_rules;
mod apps;
mod audit;
mod changes_wait;
mod codes;
mod credentials;
mod dashboard;
mod demo;
mod drafts;
mod grants;
mod id_tokens;
mod install_races;
mod installs;
mod keys;
mod links;
mod lookups;
mod organizations;
mod portal_door;
mod post_logout_uris;
mod races;
mod recall;
mod refreshing;
mod remembered;
mod reviews;
mod revoking;
mod scans;
mod schema;
mod secrets;
mod sessions;
mod statements;
mod strangers;
mod support;
mod suspended;
mod sweeps;
mod together;
mod trails;
mod writing;

pub(crate) use held::{tokens_of, tokens_of_both_modes};
