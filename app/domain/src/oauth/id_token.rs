//! The ID token (OpenID Connect Core sections 2 and 3.1.3.6; requirement 89): who signed in, for one client.
//!
//! It says who, when and in answer to which request; the claims of the scopes `profile`, `email` and `plan` come from the
//! userinfo endpoint (section 5.4). A code gives one, a refresh none (section 12.2 leaves the choice): it would state a
//! sign-in that did not happen again, and a repeated refresh would not be the very same answer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

use crate::client::{Client, ClientId};
use crate::id::UserId;
use crate::jwt::SigningAlgorithm;
use crate::time::Timestamp;

/// Lifetime of an ID token in seconds.
pub const ID_TOKEN_SECONDS: i64 = 3600;

/// The claims of an ID token that [`IdToken`] can have: what discovery says.
pub const CLAIMS: [&str; 9] = ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash"];

/// What an ID token says of the sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// Who.
    pub user: UserId,
    /// `nonce` of the authorization request, byte for byte (requirement 90).
    pub nonce: Option<&'a str>,
    /// When the person proved who he is; none only where that was not kept.
    pub authenticated_at: Option<Timestamp>,
}

/// The claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdToken<'a> {
    iss: &'a str,
    /// The person's id: 36 ASCII characters, the same at each sign-in and for each client.
    sub: String,
    aud: &'a ClientId,
    /// The same as `aud`: whoever looks for it finds it.
    azp: &'a ClientId,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
}

impl<'a> IdToken<'a> {
    /// The ID token that belongs to `access_token`, for `client`.
    pub fn new(issuer: &'a str, client: &'a Client, of: &SignIn<'a>, access_token: &str, now: Timestamp) -> Self {
        let iat = now.unix_seconds();
        Self {
            iss: issuer,
            sub: of.user.to_string(),
            aud: &client.client_id,
            azp: &client.client_id,
            exp: iat + ID_TOKEN_SECONDS,
            iat,
            auth_time: of.authenticated_at.map(Timestamp::unix_seconds),
            nonce: of.nonce,
            at_hash: at_hash(client.id_token_signed_response_alg, access_token),
        }
    }
}

/// Left half of the hash of the access token (OpenID Connect Core section 3.1.3.6). Ed25519 hashes with SHA-512, and so
/// do the libraries that check this.
pub fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Es256 => {
            URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token.as_bytes())[..16])
        }
        SigningAlgorithm::EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(access_token.as_bytes())[..32]),
    }
}

/// What an ID token that came back as `id_token_hint` says. Its signature is known to be ours; whether it has expired
/// does not matter (RP-Initiated Logout 1.0 section 4, OpenID Connect Core section 3.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The person.
    pub user: UserId,
    /// The client that it was issued to.
    pub client_id: ClientId,
}

impl Hint {
    /// Reads the verified claims of a token of ours; none where they are not those of an ID token of `issuer`.
    pub fn of_claims(claims: &Map<String, Value>, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(issuer) {
            return None;
        }
        Some(Self { user: text("sub")?.parse().ok()?, client_id: text("aud")?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::super::fixture::{ISSUER, client};
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_500);

    fn user() -> UserId {
        UserId(Uuid::from_u128(7))
    }

    #[test]
    fn req_089_an_id_token_says_who_when_and_for_whom() {
        let client = client();
        let of = SignIn { user: user(), nonce: Some("n\"1"), authenticated_at: Some(Timestamp(1_799_999_000_999)) };
        let token = IdToken::new(ISSUER, &client, &of, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", NOW);
        assert_eq!(
            serde_json::to_value(&token).expect("serialisable"),
            json!({
                "iss": ISSUER, "sub": "00000000-0000-0000-0000-000000000007", "aud": "ptcapp_C1", "azp": "ptcapp_C1",
                "exp": 1_800_003_600, "iat": 1_800_000_000, "auth_time": 1_799_999_000, "nonce": "n\"1",
                // The example of OpenID Connect Core appendix A.3.
                "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
            })
        );
    }

    #[test]
    fn req_089_req_090_there_is_a_nonce_only_if_one_was_sent() {
        let client = client();
        let of = SignIn { user: user(), nonce: None, authenticated_at: None };
        let token = serde_json::to_value(IdToken::new(ISSUER, &client, &of, "t", NOW)).expect("serialisable");
        assert!(token.get("nonce").is_none() && token.get("auth_time").is_none(), "{token}");
    }

    #[test]
    fn req_089_at_hash_follows_the_algorithm() {
        let half = |algorithm| URL_SAFE_NO_PAD.decode(at_hash(algorithm, "t")).expect("base64url").len();
        assert_eq!(SigningAlgorithm::ALL.iter().map(|&one| half(one)).collect::<Vec<_>>(), [16, 16, 32]);
    }

    #[test]
    fn req_102_a_hint_is_of_this_issuer_and_of_one_client() {
        let read = |claims: Value| Hint::of_claims(claims.as_object().expect("an object"), ISSUER);
        let good = json!({ "iss": ISSUER, "sub": user().to_string(), "aud": "ptcapp_C1", "exp": 0 });
        assert_eq!(read(good.clone()), Some(Hint { user: user(), client_id: client().client_id }));
        for (name, value) in [
            ("iss", json!("https://id.example/")),
            ("iss", Value::Null),
            ("sub", json!("ptcapp_C1")),
            ("sub", json!(7)),
            ("aud", json!(["ptcapp_C1"])),
            ("aud", json!("")),
        ] {
            let mut bad = good.clone();
            bad[name] = value.clone();
            assert_eq!(read(bad), None, "{name} {value}");
        }
    }
}
