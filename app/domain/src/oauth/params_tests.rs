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

#[test]
fn req_011_req_013_what_cannot_be_read_disturbs_only_who_asks_for_it() {
    let long = "x".repeat(MAX_VALUE_BYTES + 1);
    let query = format!("foo=%FF&%FE=1&{long}=1&claims={long}&state=%00&scope[]=read&actor=app&nonce=%ff&nonce=n");
    let params = Params::lenient(query.as_bytes()).expect("readable");
    assert_eq!((params.get("actor"), params.get("state"), params.get("scope")), (Some("app"), None, None));
    for name in ["foo", "claims", "state", "scope", "nonce"] {
        assert!(params.is_unreadable(name), "{name}");
        assert!(params.readable(&["actor", name]).is_err(), "{name}");
    }
    assert!(!params.is_unreadable("actor") && !params.is_unreadable("prompt"));
    assert!(params.readable(&["actor", "prompt"]).is_ok());
    assert!(params.is_repeated("nonce"), "one that cannot be read is one");
    assert!(params.strict().is_err());
    let many = "foo=%FF&".repeat(MAX_PARAMETERS + 1);
    assert_eq!(Params::lenient(many.as_bytes()), Err(Unreadable::TooMany));
    let all = |bytes: usize| Params::lenient(format!("state={}", "x".repeat(bytes - 6)).as_bytes());
    assert!(all(MAX_LENIENT_BYTES).is_ok_and(|params| params.is_unreadable("state")));
    assert_eq!(all(MAX_LENIENT_BYTES + 1), Err(Unreadable::TooLong));
}
