use super::*;

fn uri(text: &str) -> RedirectUri {
    RedirectUri::register(text).expect("registrable")
}

#[test]
fn what_partners_register_is_accepted_unchanged() {
    for text in [
        "https://app.example.com/callback",
        "https://app.example.com",
        "https://app.example.com/",
        "https://app.example.com:8443/a/b?tenant=1&x=%20y",
        "https://xn--bcher-kva.example/cb",
        "https://192.0.2.1/cb",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb",
        "http://[::1]:8080/cb",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
        "com.example.app:/",
    ] {
        assert_eq!(RedirectUri::register(text).as_ref().map(RedirectUri::as_str), Ok(text));
    }
}

#[test]
fn req_006_registration_refuses_each_unsafe_form() {
    use RedirectUriProblem as P;
    let dangerous = |scheme: &str| P::DangerousScheme(scheme.to_owned());
    let insecure = |host: &str| P::InsecureHost(host.to_owned());
    for (text, problem) in [
        ("", P::Empty),
        ("https://a.example/cb#", P::Fragment),
        ("https://a.example/cb#x", P::Fragment),
        ("https://*.example/cb", P::Wildcard),
        ("https://a.example/*", P::Wildcard),
        ("javascript:alert(1)", dangerous("javascript")),
        ("JavaScript:alert(1)", dangerous("javascript")),
        ("javascript://a.example/%0aalert(1)", P::PercentEncoding),
        ("DATA:text/html,x", dangerous("data")),
        ("file:///etc/passwd", dangerous("file")),
        ("FILE:///etc/passwd", dangerous("file")),
        ("vbscript:x", dangerous("vbscript")),
        ("blob:https://a.example/x", dangerous("blob")),
        ("http://a.example/cb", insecure("a.example")),
        ("HTTP://a.example/cb", insecure("a.example")),
        ("http://127.0.0.1.evil.example/cb", insecure("127.0.0.1.evil.example")),
        ("http://localhost.evil.example/cb", insecure("localhost.evil.example")),
        ("http://127.0.0.2/cb", insecure("127.0.0.2")),
        ("http://[::2]/cb", insecure("[::2]")),
        ("https://user@a.example/cb", P::UserInfo),
        ("https://user:pass@a.example/cb", P::UserInfo),
        ("http://localhost:80@evil.example/cb", P::UserInfo),
        ("/cb", P::NotAbsolute),
        ("//a.example/cb", P::NotAbsolute),
        ("a.example/cb", P::NotAbsolute),
        ("https:a.example/cb", P::NotAbsolute),
        ("https:/a.example/cb", P::NotAbsolute),
        ("https://", P::NotAbsolute),
        ("https://xn--a.example/cb", P::InvalidHost),
        ("https://192.0.2.256/cb", P::InvalidHost),
        ("https://[::g]/cb", P::InvalidHost),
        ("https://a.example:99999/cb", P::InvalidPort),
        (" https://a.example/cb", P::Characters),
        ("https://a.example/cb ", P::Characters),
        ("https://a.example\\cb", P::Characters),
        ("https://a.example/cb\n", P::Characters),
        ("https://a.example/\0", P::Characters),
        ("https://bücher.example/cb", P::Characters),
        ("https://a.example/%00", P::PercentEncoding),
        ("https://a.example/%0d%0a", P::PercentEncoding),
        ("https://a.example/%zz", P::PercentEncoding),
        ("https://a.example/%+1", P::PercentEncoding),
        ("https://a.example/%4", P::PercentEncoding),
    ] {
        assert_eq!(RedirectUri::register(text), Err(problem), "{text}");
    }
    assert_eq!(
        RedirectUri::register(&format!("https://a.example/{}", "x".repeat(1024))),
        Err(RedirectUriProblem::TooLong)
    );
}

#[test]
fn only_the_canonical_spelling_is_registered_and_the_problem_tells_it() {
    for (text, canonical) in [
        ("HTTPS://a.example/cb", "https://a.example/cb"),
        ("https://A.example/cb", "https://a.example/cb"),
        ("https://a.example:443/cb", "https://a.example/cb"),
        ("https://a.example/x/../cb", "https://a.example/cb"),
        ("https://a.example/x/%2e%2e/cb", "https://a.example/cb"),
        ("https:///a.example/cb", "https://a.example/cb"),
        ("https://a.example?x=1", "https://a.example/?x=1"),
        ("http://127.1/cb", "http://127.0.0.1/cb"),
        ("http://2130706433/cb", "http://127.0.0.1/cb"),
        ("http://[0:0:0:0:0:0:0:1]/cb", "http://[::1]/cb"),
        ("Com.Example.App:/cb", "com.example.app:/cb"),
    ] {
        let expected = RedirectUriProblem::NotCanonical(canonical.to_owned());
        assert_eq!(RedirectUri::register(text), Err(expected), "{text}");
        assert_eq!(uri(canonical).as_str(), canonical);
    }
}

#[test]
fn req_007_a_private_use_scheme_is_a_reversed_domain_with_one_slash() {
    for text in [
        "com.example.app:///cb",
        "com.example.app://cb",
        "com.example.app:cb",
        "com.example.app:",
        "myapp:/cb",
        "com.:/cb",
        "x+com.example:/cb",
        "foo:/cb",
    ] {
        assert_eq!(RedirectUri::register(text), Err(RedirectUriProblem::PrivateUseScheme), "{text}");
    }
}

