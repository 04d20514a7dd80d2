//! What the rules need to know of a code or token, loaded afresh each time.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use crate::client::{ActorMode, InstallStatus};
use crate::entity::{install, membership, organization, user};
use crate::id::{InstallId, OrgId, UserId};
use crate::oauth::standing::{Acting, Standing};
use crate::organization::Status;
use crate::role::Role;

/// A person as he stands in an organization now.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Who.
    pub(crate) id: UserId,
    /// His name.
    pub(crate) name: String,
    /// His e-mail address.
    pub(crate) email: String,
    /// Whether he may sign in.
    pub(crate) status: Status,
    /// His role there; none when he is no member.
    pub(crate) role: Option<Role>,
}

/// The person and his role in `organization`.
pub(crate) async fn person(
    db: &impl ConnectionTrait,
    id: UserId,
    organization: OrgId,
) -> Result<Option<Person>, DbErr> {
    let Some(row) = user::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let role = membership::Entity::find_by_id((organization, id)).one(db).await?.map(|row| row.role);
    Ok(Some(Person { id, name: row.name, email: row.email, status: row.status, role }))
}

/// What a code or token rests on.
pub(crate) struct Ground {
    /// For the rules.
    pub(crate) standing: Standing,
}

/// Loads what a code or token rests on; `person` acts, when the actor is `self`.
pub(crate) async fn ground(
    db: &impl ConnectionTrait,
    id: InstallId,
    actor: ActorMode,
    person: Option<&Person>,
) -> Result<Option<Ground>, DbErr> {
    let found = install::Entity::find_by_id(id).find_also_related(organization::Entity).one(db).await?;
    let Some((install, Some(organization))) = found else { return Ok(None) };
    let acting = match actor {
        ActorMode::App => Acting::App,
        ActorMode::Myself => {
            let status = person.map_or(Status::Suspended, |person| person.status);
            Acting::Myself { status, role: person.and_then(|person| person.role) }
        }
    };
    let standing = Standing { install: install.status, organization: organization.status, acting };
    Ok(Some(Ground { standing }))
}

impl Ground {
    /// Nothing at all: for a row whose install cannot be found.
    pub(crate) const GONE: Standing =
        Standing { install: InstallStatus::Revoked, organization: Status::Suspended, acting: Acting::App };
}
