//! What a sweep deletes, and what it must not.

use domain::entity::{code, refresh_token};
use domain::id::{CodeId, RefreshTokenId};
use domain::store::answers::ANSWER_KEPT_SECONDS;
use domain::store::installs::InstallFilter;
use domain::store::links::LINK_SECONDS;
use domain::store::sweep::{CODE_KEPT_SECONDS, LINK_KEPT_SECONDS, TOKEN_KEPT_SECONDS};
use domain::store::{By, Store};
use domain::time::Timestamp;
use domain::token_policy::{CODE_SECONDS, TokenPolicy};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::flow::{World, invalid_grant, refresh_token};
use crate::harness::{count, on_each_database, person};

const DAY: i64 = 86_400;

/// Rows of `table` after a sweep.
async fn left(store: &Store, table: &str) -> i64 {
    store.sweep(store.now()).await.expect("sweeps");
    count(store, table, "1 = 1").await
}

#[tokio::test]
async fn a_code_leaves_a_week_after_its_end() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.code("").await;
        clock.advance(CODE_SECONDS + CODE_KEPT_SECONDS - 1);
        assert_eq!(left(&store, "codes").await, 1);
        clock.advance(1);
        assert_eq!(left(&store, "codes").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_link_leaves_a_month_after_its_end() {
    on_each_database(async |store, clock| {
        person(&store, "ada").await;
        store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link");
        clock.advance(LINK_SECONDS + LINK_KEPT_SECONDS - 1);
        assert_eq!(left(&store, "one_time_links").await, 1);
        clock.advance(1);
        assert_eq!(left(&store, "one_time_links").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_swept_keeps_nothing_else() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.refresh(&world.tokens("").await).await.expect("live");
        store.writer().execute_unprepared("ALTER TABLE sessions RENAME TO broken").await.expect("renamed");
        clock.advance(CODE_SECONDS + CODE_KEPT_SECONDS);
        assert!(store.sweep(store.now()).await.is_err());
        assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0);
        assert_eq!(count(&store, "grants", "1 = 1").await, 0);
        store.writer().execute_unprepared("ALTER TABLE broken RENAME TO sessions").await.expect("renamed");
    })
    .await;
}

#[tokio::test]
async fn req_070_one_sweep_erases_all_answers_whose_grace_is_over_and_no_other() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let sealed = || count(&store, "refresh_tokens", "sealed_answer IS NOT NULL");
        world.refresh(&world.tokens("").await).await.expect("live");
        let with_answer = refresh_token::Entity::find().filter(refresh_token::Column::SealedAnswer.is_not_null());
        let like = with_answer.one(store.reader()).await.expect("answers").expect("the newest");
        // More than a statement erases.
        let rows = (0..1_200).map(|_| {
            let id = RefreshTokenId(store.new_id());
            refresh_token::Model { id, ..like.clone() }.into_active_model()
        });
        refresh_token::Entity::insert_many(rows).exec_without_returning(store.writer()).await.expect("new rows");
        // The grace begins when the answer is written, be it long after the tokens in it were made.
        clock.advance(30 + ANSWER_KEPT_SECONDS - 1);
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(sealed().await, 1_201);
        clock.advance(1);
        world.refresh(&world.tokens("").await).await.expect("live");
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(sealed().await, 1, "the new one");
    })
    .await;
}

/// A refresh token that is there beside those that the provider made: `like` one, with another id, made at `made`.
async fn another(store: &Store, like: &refresh_token::Model, id: RefreshTokenId, made: Timestamp) {
    let row = refresh_token::Model { id, created_at: made, ..like.clone() }.into_active_model();
    refresh_token::Entity::insert(row).exec_without_returning(store.writer()).await.expect("a new row");
}

