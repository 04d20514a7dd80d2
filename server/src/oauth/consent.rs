//! `/oauth/consent/{id}`. GET: sign-in, the app's page, or an answer at once where the person consented before. POST: the
//! person picks an organization, allows or refuses. Nothing about the request is read back from the form (requirement
//! 28).

use app::cookies::cookie;
use app::forms::Problem;
use app::pages::consent::no_longer_open;
use app::session::{AUTHENTICATED_AT, RequestFacts, USER};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use domain::id::{GrantId, OrgId, UserId};
use domain::oauth::authorize::{Asked, AuthorizationResponse};
use domain::oauth::error::{ErrorCode, OAuthError};
use domain::oauth::gate::Visitor;
use domain::paths;
use domain::portal::{ConsentStep, Me};
use domain::scope::{ScopeSet, ScopeToken};
use domain::secret::{Interaction, Presented};
use domain::store::StoreError;
use domain::store::arrival::Arrival;
use domain::store::consent_decision::{DecideError, Decision};
use http::request::Parts;
use http::{Method, StatusCode, header};
use sea_orm::DbErr;
use tower_sessions::Session;

use super::authorize::{broken, error_of, error_when, our_side, refuse};
use super::deliver::{deliver, see_other};
use crate::forms::{self, Failure, Fields, Form, Wrong};
use crate::pages;
use crate::state::AppState;

/// What the form wants.
enum Wish {
    /// This organization, and nothing is decided yet.
    Choose(OrgId),
    /// Yes; to this organization, or to the one that is chosen already.
    Allow { organization: Option<OrgId>, optional: ScopeSet, reason: Option<String> },
    /// No.
    Deny,
    /// This account, and nothing is decided yet.
    KeepAccount,
}

/// A pending grant, for the browser that holds its cookie (requirement 109).
struct Bound {
    id: GrantId,
    interaction: Presented<Interaction>,
}

impl Bound {
    /// The grant that the path calls `id`; none in any other browser.
    fn of(state: &AppState, parts: &Parts, id: &str) -> Option<Self> {
        let id: GrantId = id.parse().ok()?;
        let value = cookie(&parts.headers, &state.facts.cookies.interaction(id))?;
        let interaction = Presented::parse(&state.store.settings().brand, value).ok()?;
        Some(Self { id, interaction })
    }
}

/// Why nothing was decided.
enum Refused {
    /// Unknown, expired or decided; begun in another browser or by another person. Nobody is told which.
    NotOpen,
    /// The form says neither allow nor deny, or names no organization.
    Form,
    /// Our side failed; it was logged.
    Failed(OAuthError),
}

impl From<DbErr> for Refused {
    fn from(error: DbErr) -> Self {
        Self::Failed(logged(&error))
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotOpen,
            StoreError::Database(error) => error.into(),
        }
    }
}

impl From<Failure> for OAuthError {
    fn from(failure: Failure) -> Self {
        error_when(failure.overloaded)
    }
}

/// Logs a failure of the database; what the client is told of it.
fn logged(error: &DbErr) -> OAuthError {
    tracing::error!(%error, "a consent could not go on");
    error_of(error)
}

/// The GET: the first place at which the session is read (requirement 108). It may claim the grant for a person, or answer
/// its client, so that there is no HEAD of it.
pub(super) async fn open(State(state): State<AppState>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if parts.method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response();
    }
    let Some(bound) = Bound::of(&state, &parts, &id) else { return unbound(&state, &parts, &id).await };
    let visitor = match visitor(&parts).await {
        Ok(visitor) => visitor,
        Err(failure) => return tell_client(&state, &parts, &bound, None, failure.into(), Asked::ByLink).await,
    };
    let user = visitor.map(|visitor| visitor.user);
    let ask = parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("change=")));
    let by = forms::anonymous(&parts);
    match state.store.arrive(&by, bound.id, &bound.interaction, visitor, ask).await {
        Ok(Arrival::Answer(response)) => leave(&state, &parts, bound.id, &response, Asked::ByLink),
        Ok(Arrival::SignIn { login_hint }) => {
            forms::to_sign_in_for(parts.uri.path(), login_hint.as_deref(), visitor.is_some())
        }
        Ok(Arrival::SelectAccount(choice)) => pages::with(&state, &parts, choice).await,
        Ok(Arrival::Refused(refusal)) => refuse(&state, &parts, refusal).await,
        Ok(Arrival::Closed) => pages::problem(&state, &parts, no_longer_open()).await,
        Ok(Arrival::Page) => {
            let page = pages::again(&state, &parts).await;
            if !page.status().is_server_error() {
                return page;
            }
            let error = error_when(page.status() == StatusCode::SERVICE_UNAVAILABLE);
            tell_client(&state, &parts, &bound, user, error, Asked::ByLink).await
        }
        Err(error) => tell_client(&state, &parts, &bound, user, logged(&error), Asked::ByLink).await,
    }
}

