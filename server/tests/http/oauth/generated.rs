//! Requests that nobody would write by hand, at the authorization and token endpoints: whatever comes, no answer is a
//! 5xx, nothing leaves for an address that is not registered, and no parameter of an answer comes twice.
//!
//! But for ids and secrets they are the same in every run, so that a failure is found again; `PORTICO_TEST_SEED`, a
//! number, chooses others. Where the test run has a PostgreSQL, it gets the first of them too: it keeps text by other
//! rules than SQLite.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use axum::body::Body;
use domain::portal::NewApp;
use http::{HeaderValue, Method, Request, StatusCode, header};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::client_credentials::{install, own_app};
use super::request::{Answer, Form, get, with_header};
use super::world::{ISSUER, Party, Surfer, VERIFIER, World, basic, challenge};

/// Requests of each kind.
const CASES: u32 = 1_200;
/// Those that PostgreSQL gets: each takes many ways to the server and back.
const CASES_ON_POSTGRES: u32 = 80;

const FORM: &str = "application/x-www-form-urlencoded";
const LOOPBACK: &str = "http://127.0.0.1/cb";

const AUTHORIZE_NAMES: &str = "client_id redirect_uri response_type response_mode scope state nonce prompt max_age \
    login_hint id_token_hint claims ui_locales acr_values display request request_uri registration organization store \
    actor audience resource code_challenge code_challenge_method scope[]";
const TOKEN_NAMES: &str = "grant_type client_id client_secret client_assertion client_assertion_type code redirect_uri \
    code_verifier refresh_token scope audience resource organization store username password state nonce iss";

/// Values that some check knows, and values that only look like them.
const WORDS: &str = "code token id_token none login consent select_account query fragment form_post openid read app \
    self S256 plain 0 1 -1 NaN 9223372036854775808 target authorization_code refresh_token client_credentials password \
    s1 {\"id_token\":{}} eyJhbGciOiJub25lIn0.e30. https://api.example https://id.example/other";
const TEXTS: &str = "code token|none login|openid profile email plan|read write|%20+&=é\"<|\r\nLocation: x|\0|| ";
/// Addresses that some app registered, and addresses that only look like them.
const ADDRESSES: &str = "https://evil.example/cb https://partner.example/cb https://partner.example/cb/ \
    https://partner.example/cb#x https://partner.example/cb?x=1 https://partner.example.evil.example/cb \
    https://user@partner.example/cb https://robot.example/cb https://two.example/cb javascript:alert(1) //evil.example \
    \\\\evil.example http://127.0.0.1/cb http://127.0.0.1:8081/cb http://127.0.0.1:080/cb http://127.0.0.1:1/cbevil \
    http://127.0.0.1:1@evil.example/cb http://localhost:4000/cb http://localhost:4001/cb http://localhost:4000/cbevil \
    com.example.app:/cb com.example.app:/cb/x";

/// How the parameters travel.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Everything in the query of a GET.
    Query,
    Form,
    /// The first half in the query, the other in a form.
    Split,
    /// A JSON object; a name may stand in it twice.
    Json,
    /// A form under a media type that names another.
    Mislabelled,
}

/// How a request is sent.
#[derive(Clone, Debug)]
struct Way {
    shape: Shape,
    /// JSON in the place of one member, or of the whole object.
    odd: Option<(Index, String)>,
    /// Where so many bytes of the encoded text give way to these.
    damage: Option<(Index, usize, Vec<u8>)>,
    /// A method that is not answered, in the place of the shape's own.
    method: Option<&'static str>,
    authorization: Vec<String>,
}

