//! Methods, sizes, health, addresses that do not exist.

use http::{Method, StatusCode};

use super::{with, without};
use crate::harness::TestApp;
use crate::oauth::request::get;
use crate::oauth::world::World;

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let app = TestApp::new().await;
    let browser = app.browser();
    for path in ["/", "/sign-in", "/healthz"] {
        let answer = app.send(browser.request(Method::HEAD, path, "")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let app = TestApp::new().await;
    let browser = app.browser();
    for path in ["/organizations/switch", "/theme"] {
        let answer = app.send(browser.request(Method::GET, path, "")).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"), "{path}");
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        for path in ["/", "/sign-in", "/account", "/apps"] {
            let answer = app.send(browser.request(method.clone(), path, "")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.header("allow"), "GET, HEAD, POST", "{method} {path}");
        }
    }
    let answer = app.send(browser.request(Method::POST, "/healthz", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
}

#[tokio::test]
async fn a_body_beyond_a_mebibyte_is_413() {
    let app = TestApp::new().await;
    let browser = app.browser();
    let large = "a".repeat(1024 * 1024 + 1);
    for path in ["/sign-in", "/oauth/token"] {
        let request = browser.form(path, &[("email", &large)]);
        assert_eq!(app.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        // A length that is not told does not help.
        let request = without(browser.form(path, &[("email", &large)]), "content-length");
        assert_eq!(app.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path} without a length");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let app = TestApp::new().await;
    let browser = app.browser();
    for path in ["/sign-in", "/oauth/token", "/oauth/authorize"] {
        let (parts, _) = browser.form(path, &[]).into_parts();
        let pieces = [Ok("grant_type=authori"), Err(std::io::Error::other("reset"))];
        let body = axum::body::Body::from_stream(futures::stream::iter(pieces));
        let answer = app.send(http::Request::from_parts(parts, body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {answer:?}");
        assert!(answer.body.contains("broke off"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_lie_about_the_length_is_refused_at_once() {
    let app = TestApp::new().await;
    let request = with(app.browser().form("/sign-in", &[]), "content-length", "99999999");
    assert_eq!(app.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_a_page_for_people_and_json_for_programs() {
    let app = TestApp::new().await;
    let page = app.browser().get("/no-such-page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.body.contains(page.header("x-request-id")), "the page names the request: {}", page.body);
    for path in ["/api/v1/nothing", "/.well-known/nothing", "/fn/nothing"] {
        let answer = app.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["error"], "not_found", "{path}");
    }
}

#[tokio::test]
async fn health_is_told_without_a_session() {
    let app = TestApp::new().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        assert!(answer.cookies().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn an_instance_with_pending_migrations_is_not_ready() {
    use sea_orm::ConnectionTrait;
    let app = TestApp::new().await;
    let forget = "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)";
    app.store.writer().execute_unprepared(forget).await.expect("one migration is forgotten");
    assert_eq!(app.browser().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_instance_whose_database_takes_nothing_is_not_ready_and_is_so_again_by_itself() {
    use sea_orm::ConnectionTrait;
    let world = World::new().await;
    let code = world.one.code(&world).await;
    // What a full disk does to whatever is written.
    let tables = ["access_tokens", "instance"];
    let each = async |sql: &dyn Fn(&str) -> String| {
        for table in tables {
            world.store.writer().execute_unprepared(&sql(table)).await.expect("valid SQL");
        }
    };
    let ready = async || world.send(get("/readyz")).await.status;
    each(&|table| {
        format!("CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END")
    })
    .await;
    assert_eq!(ready().await, StatusCode::OK, "nobody has tried");
    let refused = world.one.redeem(&world, &code).await;
    assert!(refused.status.is_server_error(), "{refused:?}");
    assert_eq!(ready().await, StatusCode::SERVICE_UNAVAILABLE);
    each(&|table| format!("DROP TRIGGER full_{table}")).await;
    assert_eq!(ready().await, StatusCode::OK);
    assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK, "and nothing was taken");
}

#[tokio::test]
async fn an_instance_whose_file_was_removed_or_replaced_is_not_ready() {
    let app = TestApp::new().await;
    let (file, away) = (app.folder.0.join("portico.db"), app.folder.0.join("away.db"));
    let ready = async || app.browser().get("/readyz").await;
    assert_eq!(ready().await.status, StatusCode::OK);
    std::fs::rename(&file, &away).expect("removed");
    let answer = ready().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("removed or replaced"), "{}", answer.body);
    std::fs::copy(&away, &file).expect("replaced");
    assert_eq!(ready().await.status, StatusCode::SERVICE_UNAVAILABLE);
    std::fs::rename(&away, &file).expect("put back");
    assert_eq!(ready().await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_instance_without_its_database_is_not_ready() {
    let app = TestApp::new().await;
    app.store.reader().clone().close().await.expect("closed");
    app.store.writer().clone().close().await.expect("closed");
    assert_eq!(app.browser().get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_app_without_a_tab_leads_to_its_overview() {
    let app = TestApp::new().await;
    let id = "0190b7a2-0000-7000-8000-000000000000";
    for method in [Method::GET, Method::HEAD] {
        let answer = app.send(app.browser().request(method, &format!("/apps/{id}"), "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert!(answer.location().ends_with("/overview"), "{answer:?}");
    }
    assert_eq!(app.browser().get("/apps/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn head_of_a_page_for_people_leads_to_sign_in_and_back_like_get() {
    let app = TestApp::new().await;
    for method in [Method::GET, Method::HEAD] {
        let answer = app.send(app.browser().request(method, "/account?x=1", "")).await;
        assert!(answer.location().starts_with("/sign-in?next=%2Faccount"), "{answer:?}");
    }
}
