//! The names of our cookies, and what a browser sent under them.

use domain::id::GrantId;
use http::header::{self, HeaderMap};

/// The names of our cookies: with the prefix `__Host-` under an https issuer, plain on loopback http (requirement 110).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieNames {
    /// The session of somebody who is signed in.
    pub session: &'static str,
    /// The random value that an anonymous form repeats.
    pub csrf: &'static str,
    /// What the name of a pending grant's cookie begins with.
    interaction: &'static str,
}

impl CookieNames {
    /// The names under `issuer`.
    pub fn of(issuer: &str) -> Self {
        if issuer.starts_with("https://") {
            Self {
                session: "__Host-portico_session",
                csrf: "__Host-portico_csrf",
                interaction: "__Host-portico_interaction_",
            }
        } else {
            Self { session: "portico_session", csrf: "portico_csrf", interaction: "portico_interaction_" }
        }
    }

    /// The name of the cookie that binds the pending grant `id` to its browser: the grant's bare UUID ends it.
    pub fn interaction(self, id: GrantId) -> String {
        format!("{}{id}", self.interaction)
    }

    /// The cookies of pending grants that the browser sent, but for the newest: it would bring them with each request until
    /// they end, and a proxy turns away who brings too much.
    pub fn outgrown(self, headers: &HeaderMap) -> Vec<&str> {
        let interactions = cookies(headers).filter_map(|(name, _)| {
            let id = name.strip_prefix(self.interaction)?;
            id.parse::<GrantId>().is_ok().then_some(name)
        });
        // The ids are in the order in which the requests came.
        let mut names: Vec<_> = interactions.collect();
        names.sort_unstable();
        names.truncate(names.len().saturating_sub(MOST_INTERACTIONS));
        names
    }
}

/// The most cookies of pending grants that a browser keeps beside the one of a new request.
pub const MOST_INTERACTIONS: usize = 19;

/// The value of the cookie `name` that the browser sent.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookies(headers).find_map(|(found, value)| (found == name).then_some(value))
}

/// The cookies that the browser sent: names and values.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}
