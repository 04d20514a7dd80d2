//! `/oauth/authorize`: PROTOCOL sections A and B up to the person.

use http::StatusCode;

use super::request::{Answer, Form, get, post, request, with_header};
use super::world::{ISSUER, World};

const AUTHORIZE: &str = "/oauth/authorize";
const EVIL: &str = "https://evil.example/cb";

/// Each parameter that may come once: its name, its value, and a request that holds it. The first ones are all of one
/// request, which is good; each of the last ones has an error of its own.
fn may_come_once(world: &World) -> Vec<(String, String, Form)> {
    let mut good = world.one.request();
    let more = Form::of(&[
        ("store", "target"),
        ("actor", "self"),
        ("prompt", "login"),
        ("response_mode", "query"),
        ("audience", &format!("{ISSUER}/api/v1")),
        ("nonce", "n"),
        ("max_age", "60"),
    ]);
    good.0.extend(more.0);
    let bad = Form::of(&[
        ("request", "eyJ"),
        ("request_uri", "https://client.example/x"),
        ("registration", "{}"),
        ("id_token_hint", "e30.e30.x"),
    ]);
    let held = good.0.iter().map(|(name, value)| (name.clone(), value.clone(), good.clone()));
    let beside = bad.0.iter().map(|(name, value)| (name.clone(), value.clone(), good.clone().and(name, value)));
    held.chain(beside).collect()
}

/// Asserts that a request was refused because `name` comes twice, and for nothing else.
#[track_caller]
fn assert_repeated(name: &str, world: &World, answer: &Answer) {
    if matches!(name, "client_id" | "redirect_uri") {
        return answer.assert_page(name);
    }
    // Of two states neither is the client's.
    let state = (name != "state").then_some("s1");
    answer.assert_rejected(name, &world.one.redirect, &["invalid_request"], state);
    assert_eq!(answer.sent_once("error_description"), format!("The parameter {name} is repeated."));
}

#[tokio::test]
async fn req_001_an_unusable_client_id_is_a_page() {
    let world = World::new().await;
    let base = world.one.request();
    let long = "a".repeat(5_000);
    for client_id in
        ["zzz", "ptcapp_0000000000000000", "' OR 1=1 --", "a b", "\u{0}", "é", &long, "https://evil.example/client"]
    {
        let answer = world.send(base.clone().with("client_id", client_id).get_request(AUTHORIZE)).await;
        answer.assert_page(client_id);
        assert!(!answer.body.contains(&format!("href=\"{}", world.one.redirect)), "the redirect URI is a link");
    }
    for missing in [base.clone().without("client_id"), base.with("client_id", "")] {
        world.send(missing.get_request(AUTHORIZE)).await.assert_page("missing");
    }
}

#[tokio::test]
async fn req_001_the_page_names_the_error_and_the_request() {
    let world = World::new().await;
    let answer = world.send(world.one.request().with("client_id", "zzz").get_request(AUTHORIZE)).await;
    let request_id = answer.header("x-request-id").to_owned();
    assert!(!request_id.is_empty() && answer.body.contains(&request_id), "{answer:?}");
    assert!(answer.body.contains("invalid_client") || answer.body.contains("invalid_request"), "{answer:?}");
}

#[tokio::test]
async fn req_002_an_unregistered_redirect_uri_is_a_page() {
    let world = World::new().await;
    for redirect in [EVIL, &world.two.redirect, "not a uri", "javascript:alert(1)", "/cb", "//partner.example/cb"] {
        let answer = world.send(world.one.request().with("redirect_uri", redirect).get_request(AUTHORIZE)).await;
        answer.assert_page(redirect);
        assert!(!answer.body.contains(&format!("href=\"{redirect}")), "{redirect} is a link");
    }
}