/// Ways of each shape, in these proportions; mostly with `usual` for authorization.
fn ways(shapes: [u32; 5], usual: Vec<String>, robot: &Party) -> impl Strategy<Value = Way> {
    let [query, form, split, json, mislabelled] = shapes;
    let shape = prop_oneof![
        query => Just(Shape::Query), form => Just(Shape::Form), split => Just(Shape::Split), json => Just(Shape::Json),
        mislabelled => Just(Shape::Mislabelled),
    ];
    let breaks = ["%", "%zz", "%ff%fe", "%00", "&client_id=", "&=&", "\"", "}"].map(|text| text.as_bytes().to_vec());
    let gone = prop_oneof![3 => Just(0), 1 => 1..9_usize, 1 => Just(usize::MAX)];
    let damage = (any::<Index>(), gone, prop_oneof![vec(any::<u8>(), 0..12), select(breaks.to_vec())]);
    let (right, wrong) = (Just(robot.basic()), Just(basic(&robot.client_id, "wrong")));
    let header = prop_oneof![right, wrong, "[ -~é]{0,30}", "Basic [A-Za-z0-9+/=]{0,30}", "Bearer [!-~]{0,30}"];
    let authorization = prop_oneof![6 => Just(usual), 1 => vec(header, 0..3)];
    let method = weighted(0.06, select(vec!["PUT", "HEAD", "DELETE", "PATCH"]));
    let odd = weighted(0.5, (any::<Index>(), odd_json()));
    (shape, odd, weighted(0.15, damage), method, authorization)
        .prop_map(|(shape, odd, damage, method, authorization)| Way { shape, odd, damage, method, authorization })
}

/// JSON of any type, however deep.
fn odd_json() -> impl Strategy<Value = String> {
    let leaf = "null|true|\"[a-z]{0,9}\"|-?[1-9][0-9]{0,40}(\\.[0-9]{1,9})?(e-?[0-9]{1,4})?";
    let nested = leaf.prop_recursive(4, 16, 4, |inner| {
        let object = vec(("[a-z_]{1,9}", inner.clone()), 0..4).prop_map(object);
        prop_oneof![vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))), object]
    });
    prop_oneof![8 => nested, 1 => Just("[".repeat(10_000))]
}

