//! `/oauth/consent/{id}`. GET: sign-in, the app's page, or an answer at once where the person consented before. POST: the
//! person picks an organization, allows or refuses. Nothing about the request is read back from the form (requirement
//! 28).

use app::forms::Problem;
use app::pages::consent::no_longer_open;
use app::session::{AUTHENTICATED_AT, RequestFacts, USER};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use domain::audit::Source;
use domain::id::{GrantId, OrgId, UserId};
use domain::oauth::authorize::{Asked, AuthorizationResponse};
use domain::oauth::error::ErrorCode;
use domain::oauth::gate::Visitor;
use domain::paths;
use domain::portal::{ConsentStep, Me};
use domain::scope::{ScopeSet, ScopeToken};
use domain::secret::{Interaction, Presented};
use domain::store::arrival::Arrival;
use domain::store::consent::{DecideError, Decision};
use domain::store::{Actor, By, StoreError};
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use sea_orm::DbErr;
use tower_sessions::Session;

use super::authorize::{broken, error_of, refuse};
use super::deliver::{deliver, see_other};
use crate::forms::{self, Failure, Fields, Form};
use crate::pages;
use crate::state::{AppState, cookie};

/// The longest reason that is kept, in characters.
const MAX_REASON: usize = 500;

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

/// Why nothing was decided.
enum Refused {
    /// Unknown, expired or decided; begun in another browser or by another person. Nobody is told which.
    NotOpen,
    /// The form says neither allow nor deny, or names no organization.
    Form,
    /// The database failed.
    Database(DbErr),
}

impl From<DbErr> for Refused {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotOpen,
            StoreError::Database(error) => Self::Database(error),
        }
    }
}

/// The GET: the first place at which the session is read (requirement 108). HEAD shows what a page would be, and does
/// nothing.
pub(super) async fn open(State(state): State<AppState>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let bound = id.parse::<GrantId>().ok().and_then(|id| Some((id, interaction(&state, &parts, id)?)));
    let Some((id, interaction)) = bound.filter(|_| parts.method == Method::GET) else {
        return pages::again(&state, &parts).await;
    };
    let visitor = match visitor(&parts).await {
        Ok(visitor) => visitor,
        Err(failure) => return failure.page(&state, &parts).await,
    };
    let ask = parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("change=")));
    let by = forms::anonymous(&parts);
    match state.store.arrive(&by, id, &interaction, visitor, ask).await {
        Ok(Arrival::Answer(response)) => leave(&state, &parts, id, &response, Asked::ByLink),
        Ok(Arrival::SignIn { login_hint }) => forms::to_sign_in_again(parts.uri.path(), login_hint.as_deref()),
        Ok(Arrival::SelectAccount(choice)) => pages::with(&state, &parts, choice).await,
        Ok(Arrival::Refused(refusal)) => refuse(&state, &parts, refusal).await,
        Ok(Arrival::Page | Arrival::Closed) => pages::again(&state, &parts).await,
        Err(error) => {
            let user = visitor.map(|visitor| visitor.user);
            match tell_client(&state, &parts, id, &interaction, user, error, Asked::ByLink).await {
                Ok(response) => response,
                Err(error) => broken(&state, &parts, &error).await,
            }
        }
    }
}

/// Who is signed in, and since when he is known to be himself.
async fn visitor(parts: &Parts) -> Result<Option<Visitor>, Failure> {
    let session = parts.extensions.get::<Session>().ok_or_else(|| Failure::log("no session layer"))?;
    let user = session.get(USER).await.map_err(Failure::log)?;
    let authenticated_at = session.get(AUTHENTICATED_AT).await.map_err(Failure::log)?;
    Ok(user.zip(authenticated_at).map(|(user, authenticated_at)| Visitor { user, authenticated_at }))
}

pub(super) async fn decide(State(state): State<AppState>, Path(id): Path<String>, form: Form) -> Response {
    let me = match form.me(&state).await {
        Ok(Some(me)) => me,
        Ok(None) => return form.to_sign_in(),
        Err(failure) => return failure.page(&state, &form.parts).await,
    };
    match answer(&state, &id, &me, &form).await {
        Ok(response) => response,
        Err(Refused::NotOpen) => not_open(&state, &id, &form.parts).await,
        Err(Refused::Form) => pages::problem(&state, &form.parts, bad_form()).await,
        Err(Refused::Database(error)) => {
            let bound = id.parse().ok().and_then(|id| Some((id, interaction(&state, &form.parts, id)?)));
            let told = match bound {
                Some((id, interaction)) => {
                    tell_client(&state, &form.parts, id, &interaction, Some(me.user), error, Asked::ByForm).await
                }
                None => Err(error),
            };
            match told {
                Ok(response) => response,
                Err(error) => broken(&state, &form.parts, &error).await,
            }
        }
    }
}

