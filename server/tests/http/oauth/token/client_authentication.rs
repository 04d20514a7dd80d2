//! How clients prove who they are at `/oauth/token`, `/oauth/revoke` and `/oauth/introspect`: PROTOCOL section D, and the limits on
//! failures.

use std::collections::BTreeSet;

use domain::client::AuthMethod;
use domain::oauth::client_auth::Claim;
use http::StatusCode;
use sea_orm::DbBackend;

use super::super::request::{Answer, with_header};
use super::super::world::{World, basic};
use super::TOKEN;

/// The endpoints where a client authenticates.
const AUTHENTICATED: [&str; 3] = [TOKEN, "/oauth/revoke", "/oauth/introspect"];

/// All of an answer but what is its own whatever it says.
fn shape(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id"];
    let shared = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> =
        shared.map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

#[tokio::test]
async fn req_052_basic_is_read_strictly() {
    let world = World::new().await;
    let secret = world.one.secret.clone().expect("confidential");
    let right = basic(&world.one.client_id, &secret);
    let encoded = right.strip_prefix("Basic ").expect("Basic").to_owned();
    for accepted in [
        right.clone(),
        format!("basic {encoded}"),
        format!("BASIC {encoded}"),
        basic(&world.one.client_id.replace('_', "%5F"), &secret.replace('_', "%5f")),
    ] {
        let code = world.one.code(&world).await;
        let answer = world.send(with_header(world.one.exchange(&code).post(TOKEN), "authorization", &accepted)).await;
        assert_eq!(answer.status, StatusCode::OK, "{accepted}: {answer:?}");
    }
    let code = world.one.code(&world).await;
    let loose = [
        format!("Basic {}", encoded.trim_end_matches('=').to_owned() + "===="),
        format!("Basic {encoded}\t"),
        format!("Basic\t{encoded}"),
        format!("Basic {}", encoded.replacen(|c: char| c.is_ascii_alphabetic(), "*", 1)),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        format!("Basic {}", super::super::world::base64("no-colon")),
        format!("Basic {}", super::super::world::base64(&format!(":{secret}"))),
        format!("Basic {}", super::super::world::base64(&format!("{}:%zz", world.one.client_id))),
        format!("Basic {}", super::super::world::base64(&format!("{}:{secret}:", world.one.client_id))),
        format!("Bearer {encoded}"),
    ];
    for header in loose {
        let answer = world.send(with_header(world.one.exchange(&code).post(TOKEN), "authorization", &header)).await;
        let (status, error) = answer.error();
        assert!(
            matches!((status, error.as_str()), (401, "invalid_client") | (400, "invalid_request")),
            "{header}: {answer:?}"
        );
    }
    let twice = with_header(
        with_header(world.one.exchange(&code).post(TOKEN), "authorization", &right),
        "authorization",
        &right,
    );
    assert!(world.send(twice).await.status.is_client_error());
}

#[tokio::test]
async fn req_053_failed_authentication_is_one_and_the_same() {
    let world = World::new().await;
    world.suspend_app(&world.keeper).await;
    let (one, two) = (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
    let unknown = "ptcapp_0000000000000000";
    for endpoint in AUTHENTICATED {
        let form = world.one.exchange("x").and("token", "x");
        let mut shapes = BTreeSet::new();
        for header in [
            basic("zzz", "x"),
            basic(unknown, "x"),
            basic(unknown, &one),
            basic(&world.one.client_id, "wrong"),
            basic(&world.one.client_id, &two),
            basic(&world.two.client_id, &one),
            world.keeper.basic(),
        ] {
            let answer = world.send(with_header(form.post(endpoint), "authorization", &header)).await;
            assert_eq!(answer.error(), (401, "invalid_client".to_owned()), "{endpoint}: {header}");
            assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{answer:?}");
            shapes.insert(shape(&answer));
        }
        assert_eq!(shapes.len(), 1, "{endpoint}: {shapes:?}");
        let mut shapes = BTreeSet::new();
        for (id, secret) in [
            ("zzz", "x"),
            (unknown, "x"),
            (unknown, two.as_str()),
            (world.two.client_id.as_str(), "wrong"),
            (world.two.client_id.as_str(), one.as_str()),
            (world.one.client_id.as_str(), two.as_str()),
        ] {
            let named = form.clone().and("client_id", id).and("client_secret", secret);
            let answer = world.send(named.post(endpoint)).await;
            assert_eq!(answer.error().1, "invalid_client", "{endpoint}: {id}");
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
            assert_eq!(answer.header("www-authenticate"), "", "nothing was sent by Basic: {answer:?}");
            shapes.insert(shape(&answer));
        }
        assert_eq!(shapes.len(), 1, "{endpoint}: {shapes:?}");
    }
}

#[tokio::test]
async fn req_054_one_method_of_authentication_per_request() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let secret = world.one.secret.clone().expect("confidential");
    let both = world
        .one
        .exchange(&code)
        .and("client_id", &world.one.client_id)
        .and("client_secret", &secret)
        .post_as(&world.one);
    assert_eq!(world.send(both).await.error(), (400, "invalid_request".to_owned()));
    let other = world.one.exchange(&code).and("client_id", &world.two.client_id).post_as(&world.one);
    assert_eq!(world.send(other).await.error(), (400, "invalid_request".to_owned()));
    for form in [world.one.exchange(&code), world.two.exchange(&code).and("client_secret", "x")] {
        let assertion = form
            .and("client_assertion", "eyJ")
            .and("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert!(matches!(
            world.send(assertion.post_as(&world.one)).await.error().1.as_str(),
            "invalid_request" | "invalid_client"
        ));
    }
    let same = world.one.exchange(&code).and("client_id", &world.one.client_id).post_as(&world.one);
    assert_eq!(world.send(same).await.status, StatusCode::OK, "the same id beside Basic is fine");
}

