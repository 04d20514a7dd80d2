//! Requirement 130: nothing readable of a secret is in the database, whatever made it and whichever database it is.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use domain::client::{ActorMode, ActorModes, AppGrants};
use domain::portal::NewApp;
use domain::store::{Actor, By};
use domain::token_policy::TokenPolicy;
use http::StatusCode;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::Value;

use crate::harness::PASSWORD;
use crate::oauth::client_credentials::asking;
use crate::oauth::request::{Form, get, with_token};
use crate::oauth::world::{Party, World, scopes};

/// Everything that the database holds, as bytes: SQLite's files, or each row of each table of PostgreSQL's schema.
async fn dump(world: &World) -> Vec<u8> {
    let db = world.store.reader();
    if db.get_database_backend() == DbBackend::Sqlite {
        return world.files();
    }
    let ask = |sql: String| Statement::from_string(DbBackend::Postgres, sql);
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
    let tables = db.query_all_raw(ask(tables.to_owned())).await.expect("the tables");
    assert!(tables.len() > 20, "{tables:?}");
    let mut all = Vec::new();
    for table in tables {
        let table: String = table.try_get_by_index(0).expect("a name");
        let rows = ask(format!("SELECT row_to_json(t)::text FROM \"{table}\" t"));
        for row in db.query_all_raw(rows).await.expect("the rows") {
            all.extend(row.try_get_by_index::<String>(0).expect("a row").into_bytes());
        }
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `bytes` in base64 as it reads at each of the three places where they may begin, without what depends on neighbours.
fn base64_of(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&vec![0; before], bytes].concat();
        let whole = padded.len() / 3 * 4;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&padded)[[0, 2, 3][before]..whole].to_owned());
        }
    }
    forms
}

/// How `bytes` may stand somewhere: raw, in hexadecimal digits, in base64.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let digits = hex(bytes);
    let mut all = vec![bytes.to_vec(), digits.to_uppercase().into_bytes(), digits.into_bytes()];
    all.extend(base64_of(bytes).into_iter().map(String::into_bytes));
    all
}

/// As many bytes of a form are looked up before it is compared whole.
const BEGINNING: usize = 8;

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// What was told to somebody and may stand nowhere, each with a name.
#[derive(Default)]
struct Secrets(Vec<(String, Vec<u8>)>);

impl Secrets {
    /// Keeps the text, and what it says: the random part of a secret of ours, the bytes of a cookie, the parts of a JWT.
    fn keep(&mut self, name: &str, text: &str) {
        assert!(text.len() >= 16, "{name}: {text:?} could stand anywhere by chance");
        self.0.push((name.to_owned(), text.as_bytes().to_vec()));
        if let [_, claims, signature] = text.split('.').collect::<Vec<_>>()[..] {
            self.0.push((format!("{name}: its claims"), claims.as_bytes().to_vec()));
            self.0.push((format!("{name}: its signature"), signature.as_bytes().to_vec()));
            self.0.push((format!("{name}: its signature"), URL_SAFE_NO_PAD.decode(signature).expect("base64url")));
        } else if let Some((_, body)) = text.split_once('_').filter(|(_, body)| body.len() == 55) {
            self.0.push((format!("{name}: its random part"), body.as_bytes()[22..49].to_vec()));
            self.0.push((format!("{name}: its random bytes"), from_base62(&body[22..49])));
        } else if let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) {
            self.0.push((format!("{name}: its bytes"), bytes));
        }
    }

    /// What an answer of the token endpoint holds.
    fn keep_answer(&mut self, name: &str, answer: &Value) {
        for member in ["access_token", "refresh_token", "id_token"] {
            if let Some(token) = answer[member].as_str() {
                self.keep(&format!("{name}: {member}"), token);
            }
        }
    }

    /// The names of those that can be read in `dump`, which is gone through once.
    fn readable_in(&self, dump: &[u8]) -> BTreeSet<&str> {
        let mut sought: HashMap<[u8; BEGINNING], Vec<(&str, Vec<u8>)>> = HashMap::new();
        for (name, bytes) in &self.0 {
            for form in forms(bytes) {
                let begins = *form.first_chunk().unwrap_or_else(|| panic!("{name} is too short"));
                sought.entry(begins).or_default().push((name, form));
            }
        }
        let mut found = BTreeSet::new();
        for at in 0..dump.len() {
            let Some(begins) = dump[at..].first_chunk::<BEGINNING>() else { break };
            let here = sought.get(begins).into_iter().flatten().filter(|(_, form)| dump[at..].starts_with(form));
            found.extend(here.map(|(name, _)| *name));
        }
        found
    }
}

