//! Demo data: a small world with thirty days of history, and credentials that work.
//!
//! The people's passwords are fixed and public; secrets of apps are real and shown once in the report. Past tokens have
//! real, unknown secrets as well: chance that depends on a seed shapes the history alone.

mod cards;
mod cast;
mod draft;
mod history;
mod report;
mod stays;
mod write;

use sea_orm::{DbErr, EntityTrait, PaginatorTrait};

pub use self::report::{DemoApp, DemoMembership, DemoOrganization, DemoReport, DemoUser};

use super::passwords::Busy;
use super::{Password, Store};
use crate::entity::organization;

/// The mark of demo data in the table `instance`.
const MARK: &str = "demo_data";

/// Why no demo data was loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database has organizations in it.
    #[error("the database has organizations in it: demo data goes into an empty one only")]
    NotEmpty,
    /// The pool of password hashes is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Whether this instance holds demo data, whose passwords everybody knows.
    pub async fn has_demo_data(&self) -> Result<bool, DbErr> {
        Ok(self.fact(self.reader(), MARK).await?.is_some())
    }

    /// Whether there is no organization yet.
    pub async fn is_empty(&self) -> Result<bool, DbErr> {
        Ok(organization::Entity::find().count(self.reader()).await? == 0)
    }

    /// Loads the demo data into a database without organizations, in one transaction.
    pub async fn load_demo(&self) -> Result<DemoReport, DemoError> {
        if !self.is_empty().await? {
            return Err(DemoError::NotEmpty);
        }
        self.ensure_catalogue().await?;
        let mut hashes = Vec::with_capacity(cast::PEOPLE.len());
        for person in cast::PEOPLE {
            let password = Password::presented(person.password.to_owned());
            hashes.push(self.password_workers().hash(password, self.entropy()).await?);
        }
        let world = history::World::tell(self, hashes);
        let tx = self.begin().await?;
        if organization::Entity::find().count(&tx).await? > 0 {
            return Err(DemoError::NotEmpty);
        }
        write::rows(&tx, world.rows).await?;
        self.set_fact(&tx, MARK, "true").await?;
        tx.commit().await?;
        Ok(world.report)
    }
}
