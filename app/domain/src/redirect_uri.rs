//! Redirect URIs: what may be registered, and what a request may name (RFC 6749 section 3.1.2, RFC 8252, RFC 9700
//! section 2.1; requirements 2 to 7).
//!
//! Only the canonical spelling is registered, so that comparing strings is comparing URIs, and no request is ever
//! parsed before it is compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, ParseError, Url};

/// The longest redirect URI, in bytes.
pub const MAX_REDIRECT_URI_BYTES: usize = 1024;
/// The most redirect URIs of one app.
pub const MAX_REDIRECT_URIS: usize = 20;

/// The two ways to begin a URI whose port may vary (RFC 8252 section 7.3). `localhost` is not one: it may resolve to
/// another machine (section 8.3).
const LOOPBACK_LITERALS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Schemes that a browser runs or reads from the disk.
const DANGEROUS_SCHEMES: [&str; 10] =
    ["javascript", "data", "file", "vbscript", "blob", "about", "filesystem", "view-source", "ws", "wss"];

/// A redirect URI that an app registered; always in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "store", sea_orm(value_type = "String"))]
pub struct RedirectUri(String);

/// Why a text cannot be registered; prints as a sentence for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriProblem {
    /// Nothing was typed.
    #[error("Enter the address of your callback, such as https://app.example.com/callback.")]
    Empty,
    /// More than [`MAX_REDIRECT_URI_BYTES`].
    #[error("This address is longer than {MAX_REDIRECT_URI_BYTES} characters.")]
    TooLong,
    /// A space, a control character, a backslash or another character that no URI has.
    #[error("A redirect URI has no spaces, backslashes or characters outside ASCII; write a host in its xn-- form.")]
    Characters,
    /// A `%` that two hexadecimal digits do not follow, or that hides a control character.
    #[error("This address has a % that does not encode a visible character.")]
    PercentEncoding,
    /// A fragment, a bare `#` included.
    #[error("A redirect URI has no fragment: leave out the # and what follows it.")]
    Fragment,
    /// A `*`.
    #[error("Wildcards are not possible: register each address by itself.")]
    Wildcard,
    /// A relative reference.
    #[error("Enter the whole address, beginning with https://.")]
    NotAbsolute,
    /// A host that cannot be one, such as one that is not Punycode after its `xn--`.
    #[error("The host of this address is not valid.")]
    InvalidHost,
    /// A port that is not a number up to 65535.
    #[error("The port of this address is not valid.")]
    InvalidPort,
    /// `javascript:`, `data:`, `file:` and their like.
    #[error("Addresses that begin with {0}: are not possible.")]
    DangerousScheme(String),
    /// `http` to a host that is not this machine.
    #[error("http is possible only for 127.0.0.1, [::1] and localhost; use https for {0}.")]
    InsecureHost(String),
    /// A user name or a password.
    #[error("A redirect URI holds no user name or password: leave out everything up to the @.")]
    UserInfo,
    /// A private-use scheme that is not the reverse of a domain, or has no single slash after it (RFC 8252 section 7.1).
    #[error("A private-use scheme is your domain in reverse with one slash, such as com.example.app:/callback.")]
    PrivateUseScheme,
    /// Another spelling of the same address is the canonical one.
    #[error("Write this address as {0}.")]
    NotCanonical(String),
    /// The app has it already.
    #[error("This address is registered already.")]
    Duplicate,
    /// More than [`MAX_REDIRECT_URIS`].
    #[error("An app has at most {MAX_REDIRECT_URIS} redirect URIs.")]
    TooMany,
}

