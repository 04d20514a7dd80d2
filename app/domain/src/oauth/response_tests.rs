use super::*;
use crate::entropy::SeededEntropy;
use crate::oauth::fixture::{ISSUER, R1, client, query_of, redirect_uris};
use crate::secret::TokenBrand;

fn response_to(registered: &str, state: Option<&str>) -> AuthorizationResponse {
    response_by(ResponseMode::Query, registered, state)
}

fn response_by(mode: ResponseMode, registered: &str, state: Option<&str>) -> AuthorizationResponse {
    let client = Client { redirect_uris: redirect_uris(&[registered]), ..client() };
    let code = Plain::mint(&TokenBrand::default(), uuid::Uuid::from_u128(7), &SeededEntropy::new(1));
    let callback = Callback::registered(&client, registered).expect("registered");
    AuthorizationResponse::code(ReplyTo { callback, mode, state: state.map(str::to_owned) }, ISSUER, code)
}

#[test]
fn req_022_req_023_a_code_travels_with_state_once_and_iss() {
    let location = response_to(R1, Some("%20+&=é\"<")).location();
    let query = query_of(&location);
    assert!(location.starts_with(&format!("{R1}?code=ptcoc_")) && location.is_ascii());
    assert_eq!((query.get("state"), query.get("iss")), (Some("%20+&=é\"<"), Some(ISSUER)));
    assert!(query.once(&["code", "state", "iss"]).is_ok());
    let space = response_to(R1, Some("a b+c")).location();
    assert!(space.contains("&state=a%20b%2Bc&"), "read alike with and without the form rules: {space}");
    assert!(!response_to(R1, None).location().contains("state="));
    assert!(response_to(R1, Some("0")).location().contains("&state=0&"));
}

#[test]
fn req_024_a_registered_query_is_kept_and_never_doubles_a_response_parameter() {
    let at = |registered: &str| response_to(registered, Some("s")).location();
    assert!(
        at("https://partner.example/cb?x=a%20b&y=+&z").starts_with("https://partner.example/cb?x=a%20b&y=+&z&code=")
    );
    for registered in [
        "https://partner.example/cb?state=fixed",
        "https://partner.example/cb?st%61te=fixed&x=1",
        "https://partner.example/cb?code=c&iss=evil&state=",
        "https://partner.example/cb?state&iss&code",
        "https://partner.example/cb?state=%ff&code=%C3",
    ] {
        let query = query_of(&at(registered));
        assert_eq!((query.get("state"), query.get("iss")), (Some("s"), Some(ISSUER)), "{registered}");
        assert!(!at(registered).contains("fixed") && !at(registered).contains("evil"));
        assert_eq!(at(registered).matches("state").count(), 1, "{registered}");
    }
    assert!(at("https://partner.example").starts_with("https://partner.example?code="));
    assert!(at("com.example.app:/cb").starts_with("com.example.app:/cb?code="));
}

#[test]
fn req_025_the_fragment_of_the_request_is_overwritten() {
    let response = response_to(R1, Some("#evil"));
    assert!(response.location_at_once().ends_with("#_"));
    assert_eq!(response.location_at_once().matches('#').count(), 1);
    assert!(!response.location().contains('#'));
}

#[test]
fn req_030_form_post_puts_the_same_parameters_into_a_form_for_the_callback_alone() {
    let post = |registered: &str| match response_by(ResponseMode::FormPost, registered, Some("s\"<"))
        .delivery(Asked::ByForm)
    {
        Delivery::FormPost { action, fields } => (action, fields),
        Delivery::Redirect(location) => panic!("redirected to {location}"),
    };
    let (action, fields) = post(R1);
    assert_eq!(action, R1);
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!((fields[1].1.as_str(), fields[2].1.as_str()), ("s\"<", ISSUER));
    assert_eq!(post("https://partner.example/cb?x=1&state=fixed").0, "https://partner.example/cb?x=1");
    assert_eq!(post("https://partner.example/cb?state=fixed").0, "https://partner.example/cb");
    for asked in [Asked::ByLink, Asked::ByForm] {
        assert!(matches!(response_to(R1, None).delivery(asked), Delivery::Redirect(_)), "{asked:?}");
    }
}

#[test]
fn req_131_a_response_does_not_print_its_code() {
    let response = response_to(R1, None);
    let code = response.pairs()[0].1.to_owned();
    assert!(!format!("{response:?}").contains(&code));
}
