//! Parameters as they arrive: decoded once, duplicates known, empty ones absent (RFC 6749 section 3.1; requirements 10
//! to 13, 50, 59, 65).

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::error::{OAuthError, invalid_request};

/// The most parameters of one request.
pub const MAX_PARAMETERS: usize = 100;
/// The longest name and the longest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 8192;
/// The longest query and the longest form of an authorization request, in bytes as they are sent.
pub const MAX_LENIENT_BYTES: usize = 32 * 1024;

/// Parameters whose array spelling, such as `scope[]`, is an error: a framework's habit must not hide a duplicate.
const NEVER_ARRAYS: [&str; 28] = [
    "actor",
    "audience",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "id_token_hint",
    "max_age",
    "nonce",
    "organization",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "store",
    "token",
];

/// The parameters of a request, in the order of their arrival. A value that cannot be read is kept as just that:
/// whoever needs it says so, and nobody else is disturbed (requirements 11, 13 and 20).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, Result<String, Unreadable>)>,
}

/// Why parameters cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Neither `application/x-www-form-urlencoded` nor `application/json`.
    #[error("The body must be application/x-www-form-urlencoded or application/json.")]
    MediaType,
    /// Not `application/x-www-form-urlencoded`, where nothing else is read.
    #[error("The body must be application/x-www-form-urlencoded.")]
    NotForm,
    /// More than [`MAX_PARAMETERS`].
    #[error("The request has more than {MAX_PARAMETERS} parameters.")]
    TooMany,
    /// A parameter of more than [`MAX_VALUE_BYTES`], or all of them of more than [`MAX_LENIENT_BYTES`].
    #[error("A parameter is longer than {MAX_VALUE_BYTES} bytes.")]
    TooLong,
    /// Bytes that are not UTF-8, a NUL, or the array spelling of a parameter.
    #[error("A parameter is not text.")]
    NotText,
    /// Not a JSON object whose members are distinct and strings.
    #[error("The body must be a JSON object whose members are strings, each named once.")]
    Json,
}

impl Unreadable {
    /// The HTTP status (requirements 13 and 50).
    pub const fn status(self) -> u16 {
        match self {
            Self::MediaType | Self::NotForm => 415,
            _ => 400,
        }
    }
}

impl From<Unreadable> for OAuthError {
    fn from(problem: Unreadable) -> Self {
        invalid_request(problem.to_string())
    }
}

impl Params {
    /// Reads a query string or an `application/x-www-form-urlencoded` body whose every parameter is text.
    pub fn urlencoded(text: &[u8]) -> Result<Self, Unreadable> {
        Self::read(text)?.strict()
    }

    /// Reads a query string or an `application/x-www-form-urlencoded` body of at most [`MAX_LENIENT_BYTES`]; beyond that,
    /// only the number of parameters can be an error.
    pub fn lenient(text: &[u8]) -> Result<Self, Unreadable> {
        if text.len() > MAX_LENIENT_BYTES { Err(Unreadable::TooLong) } else { Self::read(text) }
    }

