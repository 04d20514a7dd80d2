//! The rows of the table: what is asked, and how it is told.

use std::fmt;
use std::io::Result;
use std::time::Duration;

use crate::askers::{Families, Once, Round, get, post};
use crate::load::{Asker, CONNECTIONS, Pass, pass};
use crate::machine;
use crate::scene::{Bare, CALLBACK, HOT, Scene, VERIFIER};

/// How long everything is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How often each endpoint is asked: one pass says little on a machine whose speed changes from second to second.
    passes: usize,
    /// How long each endpoint is asked in a pass.
    span: Duration,
    /// How long its yardstick is measured before and after each pass.
    yardstick: Duration,
}

impl Pace {
    /// What a rate is told by.
    pub(crate) const MEASURED: Self =
        Self { passes: 5, span: Duration::from_millis(1_200), yardstick: Duration::from_millis(800) };
    /// Long enough for an answer on every connection.
    pub(crate) const TRIED: Self =
        Self { passes: 1, span: Duration::from_millis(300), yardstick: Duration::from_millis(50) };
}

/// A difference of the two yardsticks around a pass that is told: the machine was not quiet.
const UNQUIET: f64 = 0.2;
/// The tail may be so many times the middle.
const TAIL: u32 = 5;

/// A figure of the table, or why it could not be measured.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) outcome: Result<Told>,
}

/// What a row says.
pub(crate) enum Told {
    Shares(Shares),
    Resident(u64),
}

/// The passes of a row, each in shares of its yardstick.
pub(crate) struct Shares {
    /// One per pass, in ascending order.
    ratios: Vec<f64>,
    per_second: f64,
    p50: Duration,
    p99: Duration,
    /// The yardstick before the first pass and after the last.
    around: (f64, f64),
    unquiet: bool,
}

impl Shares {
    fn of(passes: Vec<Pass>, yardsticks: &[f64]) -> Self {
        let around = (yardsticks[0], yardsticks[yardsticks.len() - 1]);
        let differs = |beside: &[f64]| (beside[0] - beside[1]).abs() > UNQUIET * beside[0].max(beside[1]);
        let unquiet = yardsticks.windows(2).any(differs) || differs(&[around.0, around.1]);
        let ratio = |(pass, beside): (&Pass, &[f64])| pass.per_second / f64::midpoint(beside[0], beside[1]);
        let mut ratios: Vec<f64> = passes.iter().zip(yardsticks.windows(2)).map(ratio).collect();
        let mut rates: Vec<f64> = passes.iter().map(|pass| pass.per_second).collect();
        let mut took: Vec<Duration> = passes.into_iter().flat_map(|pass| pass.took).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        rates.sort_unstable_by(f64::total_cmp);
        took.sort_unstable();
        let of_hundred = |percentile: usize| took[(took.len() - 1) * percentile / 100];
        Self { ratios, per_second: rates[rates.len() / 2], p50: of_hundred(50), p99: of_hundred(99), around, unquiet }
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |at: usize| 100.0 * self.ratios[at];
        let last = self.ratios.len() - 1;
        let (median, lowest, highest) = (percent(last / 2), percent(0), percent(last));
        write!(f, "{median:.1} % ({lowest:.1} to {highest:.1}")?;
        f.write_str(if self.unquiet { ", unquiet)" } else { ")" })?;
        let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
        write!(f, ", p50 {:.1} ms, p99 {:.1} ms", millis(self.p50), millis(self.p99))?;
        f.write_str(if self.p99 > self.p50 * TAIL { " (!)" } else { "" })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(Told::Shares(shares)) => shares.fmt(f),
            Ok(Told::Resident(megabytes)) => write!(f, "{megabytes} MB"),
            Err(_) => f.write_str("failed"),
        }
    }
}

