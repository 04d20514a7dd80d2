//! The rows of the table: what is asked, and how it is told.

use std::io::Result;
use std::time::Duration;

use crate::askers::{Families, Once, Round, get, post};
use crate::load::{Asker, CONNECTIONS, Rate, rate};
use crate::machine;
use crate::scene::{Bare, CALLBACK, HOT, KNOWN, Scene, VERIFIER};

/// How long each endpoint is asked.
const SPAN: Duration = Duration::from_secs(4);
/// How long the bare handler is asked before and after each.
const BARE_SPAN: Duration = Duration::from_millis(1_500);
/// A difference of the two bare figures around a row that is told: the machine was not quiet.
const UNQUIET: f64 = 0.2;
/// The tail may be so many times the middle.
const TAIL: u32 = 5;

/// A figure of the table, or why it could not be measured.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) outcome: Result<Told>,
}

/// What a row says.
pub(crate) struct Told {
    share: String,
    rate: Option<Rate>,
    unquiet: bool,
}

impl Figure {
    /// As the table has it.
    pub(crate) fn cell(&self) -> String {
        match &self.outcome {
            Ok(Told { share, rate: Some(rate), unquiet }) => {
                let tail = if rate.p99 > rate.p50 * TAIL { " (!)" } else { "" };
                let unquiet = if *unquiet { " (unquiet)" } else { "" };
                format!("{share}{unquiet}, p50 {}, p99 {}{tail}", millis(rate.p50), millis(rate.p99))
            }
            Ok(told) => told.share.clone(),
            Err(_) => "failed".to_owned(),
        }
    }
}

/// Asks everything of one running server.
pub(crate) fn measure(scene: &Scene, bare: &Bare, only: Option<&str>) -> Result<Vec<Figure>> {
    let mut run = Run { bare, last: run_bare(bare)?, only, figures: Vec::new() };
    let (server, tokens) = (scene.portico, &scene.tokens);
    let whoami = |tokens: &[String]| tokens.iter().map(|token| get(server, "/api/v1/whoami", Some(token))).collect();
    let introspect = |tokens: &[String]| tokens.iter().map(|token| introspection(scene, token)).collect();
    let once = (KNOWN - HOT) / 2;
    let (seldom, rarely) = tokens[HOT..].split_at(once);
    run.row("whoami, 1,000 tokens again and again", scene, || reads(whoami(&tokens[..HOT]), "client_id"))?;
    run.row("whoami, each token once", scene, || reads(whoami(seldom), "client_id"))?;
    run.row("introspection, 1,000 tokens again and again", scene, || reads(introspect(&tokens[..HOT]), ACTIVE))?;
    run.row("introspection, each token once", scene, || reads(introspect(rarely), ACTIVE))?;
    run.row("client_credentials, opaque", scene, || credentials(scene, "standard"))?;
    run.row("refresh", scene, || Families::each(server, scene.families[..20_000].to_vec(), CONNECTIONS))?;
    run.row("code exchange", scene, || Once::each(exchanges(scene), CONNECTIONS))?;
    run.row("client_credentials, JWT ES256", scene, || credentials(scene, "es256"))?;
    run.row("client_credentials, JWT EdDSA", scene, || credentials(scene, "eddsa"))?;
    run.signatures(scene)?;
    let resident = machine::resident(scene.process()).map(|megabytes| format!("{megabytes} MB"));
    let outcome = resident.map(|share| Told { share, rate: None, unquiet: false });
    run.figures.push(Figure { name: "resident memory after all of it", outcome });
    Ok(run.figures)
}

const ACTIVE: &str = "\"active\":true";

struct Run<'a> {
    bare: &'a Bare,
    /// The bare handler's rate right before.
    last: f64,
    only: Option<&'a str>,
    figures: Vec<Figure>,
}