#[tokio::test]
async fn req_003_the_redirect_uri_is_judged_before_every_other_parameter() {
    let world = World::new().await;
    let base = world.one.request().with("redirect_uri", EVIL);
    let faults: &[(&str, &str)] = &[
        ("response_type", "foo"),
        ("response_type", "token"),
        ("scope", "bogus"),
        ("scope", "bad\"scope"),
        ("prompt", "none"),
        ("response_mode", "fragment"),
        ("code_challenge_method", "plain"),
        ("request", "eyJ"),
        ("request_uri", "https://evil.example/r"),
        ("actor", "nobody"),
        ("resource", "https://elsewhere.example"),
    ];
    for &(name, value) in faults {
        let request = base.clone().with(name, value);
        world.send(request.get_request(AUTHORIZE)).await.assert_page(name);
        world.send(request.post(AUTHORIZE)).await.assert_page(name);
    }
    for twice in ["scope", "state", "response_type", "code_challenge"] {
        world.send(base.clone().and(twice, "x").get_request(AUTHORIZE)).await.assert_page(twice);
    }
}

#[tokio::test]
async fn req_004_a_redirect_uri_matches_character_by_character() {
    let world = World::new().await;
    assert_eq!(world.one.redirect, "https://partner.example/cb");
    let variants = [
        "https://partner.example/cb/",
        "https://partner.example/cb?x=1",
        "https://partner.example/cb#",
        "https://partner.example/cb#x",
        "https://partner.example/%2e%2e/cb",
        "https://partner.example/x/../cb",
        "https://partner.example/..;/cb",
        "https://partner.example/cb;evil=1",
        "https://partner.example//cb",
        "https://partner.example\\cb",
        "https://partner.example\\@evil.example/cb",
        "https://partner.example/cb\u{0}",
        "https://partner.example/cb%00",
        "https://partner.example/cb\r\nLocation: https://evil.example",
        "https://partner.example/cb\n",
        " https://partner.example/cb",
        "https://partner.example/CB",
        "https://u@partner.example/cb",
        "https://partner.example@evil.example/cb",
        "https://a@b@partner.example/cb",
        "https://partner.example:443/cb",
        "https://partner.example:8443/cb",
        "https://a.partner.example/cb",
        "https://partner.example.evil.example/cb",
        "https://evilpartner.example/cb",
        "https://xn--prtner-bua.example/cb",
        "https://pärtner.example/cb",
        "HTTPS://partner.example/cb",
        "Https://PARTNER.example/cb",
        "http://partner.example/cb",
        "https:/partner.example/cb",
        "https:partner.example/cb",
    ];
    for variant in variants {
        let request = world.one.request().with("redirect_uri", variant);
        world.send(request.get_request(AUTHORIZE)).await.assert_page(variant);
    }
}

#[tokio::test]
async fn req_005_only_the_port_of_a_loopback_address_may_differ() {
    let world = World::new().await;
    let base = world.native.request();
    for accepted in
        ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://localhost:4000/cb"]
    {
        let answer = world.send(base.clone().with("redirect_uri", accepted).get_request(AUTHORIZE)).await;
        assert!(answer.location().starts_with("/oauth/consent/"), "{accepted}: {answer:?}");
    }
    let refused = [
        "http://127.0.0.1:1/other",
        "https://127.0.0.1:1/cb",
        "http://127.0.0.2:1/cb",
        "http://[::1]:1/cb",
        "http://u@127.0.0.1:1/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:/cb",
        "http://127.1:1/cb",
        "http://localhost:4001/cb",
        "http://localhost/cb",
        "http://localhost:4000@evil.example/cb",
    ];
    for redirect in refused {
        world.send(base.clone().with("redirect_uri", redirect).get_request(AUTHORIZE)).await.assert_page(redirect);
    }
}

#[tokio::test]
async fn req_008_redirect_uri_may_be_left_out_only_where_exactly_one_is_registered() {
    let world = World::new().await;
    let one = world.send(world.one.request().without("redirect_uri").get_request(AUTHORIZE)).await;
    assert!(one.location().starts_with("/oauth/consent/"), "{one:?}");
    world
        .send(world.native.request().without("redirect_uri").get_request(AUTHORIZE))
        .await
        .assert_page("three are registered");
}

