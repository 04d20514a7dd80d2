//! One newtype per id, `UUIDv7` inside, no conversions between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the kind it was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident $(($prefix:literal))?;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
        pub struct $name(pub Uuid);

        impl $name {
            const PREFIX: &'static str = concat!($($prefix)?);

            /// The UUID inside, for SQL and for the selectors of secrets.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bare = text.strip_prefix(Self::PREFIX).unwrap_or(text);
                // Only the hyphenated form: one id has one spelling in a URL.
                if bare.len() != uuid::fmt::Hyphenated::LENGTH {
                    return Err(InvalidId);
                }
                Uuid::try_parse(bare).map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "store")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// A person.
    UserId;
    /// An organization; prints as `org_<uuid>`, the bare UUID is accepted too (PROTOCOL section 1).
    OrgId("org_");
    /// An app. The client id is [`crate::client::ClientId`].
    AppId;
    /// A redirect URI's row.
    RedirectUriId;
    /// A client secret's row, and the selector inside the secret.
    SecretId;
    /// A submission of an app for review.
    ReviewId;
    /// A resource server: a registered caller of introspection.
    ResourceServerId;
    /// An install of an app in a target organization.
    InstallId;
    /// A pending grant: a validated authorization request that waits for a person.
    GrantId;
    /// An authorization code's row, and the selector inside the code.
    CodeId;
    /// An access token's row, and the selector inside the token.
    AccessTokenId;
    /// A refresh token's row, and the selector inside the token.
    RefreshTokenId;
    /// What one code exchange started: the access and refresh tokens that descend from it.
    FamilyId;
    /// A session's row. The session's secret is another value, kept hashed.
    SessionId;
    /// A one-time link's row, and the selector inside the link.
    LinkId;
    /// A signing key's row; tokens name the key by its `kid`.
    SigningKeyId;
    /// An audit event.
    EventId;
    /// A request, as it stands in logs, in audit events and on error pages.
    RequestId;
}
