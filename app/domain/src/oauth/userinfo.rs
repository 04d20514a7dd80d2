//! The userinfo endpoint's answer (OpenID Connect Core section 5.3): which scope gives which claims (requirement 96).
//!
//! | scope | claims |
//! |---|---|
//! | `openid` | `sub` |
//! | `profile` | `name`; under a policy with `profile_includes_email` those of `email` too |
//! | `email` | `email`, `email_verified` |
//! | `plan` | `plan`: what the target organization pays for |

use serde::Serialize;

use super::openid::OPENID;
use crate::scope::ScopeSet;
use crate::token_policy::TokenPolicy;

/// The scope, and the claim, of what the target organization pays for.
pub const PLAN: &str = "plan";

/// The claims that [`UserInfo`] can have, besides `sub`: what discovery says.
pub const CLAIMS: [&str; 4] = ["name", "email", "email_verified", PLAN];

/// The person and the organization behind a token.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// His id, as in the ID token.
    pub sub: &'a str,
    /// His name.
    pub name: &'a str,
    /// His e-mail address.
    pub email: &'a str,
    /// What the target organization pays for.
    pub plan: &'a str,
}

/// What a client learns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The person.
    pub sub: String,
    /// `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Beside `email`: false, until the portal can confirm an address (PROTOCOL section 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// `plan`: the organization's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

impl UserInfo {
    /// What `scopes` let a client of this `policy` see of `person`; none without `openid`.
    pub fn new(scopes: &ScopeSet, policy: &TokenPolicy, person: &Person<'_>) -> Option<Self> {
        if !scopes.contains(OPENID) {
            return None;
        }
        let profile = scopes.contains("profile");
        let email = scopes.contains("email") || profile && policy.profile_includes_email;
        Some(Self {
            sub: person.sub.to_owned(),
            name: profile.then(|| person.name.to_owned()),
            email: email.then(|| person.email.to_owned()),
            email_verified: email.then_some(false),
            plan: scopes.contains(PLAN).then(|| person.plan.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixture::scopes;
    use super::*;

    fn seen(words: &str, policy: &TokenPolicy) -> Option<Value> {
        let person = Person { sub: "u1", name: "Ada", email: "ada@example.com", plan: "team" };
        UserInfo::new(&scopes(words), policy, &person).map(|info| serde_json::to_value(info).expect("serialisable"))
    }

    #[test]
    fn req_096_each_scope_gives_its_claims_and_no_others() {
        let (standard, feast) = (TokenPolicy::standard(), TokenPolicy::financefeast());
        for (words, expected) in [
            ("openid", json!({ "sub": "u1" })),
            ("openid read", json!({ "sub": "u1" })),
            ("openid profile", json!({ "sub": "u1", "name": "Ada" })),
            ("openid email", json!({ "sub": "u1", "email": "ada@example.com", "email_verified": false })),
            ("openid plan", json!({ "sub": "u1", "plan": "team" })),
            (
                "openid profile email plan",
                json!({ "sub": "u1", "name": "Ada", "email": "ada@example.com", "email_verified": false, "plan": "team" }),
            ),
        ] {
            assert_eq!(seen(words, &standard), Some(expected), "{words}");
        }
        assert_eq!(seen("profile email plan", &standard), None);
        let with_email = json!({ "sub": "u1", "name": "Ada", "email": "ada@example.com", "email_verified": false });
        assert_eq!(seen("openid profile", &feast), Some(with_email));
        assert_eq!(seen("openid plan", &feast), Some(json!({ "sub": "u1", "plan": "team" })));
    }
}