#[test]
fn req_004_a_request_names_exactly_the_registered_string() {
    let registered = uri("https://a.example/cb");
    assert!(registered.matches("https://a.example/cb"));
    for sent in EVIL {
        assert!(!registered.matches(sent), "{sent:?}");
    }
}

/// The variants of requirement 4, of `https://a.example/cb`.
const EVIL: [&str; 35] = [
    "",
    "https://a.example/cb/",
    "https://a.example/cb?x=1",
    "https://a.example/cb?",
    "https://a.example/cb#",
    "https://a.example/cb#x",
    "https://a.example/cb/%2e%2e/evil",
    "https://a.example/%2e%2e/cb",
    "https://a.example/./cb",
    "https://a.example/x/..;/cb",
    "https://a.example/cb..;/",
    "https://a.example/cb;evil=1",
    "https://a.example//cb",
    "https://a.example\\cb",
    "https://a.example/cb\\",
    "https:\\\\a.example\\cb",
    "https://a.example/cb%00",
    "https://a.example/cb\0",
    "https://a.example/cb\r\n",
    "https://a.example/cb%0d%0a",
    "\nhttps://a.example/cb",
    "https://a.example/CB",
    "https://u@a.example/cb",
    "https://a.example@evil.example/cb",
    "https://a@b@a.example/cb",
    "https://a.example:443/cb",
    "https://sub.a.example/cb",
    "https://a.example.evil.example/cb",
    "https://evila.example/cb",
    "https://xn--a-ecp.example/cb",
    "https://а.example/cb",
    "https://A.EXAMPLE/cb",
    "HTTPS://a.example/cb",
    "Https://a.example/cb",
    "http://a.example/cb",
];

#[test]
fn req_004_the_order_of_a_query_counts() {
    let registered = uri("https://a.example/cb?x=1&y=2");
    assert!(registered.matches("https://a.example/cb?x=1&y=2"));
    assert!(!registered.matches("https://a.example/cb?y=2&x=1"));
    assert!(!registered.matches("https://a.example/cb"));
}

#[test]
fn req_005_only_the_port_of_a_loopback_literal_varies() {
    for (registered, other) in [("http://127.0.0.1/cb", "[::1]"), ("http://[::1]:8080/cb", "127.0.0.1")] {
        let host = if other == "[::1]" { "127.0.0.1" } else { "[::1]" };
        let registered = uri(registered);
        for port in ["", ":1", ":80", ":8080", ":65535"] {
            assert!(registered.matches(&format!("http://{host}{port}/cb")), "{port}");
            assert!(!registered.matches(&format!("http://{other}{port}/cb")), "{other}{port}");
        }
        for bad in [
            format!("http://{host}:0/cb"),
            format!("http://{host}:65536/cb"),
            format!("http://{host}:+80/cb"),
            format!("http://{host}:080/cb"),
            format!("http://{host}:/cb"),
            format!("http://{host}:80/other"),
            format!("http://{host}:80/CB"),
            format!("http://{host}:80/cb/"),
            format!("http://{host}:80/cb?x=1"),
            format!("http://{host}:80/cb#x"),
            format!("http://{host}:80"),
            format!("https://{host}:80/cb"),
            format!("HTTP://{host}:80/cb"),
            "http://localhost:80/cb".to_owned(),
            "http://127.0.0.2:80/cb".to_owned(),
            format!("http://u@{host}:80/cb"),
            format!("http://{host}:80@evil.example/cb"),
            format!("http://{host}@evil.example/cb"),
            format!("http://{host}.evil.example/cb"),
            format!("http://{host}:80.evil.example/cb"),
            format!("http://{host}:80\\@evil.example/cb"),
        ] {
            assert!(!registered.matches(&bad), "{bad}");
        }
    }
}

#[test]
fn req_005_localhost_never_varies() {
    let registered = uri("http://localhost:3000/cb");
    assert!(registered.matches("http://localhost:3000/cb"));
    assert!(!registered.matches("http://localhost:3001/cb"));
    assert!(!registered.matches("http://localhost/cb"));
    assert!(!registered.matches("http://127.0.0.1:3000/cb"));
}

#[test]
fn a_loopback_literal_without_a_path_takes_no_other_host() {
    let registered = uri("http://127.0.0.1");
    assert!(registered.matches("http://127.0.0.1:9"));
    for bad in [
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1:9@evil.example",
        "http://127.0.0.1:9/",
    ] {
        assert!(!registered.matches(bad), "{bad}");
    }
}

#[test]
fn a_list_tells_each_bad_row_by_its_index() {
    let problems = RedirectUri::register_all(&["https://a.example/", "", "https://a.example/"]);
    assert_eq!(problems, Err(vec![(1, RedirectUriProblem::Empty), (2, RedirectUriProblem::Duplicate)]));
}

#[test]
fn pages_show_the_origin() {
    assert_eq!(uri("https://a.example:8443/cb?x=1").origin(), "https://a.example:8443");
    assert_eq!(uri("com.example.app:/cb").origin(), "com.example.app:");
}
