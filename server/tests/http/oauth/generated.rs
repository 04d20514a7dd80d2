//! Requests that nobody would write by hand, at the authorization and token endpoints: whatever comes, no answer is a 5xx,
//! nothing leaves for an address that is not registered, and no parameter of an answer comes twice.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, StatusCode, header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

use super::request::{Answer, Form};
use super::world::{ISSUER, Party, VERIFIER, World, basic, challenge};

/// Requests of each kind. They are the same in every run: a failure is found again.
const CASES: u32 = 1_500;

/// How a request travels.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Everything in the query of a GET.
    Get,
    /// A form.
    Form,
    /// The first half in the query, the other in a form.
    Split,
    /// A JSON object; a name may stand in it twice.
    Json,
    /// A form under a media type that names another.
    Mislabelled,
}

const AUTHORIZE_NAMES: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "claims",
    "ui_locales",
    "acr_values",
    "display",
    "request",
    "request_uri",
    "registration",
    "organization",
    "store",
    "actor",
    "audience",
    "resource",
    "code_challenge",
    "code_challenge_method",
    "scope[]",
    "",
];

const TOKEN_NAMES: &[&str] = &[
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "audience",
    "resource",
    "organization",
    "store",
    "username",
    "password",
    "state",
    "nonce",
    "iss",
];

/// Values that some check knows, and values that only look like them.
fn known_values(world: &World, code: &str, refresh: &str) -> Vec<String> {
    let mut values: Vec<String> = [
        "code",
        "token",
        "id_token",
        "code token",
        "none",
        "login",
        "consent",
        "select_account",
        "none login",
        "query",
        "fragment",
        "form_post",
        "openid",
        "openid profile email plan",
        "read",
        "read write",
        "app",
        "self",
        "S256",
        "plain",
        "0",
        "1",
        "-1",
        "NaN",
        "9223372036854775808",
        "target",
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "password",
        "s1",
        "%20+&=é\"<",
        "{\"id_token\":{}}",
        "eyJhbGciOiJub25lIn0.e30.",
        "https://evil.example/cb",
        "https://partner.example/cb/",
        "https://partner.example/cb#x",
        "https://user@partner.example/cb",
        "javascript:alert(1)",
        "//evil.example",
        "\\\\evil.example",
        "\r\nLocation: x",
        "\0",
        "",
        " ",
        "https://api.example",
        "https://id.example/other",
    ]
    .map(str::to_owned)
    .to_vec();
    for party in parties(world) {
        values.extend([party.client_id.clone(), party.redirect.clone()]);
        values.extend(party.secret.clone());
    }
    let org = world.target.to_string();
    values.extend([challenge(VERIFIER), VERIFIER.to_owned(), code.to_owned(), refresh.to_owned(), org]);
    values
}

fn parties(world: &World) -> [&Party; 4] {
    [&world.one, &world.two, &world.spa, &world.native]
}

