//! `POST /oauth/consent/{id}`: the person picks an organization, allows or refuses. Nothing about the request is read
//! back from the form (requirement 28); the GET is the app's page.

use app::forms::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::audit::Source;
use domain::id::{GrantId, OrgId};
use domain::oauth::authorize::AuthorizationResponse;
use domain::paths;
use domain::portal::{ConsentStep, Me};
use domain::scope::{ScopeSet, ScopeToken};
use domain::secret::{Interaction, Presented};
use domain::store::consent::{DecideError, Decision};
use domain::store::{Actor, By, StoreError};
use http::StatusCode;
use http::header::{self, HeaderValue};
use http::request::Parts;
use sea_orm::DbErr;

use super::authorize::{broken, error_of, redirect, see_other};
use crate::forms::{Fields, Form};
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

pub(super) async fn decide(State(state): State<AppState>, Path(id): Path<String>, form: Form) -> Response {
    let me = match form.me(&state).await {
        Ok(Some(me)) => me,
        Ok(None) => return form.to_sign_in(),
        Err(failure) => return failure.page(&state, &form.parts).await,
    };
    match answer(&state, &id, &me, &form).await {
        Ok(response) => response,
        Err(Refused::NotOpen) => pages::problem(&state, &form.parts, not_open()).await,
        Err(Refused::Form) => pages::problem(&state, &form.parts, bad_form()).await,
        Err(Refused::Database(error)) => broken(&state, &form.parts, &error).await,
    }
}

async fn answer(state: &AppState, id: &str, me: &Me, form: &Form) -> Result<Response, Refused> {
    let id: GrantId = id.parse().map_err(|_| Refused::NotOpen)?;
    let interaction = interaction(state, &form.parts, id).ok_or(Refused::NotOpen)?;
    let decision = match wish(&form.fields).ok_or(Refused::Form)? {
        Wish::Choose(organization) => return choose(state, id, &interaction, me, organization).await,
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
    match state.store.decide(&by, id, &interaction, me.user, decision).await {
        Ok(response) => Ok(leave(state, id, &response)),
        // The page says why, and whom to ask; or which organization it is about.
        Err(DecideError::NotPermitted(_) | DecideError::OtherOrganization) => Ok(see_other(&paths::consent(id))),
        Err(DecideError::NotFound) => Err(Refused::NotOpen),
        Err(DecideError::Database(error)) => tell_client(state, id, &interaction, me, error).await,
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
        ConsentStep::NoOrganization | ConsentStep::Pick { .. } => None,
    })
}

/// The redirect is trusted, so the client learns that our side failed; where that fails too, the person does.
async fn tell_client(
    state: &AppState,
    id: GrantId,
    interaction: &Presented<Interaction>,
    me: &Me,
    error: DbErr,
) -> Result<Response, Refused> {
    match state.store.failed_decision(id, interaction, me.user, error_of(&error)).await {
        Ok(Some(response)) => {
            tracing::error!(%error, "a decision could not be kept");
            Ok(redirect(&response))
        }
        Ok(None) | Err(_) => Err(error.into()),
    }
}

/// The form's stable fields are `organization`, `decision`, `scope` and `reason`. `choose=1` is the button of our own
/// picker: an organization without a decision says the same.
fn wish(fields: &Fields) -> Option<Wish> {
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
fn leave(state: &AppState, id: GrantId, answer: &AuthorizationResponse) -> Response {
    let mut response = redirect(answer);
    let gone = state.set_cookie(&format!("{}{id}", state.facts.cookies.interaction), "", Some(0));
    if let Ok(gone) = HeaderValue::try_from(gone) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

fn not_open() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND.as_u16(),
        title: "This request is no longer open".to_owned(),
        cause:
            "It was answered already, its ten minutes are over, or it began in another browser or with another account."
                .to_owned(),
        what_to_do: "Go back to the app and start again from there. Nothing was shared with it.".to_owned(),
        error_code: None,
        return_to_app: None,
    }
}

fn bad_form() -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: "This form was not complete".to_owned(),
        cause: "It has to say either allow or deny, and for which organization.".to_owned(),
        what_to_do: "Go back to the page and send it again. Nothing was shared.".to_owned(),
        error_code: None,
        return_to_app: None,
    }
}