/// In a browser without the grant's cookie nobody can answer, so that nobody is asked to sign in.
async fn unbound(state: &AppState, parts: &Parts, id: &str) -> Response {
    let arrival = match id.parse() {
        Ok(id) => state.store.arrive_without_cookie(id).await,
        Err(_) => Ok(None),
    };
    match arrival {
        Ok(Some(Arrival::Answer(response))) => {
            deliver(state, parts.extensions.get::<RequestFacts>(), &response, Asked::ByLink)
        }
        Ok(Some(Arrival::Refused(refusal))) => refuse(state, parts, refusal).await,
        Ok(_) => pages::problem(state, parts, no_longer_open()).await,
        Err(error) => broken(state, parts, &error).await,
    }
}

/// Whether a stale form at `parts`' path may come again on its page: that of a pending grant only if the session does for it.
/// Else the GET says what is due.
pub(crate) async fn comes_again(state: &AppState, parts: &Parts) -> bool {
    let id = parts.uri.path().strip_prefix(paths::CONSENT).and_then(|rest| rest.strip_prefix('/'));
    let Some(bound) = id.and_then(|id| Bound::of(state, parts, id)) else { return true };
    let Ok(visitor) = visitor(parts).await else { return false };
    state.store.session_does(bound.id, &bound.interaction, visitor).await.unwrap_or(false)
}

/// The answer to a request whose session could not be read; none where it is about no pending grant of this browser, or
/// does nothing.
pub(crate) async fn without_session(state: &AppState, parts: &Parts, failure: Failure) -> Option<Response> {
    let asked = match parts.method {
        Method::GET => Asked::ByLink,
        Method::POST => Asked::ByForm,
        _ => return None,
    };
    let id = parts.uri.path().strip_prefix(paths::CONSENT)?.strip_prefix('/')?;
    let bound = Bound::of(state, parts, id)?;
    Some(tell_client(state, parts, &bound, None, failure.into(), asked).await)
}

/// Who is signed in, and since when he is known to be himself.
async fn visitor(parts: &Parts) -> Result<Option<Visitor>, Failure> {
    let session = parts.extensions.get::<Session>().ok_or_else(|| Failure::log("no session layer"))?;
    let user = session.get(USER).await.map_err(Failure::log)?;
    let authenticated_at = session.get(AUTHENTICATED_AT).await.map_err(Failure::log)?;
    Ok(user.zip(authenticated_at).map(|(user, authenticated_at)| Visitor { user, authenticated_at }))
}

pub(super) async fn decide(State(state): State<AppState>, Path(id): Path<String>, form: Form) -> Response {
    let (me, bound) = match (form.me(&state).await, Bound::of(&state, &form.parts, &id)) {
        (Ok(Some(me)), Some(bound)) => (me, bound),
        (Ok(Some(_)), None) => return pages::problem(&state, &form.parts, no_longer_open()).await,
        (Ok(None), _) => return form.to_sign_in(),
        (Err(failure), Some(bound)) => {
            return tell_client(&state, &form.parts, &bound, None, failure.into(), Asked::ByForm).await;
        }
        (Err(failure), None) => return failure.page(&state, &form.parts).await,
    };
    match answer(&state, &bound, &me, &form).await {
        Ok(response) => response,
        Err(Refused::NotOpen) => not_open(&state, &bound, &form.parts).await,
        Err(Refused::Form) => pages::problem(&state, &form.parts, bad_form()).await,
        Err(Refused::Failed(error)) => {
            tell_client(&state, &form.parts, &bound, Some(me.user), error, Asked::ByForm).await
        }
    }
}