#[tokio::test]
async fn req_070_an_answer_whose_grace_goes_on_keeps_no_later_one_and_is_not_forgotten() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.refresh(&world.tokens("").await).await.expect("live");
        let with_answer = refresh_token::Entity::find().filter(refresh_token::Column::SealedAnswer.is_not_null());
        let like = with_answer.one(store.reader()).await.expect("answers").expect("the newest");
        let sealed = || count(&store, "refresh_tokens", "sealed_answer IS NOT NULL");
        // By a server whose clock is an hour ahead, which its ids are too.
        let ahead = store.now().plus_seconds(3_600);
        let millis = u64::try_from(ahead.0).expect("after 1970");
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
        another(&store, &like, RefreshTokenId(id), ahead).await;
        for _ in 0..3 {
            another(&store, &like, RefreshTokenId(store.new_id()), store.now()).await;
            // Longer than what is looked at again: nothing else is young.
            clock.advance(120);
            store.sweep(store.now()).await.expect("swept");
            assert_eq!(sealed().await, 1);
        }
        clock.advance(3_600);
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(sealed().await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_070_an_answer_that_came_after_later_ones_were_swept_is_erased_too() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.refresh(&world.tokens("").await).await.expect("live");
        let with_answer = refresh_token::Entity::find().filter(refresh_token::Column::SealedAnswer.is_not_null());
        let like = with_answer.one(store.reader()).await.expect("answers").expect("the newest");
        let (slow, made) = (RefreshTokenId(store.new_id()), store.now());
        world.refresh(&world.tokens("").await).await.expect("live");
        clock.advance(30 + ANSWER_KEPT_SECONDS);
        store.sweep(store.now()).await.expect("swept");
        // Of a server whose clock is half a minute behind.
        another(&store, &like, slow, made).await;
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_041_a_replayed_code_is_known_as_long_as_its_family_lives() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        let answer = world.exchange(&code).await.expect("fresh");
        clock.advance(60 * DAY);
        assert_eq!(left(&store, "codes").await, 1, "its refresh token lives for 90 days");
        assert!(invalid_grant(&world.exchange(&code).await));
        assert!(invalid_grant(&world.refresh(&answer).await), "the replay ended the family");
        assert_eq!(left(&store, "codes").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_041_a_replayed_code_is_known_as_long_as_its_access_token_lives() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::fera();
        let code = world.code("").await;
        let answer = world.exchange(&code).await.expect("fresh");
        clock.advance(400 * DAY);
        assert_eq!(left(&store, "codes").await, 1, "its access token never ends by itself");
        assert!(world.lives(&answer).await);
        assert!(invalid_grant(&world.exchange(&code).await));
        assert!(!world.lives(&answer).await, "the replay ended it");
        assert_eq!(left(&store, "codes").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_access_token_leaves_thirty_days_after_its_end_and_its_family_stays() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let next = world.refresh(&first).await.expect("live");
        assert_eq!(count(&store, "access_tokens", "revoked_at IS NOT NULL").await, 1, "by the refresh");
        clock.advance(TOKEN_KEPT_SECONDS + DAY - 1);
        assert_eq!(left(&store, "access_tokens").await, 2);
        clock.advance(1);
        assert_eq!(left(&store, "access_tokens").await, 0, "their day ended thirty days ago");
        let install = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id;
        assert!(store.install(world.target, install).await.expect("its page").tokens.is_empty());
        assert_eq!(left(&store, "refresh_tokens").await, 2);
        assert!(invalid_grant(&world.refresh(&first).await), "a superseded token is still known");
        assert!(invalid_grant(&world.refresh(&next).await), "so its reuse ends the family");
    })
    .await;
}

