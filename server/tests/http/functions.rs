//! `/fn/*`: the server functions of the portal obey the same rules as everything else (requirements 113 and 115).

use std::collections::BTreeSet;

use axum::body::Body;
use domain::entity::{app, client_secret, install, redirect_uri};
use domain::paths::SERVER_FN_PREFIX;
use http::{Request, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::oauth::request::{Form, arguments, get, post, with_header};
use crate::oauth::world::{ISSUER, Surfer, World};

/// Whose thing the arguments name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    /// An app of Maker, its secrets, its test installs.
    Makers,
    /// An install in Target.
    Targets,
    /// What operators decide; nobody here is one.
    Staffs,
    /// Nobody else's: the function is about the person himself, or makes something new.
    Own,
}

struct Function {
    path: &'static str,
    thing: Thing,
    arguments: Value,
}

/// Each server function with arguments that its rightful caller could send.
async fn functions(world: &World) -> Vec<Function> {
    let db = world.store.reader();
    world.one.tokens(world).await;
    let (app, target) = (world.one.app, world.target);
    let secret = client_secret::Entity::find().filter(client_secret::Column::AppId.eq(app)).one(db).await;
    let secret = secret.expect("a query").expect("a secret").id;
    let install = install::Entity::find().filter(install::Column::AppId.eq(app)).one(db).await;
    let install = install.expect("a query").expect("an install").id;
    let unknown = "0190b7a2-0000-7000-8000-000000000000";
    let scopes = json!({ "read": { "ticked": true, "purpose": "", "required": true } });
    let fields = json!({ "name": "Taken", "description": "", "homepage": "", "support_email": "",
        "pkce_required": true, "actor_modes": "both", "grants": "authorization_code", "token_policy": "standard",
        "id_token_signed_response_alg": "RS256" });
    let new = json!({ "client_type": "public", "fields": { "name": "New", "description": "", "actor_modes": "both",
        "grants": "authorization_code", "auth_method": "client_secret_basic", "token_policy": "standard",
        "pkce_required": true, "id_token_signed_response_alg": "RS256" },
        "uris": ["https://new.example/cb"], "scopes": scopes });
    let function = |path, thing, arguments| Function { path, thing, arguments };
    vec![
        function("/fn/apps/create", Thing::Own, new),
        function("/fn/apps/settings/update", Thing::Makers, json!({ "app": app, "fields": fields })),
        function("/fn/apps/settings/suspend", Thing::Makers, json!({ "app": app })),
        function("/fn/apps/settings/resume", Thing::Makers, json!({ "app": app })),
        function("/fn/apps/settings/delete", Thing::Makers, json!({ "app": app, "confirm": "One" })),
        function(
            "/fn/apps/settings/post-logout",
            Thing::Makers,
            json!({ "app": app, "uris": ["https://one.example/bye"] }),
        ),
        function(
            "/fn/apps/redirect-uris/set",
            Thing::Makers,
            json!({ "app": app, "uris": ["https://evil.example/cb"] }),
        ),
        function("/fn/apps/scopes/set", Thing::Makers, json!({ "app": app, "scopes": scopes })),
        function("/fn/apps/credentials/create", Thing::Makers, json!({ "app": app, "label": "Mine" })),
        function(
            "/fn/apps/credentials/rotate",
            Thing::Makers,
            json!({ "app": app, "label": "Mine", "grace_seconds": 0 }),
        ),
        function(
            "/fn/apps/credentials/grace",
            Thing::Makers,
            json!({ "app": app, "secret": secret, "grace_seconds": 0 }),
        ),
        function(
            "/fn/apps/credentials/revoke",
            Thing::Makers,
            json!({ "app": app, "secret": secret, "compromised": true }),
        ),
        function("/fn/apps/review/submit", Thing::Makers, json!({ "app": app, "accepted_terms": "1" })),
        function("/fn/apps/review/withdraw", Thing::Makers, json!({ "app": app, "kind": "launch" })),
        function(
            "/fn/apps/review/remove-test-organization",
            Thing::Makers,
            json!({ "app": app, "organization": target }),
        ),
        function(
            "/fn/support/reviews/decide",
            Thing::Staffs,
            json!({ "review": unknown, "verdict": "approve", "feedback": "x" }),
        ),
        function("/fn/authorize", Thing::Makers, json!({ "app": app, "organization": target })),
        function("/fn/token", Thing::Makers, json!({ "app": app, "code": unknown })),
        function("/fn/installs/revoke", Thing::Targets, json!({ "install": install, "reason": "x", "block": true })),
        function("/fn/installs/unblock", Thing::Targets, json!({ "app": app, "install": install })),
        function("/fn/my-apps/revoke", Thing::Targets, json!({ "install": install })),
        function("/fn/account/sessions/end", Thing::Own, json!({ "session": unknown })),
        function("/fn/account/password", Thing::Own, json!({ "current_password": "x", "password": "y" })),
    ]
}