impl RedirectUri {
    /// Checks a text that somebody wants to register; one line per rule.
    pub fn register(text: &str) -> Result<Self, RedirectUriProblem> {
        characters(text)?;
        fragment_and_wildcard(text)?;
        let (scheme, rest) = scheme(text)?;
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" => web_address(text, rest)?,
            dangerous if DANGEROUS_SCHEMES.contains(&dangerous) => {
                return Err(RedirectUriProblem::DangerousScheme(dangerous.to_owned()));
            }
            private => private_use(private, rest)?,
        }
        canonical(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Checks a whole list, in the order typed; each problem comes with the index of its row. Of one that is too long no more
    /// is read than an app can have.
    pub fn register_all<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Self>, Vec<(usize, RedirectUriProblem)>> {
        let mut registered: Vec<Self> = Vec::new();
        let mut problems = Vec::new();
        if texts.len() > MAX_REDIRECT_URIS {
            problems.push((MAX_REDIRECT_URIS, RedirectUriProblem::TooMany));
        }
        for (index, text) in texts.iter().enumerate().take(MAX_REDIRECT_URIS) {
            match Self::register(text.as_ref()) {
                Ok(uri) if registered.contains(&uri) => problems.push((index, RedirectUriProblem::Duplicate)),
                Ok(uri) => registered.push(uri),
                Err(problem) => problems.push((index, problem)),
            }
        }
        if problems.is_empty() { Ok(registered) } else { Err(problems) }
    }

    /// Whether a request that names `sent` names this URI: the same string (requirement 4), or, for a loopback literal,
    /// the same string but for the port (requirement 5).
    pub fn matches(&self, sent: &str) -> bool {
        sent == self.0
            || LOOPBACK_LITERALS.iter().any(|literal| {
                let registered = self.0.strip_prefix(literal).and_then(without_port);
                registered.is_some() && registered == sent.strip_prefix(literal).and_then(without_port)
            })
    }

    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where a person is sent, for pages: `https://app.example.com`, or `com.example.app:` for a private-use scheme.
    pub fn origin(&self) -> String {
        origin(&self.0)
    }
}

/// The scheme, host and port of an absolute URI, for pages.
pub fn origin(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once(':') else { return uri.to_owned() };
    match rest.strip_prefix("//") {
        Some(rest) => format!("{scheme}://{}", authority(rest)),
        None => format!("{scheme}:"),
    }
}

/// The origin of pages that a browser app serves itself: `origin`, of a loopback literal without its port, which the app
/// chooses anew each time (requirement 5).
pub fn without_loopback_port(origin: &str) -> &str {
    let of = |literal: &&str| origin.strip_prefix(literal).is_some_and(|rest| without_port(rest) == Some(""));
    LOOPBACK_LITERALS.into_iter().find(of).unwrap_or(origin)
}

/// Whether `origin` is a loopback literal without a port.
pub fn is_loopback_literal(origin: &str) -> bool {
    LOOPBACK_LITERALS.contains(&origin)
}

impl FromStr for RedirectUri {
    type Err = RedirectUriProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::register(text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriProblem;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::register(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Only the characters of RFC 3986, and no `%` that hides a control character.
fn characters(text: &str) -> Result<(), RedirectUriProblem> {
    if text.is_empty() {
        return Err(RedirectUriProblem::Empty);
    }
    if text.len() > MAX_REDIRECT_URI_BYTES {
        return Err(RedirectUriProblem::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\"<>^`{|}"#.contains(&byte)) {
        return Err(RedirectUriProblem::Characters);
    }
    let encodes = |hex: &str| {
        let digits = hex.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).is_some_and(|byte| !byte.is_ascii_control())
    };
    if !text.split('%').skip(1).all(encodes) {
        return Err(RedirectUriProblem::PercentEncoding);
    }
    Ok(())
}

fn fragment_and_wildcard(text: &str) -> Result<(), RedirectUriProblem> {
    if text.contains('#') {
        return Err(RedirectUriProblem::Fragment);
    }
    if text.contains('*') {
        return Err(RedirectUriProblem::Wildcard);
    }
    Ok(())
}

/// The scheme (RFC 3986 section 3.1) and what follows its colon.
fn scheme(text: &str) -> Result<(&str, &str), RedirectUriProblem> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.split_once(':')
        .filter(|(scheme, _)| scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic()))
        .filter(|(scheme, _)| scheme.bytes().all(allowed))
        .ok_or(RedirectUriProblem::NotAbsolute)
}

/// What stands between `//` and the path.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// `https` to any host, `http` to this machine.
fn web_address(text: &str, rest: &str) -> Result<(), RedirectUriProblem> {
    let rest = rest.strip_prefix("//").ok_or(RedirectUriProblem::NotAbsolute)?;
    if authority(rest).contains('@') {
        return Err(RedirectUriProblem::UserInfo);
    }
    let url = Url::parse(text).map_err(|problem| match problem {
        ParseError::IdnaError
        | ParseError::InvalidDomainCharacter
        | ParseError::InvalidIpv4Address
        | ParseError::InvalidIpv6Address => RedirectUriProblem::InvalidHost,
        ParseError::InvalidPort => RedirectUriProblem::InvalidPort,
        _ => RedirectUriProblem::NotAbsolute,
    })?;
    let this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => return Err(RedirectUriProblem::NotAbsolute),
    };
    if url.scheme() == "http" && !this_machine {
        return Err(RedirectUriProblem::InsecureHost(url.host_str().unwrap_or_default().to_owned()));
    }
    Ok(())
}

/// `com.example.app:/callback` (requirement 7).
fn private_use(scheme: &str, rest: &str) -> Result<(), RedirectUriProblem> {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let reverse_domain = scheme.contains('.') && scheme.split('.').all(label);
    let single_slash = rest.starts_with('/') && !rest.starts_with("//");
    if reverse_domain && single_slash { Ok(()) } else { Err(RedirectUriProblem::PrivateUseScheme) }
}

/// The spelling that the URL standard gives it, but for the slash after a bare host, which a client may leave out.
fn canonical(text: &str) -> Result<(), RedirectUriProblem> {
    let url = Url::parse(text).map_err(|_| RedirectUriProblem::NotAbsolute)?;
    if url.as_str() == text || url.as_str().strip_suffix('/') == Some(text) {
        return Ok(());
    }
    Err(RedirectUriProblem::NotCanonical(url.into()))
}

/// What follows an optional port; none when what looks like a port is not one.
fn without_port(after_host: &str) -> Option<&str> {
    let Some(port) = after_host.strip_prefix(':') else {
        return Some(after_host).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = port.split_at(digits);
    // No sign, no leading zero, no port 0: `parse` alone would take `+80` and `080`.
    let valid = !port.starts_with('0') && port.parse::<u16>().is_ok();
    (valid && (rest.is_empty() || rest.starts_with(['/', '?']))).then_some(rest)
}

#[cfg(test)]
#[path = "redirect_uri_tests.rs"]
mod tests;