    fn read(text: &[u8]) -> Result<Self, Unreadable> {
        let mut params = Self::default();
        for pair in text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let mut half = || decode(halves.next().unwrap_or_default());
            params.push(half(), half())?;
        }
        Ok(params)
    }

    /// These parameters, if each of them is text and short enough.
    pub fn strict(self) -> Result<Self, Unreadable> {
        match self.pairs.iter().find_map(|(_, value)| value.as_ref().err()) {
            Some(&problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Reads an `application/json` body: one object, distinct names, string values.
    pub fn json(body: &[u8]) -> Result<Self, Unreadable> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let pairs = deserializer.deserialize_map(DistinctStrings).map_err(|_| Unreadable::Json)?;
        deserializer.end().map_err(|_| Unreadable::Json)?;
        let mut params = Self::default();
        for (name, value) in pairs {
            params.push(Ok(name), Ok(value))?;
        }
        params.strict()
    }

    /// Reads the body of a POST by its `Content-Type`, whose parameters do not count.
    pub fn body(content_type: Option<&str>, body: &[u8]) -> Result<Self, Unreadable> {
        let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::urlencoded(body)
        } else if essence.eq_ignore_ascii_case("application/json") {
            Self::json(body)
        } else {
            Err(Unreadable::MediaType)
        }
    }

    /// These parameters and `more`: a duplicate split across query and body is a duplicate (requirement 10).
    pub fn and(mut self, more: Self) -> Result<Self, Unreadable> {
        for pair in more.pairs {
            self.keep(pair)?;
        }
        Ok(self)
    }

    /// The value of `name`; the first that can be read, where it is repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of `name` that can be read.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.sent(name).filter_map(|value| value.as_deref().ok())
    }

    /// Every value of `name` but the empty ones, which count as absent (requirement 12).
    fn sent<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Result<String, Unreadable>> {
        self.pairs
            .iter()
            .filter(move |(held, value)| held == name && value.as_ref().map_or(true, |text| !text.is_empty()))
            .map(|(_, value)| value)
    }

    /// Whether a value of `name` was sent that is not text, or is too long.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.sent(name).any(Result::is_err)
    }

    /// Whether `name` came more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.sent(name).nth(1).is_some()
    }

    /// `invalid_request` when one of `names` came more than once.
    pub fn once(&self, names: &[&str]) -> Result<(), OAuthError> {
        match names.iter().find(|name| self.is_repeated(name)) {
            Some(name) => Err(invalid_request(format!("The parameter {name} is repeated."))),
            None => Ok(()),
        }
    }

    /// `invalid_request` when one of `names` cannot be read.
    pub fn readable(&self, names: &[&str]) -> Result<(), OAuthError> {
        match names.iter().find(|name| self.is_unreadable(name)) {
            Some(name) => {
                let most = format!("it is not text, or longer than {MAX_VALUE_BYTES} bytes");
                Err(invalid_request(format!("The parameter {name} cannot be read: {most}.")))
            }
            None => Ok(()),
        }
    }

    fn push(&mut self, name: Result<String, Unreadable>, value: Result<String, Unreadable>) -> Result<(), Unreadable> {
        // What has no readable name is nobody's parameter.
        self.keep(match name.and_then(text) {
            Err(problem) => (String::new(), Err(problem)),
            Ok(name) => match name.split_once('[') {
                Some((array, _)) if NEVER_ARRAYS.contains(&array) => (array.to_owned(), Err(Unreadable::NotText)),
                _ => (name, value.and_then(text)),
            },
        })
    }

    fn keep(&mut self, pair: (String, Result<String, Unreadable>)) -> Result<(), Unreadable> {
        if self.pairs.len() >= MAX_PARAMETERS {
            return Err(Unreadable::TooMany);
        }
        // Counted although absent (requirement 12): a thousand empty ones are too many as well.
        self.pairs.push(pair);
        Ok(())
    }
}

/// `value`, if it is short enough and holds no NUL.
fn text(value: String) -> Result<String, Unreadable> {
    match value {
        long if long.len() > MAX_VALUE_BYTES => Err(Unreadable::TooLong),
        odd if odd.contains('\0') => Err(Unreadable::NotText),
        text => Ok(text),
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    /// Parameters that are decoded already: for tests and for callers inside the house.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), Ok(value.into()))).collect() }
    }
}

impl fmt::Debug for Params {
    /// Names only: values may be secrets (requirement 131).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}

/// A value that may be a secret, as it was sent; it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(String);

impl Sensitive {
    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

/// Decodes one name or value. A `%` that encodes nothing stays, as in every browser and framework.
fn decode(text: &[u8]) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, encoded_byte(tail)) {
            (b'%', Some(byte)) => (byte, &tail[2..]),
            (b'+', _) => (b' ', tail),
            _ => (first, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotText)
}

/// Decodes one name or value as [`decode`] does, but takes no `%` that encodes nothing.
pub(super) fn decode_strictly(text: &str) -> Option<String> {
    let sound = text.split('%').skip(1).all(|rest| encoded_byte(rest.as_bytes()).is_some());
    if sound { decode(text.as_bytes()).ok() } else { None }
}

/// The byte whose two hexadecimal digits begin `text`.
fn encoded_byte(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match text {
        [high, low, ..] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    }
}

/// Reads a JSON object with distinct names and string values.
struct DistinctStrings;

impl<'de> Visitor<'de> for DistinctStrings {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Self::Value = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            let repeated = pairs.iter().any(|(held, _)| *held == name);
            if repeated || pairs.len() > MAX_PARAMETERS {
                return Err(serde::de::Error::custom("repeated, or too many"));
            }
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}

#[cfg(test)]
#[path = "params_tests.rs"]
mod tests;