impl Run<'_> {
    /// A row in shares of the bare handler.
    fn row<A: Asker + 'static>(
        &mut self,
        name: &'static str,
        scene: &Scene,
        ask: impl FnOnce() -> Vec<A>,
    ) -> Result<()> {
        if self.only.is_some_and(|only| !name.contains(only)) {
            return Ok(());
        }
        let outcome = rate(scene.portico, SPAN, ask());
        let (before, after) = (self.last, run_bare(self.bare)?);
        self.last = after;
        let (middle, unquiet) = (f64::midpoint(before, after), (before - after).abs() > UNQUIET * before.max(after));
        let outcome = outcome.map(|rate| {
            let share = format!("{:.1} %", 100.0 * rate.per_second / middle);
            Told { share, rate: Some(rate), unquiet }
        });
        self.tell(name, outcome, &format!("bare {before:.0} before, {after:.0} after"), unquiet);
        Ok(())
    }

    /// The row in shares of the signatures that the machine makes.
    fn signatures(&mut self, scene: &Scene) -> Result<()> {
        let name = "client_credentials, JWT RS256, of RSA-2048 signatures";
        if self.only.is_some_and(|only| !name.contains(only)) {
            return Ok(());
        }
        let before = machine::rsa_signatures()?;
        let outcome = rate(scene.portico, SPAN, credentials(scene, "apiera"));
        let after = machine::rsa_signatures()?;
        let (middle, unquiet) = (f64::midpoint(before, after), (before - after).abs() > UNQUIET * before.max(after));
        let outcome = outcome.map(|rate| {
            let share = format!("{:.1} %", 100.0 * rate.per_second / middle);
            Told { share, rate: Some(rate), unquiet }
        });
        self.tell(name, outcome, &format!("RSA-2048 {before:.0} before, {after:.0} after"), unquiet);
        Ok(())
    }

    fn tell(&mut self, name: &'static str, outcome: Result<Told>, beside: &str, unquiet: bool) {
        match &outcome {
            Ok(Told { share, rate: Some(rate), .. }) => {
                let (p50, p99) = (millis(rate.p50), millis(rate.p99));
                let unquiet = if unquiet { "; they differ by more than 20 %" } else { "" };
                eprintln!(
                    "  {name}: {share}, {:.0} per second, p50 {p50}, p99 {p99} ({beside}{unquiet})",
                    rate.per_second
                );
            }
            Ok(told) => eprintln!("  {name}: {}", told.share),
            Err(error) => eprintln!("  {name}: failed: {error}"),
        }
        self.figures.push(Figure { name, outcome });
    }
}

fn run_bare(bare: &Bare) -> Result<f64> {
    let request = get(bare.address, "/", None);
    Ok(rate(bare.address, BARE_SPAN, Round::each(vec![request], CONNECTIONS, "access_token"))?.per_second)
}

fn reads(requests: Vec<Vec<u8>>, expect: &'static str) -> Vec<Round> {
    Round::each(requests, CONNECTIONS, expect)
}

fn introspection(scene: &Scene, token: &str) -> Vec<u8> {
    let mut request = Vec::new();
    post(&mut request, scene.portico, "/oauth/introspect", &[("token", token)], &scene.resource_server);
    request
}

/// RFC 6749 section 4.4, for each install of the policy's clients.
fn credentials(scene: &Scene, policy: &str) -> Vec<Round> {
    let installed = scene.installed.get(policy).map(Vec::as_slice).unwrap_or_default();
    let request = |one: &crate::scene::Installed| {
        let organization = one.organization.to_string();
        let fields = [("grant_type", "client_credentials"), ("organization", organization.as_str())];
        let mut request = Vec::new();
        post(&mut request, scene.portico, "/oauth/token", &fields, &one.basic);
        request
    };
    reads(installed.iter().map(request).collect(), "\"access_token\":\"")
}

/// RFC 6749 section 4.1.3, for each code.
fn exchanges(scene: &Scene) -> Vec<Vec<u8>> {
    let exchange = |(basic, code): &(crate::scene::Basic, String)| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let mut request = Vec::new();
        post(&mut request, scene.portico, "/oauth/token", &fields, basic);
        request
    };
    scene.codes.iter().map(exchange).collect()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
