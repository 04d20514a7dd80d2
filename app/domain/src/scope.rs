//! Scopes: their grammar (RFC 6749 section 3.3), sets of them, and the instance's catalogue.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::role::{Permission, Role};
use crate::token_policy::TokenPolicy;

/// The longest scope token that is accepted, in bytes.
pub const MAX_SCOPE_TOKEN_BYTES: usize = 64;
/// The most tokens that one `scope` parameter may have.
pub const MAX_SCOPE_TOKENS: usize = 64;

/// A text that is not a scope token, or not a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid scope")]
pub struct InvalidScope;

/// One scope token, such as `posts:read`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "store", sea_orm(value_type = "String"))]
pub struct ScopeToken(String);

impl ScopeToken {
    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ScopeToken {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if text.is_empty() || text.len() > MAX_SCOPE_TOKEN_BYTES || !text.bytes().all(allowed) {
            return Err(InvalidScope);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ScopeToken {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ScopeToken> for String {
    fn from(token: ScopeToken) -> Self {
        token.0
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "store")]
impl sea_orm::TryFromU64 for ScopeToken {
    fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
        Err(sea_orm::DbErr::ConvertFromU64("ScopeToken"))
    }
}

/// A set of scope tokens; prints as the space-delimited list of RFC 6749, in a stable order. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "store", sea_orm(value_type = "String"))]
pub struct ScopeSet(Arc<BTreeSet<ScopeToken>>);

impl ScopeSet {
    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `token` is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|held| held.as_str() == token)
    }

    /// Whether every token of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The tokens that both sets have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_subset(other) { self.clone() } else { self.0.intersection(&other.0).cloned().collect() }
    }

    /// The tokens that either set has.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_subset(self) { self.clone() } else { self.0.union(&other.0).cloned().collect() }
    }

    /// The tokens of this set that `other` lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.0.difference(&other.0).cloned().collect()
    }

    /// The tokens whose permission `role` gives, as the catalogue says; tokens that the catalogue lacks are left out.
    #[must_use]
    pub fn within(&self, role: Role, catalogue: &Catalogue) -> Self {
        let allowed = |token: &&ScopeToken| catalogue.get(token).is_some_and(|scope| scope.allowed_for(role));
        self.0.iter().filter(allowed).cloned().collect()
    }
}

impl FromIterator<ScopeToken> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(tokens: I) -> Self {
        Self(Arc::new(tokens.into_iter().collect()))
    }
}

impl FromStr for ScopeSet {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        let set = tokens.take(MAX_SCOPE_TOKENS + 1).map(str::parse).collect::<Result<BTreeSet<_>, _>>()?;
        if set.len() > MAX_SCOPE_TOKENS {
            return Err(InvalidScope);
        }
        Ok(Self(Arc::new(set)))
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ScopeSet> for String {
    fn from(set: ScopeSet) -> Self {
        set.iter().map(ScopeToken::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token.as_str())?;
        }
        Ok(())
    }
}

words! {
    /// How much harm a scope can do; shown at consent.
    Risk {
        /// Nothing that needs a second thought.
        Low = "low",
        /// Marked at consent.
        Sensitive = "sensitive",
    }
}

/// One scope of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueScope {
    /// The token that requests name.
    pub token: ScopeToken,
    /// What it lets an app do, as the second half of "It will be able to ..".
    pub sentence: String,
    /// The resource it belongs to, a heading of the picker.
    pub group: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// The permission that the granting person's role must give; none for the OpenID scopes.
    pub permission: Option<Permission>,
    /// The endpoints that it unlocks, such as `GET /api/v1/organization`.
    pub endpoints: Vec<String>,
}

impl CatalogueScope {
    /// Whether a person with `role` may grant it.
    pub fn allowed_for(&self, role: Role) -> bool {
        self.permission.is_none_or(|permission| role.gives(permission))
    }
}

/// The instance's scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue(pub Vec<CatalogueScope>);

impl Catalogue {
    /// The scope named `token`, if the instance has it.
    pub fn get(&self, token: &ScopeToken) -> Option<&CatalogueScope> {
        self.0.iter().find(|scope| scope.token == *token)
    }

    /// The permissions that `scopes` need, each once; the OpenID scopes need none.
    pub fn permissions(&self, scopes: &ScopeSet) -> Vec<Permission> {
        let needed = |permission: &&Permission| {
            self.0.iter().any(|scope| scope.permission == Some(**permission) && scopes.0.contains(&scope.token))
        };
        Permission::ALL.iter().filter(needed).copied().collect()
    }

    /// The same in the words for an app of `policy`, under which `profile` may tell more (requirement 111).
    #[must_use]
    pub fn under(mut self, policy: &TokenPolicy) -> Self {
        let profile = self.0.iter_mut().find(|scope| scope.token.as_str() == "profile");
        if let Some(scope) = profile.filter(|_| policy.profile_includes_email) {
            scope.sentence.push_str(" and your e-mail address");
        }
        self
    }

    /// Every token of the catalogue.
    pub fn tokens(&self) -> ScopeSet {
        self.0.iter().map(|scope| scope.token.clone()).collect()
    }

    /// The catalogue that a new instance starts with.
    ///
    /// # Panics
    /// Never: the tokens are constants, and a test parses each.
    pub fn shipped() -> Self {
        let scope = |token: &str, sentence: &str, group: &str, risk, permission, endpoints: &[&str]| CatalogueScope {
            token: ScopeToken(token.to_owned()),
            sentence: sentence.to_owned(),
            group: group.to_owned(),
            risk,
            permission,
            endpoints: endpoints.iter().map(|&endpoint| endpoint.to_owned()).collect(),
        };
        Self(vec![
            scope(
                "read",
                "View the organization and its resources",
                "Organization",
                Risk::Low,
                Some(Permission::Read),
                &["GET /api/v1/organization"],
            ),
            scope("write", "Create and change resources", "Organization", Risk::Low, Some(Permission::Write), &[]),
            scope("delete", "Remove resources", "Organization", Risk::Sensitive, Some(Permission::Delete), &[]),
            scope(
                "admin",
                "Manage the organization's settings",
                "Organization",
                Risk::Sensitive,
                Some(Permission::Admin),
                &["PATCH /api/v1/organization"],
            ),
            scope("posts:read", "Read feedback posts and comments", "Posts", Risk::Low, Some(Permission::Read), &[]),
            scope("posts:write", "Write and close feedback posts", "Posts", Risk::Low, Some(Permission::Write), &[]),
            scope(
                "webhooks:manage",
                "Add, change and remove webhooks",
                "Webhooks",
                Risk::Sensitive,
                Some(Permission::Admin),
                &[],
            ),
            scope("openid", "Know that it is you", "You", Risk::Low, None, &["GET /oauth/userinfo"]),
            scope("profile", "See your name", "You", Risk::Low, None, &["GET /oauth/userinfo"]),
            scope("email", "See your e-mail address", "You", Risk::Low, None, &["GET /oauth/userinfo"]),
            scope("plan", "See the plan of the organization", "You", Risk::Low, None, &["GET /oauth/userinfo"]),
        ])
    }
}