impl Function {
    fn request(&self, csrf: &str) -> Request<Body> {
        let request = arguments(&self.arguments).post(self.path);
        with_header(with_header(request, "accept", "application/json"), "x-csrf-token", csrf)
    }
}

impl Function {
    /// Arguments that the function cannot read.
    fn malformed(&self, csrf: &str, accept: &str) -> Vec<Request<Body>> {
        let kind = "application/x-www-form-urlencoded";
        let request = |body| with_header(post(self.path, kind, body), "x-csrf-token", csrf);
        ["", "x=1", "app[x]=1&%FF=%FF"].into_iter().map(|body| with_header(request(body), "accept", accept)).collect()
    }
}

async fn status(surfer: &mut Surfer, function: &Function) -> StatusCode {
    let csrf = surfer.csrf().await;
    surfer.send(function.request(&csrf)).await.status
}

/// Addresses that cannot be registered, of each kind that requirement 6 names.
const UNSAFE: [&str; 24] = [
    "https://bad.example/cb#",
    "https://bad.example/cb#x",
    "https://*.bad.example/cb",
    "https://bad.example/*",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "DATA:text/html,x",
    "file:///etc/passwd",
    "File:///etc/passwd",
    "http://bad.example/cb",
    "HTTP://bad.example/cb",
    "http://127.0.0.1.bad.example/cb",
    "http://localhost.bad.example/cb",
    "https://user@bad.example/cb",
    "https://user:word@bad.example/cb",
    "http://127.0.0.1:80@bad.example/cb",
    "cb",
    "/cb",
    "//bad.example/cb",
    "bad.example/cb",
    "https:bad.example/cb",
    "https:/bad.example/cb",
];

#[tokio::test]
async fn req_006_an_unsafe_redirect_uri_is_named_and_nothing_is_saved() {
    let world = World::new().await;
    let db = world.store.reader();
    let apps = async || app::Entity::find().all(db).await.expect("a query").len();
    let uris = async || {
        let of_one = redirect_uri::Entity::find().filter(redirect_uri::Column::AppId.eq(world.one.app));
        let rows = of_one.all(db).await.expect("a query");
        rows.into_iter().map(|row| row.uri).collect::<Vec<_>>()
    };
    let mut max = world.browser(&world.maker_admin).await;
    let csrf = max.csrf().await;
    let mut functions = functions(&world).await;
    for path in ["/fn/apps/create", "/fn/apps/redirect-uris/set"] {
        let function = functions.iter_mut().find(|function| function.path == path).expect("a function");
        let mut saving = |uris: &[&str]| {
            function.arguments["uris"] = json!(uris);
            function.request(&csrf)
        };
        let before = (apps().await, uris().await);
        for bad in UNSAFE {
            let answer = max.send(saving(&["https://good.example/cb", bad])).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {bad}: {answer:?}");
            let fields = answer.json()["fields"].clone();
            let named: Vec<_> = fields.as_array().expect("fields").iter().map(|field| field[0].as_str()).collect();
            assert_eq!(named, [Some("redirect_uris.1")], "{path} {bad}: {answer:?}");
            assert_eq!((apps().await, uris().await), before, "{path} {bad}");
        }
        let answer = max.send(saving(&["https://good.example/cb"])).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        assert_ne!((apps().await, uris().await), before, "{path}: it was the address that was refused");
    }
}

