//! The issuer: what the instance calls itself in metadata, tokens and links (RFC 8414 section 2).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// An issuer without path, query or trailing slash; https unless it is this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    https: bool,
    loopback: bool,
}

impl Issuer {
    /// The issuer as text, as it stands in metadata; also the origin of its pages.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether cookies are `Secure` and carry the `__Host-` prefix (requirement 110).
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether only this machine can reach it.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self { text: "http://127.0.0.1:3000".to_owned(), https: false, loopback: true }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether `host` is this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
    }
}

impl FromStr for Issuer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
        let Some(host) = url.host() else { return Err("has no host".to_owned()) };
        let loopback = is_loopback_host(&host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err("must begin with https:// because its host is not this machine".to_owned()),
            _ => return Err("must begin with https://".to_owned()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name".to_owned());
        }
        if text.contains(['?', '#']) {
            return Err("holds a query or a fragment; an issuer has none".to_owned());
        }
        if text.ends_with('/') {
            return Err("ends with a slash; an issuer does not".to_owned());
        }
        if url.path() != "/" {
            return Err("has a path; an issuer has none".to_owned());
        }
        let origin = url.origin().ascii_serialization();
        // Clients compare issuers by string, so there is one spelling: lower case, no default port.
        if origin != text {
            return Err(format!("must be written {origin:?}"));
        }
        Ok(Self { text: origin, https: url.scheme() == "https", loopback })
    }
}
