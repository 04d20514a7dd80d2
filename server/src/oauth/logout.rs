//! `GET|POST /oauth/logout`: `end_session_endpoint` (RP-Initiated Logout 1.0; requirement 102).
//!
//! A POST changes nothing and reads no session: it validates, and answers 303 to a GET of its own (requirement 108). The
//! GET signs out at once where an ID token of the signed-in person came with it; else it asks, and the answer is a form
//! like any other.

use app::forms::Problem;
use app::pages::logout::LogoutPage;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use domain::oauth::logout::{After, Decision, HintFact, LogoutFacts, LogoutRequest, Refusal};
use domain::oauth::params::Params;
use domain::paths;
use domain::portal::Me;
use http::request::Parts;
use http::{Method, StatusCode};
use sea_orm::DbErr;
use url::form_urlencoded;

use super::authorize::{Asking, broken};
use super::deliver::see_other;
use crate::forms::{Fields, Form, end_session};
use crate::state::AppState;
use crate::{pages, web};

pub(super) fn route() -> MethodRouter<AppState> {
    any(endpoint)
}

async fn endpoint(State(state): State<AppState>, Asking { parts, params }: Asking) -> Response {
    let sent = params.and_then(Params::strict).map_err(|_| Refusal::Unreadable);
    let request = match sent.and_then(|params| LogoutRequest::parse(&params)) {
        Ok(request) => request,
        Err(refusal) => return refuse(&state, &parts, refusal).await,
    };
    if parts.method == Method::POST {
        validate(&state, &parts, &request).await
    } else {
        decide(&state, parts, &request).await
    }
}

/// The POST: what is refused is refused here, everything else is a GET of our own.
async fn validate(state: &AppState, parts: &Parts, request: &LogoutRequest) -> Response {
    match judge(state, request, None).await {
        Ok(Judged { decision: Decision::Refuse(refusal), .. }) => refuse(state, parts, refusal).await,
        Ok(_) => {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(request.pairs()).finish();
            see_other(&format!("{}?{query}", paths::LOGOUT))
        }
        Err(error) => broken(state, parts, &error).await,
    }
}

/// The GET.
async fn decide(state: &AppState, parts: Parts, request: &LogoutRequest) -> Response {
    let form = Form { parts, fields: Fields::default() };
    let me = match form.me(state).await {
        Ok(me) => me,
        Err(failure) => return failure.page(state, &form.parts).await,
    };
    let judged = match judge(state, request, me.as_ref()).await {
        Ok(judged) => judged,
        Err(error) => return broken(state, &form.parts, &error).await,
    };
    match (judged.decision, me) {
        (Decision::Refuse(refusal), _) => refuse(state, &form.parts, refusal).await,
        (Decision::SignOut(then), _) => sign_out(state, &form, then).await,
        (Decision::Ask(_), Some(me)) => {
            let page = LogoutPage::Ask { name: me.name, email: me.email, app: judged.app, fields: request.pairs() };
            pages::with(state, &form.parts, page).await
        }
        (Decision::Gone(After::Page) | Decision::Ask(_), _) => {
            pages::with(state, &form.parts, LogoutPage::SignedOut).await
        }
        (Decision::Gone(then), _) => go(&then),
    }
}

/// `POST /oauth/logout/confirm`: the person said yes. The request travelled in the form, and is judged again.
pub(super) async fn confirm(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match web::whole(body).await {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    let sent = Params::urlencoded(&body).map_err(|_| Refusal::Unreadable);
    let request = match sent.and_then(|params| LogoutRequest::parse(&params)) {
        Ok(request) => request,
        Err(refusal) => return refuse(&state, &parts, refusal).await,
    };
    let form = Form { parts, fields: Fields::default() };
    let me = match form.me(&state).await {
        Ok(me) => me,
        Err(failure) => return failure.page(&state, &form.parts).await,
    };
    match judge(&state, &request, me.as_ref()).await {
        Ok(Judged { decision: Decision::Refuse(refusal), .. }) => refuse(&state, &form.parts, refusal).await,
        Ok(Judged { decision: Decision::SignOut(then) | Decision::Ask(then), .. }) => {
            sign_out(&state, &form, then).await
        }
        Ok(Judged { decision: Decision::Gone(then), .. }) => go(&then),
        Err(error) => broken(&state, &form.parts, &error).await,
    }
}

/// What the rule says, and the name of the app that asks.
struct Judged {
    decision: Decision,
    app: Option<String>,
}

/// Loads what the rule needs and asks it.
async fn judge(state: &AppState, request: &LogoutRequest, me: Option<&Me>) -> Result<Judged, DbErr> {
    let hint = match &request.id_token_hint {
        None => HintFact::None,
        Some(text) => state.store.id_token_hint(text.expose()).await?.map_or(HintFact::Bad, HintFact::Good),
    };
    let client = match request.client_of(&hint) {
        Some(id) => state.store.client(id).await?,
        None => None,
    };
    let registered = match &client {
        Some(client) => state.store.post_logout_redirect_uris(client.app).await?,
        None => Vec::new(),
    };
    let facts =
        LogoutFacts { hint: &hint, client: client.as_ref(), registered: &registered, session: me.map(|me| me.user) };
    let decision = request.evaluate(&facts);
    Ok(Judged { decision, app: client.map(|client| client.name) })
}

/// Ends the session of this browser, and goes on.
async fn sign_out(state: &AppState, form: &Form, then: After) -> Response {
    form.or_page(state, end_session(state, form).await.map(|()| go(&then))).await
}

/// Away: to the client, or to this endpoint without parameters, which then says that nobody is signed in.
fn go(then: &After) -> Response {
    match then {
        After::Redirect(location) => see_other(location),
        After::Page => see_other(paths::LOGOUT),
    }
}

/// A page: nothing leaves, nobody is signed out.
async fn refuse(state: &AppState, parts: &Parts, refusal: Refusal) -> Response {
    let problem = Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: "This sign-out link does not work".to_owned(),
        cause: refusal.to_string(),
        what_to_do: refusal.what_to_do().to_owned(),
        error_code: Some(refusal.code().as_str().to_owned()),
    };
    pages::problem(state, parts, problem).await
}