/// The twenty bytes that 27 digits are.
fn from_base62(digits: &str) -> Vec<u8> {
    let mut bytes = vec![0_u8; 20];
    for digit in digits.bytes() {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            _ => digit - b'a' + 36,
        };
        let mut carry = u32::from(digit);
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 62;
            *byte = u8::try_from(carry & 0xff).expect("a byte");
            carry >>= 8;
        }
    }
    bytes
}

/// One app under `policy` through both grants, its refreshes, its introspection and its revocation.
async fn walk(world: &World, policy: &str, secrets: &mut Secrets) {
    let party = world
        .register(NewApp {
            name: format!("Robot of {policy}"),
            grants: AppGrants::Both,
            actor_modes: ActorModes::Both,
            token_policy: policy.to_owned(),
            redirect_uris: vec!["https://robot.example/cb".to_owned()],
            scopes: scopes(&["openid?", "profile?", "read"]),
            ..NewApp::default()
        })
        .await;
    secrets.keep(&format!("{policy}: client secret"), party.secret.as_deref().expect("a secret"));
    let party = world.rotate(&party, 3600).await;
    secrets.keep(&format!("{policy}: rotated secret"), party.secret.as_deref().expect("a secret"));
    for actor in [ActorMode::App, ActorMode::Myself] {
        let name = format!("{policy} as {actor}");
        let request = match actor {
            ActorMode::App => party.request().with("scope", "read"),
            ActorMode::Myself => party.request().with("scope", "openid profile read").and("nonce", "n-0S6_WzA2Mj-long"),
        };
        let request = request.and("actor", actor.as_str());
        let code = consented(world, &party, &request, &name, secrets).await;
        let first = party.redeem(world, &code).await;
        assert_eq!(first.status, StatusCode::OK, "{first:?}");
        secrets.keep_answer(&name, &first.json());
        let mut last = first.json();
        for round in 0..2 {
            let Some(token) = last["refresh_token"].as_str().map(str::to_owned) else { break };
            let answer = party.refresh(world, &token).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            secrets.keep_answer(&format!("{name}, refreshed ({round})"), &answer.json());
            // Once more: what is sealed for the grace is in the database, and a persistent token brings one more access.
            let again = party.refresh(world, &token).await;
            secrets.keep_answer(&format!("{name}, refreshed again ({round})"), &again.json());
            last = again.json();
        }
        let access = last["access_token"].as_str().expect("a token");
        assert_eq!(party.introspect(world, access).await.json()["active"], true);
        if actor == ActorMode::Myself {
            let userinfo = with_token(get("/oauth/userinfo"), access);
            assert_eq!(world.send(userinfo).await.status, StatusCode::OK);
            if let Some(hint) = first.json()["id_token"].as_str() {
                let mut browser = world.browser(&world.admin).await;
                let leave = format!("/oauth/logout?{}", Form::of(&[("id_token_hint", hint)]).encoded());
                assert_eq!(browser.get(&leave).await.status, StatusCode::SEE_OTHER);
            }
        }
        if actor == ActorMode::App {
            let own = world.send(asking("target").post_as(&party)).await;
            assert_eq!(own.status, StatusCode::OK, "{own:?}");
            secrets.keep_answer(&format!("{policy}: client_credentials"), &own.json());
            assert_eq!(party.revoke(world, &own.text("access_token")).await.status, StatusCode::OK);
        }
    }
}

/// The admin's consent, and each cookie that his browser held on the way: the code.
async fn consented(world: &World, party: &Party, request: &Form, name: &str, secrets: &mut Secrets) -> String {
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(request).await;
    let mut kinds = Vec::new();
    for (cookie, value) in browser.cookies() {
        if let Some(kind) = ["portico_session", "portico_interaction"].iter().find(|kind| cookie.starts_with(**kind)) {
            secrets.keep(&format!("{name}: {kind}"), value);
            kinds.push(*kind);
        }
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["portico_interaction", "portico_session"]);
    let ticked = world.allow().and("scope", "openid").and("scope", "profile");
    let code = browser.post(&consent, &ticked).await.sent_once("code");
    secrets.keep(&format!("{name}: code"), &code);
    assert!(code.len() > 40, "{} has a code", party.client_id);
    code
}