#[tokio::test]
async fn req_009_a_bad_response_type_is_told_to_the_client() {
    let world = World::new().await;
    let base = world.one.request();
    let missing = world.send(base.clone().without("response_type").get_request(AUTHORIZE)).await;
    missing.assert_rejected(
        "missing",
        &world.one.redirect,
        &["invalid_request", "unsupported_response_type"],
        Some("s1"),
    );
    for response_type in ["foo", "token", "id_token", "code token", "code id_token", "CODE", "none"] {
        let answer = world.send(base.clone().with("response_type", response_type).get_request(AUTHORIZE)).await;
        answer.assert_rejected(response_type, &world.one.redirect, &["unsupported_response_type"], Some("s1"));
    }
}

#[tokio::test]
async fn req_010_a_parameter_that_comes_twice_is_refused() {
    let world = World::new().await;
    let once = may_come_once(&world);
    let good = world.send(once[0].2.get_request(AUTHORIZE)).await;
    assert!(good.location().starts_with("/oauth/consent/"), "{good:?}");
    for (name, value, request) in &once {
        for second in [value.as_str(), "x"] {
            let twice = request.clone().and(name, second);
            for sent in [twice.get_request(AUTHORIZE), twice.post(AUTHORIZE)] {
                assert_repeated(name, &world, &world.send(sent).await);
            }
        }
    }
}

#[tokio::test]
async fn req_010_a_parameter_split_over_query_and_body_is_a_duplicate() {
    let world = World::new().await;
    for (name, value, request) in &may_come_once(&world) {
        let path = format!("{AUTHORIZE}?{}", Form::of(&[(name, value)]).encoded());
        assert_repeated(name, &world, &world.send(request.post(&path)).await);
    }
}

#[tokio::test]
async fn req_011_unknown_parameters_are_ignored() {
    let world = World::new().await;
    let answer = world.send(world.one.request().and("foo", "bar").and("foo", "baz").get_request(AUTHORIZE)).await;
    assert!(answer.location().starts_with("/oauth/consent/"), "{answer:?}");
}

#[tokio::test]
async fn req_012_an_empty_parameter_counts_as_absent() {
    let world = World::new().await;
    let request = world.one.request().with("state", "").and("prompt", "").and("request", "").with("scope", "");
    let answer = world.send(request.get_request(AUTHORIZE)).await;
    assert!(answer.location().starts_with("/oauth/consent/"), "{answer:?}");
    let rejected =
        world.send(world.one.request().with("state", "").with("scope", "bogus").get_request(AUTHORIZE)).await;
    rejected.assert_rejected("empty state", &world.one.redirect, &["invalid_scope"], None);
}

#[tokio::test]
async fn req_013_broken_input_of_any_shape_is_never_a_server_error() {
    let world = World::new().await;
    let query = world.one.request().encoded();
    let state = "x".repeat(64 * 1024);
    let broken = [
        format!("{query}&scope[]=read"),
        format!("{query}&scope[a]=read"),
        format!("{query}&actor=%FF%FE"),
        format!("{query}&actor=%"),
        format!("{query}&actor=%zz"),
        format!("{query}&actor=%00"),
        format!("{query}&organization=%00%00"),
        format!("{query}&%FF=1"),
        format!("{query}&&&==&=&"),
        "%00".to_owned(),
        "&".repeat(5_000),
    ];
    for query in &broken {
        for sent in
            [get(&format!("{AUTHORIZE}?{query}")), post(AUTHORIZE, "application/x-www-form-urlencoded", query.clone())]
        {
            let answer = world.send(sent).await;
            assert!(answer.status.as_u16() < 500, "{query}: {answer:?}");
        }
    }
    for fault in ["%FF%FE", "%00"] {
        let answer = world.send(get(&format!("{AUTHORIZE}?{query}&actor={fault}"))).await;
        assert!(!answer.header("location").starts_with("/oauth/consent/"), "{fault}: {answer:?}");
    }
    // A URI of the http crate holds a byte less than 64 KiB.
    let long = world.one.request().with("state", &state[..60 * 1024]);
    for sent in [long.get_request(AUTHORIZE), world.one.request().with("state", &state).post(AUTHORIZE)] {
        world.send(sent).await.assert_page("more than a request may be");
    }
    let long = world.one.request().with("state", &state[..9000]);
    for sent in [long.get_request(AUTHORIZE), long.post(AUTHORIZE)] {
        world.send(sent).await.assert_rejected("state", &world.one.redirect, &["invalid_request"], None);
    }
}