#[tokio::test]
async fn req_055_a_client_uses_only_its_own_method() {
    let world = World::new().await;
    let (one, two) = (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
    for endpoint in AUTHENTICATED {
        let form = world.one.exchange("x").and("token", "x");
        let attempts = [
            (
                "basic client by post",
                form.clone().and("client_id", &world.one.client_id).and("client_secret", &one).post(endpoint),
            ),
            (
                "post client by basic",
                with_header(form.post(endpoint), "authorization", &basic(&world.two.client_id, &two)),
            ),
            ("confidential client by none", form.clone().and("client_id", &world.one.client_id).post(endpoint)),
            (
                "public client with a secret",
                form.clone().and("client_id", &world.spa.client_id).and("client_secret", "x").post(endpoint),
            ),
            (
                "public client by basic",
                with_header(form.post(endpoint), "authorization", &basic(&world.spa.client_id, "x")),
            ),
            ("nobody", form.post(endpoint)),
        ];
        for (what, attempt) in attempts {
            let (status, error) = world.send(attempt).await.error();
            assert!(
                matches!((status, error.as_str()), (400 | 401, "invalid_client")),
                "{endpoint}, {what}: {status} {error}"
            );
        }
    }
}

#[tokio::test]
async fn req_055_req_124_a_right_secret_that_came_another_way_is_told_so_and_is_no_guess() {
    for world in World::on_each_database().await {
        let (one, two) =
            (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
        // As libraries do that try both ways, and start anew with each request.
        for _ in 0..400 {
            let basic = basic(&world.two.client_id, &two);
            let answer = world.send(with_header(world.two.exchange("x").post(TOKEN), "authorization", &basic)).await;
            assert_eq!(answer.error(), (401, "invalid_client".to_owned()));
            assert!(answer.text("error_description").contains("client_secret_post"), "{answer:?}");
        }
        let in_body = world.one.exchange("x").and("client_id", &world.one.client_id).and("client_secret", &one);
        let answer = world.send(in_body.post(TOKEN)).await;
        assert!(answer.text("error_description").contains("client_secret_basic"), "{answer:?}");
        let code = world.two.code(&world).await;
        assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn req_056_an_empty_secret_matches_nothing() {
    let world = World::new().await;
    let attempts = [
        with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "")),
        with_header(world.spa.exchange("x").post(TOKEN), "authorization", &basic(&world.spa.client_id, "")),
        world.two.exchange("x").and("client_id", &world.two.client_id).and("client_secret", "").post(TOKEN),
    ];
    for attempt in attempts {
        assert_eq!(world.send(attempt).await.error().1, "invalid_client");
    }
}

#[tokio::test]
async fn req_057_two_secrets_overlap_until_the_deadline() {
    for world in World::on_each_database().await {
        let old = world.one.clone();
        let new = world.rotate(&world.one, 3600).await;
        let works = async |party: &super::super::world::Party| {
            party.redeem(&world, &old.code(&world).await).await.status.as_u16()
        };
        assert_eq!((works(&old).await, works(&new).await), (200, 200));
        world.advance(3599);
        assert_eq!((works(&old).await, works(&new).await), (200, 200));
        let secrets = world.store.secrets_of(world.maker, old.app).await.expect("its own");
        assert!(secrets.iter().all(|secret| secret.last_used_at == Some(world.store.now())), "{secrets:?}");
        world.advance(1);
        assert_eq!((works(&old).await, works(&new).await), (401, 200));
        let newest = world.rotate(&new, 0).await;
        assert_eq!((works(&new).await, works(&newest).await), (401, 200), "a grace of 0 is none");
    }
}

#[tokio::test]
async fn who_gets_no_token_is_not_remembered() {
    for world in World::on_each_database().await {
        let claim = || Claim::Secret {
            client_id: world.one.client_id.parse().expect("an id"),
            method: AuthMethod::ClientSecretBasic,
            secret: world.one.secret.clone().expect("confidential").into(),
        };
        let code = world.one.code(&world).await;
        assert_eq!(world.send(world.one.exchange("x").post_as(&world.one)).await.error().1, "invalid_grant");
        assert!(world.store.recall(&claim()).is_none());
        assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK);
        let shared = world.store.reader().get_database_backend() != DbBackend::Sqlite;
        assert_eq!(world.store.recall(&claim()).is_some(), shared);
    }
}

#[tokio::test]
async fn req_059_credentials_that_come_twice_are_refused_even_where_they_are_right() {
    let world = World::new().await;
    let code = world.two.code(&world).await;
    let form = world.two.exchange(&code).and("token", "x");
    let secret = world.two.secret.as_deref().expect("confidential");
    for endpoint in AUTHENTICATED {
        for (name, value) in [("client_id", world.two.client_id.as_str()), ("client_secret", secret)] {
            let answer = world.send(form.clone().and(name, value).post_to(endpoint, &world.two)).await;
            assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{endpoint}: {name}");
        }
    }
    assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK, "the code is as good as before");
}

