//! `portico app create`.

use std::collections::BTreeMap;
use std::io::Write;

use clap::{Args, ValueEnum};
use domain::client::{ActorModes, AppGrants, AuthMethod, ClientType, GrantType};
use domain::jwt::SigningAlgorithm;
use domain::portal::{CreatedApp, NewApp, ScopeChoice};
use domain::scope::ScopeToken;
use domain::store::apps::AppProblem;
use domain::store::{AppReview, By, Store};
use domain::token_policy::STANDARD;
use sea_orm::DbErr;

use super::{CliError, words};

/// The grants that an app can be given; refreshing belongs to the code.
const GRANTS: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::ClientCredentials];

/// Whether an app must send a PKCE challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pkce {
    /// A request without a challenge is refused
    Required,
    /// A challenge is enforced where one is sent; for confidential apps only
    Optional,
}

/// What `portico app create` takes: every property of an app.
#[derive(Debug, Args)]
pub struct NewAppArguments {
    /// The owner organization's id, domain or slug
    #[arg(long)]
    pub owner: String,
    /// The app's name, as consent pages show it
    #[arg(long)]
    pub name: String,
    /// One line about it
    #[arg(long, default_value = "")]
    pub description: String,
    /// Its homepage
    #[arg(long)]
    pub homepage: Option<String>,
    /// Whom people ask who have questions about it
    #[arg(long)]
    pub support_email: Option<String>,
    /// A redirect URI, exactly; may be given several times. Needed unless `client_credentials` is the only grant
    #[arg(long = "redirect-uri", num_args = 1..)]
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after they signed out, exactly; may be given several times
    #[arg(long = "post-logout-redirect-uri", num_args = 1..)]
    pub post_logout_redirect_uris: Vec<String>,
    /// A scope of the catalogue that the app needs; may be given several times
    #[arg(long = "scope", num_args = 1..)]
    pub scopes: Vec<String>,
    /// A scope that a person may leave out; may be given several times
    #[arg(long = "optional-scope", num_args = 1..)]
    pub optional_scopes: Vec<String>,
    /// Why it needs a scope, in the words of its consent page: `read=To show your posts`; may be given several times
    #[arg(long = "purpose", value_name = "SCOPE=TEXT", num_args = 1..)]
    pub purposes: Vec<String>,
    /// Whether the app can keep a secret
    #[arg(long = "type", default_value = "confidential", value_parser = words::<ClientType>(ClientType::ALL.iter().map(|word| word.as_str())))]
    pub client_type: ClientType,
    /// How a confidential app sends its secret: `client_secret_basic`, if nothing is said, or `client_secret_post`
    #[arg(long, value_parser = words::<AuthMethod>(AuthMethod::ALL.iter().map(|word| word.as_str())))]
    pub auth_method: Option<AuthMethod>,
    /// Who acts with its tokens: app, self or both
    #[arg(long = "actor", default_value = "both", value_parser = words::<ActorModes>(ActorModes::ALL.iter().map(|word| word.as_str())))]
    pub actor_modes: ActorModes,
    /// By which grant it gets its tokens: `authorization_code`, `client_credentials`, or both by giving it twice
    #[arg(long = "grant", num_args = 1.., default_value = "authorization_code", value_parser = words::<GrantType>(GRANTS.iter().map(|word| word.as_str())))]
    pub grants: Vec<GrantType>,
    /// The token policy: any of the instance, offered to partners or not
    #[arg(long, default_value = STANDARD)]
    pub token_policy: String,
    /// Whether it must send a PKCE challenge
    #[arg(long, value_enum, default_value = "required")]
    pub pkce: Pkce,
    /// With which algorithm its ID tokens are signed
    #[arg(long, default_value = "RS256", value_parser = words::<SigningAlgorithm>(SigningAlgorithm::ALL.iter().map(|word| word.as_str())))]
    pub id_token_alg: SigningAlgorithm,
    /// Print JSON: `app_id`, `client_id`, `client_secret` and every property
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn create(store: &Store, arguments: NewAppArguments, out: &mut impl Write) -> Result<(), CliError> {
    let nobody = || {
        let owner = &arguments.owner;
        CliError::Refused(format!(
            "there is no organization {owner:?}. Somebody makes one in the portal, under Create an organization"
        ))
    };
    let owner = store.find_organization(&arguments.owner).await?.ok_or_else(nobody)?;
    let new = new_app(&arguments)?;
    match store.create_app(&By::operator(), owner, new.clone()).await {
        Ok(app) => {
            print(&arguments, &new, app, out)?;
            match (&store.settings().terms, store.settings().app_review) {
                _ if arguments.json => {}
                (_, AppReview::BeforeLive) => {
                    writeln!(out, "It is a draft: its developers submit it for review on its page.")?;
                }
                (Some(_), AppReview::Off) => {
                    writeln!(out, "It is live; its page asks its developers to accept the terms of use.")?;
                }
                (None, AppReview::Off) => {}
            }
            Ok(())
        }
        // A new app has no form that showed it before.
        Err(AppProblem::NotFound | AppProblem::Changed(_)) => Err(nobody()),
        Err(AppProblem::Invalid(fields)) => Err(CliError::Usage(in_words(&fields))),
        Err(AppProblem::Database(error)) => Err(error.into()),
    }
}

/// Tells the log which apps have a token policy that the configuration has no more.
pub(super) async fn warn_of_unknown_policies(store: &Store) -> Result<(), DbErr> {
    for (policy, apps) in store.unknown_policies().await? {
        tracing::warn!(policy, apps, "apps have a token policy that the configuration lacks; they work as standard");
    }
    Ok(())
}

fn new_app(arguments: &NewAppArguments) -> Result<NewApp, CliError> {
    let auth_method = match (arguments.client_type, arguments.auth_method) {
        (ClientType::Public, None | Some(AuthMethod::None)) => AuthMethod::None,
        (ClientType::Public, Some(_)) => {
            return Err(CliError::Usage(
                "a public client has no secret: --auth-method is for --type confidential".to_owned(),
            ));
        }
        (ClientType::Confidential, None) => AuthMethod::ClientSecretBasic,
        (ClientType::Confidential, Some(AuthMethod::None)) => {
            return Err(CliError::Usage("--auth-method none is for --type public".to_owned()));
        }
        (ClientType::Confidential, Some(method)) => method,
    };
    let mut scopes = choices(&arguments.scopes, "--scope", true)?;
    scopes.extend(choices(&arguments.optional_scopes, "--optional-scope", false)?);
    for purpose in &arguments.purposes {
        let unfit =
            || CliError::Usage(format!("--purpose {purpose:?} has to read SCOPE=TEXT, once for a scope of the app"));
        let (scope, text) = purpose.split_once('=').ok_or_else(unfit)?;
        let choice = scopes.iter_mut().find(|choice| choice.token.as_str() == scope).ok_or_else(unfit)?;
        if text.trim().is_empty() || !choice.purpose.is_empty() {
            return Err(unfit());
        }
        text.trim().clone_into(&mut choice.purpose);
    }
    Ok(NewApp {
        name: arguments.name.clone(),
        description: arguments.description.clone(),
        homepage: arguments.homepage.clone(),
        support_email: arguments.support_email.clone(),
        auth_method,
        pkce_required: arguments.pkce == Pkce::Required,
        actor_modes: arguments.actor_modes,
        grants: grants(&arguments.grants),
        token_policy: arguments.token_policy.clone(),
        id_token_signed_response_alg: arguments.id_token_alg,
        redirect_uris: arguments.redirect_uris.clone(),
        post_logout_redirect_uris: arguments.post_logout_redirect_uris.clone(),
        scopes,
        accepted_terms: None,
    })
}

fn choices(scopes: &[String], flag: &str, required: bool) -> Result<Vec<ScopeChoice>, CliError> {
    let choice = |scope: &String| {
        let token = scope.parse::<ScopeToken>();
        let token = token.map_err(|_| CliError::Usage(format!("{flag} {scope:?} is no scope")))?;
        Ok(ScopeChoice { token, purpose: String::new(), required })
    };
    scopes.iter().map(choice).collect()
}

/// clap gives one at least.
fn grants(given: &[GrantType]) -> AppGrants {
    let has = |grant| given.contains(&grant);
    match (has(GrantType::AuthorizationCode), has(GrantType::ClientCredentials)) {
        (true, true) => AppGrants::Both,
        (false, true) => AppGrants::ClientCredentials,
        (_, false) => AppGrants::AuthorizationCode,
    }
}

/// `redirect_uris.0: no wildcards` reads `--redirect-uri: no wildcards`.
fn in_words(fields: &[(String, String)]) -> String {
    let flag = |field: &str| match field.split('.').next().unwrap_or(field) {
        "redirect_uris" => "--redirect-uri".to_owned(),
        "post_logout_redirect_uris" => "--post-logout-redirect-uri".to_owned(),
        "scopes" => "--scope".to_owned(),
        "grants" => "--grant".to_owned(),
        "pkce_required" => "--pkce".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    };
    fields.iter().map(|(field, problem)| format!("{}: {problem}", flag(field))).collect::<Vec<_>>().join("\n         ")
}

fn print(arguments: &NewAppArguments, new: &NewApp, mut app: CreatedApp, out: &mut impl Write) -> Result<(), CliError> {
    if arguments.json {
        let value = printed(arguments, new, app);
        return Ok(writeln!(out, "{value:#}")?);
    }
    writeln!(out, "client id:     {}", app.client_id)?;
    if let Some(secret) = app.secret.take() {
        writeln!(out, "client secret: {}", secret.0)?;
        writeln!(out, "The secret is shown this once; only its last characters are kept.")?;
    }
    if !new.grants.allows_code() {
        writeln!(out, "It has no token yet: an owner or admin installs it with the button Test install on its page.")?;
    }
    Ok(())
}

/// Every property, by the names of RFC 7591 where it has one.
fn printed(arguments: &NewAppArguments, new: &NewApp, app: CreatedApp) -> serde_json::Value {
    let grants = GRANTS.iter().filter(|grant| match grant {
        GrantType::ClientCredentials => new.grants.allows_client_credentials(),
        GrantType::AuthorizationCode | GrantType::RefreshToken => new.grants.allows_code(),
    });
    let purposes = new.scopes.iter().filter(|choice| !choice.purpose.is_empty());
    let purposes: BTreeMap<_, _> = purposes.map(|choice| (choice.token.as_str(), &choice.purpose)).collect();
    serde_json::json!({
        "app_id": app.id,
        "client_id": app.client_id,
        "client_secret": app.secret.map(|secret| secret.0),
        "name": new.name,
        "description": new.description,
        "homepage": new.homepage,
        "support_email": new.support_email,
        "type": arguments.client_type,
        "auth_method": new.auth_method,
        "pkce_required": new.pkce_required,
        "actor": new.actor_modes,
        "grants": grants.collect::<Vec<_>>(),
        "token_policy": new.token_policy,
        "id_token_signed_response_alg": new.id_token_signed_response_alg,
        "redirect_uris": new.redirect_uris,
        "post_logout_redirect_uris": new.post_logout_redirect_uris,
        "scopes": arguments.scopes,
        "optional_scopes": arguments.optional_scopes,
        "purposes": purposes,
        "owner": arguments.owner,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use domain::policy_document::PolicyDocument;
    use domain::token_policy::TokenPolicy;

    use super::{NewAppArguments, Pkce, grants, new_app};

    const README: &str = include_str!("../../../README.md");

    /// `portico app create` alone.
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: NewAppArguments,
    }

    /// The words of a shell's line; quotes are single, and hide nothing but spaces.
    fn shell_words(line: &str) -> Vec<String> {
        let pieces = line.split('\'').enumerate();
        let marked = |(number, piece): (usize, &str)| {
            if number % 2 == 1 { piece.replace(' ', "\u{a0}") } else { piece.to_owned() }
        };
        let line: String = pieces.map(marked).collect();
        line.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace('\u{a0}', " ")).collect()
    }

    /// The README's line that makes an app of each policy, by the policy's name.
    fn written() -> Vec<(String, NewAppArguments)> {
        let joined = README.replace("\\\n", " ");
        let lines = joined.lines().filter_map(|line| line.strip_prefix("portico app create --owner "));
        let read = |line: &str| {
            let words = shell_words(&format!("create --owner {line}"));
            let read = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
            (read.arguments.token_policy.clone(), read.arguments)
        };
        lines.filter(|line| !line.contains("ORG")).map(read).collect()
    }

    #[test]
    fn the_readme_makes_the_app_that_each_policy_s_document_asks_for() {
        let written = written();
        let names: Vec<_> = written.iter().map(|(policy, _)| policy.as_str()).collect();
        let shipped: Vec<_> = TokenPolicy::shipped().into_iter().map(|policy| policy.name).collect();
        assert_eq!(names, shipped);
        for (policy, arguments) in &written {
            assert!(new_app(arguments).is_ok(), "{policy}");
            let made = PolicyDocument {
                platform: PolicyDocument::of_policy(policy).platform,
                auth_method: new_app(arguments).expect("an app").auth_method,
                pkce_required: arguments.pkce == Pkce::Required,
                actor_modes: arguments.actor_modes,
                grants: grants(&arguments.grants),
            };
            assert_eq!(made, PolicyDocument::of_policy(policy), "{policy}");
        }
    }

    #[test]
    fn the_readme_s_table_says_what_each_policy_s_document_asks_for() {
        for policy in TokenPolicy::shipped() {
            let (_, table) = README.split_once("| Policy | Its secret comes |").expect("the table");
            let row = table.lines().find(|line| line.starts_with(&format!("| `{}` |", policy.name)));
            let cells: Vec<_> = row.expect("a row").split('|').map(str::trim).collect();
            let document = PolicyDocument::of_policy(&policy.name);
            assert!(cells[2].starts_with(&format!("`{}`", document.auth_method.as_str())), "{}", policy.name);
            let pkce = if document.pkce_required { "required" } else { "optional" };
            assert!(cells[3] == pkce || !document.grants.allows_code() && cells[3] == "no matter", "{}", policy.name);
            let grant = if document.grants.allows_code() { "authorization_code" } else { "client_credentials" };
            assert_eq!(cells[4], format!("`{grant}`"), "{}", policy.name);
            assert!(cells[5].starts_with(&format!("`{}`", document.actor_modes.as_str())), "{}", policy.name);
        }
    }
}
