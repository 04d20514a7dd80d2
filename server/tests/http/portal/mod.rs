//! Pages and their plain forms.

mod account;
mod audit;
mod next;
mod organizations;
mod reviews;
mod set_password;
mod settings;
mod sign_in;
mod sign_up;
mod support;
mod theme;