async fn answer(state: &AppState, bound: &Bound, me: &Me, form: &Form) -> Result<Response, Refused> {
    let Bound { id, interaction } = bound;
    let decision = match wish(&form.fields).ok_or(Refused::Form)? {
        Wish::Choose(organization) => return choose(state, bound, me, organization).await,
        Wish::KeepAccount => {
            state.store.keep_account(*id, interaction).await?;
            return Ok(see_other(&paths::consent(*id)));
        }
        Wish::Deny => Decision::Deny,
        Wish::Allow { organization, optional, reason } => {
            let chosen = chosen(state, bound, me).await?;
            let Some(organization) = organization.or(chosen) else { return Err(Refused::Form) };
            if chosen.is_none() {
                // Nothing is granted unseen (requirement 117): the page of this organization comes first.
                return choose(state, bound, me, organization).await;
            }
            Decision::Allow { organization, optional, reason }
        }
    };
    let by = form.by_person(me);
    let visitor = visitor(&form.parts).await.map_err(|failure| Refused::Failed(failure.into()))?;
    let visitor = visitor.filter(|visitor| visitor.user == me.user).ok_or(Refused::NotOpen)?;
    match state.store.decide(&by, *id, interaction, visitor, decision).await {
        Ok(response) => Ok(leave(state, &form.parts, *id, &response, Asked::ByForm)),
        Err(DecideError::NotFound) => Err(Refused::NotOpen),
        Err(DecideError::Database(error)) => Err(error.into()),
        Err(DecideError::NothingGranted) => {
            let wrong = Wrong::all("Tick at least one of them, or cancel: as it stands the app would get nothing.");
            Ok(form.again(state, StatusCode::UNPROCESSABLE_ENTITY, wrong).await)
        }
        // The page says why, and whom to ask; or which organization it is about; or asks for a sign-in.
        Err(_) => Ok(see_other(&paths::consent(*id))),
    }
}

/// The person picks `organization`; the page about it is next.
async fn choose(state: &AppState, bound: &Bound, me: &Me, organization: OrgId) -> Result<Response, Refused> {
    state.store.choose_organization(bound.id, &bound.interaction, me.user, organization).await?;
    Ok(see_other(&paths::consent(bound.id)))
}

/// The organization that the consent page is about: the one that was picked, or the only one there is.
async fn chosen(state: &AppState, bound: &Bound, me: &Me) -> Result<Option<OrgId>, Refused> {
    let view = state.store.consent_view(bound.id, &bound.interaction, me.user, false).await?;
    Ok(match view.step {
        ConsentStep::Decide { organization, .. } | ConsentStep::NotPermitted { organization, .. } => {
            Some(organization.id)
        }
        ConsentStep::Draft | ConsentStep::NoOrganization | ConsentStep::Pick { .. } => None,
    })
}

/// The redirect is trusted, so the client learns that our side failed; where that fails too, the person does.
async fn tell_client(
    state: &AppState,
    parts: &Parts,
    bound: &Bound,
    user: Option<UserId>,
    error: OAuthError,
    asked: Asked,
) -> Response {
    let code = error.code;
    match state.store.failed_decision(bound.id, &bound.interaction, user, error).await {
        Ok(Some(response)) => deliver(state, parts.extensions.get::<RequestFacts>(), &response, asked),
        Ok(None) => our_side(state, parts, code, "It failed on our side, and the app could not be told.").await,
        Err(error) => broken(state, parts, &error).await,
    }
}

/// The form's stable fields are `organization`, `decision`, `scope` and `reason`; `account=keep` answers the question for
/// the account. `choose=1` is the button of our own picker: an organization without a decision says the same.
fn wish(fields: &Fields) -> Option<Wish> {
    if fields.only("account") == Some("keep") {
        return Some(Wish::KeepAccount);
    }
    let named = fields.all("organization").next().is_some();
    let organization = || fields.only("organization")?.parse::<OrgId>().ok();
    let undecided = fields.all("decision").next().is_none();
    if fields.only("choose") == Some("1") || (named && undecided) {
        return organization().map(Wish::Choose);
    }
    match fields.only("decision")? {
        "deny" => Some(Wish::Deny),
        "allow" => Some(Wish::Allow {
            organization: if named { Some(organization()?) } else { None },
            // A word that is no scope was not on our page: it grants nothing.
            optional: fields.all("scope").filter_map(|word| word.parse::<ScopeToken>().ok()).collect::<ScopeSet>(),
            reason: fields.only("reason").map(str::to_owned),
        }),
        _ => None,
    }
}

/// To the client; the interaction is over.
fn leave(state: &AppState, parts: &Parts, id: GrantId, answer: &AuthorizationResponse, asked: Asked) -> Response {
    let mut response = deliver(state, parts.extensions.get::<RequestFacts>(), answer, asked);
    state.put_cookie(response.headers_mut(), &state.facts.cookies.interaction(id), "", Some(0));
    response
}

/// Nothing can be decided: because the app is out of use (requirement 19), or for a reason that is not told.
async fn not_open(state: &AppState, bound: &Bound, parts: &Parts) -> Response {
    if let Ok(Some(refusal)) = state.store.refusal_of_grant(bound.id, &bound.interaction).await {
        return refuse(state, parts, refusal).await;
    }
    pages::problem(state, parts, no_longer_open()).await
}

fn bad_form() -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: "This form was not complete".to_owned(),
        cause: "It has to say either allow or deny, and for which organization.".to_owned(),
        what_to_do: "Go back to the page and send it again. Nothing was shared.".to_owned(),
        error_code: Some(ErrorCode::InvalidRequest.as_str().to_owned()),
    }
}
