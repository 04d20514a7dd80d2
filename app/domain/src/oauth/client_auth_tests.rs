use super::*;
use crate::client::AppStatus;
use crate::oauth::fixture::{client, other_client, public_client};

fn basic_header(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

fn read(authorization: Option<&str>, body: &[(&str, &str)]) -> Result<Claim, Denied> {
    claim(authorization.map(str::as_bytes), &body.iter().copied().collect())
}

fn code(denied: Denied) -> (ErrorCode, bool) {
    (denied.error.code, denied.challenge)
}

fn secret_of(claim: &Claim) -> &str {
    match claim {
        Claim::Secret { secret, .. } => secret.expose(),
        Claim::Public { .. } => panic!("no secret"),
    }
}

#[test]
fn the_three_methods_are_read() {
    let basic = read(Some(&basic_header("ptcapp_C1:s")), &[]).expect("a claim");
    assert_eq!((basic.client_id().as_str(), basic.method()), ("ptcapp_C1", AuthMethod::ClientSecretBasic));
    let post = read(None, &[("client_id", "ptcapp_C1"), ("client_secret", "s")]).expect("a claim");
    assert_eq!((post.client_id().as_str(), post.method()), ("ptcapp_C1", AuthMethod::ClientSecretPost));
    let public = read(None, &[("client_id", "ptcapp_C1")]).expect("a claim");
    assert_eq!((public.client_id().as_str(), public.method()), ("ptcapp_C1", AuthMethod::None));
}

#[test]
fn req_052_basic_decodes_both_halves_as_form_values() {
    for (sent, secret) in [
        ("ptcapp_C1:a:b", "a:b"),
        ("ptcapp_C1:a%3Ab", "a:b"),
        ("ptcapp_C1:100%25", "100%"),
        ("ptcapp_C1:a+b", "a b"),
        ("ptcapp_C1:a%2Bb", "a+b"),
        ("ptcapp_C1:a b", "a b"),
        ("ptcapp_C1:%C3%A9", "é"),
        ("ptcapp_C1:é", "é"),
        ("ptcapp%5FC1:s", "s"),
    ] {
        let claim = read(Some(&basic_header(sent)), &[]).expect("a claim");
        assert_eq!((claim.client_id().as_str(), secret_of(&claim)), ("ptcapp_C1", secret), "{sent}");
    }
}

#[test]
fn req_052_the_scheme_is_case_insensitive() {
    for scheme in ["Basic", "basic", "BASIC", "bAsIc"] {
        assert!(read(Some(&basic_header("ptcapp_C1:s").replacen("Basic", scheme, 1)), &[]).is_ok(), "{scheme}");
    }
}

#[test]
fn req_052_req_053_loose_credentials_are_a_failed_basic() {
    let sound = STANDARD.encode("ptcapp_C1:s12");
    assert!(sound.ends_with('='), "{sound}");
    for bad in [
        String::new(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        format!("Basic  {sound}"),
        format!("Basic\t{sound}"),
        format!("Basic {sound} "),
        format!("Basic {}", sound.trim_end_matches('=')),
        format!("Basic {sound}="),
        format!("Basic {}", sound.replace("Mg==", "Mh==").replace("I=", "J=")),
        format!("Basic {sound}\n"),
        format!("Basic {}", sound.replacen("cHRj", "cH Rj", 1)),
        "Basic cHRjYXBwX0Mx-_8=".to_owned(),
        format!("Bearer {sound}"),
        format!("Digest {sound}"),
        basic_header("ptcapp_C1"),
        basic_header("ptcapp_C1:%zz"),
        basic_header("ptcapp_C1:%ff"),
        basic_header(":s"),
        basic_header("ptcapp C1:s"),
        format!("Basic {}", STANDARD.encode(b"ptcapp_C1:\xff")),
    ] {
        assert_eq!(read(Some(&bad), &[]).map_err(code), Err((ErrorCode::InvalidClient, true)), "{bad:?}");
    }
    assert_eq!(claim([&b"Basic \xff"[..]], &Params::default()).map_err(code), Err((ErrorCode::InvalidClient, true)));
}

#[test]
fn req_054_two_methods_at_once_are_invalid_request() {
    let header = basic_header("ptcapp_C1:s");
    for (header, body) in [
        (Some(&header), &[("client_secret", "s")][..]),
        (Some(&header), &[("client_id", "ptcapp_C1"), ("client_secret", "s")]),
        (Some(&header), &[("client_assertion", "x")]),
        (Some(&header), &[("client_assertion_type", "x")]),
        (None, &[("client_id", "ptcapp_C1"), ("client_secret", "s"), ("client_assertion", "x")]),
        (Some(&header), &[("client_id", "ptcapp_C2")]),
    ] {
        let result = read(header.map(String::as_str), body);
        assert_eq!(result.map_err(code), Err((ErrorCode::InvalidRequest, false)), "{body:?}");
    }
    let twice = claim([header.as_bytes(), header.as_bytes()], &Params::default());
    assert_eq!(twice.map_err(code), Err((ErrorCode::InvalidRequest, false)));
    assert!(read(Some(&header), &[("client_id", "ptcapp_C1")]).is_ok(), "the same id twice is one client");
}

#[test]
fn req_059_repeated_credentials_are_invalid_request() {
    for name in ["client_id", "client_secret", "client_assertion"] {
        let body = [("client_id", "ptcapp_C1"), ("client_secret", "s"), (name, "x"), (name, "x")];
        assert_eq!(read(None, &body).map_err(code), Err((ErrorCode::InvalidRequest, false)), "{name}");
    }
}

#[test]
fn req_053_who_says_nothing_usable_is_invalid_client() {
    for body in [
        &[][..],
        &[("client_id", "")],
        &[("client_id", "not an id")],
        &[("client_secret", "s")],
        &[("client_id", "ptcapp_C1"), ("client_assertion", "x"), ("client_assertion_type", "y")],
    ] {
        assert_eq!(read(None, body).map_err(code), Err((ErrorCode::InvalidClient, false)), "{body:?}");
    }
}

#[test]
fn req_053_an_unknown_client_and_a_wrong_method_are_told_alike() {
    let claim = read(Some(&basic_header("ptcapp_C1:s")), &[]).expect("a claim");
    let post = Client { auth_method: AuthMethod::ClientSecretPost, ..client() };
    for client in [None, Some(&other_client()), Some(&post), Some(&public_client())] {
        assert_eq!(evaluate(&claim, client), Err(claim.denied()));
    }
    assert_eq!(code(claim.denied()), (ErrorCode::InvalidClient, true));
    assert_eq!(claim.denied().error.code.status(), 401);
}

#[test]
fn req_055_each_client_uses_exactly_its_registered_method() {
    let methods = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::None];
    let header = basic_header("ptcapp_C1:s");
    let claims = [
        read(Some(&header), &[]),
        read(None, &[("client_id", "ptcapp_C1"), ("client_secret", "s")]),
        read(None, &[("client_id", "ptcapp_C1")]),
    ];
    for registered in methods {
        let client = Client { auth_method: registered, ..client() };
        for claim in claims.iter().flatten() {
            let expected = if claim.method() == registered { Ok(()) } else { Err(ErrorCode::InvalidClient) };
            let result = evaluate(claim, Some(&client)).map(|_| ()).map_err(|denied| denied.error.code);
            assert_eq!(result, expected, "registered {registered}, used {}", claim.method());
        }
    }
}

#[test]
fn req_055_what_remains_is_the_secret_or_nothing() {
    let basic = read(Some(&basic_header("ptcapp_C1:s")), &[]).expect("a claim");
    assert_eq!(evaluate(&basic, Some(&client())), Ok(Verify::Secret(&Sensitive::from("s"))));
    let public = read(None, &[("client_id", "ptcapp_C1")]).expect("a claim");
    assert_eq!(evaluate(&public, Some(&public_client())), Ok(Verify::Nothing));
}

#[test]
fn req_056_an_empty_or_missing_secret_is_never_a_secret() {
    assert_eq!(read(Some(&basic_header("ptcapp_C1:")), &[]).map_err(code), Err((ErrorCode::InvalidClient, true)));
    let empty = read(None, &[("client_id", "ptcapp_C1"), ("client_secret", "")]).expect("a claim");
    assert_eq!(empty.method(), AuthMethod::None);
    for auth_method in [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost] {
        let confidential = Client { auth_method, ..client() };
        assert_eq!(evaluate(&empty, Some(&confidential)).map_err(code), Err((ErrorCode::InvalidClient, false)));
    }
}

#[test]
fn req_019_a_client_out_of_use_is_invalid_client() {
    let claim = read(Some(&basic_header("ptcapp_C1:s")), &[]).expect("a claim");
    for client in [
        Client { status: AppStatus::Suspended, ..client() },
        Client { status: AppStatus::Deleted, ..client() },
        Client { owner_active: false, ..client() },
    ] {
        assert_eq!(evaluate(&claim, Some(&client)), Err(claim.denied()));
    }
}

#[test]
fn a_resource_server_claims_by_its_uuid() {
    let id = crate::id::ResourceServerId(uuid::Uuid::from_u128(5));
    let claim = read(Some(&basic_header(&format!("{id}:s"))), &[]).expect("a claim");
    assert_eq!(claim.client_id().as_str().parse(), Ok(id));
}

#[test]
fn req_131_a_claim_does_not_print_its_secret() {
    let claim = read(Some(&basic_header("ptcapp_C1:hush")), &[]).expect("a claim");
    assert!(!format!("{claim:?}").contains("hush"));
}

#[test]
fn req_055_a_secret_that_came_another_way_is_told_from_one_that_is_wrong() {
    let basic = read(Some(&basic_header("ptcapp_C1:s")), &[]).expect("a claim");
    let post = read(None, &[("client_id", "ptcapp_C1"), ("client_secret", "s")]).expect("a claim");
    let public = read(None, &[("client_id", "ptcapp_C1")]).expect("a claim");
    let of = |auth_method| Client { auth_method, ..client() };
    let (by_basic, by_post) = (of(AuthMethod::ClientSecretBasic), of(AuthMethod::ClientSecretPost));
    for (claim, client, another) in [
        (&basic, &by_post, true),
        (&post, &by_basic, true),
        (&basic, &by_basic, false),
        (&post, &by_post, false),
        (&public, &by_basic, false),
        (&basic, &public_client(), false),
        (&basic, &other_client(), false),
        (&basic, &Client { status: AppStatus::Suspended, ..by_post.clone() }, false),
        (&basic, &Client { owner_active: false, ..by_post.clone() }, false),
    ] {
        let secret = claim.sent_another_way(client).map(Sensitive::expose);
        assert_eq!(secret, another.then_some("s"), "{claim:?} {:?}", client.auth_method);
    }
    let told = basic.denied_that_way(&by_post);
    assert!(told.error.description().contains("client_secret_post"), "{told:?}");
    assert_eq!(code(told), (ErrorCode::InvalidClient, true));
    assert_eq!(code(post.denied_that_way(&by_basic)), (ErrorCode::InvalidClient, false));
}
