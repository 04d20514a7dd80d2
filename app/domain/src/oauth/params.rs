//! Parameters as they arrive: decoded once, duplicates known, empty ones absent (RFC 6749 section 3.1; requirements 10
//! to 13, 50, 59, 65).

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::error::{OAuthError, invalid_request};

/// The most parameters of one request.
pub const MAX_PARAMETERS: usize = 100;
/// The longest name and the longest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 8192;

/// Parameters whose array spelling, such as `scope[]`, is an error: a framework's habit must not hide a duplicate.
const NEVER_ARRAYS: [&str; 21] = [
    "actor",
    "audience",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "organization",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "request",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "store",
    "token",
];

/// The parameters of a request, in the order of their arrival.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

/// Why parameters cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Neither `application/x-www-form-urlencoded` nor `application/json`.
    #[error("The body must be application/x-www-form-urlencoded or application/json.")]
    MediaType,
    /// More than [`MAX_PARAMETERS`].
    #[error("The request has more than {MAX_PARAMETERS} parameters.")]
    TooMany,
    /// More than [`MAX_VALUE_BYTES`].
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
            Self::MediaType => 415,
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
    /// Reads a query string or an `application/x-www-form-urlencoded` body.
    pub fn urlencoded(text: &[u8]) -> Result<Self, Unreadable> {
        let mut params = Self::default();
        for pair in text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let mut half = || decode(halves.next().unwrap_or_default());
            let (name, value) = (half()?, half()?);
            params.push(name, value)?;
        }
        Ok(params)
    }

    /// Reads an `application/json` body: one object, distinct names, string values.
    pub fn json(body: &[u8]) -> Result<Self, Unreadable> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let pairs = deserializer.deserialize_map(DistinctStrings).map_err(|_| Unreadable::Json)?;
        deserializer.end().map_err(|_| Unreadable::Json)?;
        let mut params = Self::default();
        for (name, value) in pairs {
            params.push(name, value)?;
        }
        Ok(params)
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
        for (name, value) in more.pairs {
            self.push(name, value)?;
        }
        Ok(self)
    }

    /// The value of `name`; the first one, where it is repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of `name` but the empty ones, which count as absent (requirement 12).
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(held, value)| held == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether `name` came at all, even empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(held, _)| held == name)
    }

    /// Whether `name` came more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// `invalid_request` when one of `names` came more than once.
    pub fn once(&self, names: &[&str]) -> Result<(), OAuthError> {
        match names.iter().find(|name| self.is_repeated(name)) {
            Some(name) => Err(invalid_request(format!("The parameter {name} is repeated."))),
            None => Ok(()),
        }
    }

    fn push(&mut self, name: String, value: String) -> Result<(), Unreadable> {
        if self.pairs.len() >= MAX_PARAMETERS {
            return Err(Unreadable::TooMany);
        }
        if name.len() > MAX_VALUE_BYTES || value.len() > MAX_VALUE_BYTES {
            return Err(Unreadable::TooLong);
        }
        let array = name.split_once('[').is_some_and(|(name, _)| NEVER_ARRAYS.contains(&name));
        if array || name.contains('\0') || value.contains('\0') {
            return Err(Unreadable::NotText);
        }
        // Counted although absent (requirement 12): a thousand empty ones are too many as well.
        self.pairs.push((name, value));
        Ok(())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    /// Parameters that are decoded already: for tests and for callers inside the house.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
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
mod tests {
    use super::*;

    fn form(text: &str) -> Result<Params, Unreadable> {
        Params::urlencoded(text.as_bytes())
    }

    fn json(text: &str) -> Result<Params, Unreadable> {
        Params::body(Some("application/json; charset=utf-8"), text.as_bytes())
    }

    #[test]
    fn req_010_duplicates_are_known_also_when_split_across_query_and_body() {
        let params = form("scope=a&scope=a&state=x").expect("readable");
        assert!(params.is_repeated("scope") && !params.is_repeated("state"));
        assert!(params.once(&["state"]).is_ok() && params.once(&["state", "scope"]).is_err());
        let split = form("state=1").and_then(|query| query.and(form("state=2")?)).expect("readable");
        assert!(split.is_repeated("state"));
    }

    #[test]
    fn req_012_an_empty_value_is_absent() {
        let params = form("state=&prompt&x=1&state=s").expect("readable");
        assert_eq!((params.get("state"), params.get("prompt")), (Some("s"), None));
        assert!(!params.is_repeated("state"));
        assert_eq!(json(r#"{"scope":""}"#).expect("readable").get("scope"), None);
    }

    #[test]
    fn req_013_what_is_not_text_is_told_and_never_guessed() {
        for bad in [
            "scope[]=a",
            "scope[a]=b",
            "scope%5B%5D=a",
            "client_id[]=x",
            "state=%ff",
            "state=%C3",
            "%ff=a",
            "state=%00",
            "a%00b=c",
        ] {
            assert_eq!(form(bad), Err(Unreadable::NotText), "{bad}");
        }
        assert_eq!(form(&format!("state={}", "x".repeat(64 * 1024))), Err(Unreadable::TooLong));
        assert_eq!(Params::urlencoded(b"state=\xff"), Err(Unreadable::NotText));
    }

    #[test]
    fn decoding_follows_the_form_rules() {
        let params = form("a=%20+%2B%26%3D%C3%A9%22%3C&b=1=2&c=100%&d=%zz&&=e&f[]=g").expect("readable");
        assert_eq!(params.get("a"), Some("  +&=é\"<"));
        assert_eq!(params.get("b"), Some("1=2"));
        assert_eq!(params.get("c"), Some("100%"));
        assert_eq!(params.get("d"), Some("%zz"));
        assert_eq!(params.get("f[]"), Some("g"), "an unknown name is not ours to judge");
    }

    #[test]
    fn req_050_the_body_is_a_form_or_json_whatever_the_charset_suffix() {
        for form in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"] {
            assert_eq!(Params::body(Some(form), b"a=b").expect("readable").get("a"), Some("b"));
        }
        assert_eq!(json(r#" {"a":"b","c":"d"} "#).expect("readable").get("c"), Some("d"));
        for other in
            [None, Some(""), Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/jsonp")]
        {
            assert_eq!(Params::body(other, b"a=b"), Err(Unreadable::MediaType), "{other:?}");
        }
        assert_eq!(Unreadable::MediaType.status(), 415);
    }

    #[test]
    fn req_059_json_has_distinct_names_and_strings_only() {
        for bad in [
            r#"{"code":"a","code":"a"}"#,
            r#"{"code":"a","c\u006fde":"b"}"#,
            r#"{"resource":"a","resource":"b"}"#,
            r#"{"code":["a"]}"#,
            r#"{"code":1}"#,
            r#"{"code":true}"#,
            r#"{"code":null}"#,
            r#"{"code":{"a":"b"}}"#,
            r#"["code"]"#,
            r#""code""#,
            r#"{"code":"a"}x"#,
            r#"{"code":"a"}{"code":"a"}"#,
            r#"{"code":"a""#,
            "",
            "\u{feff}{}",
        ] {
            assert_eq!(json(bad), Err(Unreadable::Json), "{bad}");
        }
        assert_eq!(Params::json(b"{\"code\":\"\xff\"}"), Err(Unreadable::Json));
        assert_eq!(json(r#"{"code":"\u0000"}"#), Err(Unreadable::NotText));
        assert_eq!(json(&"[".repeat(100_000)), Err(Unreadable::Json));
    }

    #[test]
    fn req_065_too_many_parameters_are_refused() {
        let many = |count: usize| (0..count).map(|i| format!("p{i}=")).collect::<Vec<_>>().join("&");
        assert!(form(&many(MAX_PARAMETERS)).is_ok());
        assert_eq!(form(&many(MAX_PARAMETERS + 1)), Err(Unreadable::TooMany));
        assert_eq!(form(&many(10_000)), Err(Unreadable::TooMany));
        let object = (0..10_000).map(|i| format!("\"p{i}\":\"\"")).collect::<Vec<_>>().join(",");
        assert_eq!(json(&format!("{{{object}}}")), Err(Unreadable::Json));
        assert_eq!(OAuthError::from(Unreadable::TooMany).code, super::super::error::ErrorCode::InvalidRequest);
    }

    #[test]
    fn req_131_values_do_not_print_themselves() {
        let params = form("client_secret=hush").expect("readable");
        let printed = format!("{params:?}{:?}", Sensitive::from("hush"));
        assert!(printed.contains("client_secret") && !printed.contains("hush"));
    }
}