async fn answer(state: &AppState, id: &str, me: &Me, form: &Form) -> Result<Response, Refused> {
    let id: GrantId = id.parse().map_err(|_| Refused::NotOpen)?;
    let interaction = interaction(state, &form.parts, id).ok_or(Refused::NotOpen)?;
    let decision = match wish(&form.fields).ok_or(Refused::Form)? {
        Wish::Choose(organization) => return choose(state, id, &interaction, me, organization).await,
        Wish::KeepAccount => {
            state.store.keep_account(id, &interaction).await?;
            return Ok(see_other(&paths::consent(id)));
        }
        Wish::Deny => Decision::Deny,
        Wish::Allow { organization, optional, reason } => {
            let chosen = chosen(state, id, &interaction, me).await?;
            let Some(organization) = organization.or(chosen) else { return Err(Refused::Form) };
            if chosen.is_none() {
                // Nothing is granted unseen (requirement 117): the page of this organization comes first.
                return choose(state, id, &interaction, me, organization).await;
            }
            Decision::Allow { organization, optional, reason }
        }
    };
    let by = by(form, me);
    let visitor = visitor(&form.parts).await.ok().flatten().filter(|visitor| visitor.user == me.user);
    let visitor = visitor.ok_or(Refused::NotOpen)?;
    match state.store.decide(&by, id, &interaction, visitor, decision).await {
        Ok(response) => Ok(leave(state, &form.parts, id, &response, Asked::ByForm)),
        Err(DecideError::NotFound) => Err(Refused::NotOpen),
        Err(DecideError::Database(error)) => Err(Refused::Database(error)),
        // The page says why, and whom to ask; or which organization it is about; or asks for a sign-in.
        Err(_) => Ok(see_other(&paths::consent(id))),
    }
}

/// The person picks `organization`; the page about it is next.
async fn choose(
    state: &AppState,
    id: GrantId,
    interaction: &Presented<Interaction>,
    me: &Me,
    organization: OrgId,
) -> Result<Response, Refused> {
    state.store.choose_organization(id, interaction, me.user, organization).await?;
    Ok(see_other(&paths::consent(id)))
}

/// The organization that the consent page is about: the one that was picked, or the only one there is.
async fn chosen(
    state: &AppState,
    id: GrantId,
    interaction: &Presented<Interaction>,
    me: &Me,
) -> Result<Option<OrgId>, Refused> {
    let view = state.store.consent_view(id, interaction, me.user, false).await?;
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
    id: GrantId,
    interaction: &Presented<Interaction>,
    user: Option<UserId>,
    error: DbErr,
    asked: Asked,
) -> Result<Response, DbErr> {
    match state.store.failed_decision(id, interaction, user, error_of(&error)).await {
        Ok(Some(response)) => {
            tracing::error!(%error, "a decision could not be kept");
            Ok(deliver(state, parts.extensions.get::<RequestFacts>(), &response, asked))
        }
        Ok(None) | Err(_) => Err(error),
    }
}

/// The form's stable fields are `organization`, `decision`, `scope` and `reason`; `account=keep` answers the question for
/// the account. `choose=1` is the button of our own
/// picker: an organization without a decision says the same.
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
            reason: reason(fields),
        }),
        _ => None,
    }
}

fn reason(fields: &Fields) -> Option<String> {
    let text: String = fields.text("reason").trim().chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// The cookie that binds the grant to the browser that began it (requirement 109).
fn interaction(state: &AppState, parts: &Parts, id: GrantId) -> Option<Presented<Interaction>> {
    let value = cookie(&parts.headers, &format!("{}{id}", state.facts.cookies.interaction))?;
    Presented::parse(&state.store.settings().brand, value).ok()
}

fn by(form: &Form, me: &Me) -> By {
    By { source: Source::Web, ..form.by().as_actor(Actor::User { id: me.user, name: me.name.clone() }) }
}

/// To the client; the interaction is over.
fn leave(state: &AppState, parts: &Parts, id: GrantId, answer: &AuthorizationResponse, asked: Asked) -> Response {
    let mut response = deliver(state, parts.extensions.get::<RequestFacts>(), answer, asked);
    let gone = state.set_cookie(&format!("{}{id}", state.facts.cookies.interaction), "", Some(0));
    if let Ok(gone) = HeaderValue::try_from(gone) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

/// Nothing can be decided: because the app is out of use (requirement 19), or for a reason that is not told.
async fn not_open(state: &AppState, id: &str, parts: &Parts) -> Response {
    let id = id.parse::<GrantId>().ok();
    if let Some((id, interaction)) = id.and_then(|id| Some((id, interaction(state, parts, id)?)))
        && let Ok(Some(refusal)) = state.store.refusal_of_grant(id, &interaction).await
    {
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
        return_to_app: None,
    }
}
