use super::*;
use crate::oauth::error::ErrorCode;
use crate::oauth::fixture::{client, other_client};
use crate::token_policy::TokenPolicy;

#[test]
fn req_076_req_079_the_token_is_all_that_is_read() {
    let read = |pairs: &[(&str, &str)]| token(&pairs.iter().copied().collect());
    assert_eq!(read(&[("token", "t")]), Ok(Sensitive::from("t")));
    for hint in ["access_token", "refresh_token", "saml2", ""] {
        assert_eq!(read(&[("token", "t"), ("token_type_hint", hint)]), Ok(Sensitive::from("t")), "{hint}");
    }
    for bad in [&[][..], &[("token", "")], &[("token", "t"), ("token", "t")]] {
        assert_eq!(read(bad).map_err(|error| error.code), Err(ErrorCode::InvalidRequest), "{bad:?}");
    }
}

#[test]
fn req_076_another_clients_token_ends_nothing() {
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let facts = TokenFacts { app: client().app, kind, own_credentials: false };
        assert_eq!(evaluate(&facts, &other_client()), Ends::Nothing);
    }
}

#[test]
fn req_077_what_ends_what() {
    use LiveTokens::{Many, One};
    use TokenKind::{Access, Refresh as RefreshToken};
    let rotating = Refresh::Rotating { grace_seconds: 30 };
    for (refresh, live_tokens, kind, expected) in [
        (rotating, One, RefreshToken, Ends::Install),
        (rotating, Many, RefreshToken, Ends::Family),
        (Refresh::Persistent, One, RefreshToken, Ends::Install),
        (Refresh::Persistent, Many, RefreshToken, Ends::Family),
        (rotating, One, Access, Ends::AccessToken),
        (rotating, Many, Access, Ends::AccessToken),
        (Refresh::None, One, Access, Ends::Install),
        (Refresh::None, Many, Access, Ends::Family),
    ] {
        let client = Client { policy: TokenPolicy { refresh, live_tokens, ..TokenPolicy::standard() }, ..client() };
        let facts = TokenFacts { app: client.app, kind, own_credentials: false };
        assert_eq!(evaluate(&facts, &client), expected, "{refresh:?} {live_tokens:?} {kind:?}");
    }
}

#[test]
fn req_077_a_token_of_client_credentials_ends_itself_and_never_an_install() {
    for (refresh, live_tokens) in [(Refresh::None, LiveTokens::Many), (Refresh::None, LiveTokens::One)] {
        let client = Client { policy: TokenPolicy { refresh, live_tokens, ..TokenPolicy::standard() }, ..client() };
        let facts = TokenFacts { app: client.app, kind: TokenKind::Access, own_credentials: true };
        assert_eq!(evaluate(&facts, &client), Ends::AccessToken, "{live_tokens:?}");
        assert_eq!(evaluate(&facts, &other_client()), Ends::Nothing);
    }
}