fn object(members: Vec<(String, String)>) -> String {
    let members = members.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// A parameter, whether what it was stays, and what comes in its place or beside it; without a value it goes, or comes
/// twice.
type Mutation = (String, bool, Option<String>);

/// Mostly one change of a valid request, sometimes none or several.
fn mutations(names: &'static str, values: Vec<String>) -> impl Strategy<Value = Vec<Mutation>> {
    let [names, addresses] = [names, ADDRESSES].map(|words| select(words.split_whitespace().collect::<Vec<_>>()));
    let name = prop_oneof![9 => names.prop_map(str::to_owned), 1 => any::<String>()];
    let value = prop_oneof![4 => select(values), 1 => any::<String>(), 1 => "[ -~]{0,40}"];
    let elsewhere = addresses.prop_map(|address| ("redirect_uri".to_owned(), false, Some(address.to_owned())));
    let mutation = prop_oneof![5 => (name, proptest::bool::weighted(0.35), weighted(0.7, value)), 1 => elsewhere];
    prop_oneof![1 => Just(Vec::new()), 4 => vec(mutation.clone(), 1), 2 => vec(mutation, 2..4)]
}

fn mutated(form: Form, mutations: &[Mutation]) -> Form {
    mutations.iter().fold(form, |form, (name, stays, value)| match (stays, value) {
        (false, Some(value)) => form.with(name, value),
        (false, None) => form.without(name),
        (true, value) => {
            let value = value.clone().unwrap_or_else(|| form.get(name).to_owned());
            form.and(name, &value)
        }
    })
}

fn request(path: &str, form: &Form, way: &Way) -> Request<Vec<u8>> {
    let (half, rest) = form.0.split_at(form.0.len() / 2);
    let encoded = |pairs: &[(String, String)]| Form(pairs.to_vec()).encoded().into_bytes();
    let (method, mut query, kind, mut body) = match way.shape {
        Shape::Query => ("GET", encoded(&form.0), "", Vec::new()),
        Shape::Form => ("POST", Vec::new(), FORM, encoded(&form.0)),
        Shape::Split => ("POST", encoded(half), "application/x-www-form-urlencoded; charset=UTF-8", encoded(rest)),
        Shape::Json => ("POST", Vec::new(), "application/json", json(form, way.odd.as_ref()).into_bytes()),
        Shape::Mislabelled => ("POST", Vec::new(), "multipart/form-data", encoded(&form.0)),
    };
    if let Some((at, gone, bytes)) = &way.damage {
        let text = if body.is_empty() { &mut query } else { &mut body };
        let rest = text.split_off(at.index(text.len() + 1));
        text.extend(bytes.iter().copied().chain(rest.into_iter().skip(*gone)));
    }
    // What cannot stand in an address is encoded; a `%` stays, whatever follows it.
    let sent = |byte: u8| match byte {
        b'!' | b'$'..=b';' | b'=' | b'?'..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let query: String = query.into_iter().map(sent).collect();
    let mut request = Request::builder().method(way.method.unwrap_or(method)).uri(format!("{path}?{query}"));
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    for value in &way.authorization {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(body).expect("a request")
}

fn json(form: &Form, odd: Option<&(Index, String)>) -> String {
    let quoted = |(name, value): &(String, String)| (name.clone(), Value::from(value.as_str()).to_string());
    let mut members: Vec<_> = form.0.iter().map(quoted).collect();
    if let Some((at, odd)) = odd {
        match members.get_mut(at.index(form.0.len() + 1)) {
            Some(member) => member.1.clone_from(odd),
            None => return odd.clone(),
        }
    }
    object(members)
}

/// `PORTICO_TEST_SEED`, where there is one.
#[expect(clippy::disallowed_methods, reason = "a test run is told where chance begins")]
fn seed() -> Option<u64> {
    let seed = std::env::var("PORTICO_TEST_SEED").ok().filter(|seed| !seed.is_empty());
    seed.map(|seed| seed.parse().expect("PORTICO_TEST_SEED is a number"))
}

/// So many requests, the same in every run unless a seed says otherwise.
fn runner(cases: u32) -> TestRunner {
    let rng = match seed() {
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_be_bytes().repeat(4)),
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    };
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
}

/// The world, some of its apps, and the admin at a browser.
struct Scene {
    world: World,
    /// The first has every grant, and an address whose query holds a parameter of responses.
    parties: Vec<Party>,
    surfer: Surfer,
    csrf: String,
}

impl Scene {
    /// One over each database, and how many requests of each kind it gets.
    async fn on_each_database() -> Vec<(Self, u32)> {
        let mut scenes = Vec::new();
        for (world, cases) in World::on_each_database().await.into_iter().zip([CASES, CASES_ON_POSTGRES]) {
            scenes.push((Self::within(world).await, cases));
        }
        scenes
    }

    async fn within(world: World) -> Self {
        let redirect_uris = vec!["https://robot.example/cb?tenant=7&state=0".to_owned()];
        let robot = world.register(NewApp { redirect_uris, ..own_app("standard") }).await;
        install(&world, &robot).await;
        let parties = vec![robot, world.one.clone(), world.two.clone(), world.spa.clone(), world.native.clone()];
        let mut surfer = world.browser(&world.admin).await;
        let csrf = surfer.csrf().await;
        Self { world, parties, surfer, csrf }
    }

    /// What the admin's browser gets at the consent page to which `asked` leads: opened, or with a decision.
    async fn at_consent(&self, asked: &Answer, decision: Option<&Form>) -> Answer {
        let path = asked.location();
        let request = decision.map_or_else(|| get(path), |form| form.clone().and("csrf", &self.csrf).post(path));
        let cookies = asked.cookies();
        let mut pairs = cookies.iter().flat_map(|line| line.split(';'));
        let interaction = pairs.find(|pair| pair.starts_with("portico_interaction_")).expect("an interaction cookie");
        self.world.send(with_header(self.surfer.prepared(request), "cookie", interaction)).await
    }

    /// A new code for the first app, to which the admin consented before.
    async fn code(&self) -> String {
        let asked = self.world.send(self.parties[0].request().get_request("/oauth/authorize")).await;
        self.at_consent(&asked, None).await.sent_once("code")
    }

    fn known_values(&self, more: [&str; 2]) -> Vec<String> {
        let known = [WORDS, ADDRESSES].into_iter().flat_map(str::split_whitespace).chain(TEXTS.split('|')).chain(more);
        let own = [challenge(VERIFIER), VERIFIER.to_owned(), self.world.target.to_string()];
        let ids = self.parties.iter().flat_map(|party| [&party.client_id, &party.redirect]);
        let secrets = self.parties.iter().filter_map(|party| party.secret.as_ref());
        known.map(str::to_owned).chain(own).chain(ids.chain(secrets).cloned()).collect()
    }
}

/// The only address to which an answer may go: the one that is named, if the only client that is named registered it;
/// where none is named, that client's only one.
fn target(parties: &[Party], request: &Request<Vec<u8>>) -> Option<String> {
    let mut sent = request.uri().query().unwrap_or_default().as_bytes().to_vec();
    match request.headers().get(header::CONTENT_TYPE) {
        None if *request.method() == Method::GET => {}
        Some(kind) if *request.method() == Method::POST && kind.as_bytes().starts_with(FORM.as_bytes()) => {
            sent.extend([b"&".as_slice(), request.body()].concat());
        }
        _ => return None,
    }
    // An empty value counts as absent.
    let sent: Vec<_> = form_urlencoded::parse(&sent).into_owned().filter(|(_, value)| !value.is_empty()).collect();
    let named = |wanted: &str| -> Vec<String> {
        sent.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect()
    };
    let party = parties.iter().find(|party| named("client_id") == [party.client_id.as_str()])?;
    let native = [LOOPBACK, "http://localhost:4000/cb", "com.example.app:/cb"];
    let registered = if party.redirect == LOOPBACK { native.to_vec() } else { vec![party.redirect.as_str()] };
    match (named("redirect_uri").as_slice(), registered.as_slice()) {
        ([], [only]) => Some((*only).to_owned()),
        ([sent], _) if registered.iter().any(|uri| is_same(uri, sent)) => Some(sent.clone()),
        _ => None,
    }
}

/// Whether `sent` is the registered address; the port of a loopback address may vary (RFC 8252 section 7.3).
fn is_same(registered: &str, sent: &str) -> bool {
    let port = sent.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/cb"));
    let is_port = |port: &str| !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok();
    sent == registered || (registered == LOOPBACK && port.is_some_and(is_port))
}

/// What must hold of every answer on the way from the authorization endpoint to the client: the names of the parameters
/// that go to `target`, if any do.
fn check_authorize(answer: &Answer, target: Option<&str>) -> Result<BTreeSet<String>, TestCaseError> {
    prop_assert!(answer.status.as_u16() < 500, "{answer:?}");
    let mut names = BTreeSet::new();
    for (to, parameters) in answer.leads_away() {
        let address = target.and_then(|target| target.split('?').next());
        prop_assert_eq!(Some(to.as_str()), address, "leads astray: {:?}", answer);
        names = parameters.iter().map(|(name, _)| name.clone()).collect();
        prop_assert_eq!(names.len(), parameters.len(), "a parameter comes twice: {:?}", parameters);
        prop_assert!(names.contains("error") != names.contains("code"), "{parameters:?}");
        prop_assert!(parameters.contains(&("iss".to_owned(), ISSUER.to_owned())), "{parameters:?}");
        prop_assert_eq!(names.contains("tenant"), target.is_some_and(|target| target.contains("tenant")), "{:?}", to);
    }
    Ok(names)
}

/// Asserts that each of `expected`, of [`CASES`] requests, was met so often that the requests of every run are worth
/// making; of fewer `cases` its share is enough.
fn assert_met(met: &RefCell<Vec<String>>, cases: u32, expected: &[(&str, u32)]) {
    for &(what, least) in expected {
        let times = met.borrow().iter().filter(|held| *held == what).count();
        let least = usize::try_from(least * cases / CASES).expect("a number");
        assert!(times >= least || seed().is_some(), "{what} was met {times} times of {cases}, not {least}");
    }
}

/// A runtime, and what `run` does with it over each database.
fn on_each_database(run: fn(&Runtime, &Scene, u32)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // A connection that goes back to its pool needs it, also where nothing is awaited any more.
    let _entered = runtime.enter();
    for (scene, cases) in runtime.block_on(Scene::on_each_database()) {
        run(&runtime, &scene, cases);
        // Nothing that was begun holds up the removal of the schema.
        runtime.block_on(scene.world.store.clone().close()).expect("closed");
    }
}

#[test]
fn req_002_req_013_no_authorization_request_breaks_the_endpoint_or_leads_astray() {
    on_each_database(ask_to_authorize);
}

/// So many authorization requests, of which each that may go on does so.
fn ask_to_authorize(runtime: &Runtime, scene: &Scene, cases: u32) {
    let met = RefCell::new(Vec::new());
    let strategy = (
        0..scene.parties.len(),
        select(vec![None, Some("query"), Some("form_post"), Some("form_post")]),
        mutations(AUTHORIZE_NAMES, scene.known_values(["ptcoc_x", "ptcor_x"])),
        ways([4, 3, 2, 1, 1], Vec::new(), &scene.parties[0]),
        prop_oneof![3 => Just(scene.world.allow()), 1 => Just(Form::of(&[("decision", "deny")]))],
    );
    let ran = runner(cases).run(&strategy, |(which, mode, mutations, way, decision)| {
        let form = mode.iter().fold(scene.parties[which].request(), |form, mode| form.and("response_mode", mode));
        let request = request("/oauth/authorize", &mutated(form, &mutations), &way);
        let target = target(&scene.parties, &request);
        let answered = [Method::GET, Method::POST].contains(request.method());
        let asked = runtime.block_on(scene.world.send(request.map(Body::from)));
        met.borrow_mut().push(asked.status.as_str().to_owned());
        let names = check_authorize(&asked, target.as_deref())?;
        prop_assert!(!names.contains("code"), "nobody consented: {asked:?}");
        prop_assert_eq!(asked.status != StatusCode::METHOD_NOT_ALLOWED, answered, "{:?}", asked);
        if !asked.header("location").starts_with("/oauth/consent/") {
            return Ok(());
        }
        met.borrow_mut().push("asked".to_owned());
        // Where the request names no organization, the first decision only picks one.
        for decision in [None, Some(&decision), Some(&decision)] {
            let answer = runtime.block_on(scene.at_consent(&asked, decision));
            let names = check_authorize(&answer, target.as_deref())?;
            if names.contains("code") {
                met.borrow_mut().push(format!("a code by {}", answer.status.as_str()));
            }
            if !names.is_empty() {
                break;
            }
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    assert_met(&met, cases, &[("303", 1), ("400", 1), ("405", 1)]);
    assert_met(&met, cases, &[("asked", 60), ("a code by 200", 20), ("a code by 303", 20)]);
}

/// What must hold of every answer of the token endpoint.
fn check_token(answer: &Answer) -> TestCaseResult {
    prop_assert!(answer.status.as_u16() < 500, "{answer:?}");
    prop_assert!(answer.headers.get(header::LOCATION).is_none(), "{answer:?}");
    prop_assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        return Ok(());
    }
    let body: Value =
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
    on_each_database(ask_for_tokens);
}

/// So many token requests.
fn ask_for_tokens(runtime: &Runtime, scene: &Scene, cases: u32) {
    let (met, sent) = (RefCell::new(Vec::new()), Cell::new(0_u32));
    let (robot, code) = (&scene.parties[0], runtime.block_on(scene.code()));
    let held = RefCell::new(runtime.block_on(robot.tokens(&scene.world)).refresh);
    let strategy = (
        select(vec!["authorization_code", "refresh_token", "client_credentials"]),
        proptest::bool::weighted(0.75),
        mutations(TOKEN_NAMES, scene.known_values([&code, &held.borrow()])),
        ways([1, 4, 1, 3, 1], vec![robot.basic()], robot),
    );
    let ran = runner(cases).run(&strategy, |(grant, fresh, mutations, way)| {
        let form = match (grant, way.shape) {
            ("authorization_code", Shape::Form | Shape::Json) if fresh => {
                robot.exchange(&runtime.block_on(scene.code()))
            }
            ("authorization_code", _) => robot.exchange(&code),
            ("refresh_token", _) => Form::of(&[("grant_type", grant), ("refresh_token", &held.borrow())]),
            _ => Form::of(&[("grant_type", grant), ("organization", "target")]),
        };
        let request = request("/oauth/token", &mutated(form, &mutations), &way);
        let answered = *request.method() == Method::POST;
        // Failures are limited by client and address: each of these comes from an address of its own.
        sent.set(sent.get() + 1);
        let [_, high, middle, low] = sent.get().to_be_bytes();
        let from = format!("10.{high}.{middle}.{low}");
        let answer = runtime.block_on(scene.world.from(&from, request.map(Body::from)));
        met.borrow_mut().push(answer.status.as_str().to_owned());
        check_token(&answer)?;
        prop_assert_eq!(answer.status != StatusCode::METHOD_NOT_ALLOWED, answered, "{:?}", answer);
        if answer.status == StatusCode::OK {
            met.borrow_mut().push(grant.to_owned());
            if let Some(next) = answer.json()["refresh_token"].as_str() {
                next.clone_into(&mut held.borrow_mut());
            }
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    assert_met(&met, cases, &[("200", 60), ("400", 1), ("401", 1), ("405", 1), ("415", 1)]);
    assert_met(&met, cases, &[("authorization_code", 10), ("refresh_token", 10), ("client_credentials", 10)]);
}