#[tokio::test]
async fn req_011_req_013_req_020_req_098_what_cannot_be_read_matters_only_where_it_counts() {
    let world = World::new().await;
    let (query, long) = (world.one.request().encoded(), "x".repeat(9000));
    let sent = async |more: String| world.send(get(&format!("{AUTHORIZE}?{query}&{more}"))).await;
    for value in [long.as_str(), "%FF"] {
        for name in ["login_hint", "ui_locales", "claims", "foo"] {
            let answer = sent(format!("{name}={value}")).await;
            assert!(answer.location().starts_with("/oauth/consent/"), "{name}: {answer:?}");
        }
        for (name, error) in
            [("nonce", "invalid_request"), ("actor", "invalid_request"), ("id_token_hint", "login_required")]
        {
            let answer = sent(format!("{name}={value}")).await;
            answer.assert_rejected(name, &world.one.redirect, &[error], Some("s1"));
        }
        for name in ["client_id", "redirect_uri"] {
            let rest = world.one.request().without(name).encoded();
            world.send(get(&format!("{AUTHORIZE}?{rest}&{name}={value}"))).await.assert_page(name);
        }
    }
    let many = (0..200).map(|i| format!("p{i}=")).collect::<Vec<_>>().join("&");
    sent(many).await.assert_page("too many");
}

