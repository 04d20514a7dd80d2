//! `GET /api/v1/whoami`: what a token is, for whoever holds it. Any live token will do.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::client::{ActorMode, ClientId};
use domain::id::{AppId, InstallId, UserId};
use domain::oauth::install::ABOUT_THE_PERSON;
use domain::portal::OrganizationName;
use domain::scope::{ScopeSet, ScopeToken};
use domain::time::Timestamp;
use serde::Serialize;

use super::bearer::Caller;

#[derive(Serialize)]
struct Whoami<'a> {
    organization: &'a OrganizationName,
    app: App<'a>,
    install: InstallId,
    actor: ActorMode,
    user: Option<User<'a>>,
    /// What the token may do now (PROTOCOL section 1).
    scope: &'a ScopeSet,
    scopes: Vec<&'a ScopeToken>,
    audience: &'a str,
    /// In Unix seconds; null where it never ends.
    expires_at: Option<i64>,
}

#[derive(Serialize)]
struct App<'a> {
    id: AppId,
    client_id: &'a ClientId,
    name: &'a str,
}

/// The person for whom the token acts. Of an app that may ask about people the token's scopes say what of him is told, as
/// at the userinfo endpoint: whoever was asked for his name or address may have left it out.
#[derive(Serialize)]
struct User<'a> {
    id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

pub(super) async fn whoami(Caller(bearer): Caller) -> Response {
    let has = |scope| bearer.scopes.contains(scope);
    let by_scopes = bearer.client.scopes().iter().any(|scope| ABOUT_THE_PERSON.contains(&scope.as_str()));
    let name = !by_scopes || has("profile");
    let email = !by_scopes || has("email") || has("profile") && bearer.client.policy.profile_includes_email;
    let user = bearer.user.as_ref().map(|user| User {
        id: user.id,
        name: name.then_some(&user.name),
        email: email.then_some(&user.email),
    });
    let answer = Whoami {
        organization: &bearer.organization,
        app: App { id: bearer.client.app, client_id: &bearer.client.client_id, name: &bearer.client.name },
        install: bearer.install,
        actor: bearer.actor,
        user,
        scope: &bearer.scopes,
        scopes: bearer.scopes.iter().collect(),
        audience: &bearer.audience,
        expires_at: bearer.expires_at.map(Timestamp::unix_seconds),
    };
    Json(answer).into_response()
}
