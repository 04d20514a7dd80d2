//! What the documents for partners ask of an app: each shipped token policy is named after the platform whose document
//! it follows, and a policy alone does not make an app that takes that document's requests.

use crate::client::{ActorModes, AppGrants, AuthMethod};

/// The properties of an app that takes the requests of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The platform that wrote it; none for the defaults, which are those of `standard`.
    pub platform: Option<&'static str>,
    /// Where its token requests have the secret.
    pub auth_method: AuthMethod,
    /// Whether its authorization requests have a challenge; true as well where it has no such requests.
    pub pkce_required: bool,
    /// Who acts.
    pub actor_modes: ActorModes,
    /// The grants that it describes.
    pub grants: AppGrants,
}

impl PolicyDocument {
    /// The defaults of a new app: those of `standard`, and of what an operator defined himself.
    pub const DEFAULTS: Self = Self {
        platform: None,
        auth_method: AuthMethod::ClientSecretBasic,
        pkce_required: true,
        actor_modes: ActorModes::Both,
        grants: AppGrants::AuthorizationCode,
    };

    /// Those of the document that the token policy `policy` follows; the defaults for every other policy.
    pub fn of_policy(policy: &str) -> Self {
        let in_the_body = Self { auth_method: AuthMethod::ClientSecretPost, ..Self::DEFAULTS };
        match policy {
            "featureos" => Self { platform: Some("FeatureOS"), pkce_required: false, ..Self::DEFAULTS },
            "fera" => {
                Self { platform: Some("Fera"), pkce_required: false, actor_modes: ActorModes::App, ..in_the_body }
            }
            "apiera" => Self {
                platform: Some("Apiera"),
                actor_modes: ActorModes::App,
                grants: AppGrants::ClientCredentials,
                ..in_the_body
            },
            "financefeast" => Self {
                platform: Some("Financefeast"),
                pkce_required: false,
                actor_modes: ActorModes::Myself,
                ..in_the_body
            },
            _ => Self::DEFAULTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ActorMode;
    use crate::token_policy::{STANDARD, TokenPolicy};

    #[test]
    fn each_shipped_policy_but_standard_follows_a_document_and_no_other_does() {
        for policy in TokenPolicy::shipped() {
            let document = PolicyDocument::of_policy(&policy.name);
            assert_eq!(document.platform.is_none(), policy.name == STANDARD, "{}", policy.name);
            assert_eq!(document.platform.map(str::to_lowercase).unwrap_or(policy.name.clone()), policy.name);
        }
        for name in [STANDARD, "kiosk", "Fera", ""] {
            assert_eq!(PolicyDocument::of_policy(name), PolicyDocument::DEFAULTS, "{name}");
        }
    }

    #[test]
    fn what_a_document_asks_for_can_be_registered() {
        for policy in TokenPolicy::shipped() {
            let PolicyDocument { auth_method, actor_modes, grants, .. } = PolicyDocument::of_policy(&policy.name);
            assert!(policy.fits(auth_method.client_type()), "{}", policy.name);
            let alone = grants.allows_client_credentials();
            assert!(!alone || actor_modes.allows(ActorMode::App), "{}", policy.name);
        }
    }
}