#[tokio::test]
async fn req_113_every_server_function_is_in_the_matrix() {
    let world = World::new().await;
    let known: BTreeSet<_> = functions(&world).await.iter().map(|function| function.path.to_owned()).collect();
    let served: BTreeSet<_> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(known, served, "a new function needs its line");
    assert!(served.iter().all(|path| path.starts_with(SERVER_FN_PREFIX)));
}

#[tokio::test]
async fn req_113_a_server_function_answers_nobody_and_no_get() {
    let world = World::new().await;
    for function in functions(&world).await {
        let answer = world.send(get(function.path)).await;
        assert!(matches!(answer.status.as_u16(), 404 | 405), "GET {}: {answer:?}", function.path);
        assert_eq!(world.send(function.request("")).await.status, StatusCode::FORBIDDEN, "{}", function.path);
        let nobody = status(&mut world.anonymous(), &function).await;
        assert_eq!(nobody, StatusCode::UNAUTHORIZED, "{}", function.path);
    }
}

#[tokio::test]
async fn req_113_nobodys_arguments_are_read_and_malformed_ones_are_never_our_fault() {
    let world = World::new().await;
    let (mut nobody, mut admin) = (world.anonymous(), world.browser(&world.maker_admin).await);
    let (csrf_of_nobody, csrf_of_admin) = (nobody.csrf().await, admin.csrf().await);
    for function in functions(&world).await {
        for accept in ["application/json", "*/*"] {
            for request in function.malformed(&csrf_of_nobody, accept) {
                let answer = nobody.send(request).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: {answer:?}", function.path);
                assert_eq!(answer.text("code"), "not_signed_in", "{}", function.path);
            }
            for request in function.malformed(&csrf_of_admin, accept) {
                let answer = admin.send(request).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}: {answer:?}", function.path);
                assert_eq!(answer.text("code"), "invalid", "{}", function.path);
            }
        }
    }
}

#[tokio::test]
async fn no_answer_of_a_server_function_is_stored_whether_it_holds_a_secret_or_a_refusal() {
    let world = World::new().await;
    let (mut nobody, mut admin) = (world.anonymous(), world.browser(&world.maker_admin).await);
    let (csrf_of_nobody, csrf_of_admin) = (nobody.csrf().await, admin.csrf().await);
    let mut told = 0;
    for function in functions(&world).await {
        let refused = nobody.send(function.request(&csrf_of_nobody)).await;
        let unproven = admin.send(function.request("")).await;
        let answer = admin.send(function.request(&csrf_of_admin)).await;
        told += usize::from(answer.status == StatusCode::OK && answer.body.contains("secret"));
        for answer in [refused, unproven, answer] {
            assert_eq!(answer.header("cache-control"), "no-store", "{}: {answer:?}", function.path);
        }
    }
    assert!(told > 0, "no answer held a secret");
}

#[tokio::test]
async fn req_026_req_112_a_server_function_leads_a_browser_only_to_pages_of_this_site() {
    let world = World::new().await;
    let (mut nobody, mut admin) = (world.anonymous(), world.browser(&world.maker_admin).await);
    let (csrf_of_nobody, csrf_of_admin) = (nobody.csrf().await, admin.csrf().await);
    let ours = format!("{ISSUER}/installs?q=x#y");
    for function in functions(&world).await {
        for (referer, home, sign_in) in [
            ("https://evil.example/x", "/", "/sign-in?next=%2F"),
            (ours.as_str(), "/installs?q=x", "/sign-in?next=%2Finstalls%3Fq%3Dx"),
        ] {
            for request in function.malformed(&csrf_of_admin, "text/html,*/*;q=0.8") {
                let answer = admin.send(with_header(request, "referer", referer)).await;
                assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, home), "{}", function.path);
            }
            for request in function.malformed(&csrf_of_nobody, "text/html") {
                let answer = nobody.send(with_header(request, "referer", referer)).await;
                assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, sign_in), "{}", function.path);
            }
        }
    }
}

