//! Requests as a client or a browser composes them, and answers read to the end.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::Value;

use super::world::ISSUER;
pub(crate) use crate::harness::Answer;

/// Parameters in the order in which they are sent; a name may stand twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// The parameters `pairs`.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// With `name` set to `value`, whatever it was.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(held, _)| held == name) {
            Some(pair) => value.clone_into(&mut pair.1),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// With one more `name`.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without `name`.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(held, _)| held != name);
        self
    }

    /// What `name` is.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// `application/x-www-form-urlencoded`.
    pub(crate) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// A POST of the form to `path`.
    pub(crate) fn post(&self, path: &str) -> Request<Body> {
        post(path, "application/x-www-form-urlencoded", self.encoded())
    }

    /// A GET of `path` with the form as query.
    pub(crate) fn get_request(&self, path: &str) -> Request<Body> {
        get(&format!("{path}?{}", self.encoded()))
    }
}

/// The fields of a form that calls a server function with `arguments`.
pub(crate) fn arguments(arguments: &Value) -> Form {
    fn add(form: &mut Form, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => form.0.push((name.to_owned(), text.clone())),
            Value::Array(rows) => rows.iter().for_each(|row| add(form, &format!("{name}[]"), row)),
            Value::Object(members) => {
                members.iter().for_each(|(member, value)| add(form, &format!("{name}[{member}]"), value));
            }
            Value::Bool(_) | Value::Number(_) => form.0.push((name.to_owned(), value.to_string())),
        }
    }
    let mut form = Form::default();
    for (name, value) in arguments.as_object().expect("arguments") {
        add(&mut form, name, value);
    }
    form
}

/// A GET of `path`.
pub(crate) fn get(path: &str) -> Request<Body> {
    request("GET", path)
}

/// A request without a body.
pub(crate) fn request(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
}

/// A POST of `body`.
pub(crate) fn post(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .expect("a request")
}

/// `request` with one more header.
pub(crate) fn with_header(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().append(name, value.parse().expect("a header value"));
    request
}

/// `request` with an access token.
pub(crate) fn with_token(request: Request<Body>, token: &str) -> Request<Body> {
    with_header(request, "authorization", &format!("Bearer {token}"))
}

impl Answer {
    /// The member `name` of the JSON body, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no `{name}`: {self:?}")).to_owned()
    }

    /// The status and the OAuth error of a JSON answer.
    pub(crate) fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or_default().to_owned())
    }

    /// Each value of the parameter `name` in the redirect's query.
    pub(crate) fn sent(&self, name: &str) -> Vec<String> {
        let address = self.location().split('#').next().unwrap_or_default();
        let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .filter(|(held, _)| held == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// The only value of the parameter `name` in the redirect's query.
    pub(crate) fn sent_once(&self, name: &str) -> String {
        let values = self.sent(name);
        assert_eq!(values.len(), 1, "`{name}` in {}", self.location());
        values[0].clone()
    }

    /// The addresses elsewhere to which it leads, itself or by a form, without their queries; and the parameters that
    /// go there.
    pub(crate) fn leads_away(&self) -> Vec<(String, Vec<(String, String)>)> {
        let between = |text: &str, from: &str| {
            let (_, rest) = text.split_once(from)?;
            Some(rest.split('"').next().unwrap_or_default().replace("&amp;", "&"))
        };
        let mut ways: Vec<(String, Vec<(String, String)>)> = Vec::new();
        if self.headers.contains_key(header::LOCATION) {
            ways.push((self.header("location").to_owned(), Vec::new()));
        }
        for form in self.body.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()) {
            let field = |tag: &str| Some((between(tag, "name=\"")?, between(tag, "value=\"").unwrap_or_default()));
            let fields = form.split("<input").skip(1).filter_map(field).collect();
            ways.extend(between(form, "action=\"").map(|action| (action, fields)));
        }
        ways.retain(|(to, _)| !to.starts_with('/') || to.starts_with("//") || to.contains('\\'));
        for (to, fields) in &mut ways {
            let address = to.split('#').next().unwrap_or_default();
            let (address, query) = address.split_once('?').unwrap_or((address, ""));
            fields.extend(form_urlencoded::parse(query.as_bytes()).into_owned());
            *to = address.to_owned();
        }
        ways
    }

    /// Asserts a page for the person: an error status, HTML, nothing redirects (PROTOCOL "→ page").
    #[track_caller]
    pub(crate) fn assert_page(&self, what: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{what}: {self:?}");
        assert!(!self.headers.contains_key("location"), "{what} redirects: {self:?}");
        assert!(self.header("content-type").starts_with("text/html"), "{what}: {self:?}");
        assert!(!self.body.to_ascii_lowercase().contains("http-equiv=\"refresh\""), "{what}: {self:?}");
    }

    /// Asserts an authorization error at `callback`: 303 with error, state and iss, each once (PROTOCOL "→ R1?error=x").
    #[track_caller]
    pub(crate) fn assert_rejected(&self, what: &str, callback: &str, errors: &[&str], state: Option<&str>) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{what}: {self:?}");
        assert!(self.location().starts_with(callback), "{what}: {}", self.location());
        assert!(errors.contains(&self.sent_once("error").as_str()), "{what}: {}", self.location());
        assert_eq!(self.sent("state"), state.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(self.sent_once("iss"), ISSUER, "{what}");
        assert!(self.sent("code").is_empty(), "{what}: {}", self.location());
    }
}
