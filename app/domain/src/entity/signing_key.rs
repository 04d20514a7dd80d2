//! The keys that the instance signs with.

use sea_orm::entity::prelude::*;

use crate::id::SigningKeyId;
use crate::jwt::SigningAlgorithm;
use crate::time::Timestamp;

/// A row of `signing_keys`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The row; the sealed private key opens with it alone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SigningKeyId,
    /// What tokens call it: its thumbprint (RFC 7638).
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// The PKCS#8 document, sealed under the instance's encryption key (requirement 130).
    pub sealed_private_key: Vec<u8>,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_from: Timestamp,
    /// From when on it signs nothing more, once another one replaces it.
    pub retires_at: Option<Timestamp>,
    /// When the last token that it signed has ended, and the key goes.
    pub published_until: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