/// What is made outside the flows: links, the secret of a resource server, the token of the Test install button.
async fn walk_the_portal(world: &World, secrets: &mut Secrets) {
    let link = world.store.create_link(&By::operator(), &world.member.email, None).await.expect("a link").0;
    secrets.keep("one-time link", link.rsplit('/').next().expect("its last part"));
    let server = world.store.create_resource_server(&By::operator(), "Server", "https://api.example").await;
    secrets.keep("resource server", &server.expect("made").1.0);
    let (user, app) = (world.maker_admin.id, world.one.app);
    let by = By::system().as_actor(Actor::User { id: user, name: "max".to_owned() });
    let extra = world.store.create_secret(&by, world.maker, app, "More").await.expect("made");
    secrets.keep("one more client secret", &extra.secret.0);
    let code = world.store.authorize_in_portal(&by, world.maker, app, user, world.maker).await.expect("installed");
    let (_, answer) = world.store.token_in_portal(&by, world.maker, app, user, code).await.expect("a token");
    secrets.keep_answer("test install", &serde_json::to_value(answer).expect("JSON"));
    secrets.keep("password", PASSWORD);
    secrets.keep("encryption key", &String::from_utf8(vec![7; 32]).expect("ASCII"));
}

/// What each PKCS#8 document holds in the clear: the object identifiers of its algorithm (RFC 8017, 5480, 8410). Those
/// of Ed25519 are too short to be sought in anything but the raw bytes and the digits.
const PKCS8: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
    &[0x06, 0x03, 0x2b, 0x65, 0x70],
];

#[tokio::test]
async fn req_130_the_database_holds_no_secret_of_any_grant_raw_in_hex_or_in_base64() {
    for world in World::on_each_database().await {
        world.store.open_keys().await.expect("keys of each algorithm");
        let mut secrets = Secrets::default();
        for policy in TokenPolicy::shipped() {
            walk(&world, policy.name.as_str(), &mut secrets).await;
        }
        walk_the_portal(&world, &mut secrets).await;
        let dump = dump(&world).await;
        assert!(holds(&dump, world.admin.email.as_bytes()) && holds(&dump, world.one.client_id.as_bytes()));
        assert!(secrets.0.len() > 100, "{} secrets", secrets.0.len());
        let readable = secrets.readable_in(&dump);
        assert!(readable.is_empty(), "{readable:#?}");
        for identifier in PKCS8 {
            let found = [identifier.to_vec(), hex(identifier).into_bytes()].iter().any(|form| holds(&dump, form));
            assert!(!found, "a private key of {identifier:02x?}");
        }
    }
}

#[tokio::test]
async fn req_130_what_is_planted_is_found() {
    for world in World::on_each_database().await {
        let mut secrets = Secrets::default();
        secrets.keep("planted", world.one.secret.as_deref().expect("a secret"));
        assert_eq!(secrets.readable_in(&dump(&world).await), BTreeSet::new());
        let (_, bytes) = &secrets.0[2];
        let sqlite = world.store.reader().get_database_backend() == DbBackend::Sqlite;
        let blob = if sqlite { format!("X'{}'", hex(bytes)) } else { format!("'\\x{}'::bytea", hex(bytes)) };
        let text = |form: &str| format!("UPDATE organizations SET name = 'x{form}'");
        let plain = world.one.secret.as_deref().expect("a secret");
        let mut plants = vec![text(plain), text(&hex(bytes)), text(&URL_SAFE_NO_PAD.encode(bytes))];
        plants.push(format!("UPDATE signing_keys SET sealed_private_key = {blob}"));
        world.store.open_keys().await.expect("rows to plant it in");
        for plant in plants {
            world.store.writer().execute_unprepared(&plant).await.expect("planted");
            assert!(!secrets.readable_in(&dump(&world).await).is_empty(), "{plant}");
        }
        world.store.writer().execute_unprepared(&text(plain)).await.expect("planted");
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(world)));
        assert!(end.is_err(), "every test is searched for it at its end");
    }
}
