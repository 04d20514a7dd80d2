//! Where an app may send people who signed out: `post_logout_redirect_uris` (OpenID Connect RP-Initiated Logout 1.0
//! section 3). They are registered under the rules of redirect URIs (requirement 6).

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::app_parts::{UrisProblem, parse_uris};
use super::apps::owned_for_change;
use super::audit::{Event, record};
use super::{By, Store, views};
use crate::audit::{Action, TargetKind};
use crate::entity::{app, post_logout_redirect_uri};
use crate::id::{AppId, OrgId};
use crate::portal::Seen;
use crate::redirect_uri::RedirectUri;
use crate::review::{edits_wait, host, hosts};
use crate::time::Timestamp;

impl Store {
    /// The post-logout redirect URIs of an app, in the order in which they were registered.
    pub async fn post_logout_redirect_uris(&self, app: AppId) -> Result<Vec<RedirectUri>, DbErr> {
        Ok(honoured(&held(self.reader(), app).await?))
    }

    /// Makes `uris` the post-logout redirect URIs of an app of `owner`: all of them, or none with the problems by row.
    /// None at all is a list as well: then nobody is sent anywhere after a logout. Where a new redirect host waits for
    /// approval, these addresses have approved ones alone: an operator sees no edit of them. `seen` is what the form showed; none
    /// checks nothing.
    pub async fn set_post_logout_redirect_uris(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        uris: Vec<String>,
        seen: Option<&Seen>,
    ) -> Result<(), UrisProblem> {
        let wanted = parse_uris(&uris).map_err(UrisProblem::Rows)?;
        let wanted: Vec<_> = wanted.into_iter().map(String::from).collect();
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(UrisProblem::NotFound)?;
        let before = held(&tx, app).await?;
        let shown: Vec<_> = honoured(&before).into_iter().map(String::from).collect();
        Seen::of_uris(&shown).unchanged(seen)?;
        if edits_wait(self.reviews_apps(), row.stage()) {
            let redirect = views::redirect_uris(&tx, app).await?.into_iter().map(|row| row.uri);
            let known = hosts(&before.iter().cloned().chain(redirect).collect::<Vec<_>>());
            strangers(&wanted, &known).map_err(UrisProblem::Rows)?;
        }
        if before != wanted {
            let now = self.now();
            post_logout_redirect_uri::Entity::delete_many()
                .filter(post_logout_redirect_uri::Column::AppId.eq(app))
                .exec(&tx)
                .await?;
            insert(&tx, app, &wanted, now).await?;
            let event = Event::new(Action::AppUpdated, TargetKind::App, app, &row.name).organization(owner).app(app);
            let list = |uris: &[String]| json!({ "post_logout_redirect_uris": uris });
            record(&tx, self, by, event.before(list(&before)).after(list(&wanted))).await?;
            let touched = app::Model { updated_at: now, ..row };
            app::Entity::update(touched.into_active_model().reset_all()).exec(&tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Writes the post-logout redirect URIs of an app that has none.
pub(super) async fn insert(
    tx: &impl ConnectionTrait,
    app: AppId,
    uris: &[String],
    now: Timestamp,
) -> Result<(), DbErr> {
    if uris.is_empty() {
        return Ok(());
    }
    let rows = uris.iter().zip(0i32..).map(|(uri, position)| {
        let uri = uri.clone();
        post_logout_redirect_uri::Model { app_id: app, uri, position, created_at: now }.into_active_model()
    });
    post_logout_redirect_uri::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// What was registered under rules that have grown stricter since is not honoured any more.
fn honoured(texts: &[String]) -> Vec<RedirectUri> {
    texts.iter().filter_map(|uri| RedirectUri::register(uri).ok()).collect()
}

/// The rows of `wanted` whose hosts are none of `known`.
fn strangers(wanted: &[String], known: &BTreeSet<String>) -> Result<(), Vec<(usize, String)>> {
    const TEXT: &str = "Nobody approved this host for the app yet. Register a redirect URI of it first: once that is approved, \
                        people can be sent there after a sign-out as well.";
    let rows = wanted.iter().enumerate().filter(|(_, uri)| !known.contains(&host(uri)));
    let rows: Vec<_> = rows.map(|(row, _)| (row, TEXT.to_owned())).collect();
    if rows.is_empty() { Ok(()) } else { Err(rows) }
}

/// The same as they stand in the database.
pub(super) async fn held(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<String>, DbErr> {
    let rows = post_logout_redirect_uri::Entity::find()
        .filter(post_logout_redirect_uri::Column::AppId.eq(app))
        .order_by_asc(post_logout_redirect_uri::Column::Position)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.uri).collect())
}