/// Asks everything of one running server.
pub(crate) fn measure(scene: &Scene, bare: &Bare, pace: Pace, only: Option<&str>) -> Vec<Figure> {
    let mut run = Run { bare, pace, only, figures: Vec::new() };
    let (server, tokens) = (scene.portico, &scene.tokens);
    let whoami = |tokens: &[String]| tokens.iter().map(|token| get(server, "/api/v1/whoami", Some(token))).collect();
    let introspect = |tokens: &[String]| tokens.iter().map(|token| introspection(scene, token)).collect();
    let (seldom, rarely) = tokens[HOT..].split_at((tokens.len() - HOT) / 2);
    let families = scene.families.iter().take(20_000).cloned().collect();
    run.row("whoami, 1,000 tokens again and again", scene, || reads(whoami(&tokens[..HOT]), "client_id"));
    run.row("whoami, 50,000 tokens in turn", scene, || reads(whoami(seldom), "client_id"));
    run.row("introspection, 1,000 tokens again and again", scene, || reads(introspect(&tokens[..HOT]), ACTIVE));
    run.row("introspection, 50,000 tokens in turn", scene, || reads(introspect(rarely), ACTIVE));
    run.row("client_credentials, opaque", scene, || credentials(scene, "standard"));
    run.row("refresh", scene, || Families::each(server, families, CONNECTIONS));
    run.row("code exchange", scene, || Once::each(exchanges(scene), CONNECTIONS, pace.passes));
    run.row("client_credentials, JWT ES256", scene, || credentials(scene, "es256"));
    run.row("client_credentials, JWT EdDSA", scene, || credentials(scene, "eddsa"));
    run.row(OF_SIGNATURES, scene, || credentials(scene, "apiera"));
    let outcome = machine::resident(scene.process()).map(Told::Resident);
    run.tell(Figure { name: "resident memory after all of it", outcome });
    run.figures
}

/// The row whose yardstick are the signatures that the machine makes.
const OF_SIGNATURES: &str = "client_credentials, JWT RS256, of RSA-2048 signatures";

const ACTIVE: &str = "\"active\":true";

struct Run<'a> {
    bare: &'a Bare,
    pace: Pace,
    only: Option<&'a str>,
    figures: Vec<Figure>,
}

impl Run<'_> {
    fn row<A: Asker + 'static>(&mut self, name: &'static str, scene: &Scene, ask: impl FnOnce() -> Vec<A>) {
        if self.only.is_some_and(|only| !name.contains(only)) {
            return;
        }
        let outcome = self.shares(name, scene, ask()).map(Told::Shares);
        self.tell(Figure { name, outcome });
    }

    fn shares<A: Asker + 'static>(&self, name: &str, scene: &Scene, mut askers: Vec<A>) -> Result<Shares> {
        let yardstick = || {
            let span = self.pace.yardstick;
            if name == OF_SIGNATURES { machine::rsa_signatures(span) } else { run_bare(self.bare, span) }
        };
        let (mut passes, mut yardsticks) = (Vec::new(), vec![yardstick()?]);
        for _ in 0..self.pace.passes {
            passes.push(pass(scene.portico, self.pace.span, &mut askers)?);
            yardsticks.push(yardstick()?);
        }
        Ok(Shares::of(passes, &yardsticks))
    }

    fn tell(&mut self, figure: Figure) {
        let name = figure.name;
        match &figure.outcome {
            Ok(Told::Shares(Shares { per_second, around: (before, after), .. })) => {
                let what = if name == OF_SIGNATURES { "RSA-2048" } else { "bare" };
                eprintln!(
                    "  {name}: {figure}, {per_second:.0} per second ({what} {before:.0} before, {after:.0} after)"
                );
            }
            Ok(Told::Resident(_)) => eprintln!("  {name}: {figure}"),
            Err(error) => eprintln!("  {name}: failed: {error}"),
        }
        self.figures.push(figure);
    }
}

fn run_bare(bare: &Bare, span: Duration) -> Result<f64> {
    let request = get(bare.address, "/", None);
    let mut askers = Round::each(vec![request], CONNECTIONS, "access_token");
    Ok(pass(bare.address, span, &mut askers)?.per_second)
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