#[tokio::test]
async fn req_124_failed_client_authentication_is_limited_per_client_and_address() {
    let world = World::new().await;
    let wrong =
        || with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "wrong"));
    let mut limited = None;
    for _ in 0..200 {
        let answer = world.send(wrong()).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("a limit");
    assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
    assert!(limited.header("cache-control").contains("no-store"));
    let code = world.two.code(&world).await;
    assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK, "another client is not limited");
    let from_elsewhere = world
        .from("203.0.113.9", with_header(world.one.exchange("x").post(TOKEN), "authorization", &world.one.basic()))
        .await;
    assert_eq!(from_elsewhere.error(), (400, "invalid_grant".to_owned()), "another address is not limited");
}

#[tokio::test]
async fn req_135_a_forwarded_address_of_a_stranger_is_not_believed() {
    let world = World::new().await;
    let wrong = |n: usize| {
        let request =
            with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "wrong"));
        with_header(request, "x-forwarded-for", &format!("198.51.100.{}", n % 250))
    };
    let mut limited = false;
    for n in 0..200 {
        limited |= world.send(wrong(n)).await.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(limited, "a new address in a header was a new account of failures");
}

#[tokio::test]
async fn req_124_failed_grants_are_limited_per_client_and_address_and_successes_are_not() {
    for world in World::on_each_database().await {
        for _ in 0..3 {
            let code = world.one.code(&world).await;
            assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK);
        }
        let code = world.one.code(&world).await;
        let mut failures = 0;
        let limited = loop {
            let answer = world.send(world.one.exchange("x").post_as(&world.one)).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
            failures += 1;
            assert!(failures < 1000, "no limit");
        };
        assert!(failures >= 60, "honest clients fail too: {failures}");
        assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
        assert_eq!(
            world.one.redeem(&world, &code).await.status,
            StatusCode::OK,
            "who proved who he is serves others meanwhile"
        );
        let public = world.spa.code(&world).await;
        for _ in 0..failures {
            assert_eq!(world.send(world.spa.exchange("x").post_as(&world.spa)).await.error().1, "invalid_grant");
        }
        let guessed = world.spa.redeem(&world, &public).await;
        assert_eq!(guessed.status, StatusCode::TOO_MANY_REQUESTS, "who proves nothing learns nothing by a right guess");
        let other = world.two.code(&world).await;
        assert_eq!(world.two.redeem(&world, &other).await.status, StatusCode::OK, "another client is not limited");
        world.advance(900);
        let answer = world.send(world.one.exchange("x").post_as(&world.one)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
    }
}
