//! `GET /api/v1/whoami`: what a token is, for whoever holds it. Any live token will do.

use axum::Json;
use serde_json::{Value, json};

use super::bearer::Caller;

/// `scope` is what the token may do now (PROTOCOL section 1).
pub(super) async fn whoami(Caller(bearer): Caller) -> Json<Value> {
    Json(json!({
        "organization": bearer.organization,
        "app": { "id": bearer.app, "client_id": bearer.client_id, "name": bearer.app_name },
        "install": bearer.install,
        "actor": bearer.actor,
        "user": bearer.user.map(|user| json!({ "id": user.id, "name": user.name, "email": user.email })),
        "scope": bearer.scopes,
        "scopes": bearer.scopes.iter().collect::<Vec<_>>(),
        "audience": bearer.audience,
        "expires_at": bearer.expires_at.map(domain::time::Timestamp::unix_seconds),
    }))
}
