//! Sealed answers leave at the end of their grace (PROTOCOL section 1, *Refresh replay*).
//!
//! No index has to do with them: each rotation erases one, and PostgreSQL would write the token's new version into every
//! index for that. They are found by going through the refresh tokens in the order in which they were made.

use std::collections::HashSet;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select};

use super::Store;
use crate::entity::{app, refresh_token};
use crate::id::RefreshTokenId;
use crate::time::Timestamp;
use crate::token_policy::{MAX_GRACE_SECONDS, Refresh, TokenPolicies};

/// A sealed answer is kept so many seconds past its grace: that begins when the answer is written, be it long after the
/// tokens in it were made. No request takes longer.
pub const ANSWER_KEPT_SECONDS: i64 = 30;
/// What was made so many seconds ago is committed: half a minute for the request, the rest for a server whose clock is behind.
const ALL_THERE_SECONDS: i64 = 90;

/// Refresh tokens that one statement looks at.
const EACH: usize = 500;
/// Statements of one sweep, which goes on where the one before stood: for as many as came in a minute in which thousands
/// came in each second.
const STATEMENTS: usize = 1_000;

/// What a sweep looks at of a refresh token.
#[derive(FromQueryResult)]
struct Looked {
    id: RefreshTokenId,
    created_at: Timestamp,
    sealed: bool,
    token_policy: String,
}

impl Looked {
    /// Whether all that has a smaller id is there, so that nobody looks here again once there is nothing left to erase. By the
    /// time in the id (RFC 9562 section 5.7) and no other: ids of a clock that was ahead wait until that time has come.
    fn is_settled(&self, now: Timestamp) -> bool {
        let millis = i64::try_from(self.id.uuid().as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp(millis) <= now.minus_seconds(ALL_THERE_SECONDS)
    }

    /// Whether the grace of its answer is over for sure, under the policy that its app has now. Under one that is gone or
    /// rotates no more it had the longest that there is, for all anybody knows.
    fn is_past_grace(&self, policies: &TokenPolicies, now: Timestamp) -> bool {
        let grace = match policies.get(&self.token_policy).map(|policy| &policy.refresh) {
            Some(Refresh::Rotating { grace_seconds }) => *grace_seconds,
            _ => MAX_GRACE_SECONDS,
        };
        self.created_at <= now.minus_seconds(grace + ANSWER_KEPT_SECONDS)
    }
}

impl Store {
    /// Erases the sealed answers whose grace is over. The first sweeps of a process go through all refresh tokens.
    pub(super) async fn sweep_answers(&self, now: Timestamp) -> Result<(), DbErr> {
        let mut done_until = self.looked_at().answers;
        let mut after = done_until;
        let mut all_done = true;
        for _ in 0..STATEMENTS {
            let looked: Vec<Looked> = made_after(after).into_model().all(self.reader()).await?;
            let Some(last) = looked.last() else { break };
            after = Some(last.id);
            let over =
                looked.iter().filter(|token| token.sealed && token.is_past_grace(&self.settings().policies, now));
            let over: HashSet<RefreshTokenId> = over.map(|token| token.id).collect();
            for token in &looked {
                let done = !token.sealed || over.contains(&token.id);
                all_done &= done && token.is_settled(now);
                if all_done {
                    done_until = Some(token.id);
                }
            }
            self.erase_answers(over).await?;
        }
        self.looked_at().answers = done_until;
        Ok(())
    }

    async fn erase_answers(&self, of: HashSet<RefreshTokenId>) -> Result<(), DbErr> {
        if of.is_empty() {
            return Ok(());
        }
        let erase = refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::SealedAnswer, Expr::value(None::<Vec<u8>>))
            .filter(refresh_token::Column::Id.is_in(of));
        erase.exec(self.beside()).await.map(drop)
    }
}

/// The next refresh tokens in the order in which they were made, which is that of their ids.
fn made_after(after: Option<RefreshTokenId>) -> Select<refresh_token::Entity> {
    use refresh_token::Column::{CreatedAt, Id, SealedAnswer};
    // Each has an app; joined so that no planner begins with the apps.
    let next = refresh_token::Entity::find()
        .left_join(app::Entity)
        .select_only()
        .columns([Id, CreatedAt])
        .column_as(SealedAnswer.is_not_null(), "sealed")
        .column(app::Column::TokenPolicy)
        .order_by_asc(Id)
        .limit(EACH as u64);
    match after {
        Some(after) => next.filter(Id.gt(after)),
        None => next,
    }
}

#[cfg(test)]
mod tests {
    use super::Looked;
    use crate::id::RefreshTokenId;
    use crate::time::Timestamp;
    use crate::token_policy::TokenPolicies;

    #[test]
    fn req_070_an_answer_is_kept_through_its_grace_and_the_walk_goes_on_by_the_time_in_the_ids() {
        let now = Timestamp(1_000_000_000);
        for (policy, id_seconds_ago, seconds_ago, past_grace, settled) in [
            ("standard", 59, 59, false, false),
            ("standard", 60, 60, true, false),
            ("standard", 90, 90, true, true),
            ("gone", 329, 329, false, true),
            ("gone", 330, 330, true, true),
            // Made by a clock that is ahead, and by one that was set back: its ids go on from where they were.
            ("standard", -86_400, -86_400, false, false),
            ("standard", -3_600, 90, true, false),
        ] {
            let millis = u64::try_from(now.minus_seconds(id_seconds_ago).0).expect("after 1970");
            let id = RefreshTokenId(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid());
            let created_at = now.minus_seconds(seconds_ago);
            let token = Looked { id, created_at, sealed: true, token_policy: policy.to_owned() };
            let found = (token.is_past_grace(&TokenPolicies::default(), now), token.is_settled(now));
            assert_eq!(found, (past_grace, settled), "{policy}, {id_seconds_ago}, {seconds_ago}");
        }
    }
}