#[tokio::test]
async fn req_013_a_post_of_another_content_type_is_a_page() {
    let world = World::new().await;
    for (content_type, body) in
        [("application/json", "{}"), ("multipart/form-data; boundary=x", "--x--"), ("text/plain", "a=b")]
    {
        let answer = world.send(post(AUTHORIZE, content_type, body)).await;
        assert!(
            answer.status.is_client_error() && !answer.headers.contains_key("location"),
            "{content_type}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn req_014_an_unknown_scope_is_told_to_the_client() {
    let world = World::new().await;
    for scope in ["bogus", "read bogus", "delete", "READ", "read\twrite", "rea\"d", "openid"] {
        let answer = world.send(world.one.request().with("scope", scope).get_request(AUTHORIZE)).await;
        answer.assert_rejected(scope, &world.one.redirect, &["invalid_scope"], Some("s1"));
    }
}

#[tokio::test]
async fn req_015_an_actor_mode_that_the_app_does_not_allow_is_unauthorized_client() {
    let world = World::new().await;
    let answer = world.send(world.two.request().with("actor", "self").get_request(AUTHORIZE)).await;
    answer.assert_rejected("self", &world.two.redirect, &["unauthorized_client"], Some("s1"));
    let unknown = world.send(world.one.request().with("actor", "robot").get_request(AUTHORIZE)).await;
    unknown.assert_rejected("robot", &world.one.redirect, &["invalid_request"], Some("s1"));
}

#[tokio::test]
async fn req_016_request_objects_are_refused_by_name() {
    let world = World::new().await;
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        let answer = world.send(world.one.request().and(name, "https://client.example/x").get_request(AUTHORIZE)).await;
        answer.assert_rejected(name, &world.one.redirect, &[error], Some("s1"));
    }
}

#[tokio::test]
async fn req_017_get_and_post_work_and_other_methods_are_405() {
    let world = World::new().await;
    let base = world.one.request();
    for sent in [base.get_request(AUTHORIZE), base.post(AUTHORIZE)] {
        let answer = world.send(sent).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert!(answer.location().starts_with("/oauth/consent/"), "{answer:?}");
    }
    for method in ["HEAD", "PUT", "DELETE", "PATCH"] {
        let answer = world.send(request(method, &format!("{AUTHORIZE}?{}", base.encoded()))).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"), "{answer:?}");
    }
}

#[tokio::test]
async fn req_018_no_cors_at_the_authorization_endpoint() {
    let world = World::new().await;
    for sent in [request("OPTIONS", AUTHORIZE), world.spa.request().get_request(AUTHORIZE)] {
        let sent = with_header(sent, "origin", "https://spa.example");
        let answer = world.send(with_header(sent, "access-control-request-method", "POST")).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
    }
}

#[tokio::test]
async fn req_019_a_stopped_app_is_a_page() {
    let world = World::new().await;
    world.suspend_app(&world.one).await;
    world.send(world.one.request().get_request(AUTHORIZE)).await.assert_page("suspended");
    world
        .send(world.one.request().with("scope", "bogus").get_request(AUTHORIZE))
        .await
        .assert_page("suspended, with another fault");
    world.delete_app(&world.two).await;
    world.send(world.two.request().get_request(AUTHORIZE)).await.assert_page("deleted");
    world.suspend_organization(world.maker).await;
    world.send(world.spa.request().get_request(AUTHORIZE)).await.assert_page("suspended owner");
}

#[tokio::test]
async fn req_020_hints_never_cause_an_error() {
    let world = World::new().await;
    let long = "h".repeat(2_000);
    for name in ["login_hint", "ui_locales", "claims_locales", "acr_values", "display"] {
        for value in ["\"><script>alert(1)</script>", "x@y.example", &long] {
            let answer = world.send(world.one.request().and(name, value).get_request(AUTHORIZE)).await;
            assert!(answer.location().starts_with("/oauth/consent/"), "{name}: {answer:?}");
            for cookie in answer.headers.get_all("set-cookie") {
                assert!(cookie.len() < 400, "{name} makes the cookie long");
            }
        }
    }
}

#[tokio::test]
async fn req_021_error_descriptions_hold_only_allowed_characters() {
    let world = World::new().await;
    let base = world.one.request();
    let faults: &[(&str, &str)] = &[
        ("response_type", "\"é\\\u{7f}"),
        ("scope", "\"é\\"),
        ("actor", "\"é\\"),
        ("code_challenge", "\"é\\"),
        ("code_challenge_method", "\"é\\"),
        ("resource", "\"é\\"),
        ("request", "\"é\\"),
    ];
    for &(name, value) in faults {
        let answer = world.send(base.clone().with(name, value).get_request(AUTHORIZE)).await;
        let description = answer.sent("error_description").concat();
        assert!(
            description.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)),
            "{name}: {description}"
        );
        assert!(!answer.sent_once("error").is_empty());
    }
}

#[tokio::test]
async fn req_022_state_comes_back_byte_for_byte_on_an_error() {
    let world = World::new().await;
    for state in ["%20+&=é\"<", "0", "a b", "a+b", "%", "#", "a=b&code=c", "☃"] {
        let answer =
            world.send(world.one.request().with("state", state).with("scope", "bogus").get_request(AUTHORIZE)).await;
        answer.assert_rejected(state, &world.one.redirect, &["invalid_scope"], Some(state));
    }
    let absent = world.send(world.one.request().without("state").with("scope", "bogus").get_request(AUTHORIZE)).await;
    absent.assert_rejected("absent", &world.one.redirect, &["invalid_scope"], None);
}

#[tokio::test]
async fn req_023_iss_equals_the_issuer_of_the_metadata() {
    let world = World::new().await;
    let metadata = world.send(get("/.well-known/oauth-authorization-server")).await.json();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let error = world.send(world.one.request().with("scope", "bogus").get_request(AUTHORIZE)).await;
    assert_eq!(error.sent_once("iss"), ISSUER);
    let code = world.one.consent(&world, &world.one.request()).await;
    assert_eq!(code.sent_once("iss"), ISSUER);
}

