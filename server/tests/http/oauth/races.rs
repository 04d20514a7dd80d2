//! Fifty requests at once: PROTOCOL 40, 68, 74 and 118.

use super::request::{Answer, Form};
use super::world::World;

const AT_ONCE: usize = 50;
/// What races is won in another order each time.
const ROUNDS: usize = 12;

/// Sends what `request` makes, all at once.
async fn at_once(
    world: &World,
    count: usize,
    request: impl Fn(usize) -> http::Request<axum::body::Body>,
) -> Vec<Answer> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(count));
    let tasks: Vec<_> = (0..count)
        .map(|n| {
            let (router, request, barrier) = (world.router(), request(n), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                crate::harness::send(&router, request).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("a task"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_040_of_fifty_redemptions_exactly_one_succeeds() {
    for world in World::on_each_database().await {
        for _ in 0..ROUNDS {
            let code = world.one.code(&world).await;
            let answers = at_once(&world, AT_ONCE, |_| world.one.exchange(&code).post_as(&world.one)).await;
            let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.is_success());
            assert_eq!(won.len(), 1);
            assert!(lost.iter().all(|answer| answer.error() == (400, "invalid_grant".to_owned())), "{lost:?}");
            let winner = won[0].tokens();
            assert_eq!(world.whoami(&winner.access).await.status.as_u16(), 401, "the others were replays");
            // An address may fail so often in a quarter of an hour.
            world.advance(900);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_068_of_fifty_refreshes_one_pair_lives() {
    for world in World::on_each_database().await {
        for _ in 0..ROUNDS {
            let tokens = world.one.tokens(&world).await;
            let form = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
            let answers = at_once(&world, AT_ONCE, |_| form.post_as(&world.one)).await;
            let mut pairs: Vec<_> =
                answers.iter().filter(|answer| answer.status.is_success()).map(Answer::tokens).collect();
            assert!(!pairs.is_empty(), "{:?}", answers[0]);
            pairs.dedup();
            assert_eq!(pairs.len(), 1, "every 200 carries the one pair");
            assert_eq!(world.live_access_tokens(&world.one).await, 1);
            assert_eq!(world.whoami(&pairs[0].access).await.status.as_u16(), 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_074_a_revocation_that_races_a_refresh_leaves_nothing_alive() {
    for world in World::on_each_database().await {
        for _ in 0..25 {
            let tokens = world.one.tokens(&world).await;
            let refresh = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
            let revoke = Form::of(&[("token", &tokens.refresh)]);
            let answers = at_once(&world, 4, |n| {
                if n % 2 == 0 { refresh.post_as(&world.one) } else { revoke.post_to("/oauth/revoke", &world.one) }
            })
            .await;
            for tokens in answers.iter().filter(|answer| answer.body.contains("access_token")).map(Answer::tokens) {
                assert_eq!(world.one.introspect(&world, &tokens.access).await.body, r#"{"active":false}"#);
                assert_eq!(world.one.introspect(&world, &tokens.refresh).await.body, r#"{"active":false}"#);
            }
            assert_eq!(world.live_access_tokens(&world.one).await, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_of_many_exchanges_for_one_key_one_token_lives() {
    for world in World::on_each_database().await {
        let mut codes = Vec::new();
        for _ in 0..10 {
            codes.push(world.one.code(&world).await);
        }
        let answers = at_once(&world, codes.len(), |n| world.one.exchange(&codes[n]).post_as(&world.one)).await;
        assert!(answers.iter().all(|answer| answer.status.is_success()), "{answers:?}");
        assert_eq!(world.live_access_tokens(&world.one).await, 1);
        assert_eq!(world.active_installs(&world.one).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_concurrent_consents_make_one_install() {
    for world in World::on_each_database().await {
        let mut decisions = Vec::new();
        for _ in 0..10 {
            let mut browser = world.browser(&world.admin).await;
            let consent = browser.authorize(&world.one.request()).await;
            browser.get(&consent).await;
            let csrf = browser.csrf().await;
            decisions.push(browser.prepared(world.allow().with("csrf", &csrf).post(&consent)));
        }
        let decisions = std::sync::Mutex::new(decisions);
        let answers = at_once(&world, 10, |_| decisions.lock().expect("no panic").pop().expect("a decision")).await;
        for answer in &answers {
            assert!(!answer.sent_once("code").is_empty(), "{answer:?}");
        }
        assert_eq!(world.active_installs(&world.one).await, 1);
    }
}

#[tokio::test]
async fn req_118_a_second_exchange_ends_the_first_pair() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let second = world.one.tokens(&world).await;
    assert_eq!(world.whoami(&first.access).await.status.as_u16(), 401);
    assert_eq!(world.one.refresh(&world, &first.refresh).await.error().1, "invalid_grant");
    assert_eq!(world.whoami(&second.access).await.status.as_u16(), 200);
    let elsewhere = world.one.tokens_in(&world, world.second).await;
    let myself = world.one.tokens_for(&world, &world.one.request().with("actor", "self")).await;
    for token in [&second.access, &elsewhere.access, &myself.access] {
        assert_eq!(world.whoami(token).await.status.as_u16(), 200, "another key is another token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_021_req_051_an_overloaded_site_says_so_and_when_to_come_back() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let (mut one, mut other) = (world.browser(&world.admin).await, world.browser(&world.admin).await);
    let pick = one.authorize(&world.one.request()).await;
    let pick = world.allow().without("decision").with("csrf", &one.csrf().await).post(&pick);
    let consent = other.authorize(&world.one.request()).await;
    other.post(&consent, &world.allow().without("decision")).await;
    let allow = world.allow().with("csrf", &other.csrf().await).post(&consent);
    let _writer = world.occupy_writer().await;
    let (exchange, authorize) = (world.one.exchange(&code), world.one.request());
    let answers = at_once(&world, 2, |n| match n {
        0 => exchange.post_as(&world.one),
        _ => authorize.get_request("/oauth/authorize"),
    });
    let (answers, picked, allowed) = tokio::join!(answers, one.send(pick), other.send(allow));
    for (what, answer) in [("an organization is picked", picked), ("a consent", allowed)] {
        answer.assert_rejected(what, &world.one.redirect, &["temporarily_unavailable"], Some("s1"));
    }
    assert_eq!(answers[0].error(), (503, "temporarily_unavailable".to_owned()), "{:?}", answers[0]);
    assert!(answers[0].header("retry-after").parse::<u32>().expect("seconds") > 0);
    answers[1].assert_rejected("authorize", &world.one.redirect, &["temporarily_unavailable"], Some("s1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_051_a_full_queue_is_told_at_once_and_when_to_come_back() {
    const MANY: usize = 120;
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let refresh = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
    let revoke = Form::of(&[("token", &tokens.refresh)]);
    let router = world.router_with_queue(1).await;
    let writer = world.occupy_writer().await;
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..MANY {
        let revokes = n % 2 == 0;
        let request = if revokes { revoke.post_to("/oauth/revoke", &world.one) } else { refresh.post_as(&world.one) };
        let router = router.clone();
        asked.spawn(async move { (revokes, crate::harness::send(&router, request).await) });
    }
    let (mut refused, mut done) = ([0, 0], 0);
    let mut writer = Some(writer);
    while let Some(answer) = asked.join_next().await {
        let (revokes, answer) = answer.expect("no panic");
        if answer.status.is_success() || answer.error() == (400, "invalid_grant".to_owned()) {
            done += 1;
        } else {
            assert_eq!(answer.error(), (503, "temporarily_unavailable".to_owned()), "{answer:?}");
            assert!(answer.header("retry-after").parse::<u32>().expect("seconds") > 0);
            refused[usize::from(revokes)] += 1;
        }
        // Both were refused while the writer waited for the lock: now it gets it, and does what it took.
        if refused.iter().all(|count| *count > 0)
            && let Some(writer) = writer.take()
        {
            writer.close().await.expect("the lock ends with its connection");
        }
    }
    assert!(writer.is_none() && done > 0, "{refused:?} refused, {done} done");
}
