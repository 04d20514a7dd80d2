//! The forms that say where the person goes afterwards: requirement 112.

use http::StatusCode;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn req_112_no_form_with_a_way_on_leads_to_another_site() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let acme = app.organization(ada, "Acme").await.to_string();
    for (number, (next, expected)) in [
        // What is said is followed, or nothing would be proven of the others.
        ("/account", "/account"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("https:evil.example", "/"),
        ("HTTPS://evil.example", "/"),
        ("http://127.0.0.1:3000@evil.example", "/"),
        ("/\t/evil.example", "/"),
        (" //evil.example", "/"),
    ]
    .into_iter()
    .enumerate()
    {
        let (name, email) = (format!("New {number}"), format!("new{number}@example.com"));
        let of_sign_in = [("email", "ada@example.com"), ("password", PASSWORD)];
        let of_sign_up = [("name", name.as_str()), ("email", &email), ("password", PASSWORD)];
        for (path, signed_in, fields) in [
            ("/sign-in", false, &of_sign_in[..]),
            ("/sign-up", false, &of_sign_up[..]),
            ("/organizations/new", true, &[("name", name.as_str())][..]),
            ("/organizations/switch", true, &[("organization", acme.as_str())][..]),
        ] {
            let mut browser = if signed_in { app.sign_in("ada@example.com").await } else { app.browser() };
            let fields = [fields, &[("next", next)]].concat();
            let answer = browser.post_form(path, &fields).await;
            assert_eq!(
                (answer.status, answer.location()),
                (StatusCode::SEE_OTHER, expected),
                "{path} {next:?}: {answer:?}"
            );
        }
    }
}