#[tokio::test]
async fn req_024_the_registered_query_is_kept_and_nothing_comes_twice() {
    let world = World::new().await;
    let party = world.party("https://partner.example/cb?state=fixed&tenant=7").await;
    let success = party.consent(&world, &party.request()).await;
    let failure = world.send(party.request().with("scope", "bogus").get_request(AUTHORIZE)).await;
    for answer in [success, failure] {
        assert_eq!(answer.sent_once("tenant"), "7");
        assert_eq!(answer.sent_once("state"), "s1");
    }
}

#[tokio::test]
async fn req_025_no_fragment_of_another_is_inherited() {
    let world = World::new().await;
    let rejected = world.send(world.one.request().with("scope", "bogus").get_request(AUTHORIZE)).await;
    let fragment = rejected.location().split_once('#').map(|(_, fragment)| fragment);
    assert_eq!(fragment, Some("_"), "a browser would carry its own fragment over: {}", rejected.location());
    let allowed = world.one.consent(&world, &world.one.request()).await;
    assert!(!allowed.location().contains('#'), "the form's address has none to carry over: {}", allowed.location());
}

#[tokio::test]
async fn req_026_a_post_is_answered_with_303() {
    let world = World::new().await;
    assert_eq!(world.send(world.one.request().post(AUTHORIZE)).await.status, StatusCode::SEE_OTHER);
    let rejected = world.send(world.one.request().with("scope", "bogus").post(AUTHORIZE)).await;
    assert_eq!(rejected.status, StatusCode::SEE_OTHER);
    assert_eq!(world.one.consent(&world, &world.one.request()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn req_032_a_public_client_needs_an_s256_challenge() {
    let world = World::new().await;
    let base = world.spa.request();
    let faults = [
        ("no challenge", base.clone().without("code_challenge").without("code_challenge_method")),
        ("plain", base.clone().with("code_challenge_method", "plain")),
        ("method omitted", base.clone().without("code_challenge_method")),
        ("other method", base.clone().with("code_challenge_method", "s256")),
        ("method alone", base.without("code_challenge")),
    ];
    for (what, request) in faults {
        let answer = world.send(request.get_request(AUTHORIZE)).await;
        answer.assert_rejected(what, &world.spa.redirect, &["invalid_request"], Some("s1"));
    }
    let confidential = world.one.request().without("code_challenge").without("code_challenge_method");
    let answer = world.send(confidential.get_request(AUTHORIZE)).await;
    answer.assert_rejected("the app's switch is on", &world.one.redirect, &["invalid_request"], Some("s1"));
}

#[tokio::test]
async fn req_033_a_challenge_has_its_exact_form() {
    let world = World::new().await;
    let good = world.one.request().get("code_challenge").to_owned();
    let faults = [
        good[1..].to_owned(),
        format!("{good}A"),
        format!("{}=", &good[1..]),
        format!("{}+", &good[1..]),
        format!("{}/", &good[1..]),
        format!("{}.", &good[1..]),
    ];
    for challenge in faults {
        let answer = world.send(world.one.request().with("code_challenge", &challenge).get_request(AUTHORIZE)).await;
        answer.assert_rejected(&challenge, &world.one.redirect, &["invalid_request"], Some("s1"));
    }
}

#[tokio::test]
async fn req_143_an_unknown_resource_is_invalid_target() {
    let world = World::new().await;
    let base = world.one.request();
    let own = format!("{ISSUER}/api/v1");
    let faults = [
        base.clone().and("resource", "https://elsewhere.example"),
        base.clone().and("audience", "https://elsewhere.example"),
        base.clone().and("resource", &own).and("resource", "https://elsewhere.example"),
        base.clone().and("resource", &own).and("resource", &own),
        base.clone().and("resource", &format!("{own}#x")),
    ];
    for request in faults {
        let answer = world.send(request.get_request(AUTHORIZE)).await;
        answer.assert_rejected("resource", &world.one.redirect, &["invalid_target"], Some("s1"));
    }
    let accepted = world.send(base.and("resource", &own).get_request(AUTHORIZE)).await;
    assert!(accepted.location().starts_with("/oauth/consent/"), "{accepted:?}");
}
