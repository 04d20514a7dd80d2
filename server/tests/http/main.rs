//! The whole router in memory over a temporary database. Folders are URLs: `portal` are pages and their forms, `oauth`
//! and `api` the endpoints, `web` what is true for all of them.

mod api;
#[path = "../../../app/domain/tests/store/at_rest.rs"]
mod at_rest;
mod crash;
mod functions;
mod harness;
#[path = "../../../app/domain/tests/store/logged.rs"]
mod logged;
mod oauth;
mod portal;
mod web;