#[tokio::test]
async fn an_access_token_that_never_ends_leaves_thirty_days_after_its_revocation() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::fera();
        let answer = world.tokens("").await;
        clock.advance(400 * DAY);
        assert!(world.lives(&answer).await);
        assert_eq!(left(&store, "access_tokens").await, 1);
        world.revoke(&answer.access_token).await;
        clock.advance(TOKEN_KEPT_SECONDS - 1);
        assert_eq!(left(&store, "access_tokens").await, 1);
        clock.advance(1);
        assert_eq!(left(&store, "access_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn refresh_tokens_leave_thirty_days_after_their_family_would_have_ended() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        for more in ["&actor=self", ""] {
            let answer = world.tokens(more).await;
            let next = world.refresh(&answer).await.expect("live");
            if !more.is_empty() {
                world.revoke(refresh_token(&next)).await;
            }
            clock.advance(DAY);
        }
        clock.advance(118 * DAY - 1);
        assert_eq!(left(&store, "refresh_tokens").await, 4, "revoked, and idle since less than ninety and thirty days");
        clock.advance(1);
        assert_eq!(left(&store, "refresh_tokens").await, 2, "the revoked family, whose ninety days would be over too");
        clock.advance(DAY);
        assert_eq!(left(&store, "refresh_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_never_ends_leaves_thirty_days_after_its_revocation() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::featureos();
        let answer = world.tokens("").await;
        clock.advance(400 * DAY);
        assert_eq!(left(&store, "refresh_tokens").await, 1);
        world.revoke(refresh_token(&answer)).await;
        clock.advance(TOKEN_KEPT_SECONDS - 1);
        assert_eq!(left(&store, "refresh_tokens").await, 1);
        clock.advance(1);
        assert_eq!(left(&store, "refresh_tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn one_sweep_deletes_more_than_one_batch() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.code("").await;
        let row = code::Entity::find().one(store.reader()).await.expect("answers").expect("the code");
        let more = (0..1100).map(|_| code::Model { id: CodeId(store.new_id()), ..row.clone() }.into_active_model());
        code::Entity::insert_many(more).exec_without_returning(store.writer()).await.expect("new rows");
        clock.advance(CODE_SECONDS + CODE_KEPT_SECONDS);
        assert_eq!(left(&store, "codes").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_family_of_a_thousand_rows_leaves_with_all_of_them_and_another_stays() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let over = world.tokens("&actor=self").await;
        let next = world.refresh(&over).await.expect("live");
        let used = refresh_token::Column::UsedAt.is_not_null();
        let row = refresh_token::Entity::find().filter(used).one(store.reader()).await.expect("answers").expect("one");
        for _ in 0..3 {
            let id = || RefreshTokenId(store.new_id());
            let more = (0..400).map(|_| refresh_token::Model { id: id(), ..row.clone() }.into_active_model());
            refresh_token::Entity::insert_many(more).exec_without_returning(store.writer()).await.expect("new rows");
        }
        world.revoke(refresh_token(&next)).await;
        clock.advance(DAY);
        world.tokens("").await;
        clock.advance(119 * DAY - 1);
        assert_eq!(left(&store, "refresh_tokens").await, 1203);
        clock.advance(1);
        assert_eq!(left(&store, "refresh_tokens").await, 1, "the other family ends a day later");
    })
    .await;
}

#[tokio::test]
async fn codes_that_stay_hold_up_none_that_came_after_them_and_leave_in_their_turn() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let used = code::Entity::find().one(store.reader()).await.expect("answers").expect("its code");
        // As many codes of the family that lives as a sweep looks at.
        for _ in 0..20 {
            let more = (0..500).map(|_| code::Model { id: CodeId(store.new_id()), ..used.clone() }.into_active_model());
            code::Entity::insert_many(more).exec_without_returning(store.writer()).await.expect("new rows");
        }
        clock.advance(1);
        world.code("&actor=self").await;
        clock.advance(CODE_SECONDS + CODE_KEPT_SECONDS);
        assert_eq!(left(&store, "codes").await, 10_002);
        assert_eq!(left(&store, "codes").await, 10_001, "the next sweep goes on");
        world.revoke(refresh_token(&answer)).await;
        assert_eq!(left(&store, "codes").await, 1, "and the one after that begins anew");
        assert_eq!(left(&store, "codes").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_leaves_the_tokens_of_the_demo_history() {
    on_each_database(async |store, _clock| {
        store.load_demo().await.expect("loads");
        for table in ["access_tokens", "refresh_tokens"] {
            let before = count(&store, table, "1 = 1").await;
            assert_eq!(left(&store, table).await, before, "{table}");
        }
    })
    .await;
}