/// A sensible request with some of its parameters changed, doubled, dropped, and others among them.
fn mutations(names: &'static [&'static str], values: Vec<String>) -> impl Strategy<Value = Vec<Mutation>> {
    let value = prop_oneof![4 => select(values), 1 => any::<String>(), 1 => "[ -~]{0,40}"];
    let mutation = prop_oneof![
        4 => (select(names), value.clone()).prop_map(|(name, value)| Mutation::Set(name, value)),
        2 => (select(names), value).prop_map(|(name, value)| Mutation::Add(name, value)),
        2 => select(names).prop_map(Mutation::Drop),
    ];
    vec(mutation, 0..4)
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(&'static str, String),
    Add(&'static str, String),
    Drop(&'static str),
}

fn mutated(mut form: Form, mutations: &[Mutation]) -> Form {
    for mutation in mutations {
        form = match mutation {
            Mutation::Set(name, value) => form.with(name, value),
            Mutation::Add(name, value) => form.and(name, value),
            Mutation::Drop(name) => form.without(name),
        };
    }
    form
}

fn shaped(path: &str, form: &Form, shape: Shape, authorization: Option<&str>) -> Request<Body> {
    let (half, rest) = form.0.split_at(form.0.len() / 2);
    let encoded = |pairs: &[(String, String)]| Form(pairs.to_vec()).encoded();
    let (method, uri, kind, body) = match shape {
        Shape::Get => ("GET", format!("{path}?{}", form.encoded()), None, String::new()),
        Shape::Form => ("POST", path.to_owned(), Some("application/x-www-form-urlencoded"), form.encoded()),
        Shape::Split => {
            let uri = format!("{path}?{}", encoded(half));
            ("POST", uri, Some("application/x-www-form-urlencoded; charset=UTF-8"), encoded(rest))
        }
        Shape::Json => {
            let members: Vec<_> =
                form.0.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
            ("POST", path.to_owned(), Some("application/json"), format!("{{{}}}", members.join(",")))
        }
        Shape::Mislabelled => ("POST", path.to_owned(), Some("multipart/form-data"), form.encoded()),
    };
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Body::from(body)).expect("a request")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn runner() -> TestRunner {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Where an answer of the authorization endpoint leads, and the parameters that go there.
fn leads_to(answer: &Answer) -> Option<(String, Vec<(String, String)>)> {
    if let Some(location) = answer.headers.get(header::LOCATION) {
        let location = location.to_str().expect("ASCII").to_owned();
        let query =
            location.split('#').next().and_then(|address| address.split_once('?')).map_or("", |(_, query)| query);
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        return Some((location, pairs));
    }
    let (_, form) = answer.body.split_once("<form")?;
    let (_, action) = form.split_once("action=\"")?;
    let action = action.split('"').next()?.replace("&amp;", "&");
    let names = form.split("<input").skip(1).filter_map(|tag| {
        let (_, name) = tag.split_once("name=\"")?;
        Some((name.split('"').next()?.to_owned(), String::new()))
    });
    Some((action, names.collect()))
}

/// What must hold of every answer of the authorization endpoint.
fn check_authorize(world: &World, answer: &Answer) -> TestCaseResult {
    prop_assert!(answer.status.as_u16() < 500, "{answer:?}");
    let Some((to, parameters)) = leads_to(answer) else { return Ok(()) };
    if to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') {
        return Ok(());
    }
    let registered = parties(world).iter().any(|party| {
        // The native app's first URI is loopback, where the port may vary (RFC 8252 section 7.3).
        to.strip_prefix(&party.redirect).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#']))
    });
    let native = ["http://localhost:4000/cb", "com.example.app:/cb"];
    prop_assert!(registered || native.iter().any(|uri| to.starts_with(uri)), "leads to {to}");
    let names: BTreeSet<_> = parameters.iter().map(|(name, _)| name).collect();
    prop_assert_eq!(names.len(), parameters.len(), "a parameter comes twice: {}", to);
    let has = |name: &str| parameters.iter().any(|(held, _)| held == name);
    prop_assert!(has("error") && has("iss") && !has("code"), "nobody consented: {}", to);
    Ok(())
}

#[test]
fn req_002_req_013_no_authorization_request_breaks_the_endpoint_or_leads_astray() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let (answers, asked) = (RefCell::new(BTreeSet::new()), RefCell::new(0));
    let shapes = select(vec![Shape::Get, Shape::Get, Shape::Form, Shape::Split, Shape::Json, Shape::Mislabelled]);
    let strategy = (0..4_usize, mutations(AUTHORIZE_NAMES, known_values(&world, "ptcoc_x", "ptcor_x")), shapes);
    let ran = runner().run(&strategy, |(which, mutations, shape)| {
        let form = mutated(parties(&world)[which].request(), &mutations);
        let answer = runtime.block_on(world.send(shaped("/oauth/authorize", &form, shape, None)));
        answers.borrow_mut().insert(answer.status.as_u16());
        *asked.borrow_mut() += u32::from(answer.header("location").starts_with("/oauth/consent/"));
        check_authorize(&world, &answer)
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    // Both outcomes were met, or the requests were not worth making.
    assert!(answers.borrow().contains(&303) && answers.borrow().contains(&400), "{answers:?}");
    assert!(*asked.borrow() > CASES / 20, "only {asked:?} reached the person");
}

/// What must hold of every answer of the token endpoint.
fn check_token(answer: &Answer) -> TestCaseResult {
    prop_assert!(answer.status.as_u16() < 500, "{answer:?}");
    prop_assert!(answer.headers.get(header::LOCATION).is_none(), "{answer:?}");
    prop_assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        return Ok(());
    }
    let body: serde_json::Value =
        serde_json::from_str(&answer.body).map_err(|error| TestCaseError::fail(format!("{error}: {answer:?}")))?;
    let members = body.as_object().map(serde_json::Map::len).unwrap_or_default();
    // serde_json keeps the last of two members with one name: then the text has more of them than the object.
    prop_assert_eq!(answer.body.matches("\":").count(), members, "a member comes twice: {}", answer.body);
    match answer.status {
        StatusCode::OK => prop_assert!(body["access_token"].is_string() && body["error"].is_null(), "{}", body),
        _ => prop_assert!(body["error"].is_string() && body["access_token"].is_null(), "{}", body),
    }
    Ok(())
}

#[test]
fn req_059_req_065_no_token_request_breaks_the_endpoint() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let tokens = runtime.block_on(world.one.tokens(&world));
    let code = runtime.block_on(world.one.code(&world));
    let grants = select(vec!["authorization_code", "refresh_token", "client_credentials"]);
    let shapes = select(vec![Shape::Form, Shape::Form, Shape::Json, Shape::Get, Shape::Split, Shape::Mislabelled]);
    let headers = prop_oneof![
        6 => Just(Some(world.one.basic())),
        1 => Just(None),
        1 => Just(Some(basic(&world.one.client_id, "wrong"))),
        1 => "[ -~]{0,30}".prop_map(Some),
        1 => "Basic [A-Za-z0-9+/=]{0,30}".prop_map(Some),
    ];
    let values = known_values(&world, &code, &tokens.refresh);
    let strategy = (grants, mutations(TOKEN_NAMES, values), shapes, headers);
    let (statuses, count) = (RefCell::new(BTreeSet::new()), RefCell::new(0_u32));
    let ran = runner().run(&strategy, |(grant, mutations, shape, authorization)| {
        let form = match grant {
            "authorization_code" => world.one.exchange(&code).with("grant_type", grant),
            _ => Form::of(&[("grant_type", grant), ("refresh_token", &tokens.refresh), ("organization", "target")]),
        };
        let request = shaped("/oauth/token", &mutated(form, &mutations), shape, authorization.as_deref());
        // Failures are limited by client and address: each of these comes from an address of its own.
        *count.borrow_mut() += 1;
        let [_, high, middle, low] = count.borrow().to_be_bytes();
        let answer = runtime.block_on(world.from(&format!("10.{high}.{middle}.{low}"), request));
        statuses.borrow_mut().insert(answer.status.as_u16());
        check_token(&answer)
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    for met in [200, 400, 401, 405] {
        assert!(statuses.borrow().contains(&met), "no request was answered with {met}: {statuses:?}");
    }
    assert_eq!(ISSUER, world.store.settings().issuer);
}
