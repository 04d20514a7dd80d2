//! The public halves of signing keys that are gone: they verify what an ID token that comes back says, and nothing else.

use sea_orm::entity::prelude::*;

use crate::jwt::SigningAlgorithm;
use crate::time::Timestamp;

/// A row of `retired_keys`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_keys")]
pub struct Model {
    /// What its tokens call it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// What it signed with.
    pub algorithm: SigningAlgorithm,
    /// The public key: DER `RSAPublicKey` for RSA, else the point.
    pub public_key: Vec<u8>,
    /// When its last token had ended.
    pub published_until: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