#[tokio::test]
async fn req_026_a_program_that_shows_no_pages_is_not_redirected() {
    let world = World::new().await;
    let mut admin = world.browser(&world.maker_admin).await;
    let csrf = admin.csrf().await;
    let app = world.one.app.to_string();
    for (path, accept) in [("/fn/apps/settings/suspend", Some("*/*")), ("/fn/apps/settings/resume", None)] {
        let mut request = with_header(Form::of(&[("app", &app)]).post(path), "x-csrf-token", &csrf);
        request = with_header(request, "referer", "https://evil.example/x");
        if let Some(accept) = accept {
            request = with_header(request, "accept", accept);
        }
        let answer = admin.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        assert!(!answer.headers.contains_key("location"), "{path}");
    }
}

#[tokio::test]
async fn req_115_the_things_of_another_organization_are_404_for_every_role() {
    let world = World::new().await;
    let outsiders = [&world.admin, &world.developer_there, &world.member, &world.maker_admin, &world.stranger];
    for function in functions(&world).await.iter().filter(|function| function.thing != Thing::Own) {
        for person in outsiders {
            let insider = match function.thing {
                Thing::Makers => person.id == world.maker_admin.id,
                Thing::Staffs => false,
                _ => person.id == world.admin.id,
            };
            if insider {
                continue;
            }
            let status = status(&mut world.browser(person).await, function).await;
            let homeless = person.id == world.stranger.id && status == StatusCode::CONFLICT;
            assert!(homeless || status == StatusCode::NOT_FOUND, "{} for {}: {status}", function.path, person.email);
        }
    }
    let code = world.one.code(&world).await;
    assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK, "nothing of the app was changed");
}

/// A path of the site map or of a page, with a `*` for whatever names a thing.
fn shape(path: &str) -> String {
    let part =
        |part: &str| if part.starts_with([':', '{']) || part.len() >= 36 { "*".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn req_115_pages_of_another_organization_are_404() {
    let world = World::new().await;
    world.one.tokens(&world).await;
    let install = install::Entity::find().one(world.store.reader()).await.expect("a query").expect("an install").id;
    let app = world.one.app;
    let mut of_maker: Vec<_> = ["overview", "credentials", "redirect-uris", "scopes", "installs", "settings"]
        .iter()
        .map(|tab| format!("/apps/{app}/{tab}"))
        .collect();
    let of_target = vec![format!("/installs/{install}")];
    let of_staff = [
        "/support".to_owned(),
        "/support/reviews".to_owned(),
        "/support/reviews/0190b7a2-0000-7000-8000-000000000000".to_owned(),
        format!("/support/apps/{app}"),
        format!("/support/installs/{install}"),
        format!("/support/organizations/{}", world.maker),
        format!("/support/people/{}", world.member.id),
    ];
    let things: BTreeSet<_> = of_maker.iter().chain(&of_target).chain(&of_staff).map(|path| shape(path)).collect();
    let named = leptos_axum::generate_route_list(::app::App);
    let named = named.iter().map(|route| shape(route.path()));
    let named: BTreeSet<_> = named.filter(|path| path.contains("/*") || path.starts_with("/support")).collect();
    let elsewhere = ["/set-password/*", "/oauth/consent/*"].map(str::to_owned);
    assert_eq!(named, things.into_iter().chain(elsewhere).collect(), "of everything that the site map names by an id");
    of_maker.push(format!("/apps/{}/overview", install.uuid()));
    for (person, foreign) in [(&world.admin, &of_maker), (&world.maker_admin, &of_target), (&world.member, &of_target)]
    {
        let mut surfer = world.browser(person).await;
        for path in foreign {
            assert_eq!(surfer.get(path).await.status, StatusCode::NOT_FOUND, "{path} for {}", person.email);
        }
    }
    for path in &of_staff {
        let answer = world.browser(&world.admin).await.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let without_tab = world.browser(&world.admin).await.get(&format!("/apps/{app}")).await;
    let to_nothing = world.browser(&world.admin).await.get("/apps/0190b7a2-0000-7000-8000-000000000000").await;
    assert_eq!(
        (without_tab.status, to_nothing.status),
        (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER),
        "it tells nothing"
    );
    assert_eq!(world.browser(&world.maker_admin).await.get(&of_maker[0]).await.status, StatusCode::OK);
    let mut admin = world.browser(&world.admin).await;
    let switched = admin.post("/organizations/switch", &Form::of(&[("organization", &world.target.to_string())])).await;
    assert_eq!(switched.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.get(&of_target[0]).await.status, StatusCode::OK);
}
