//! `portico app create`.

use std::io::Write;

use clap::Args;
use domain::client::{ActorModes, AuthMethod, ClientType};
use domain::portal::{CreatedApp, NewApp, ScopeChoice};
use domain::scope::ScopeToken;
use domain::store::apps::AppProblem;
use domain::store::{By, Store};

use super::{CliError, words};

/// What `portico app create` takes.
#[derive(Debug, Args)]
pub struct NewAppArguments {
    /// The owner organization's id, domain or slug
    #[arg(long)]
    pub owner: String,
    /// The app's name, as consent pages show it
    #[arg(long)]
    pub name: String,
    /// A redirect URI, exactly; may be given several times
    #[arg(long = "redirect-uri", required = true, num_args = 1..)]
    pub redirect_uris: Vec<String>,
    /// A scope of the catalogue that the app asks for; may be given several times
    #[arg(long = "scope", required = true, num_args = 1..)]
    pub scopes: Vec<String>,
    /// Whether the app can keep a secret
    #[arg(long = "type", default_value = "confidential", value_parser = words::<ClientType>(ClientType::ALL.iter().map(|word| word.as_str())))]
    pub client_type: ClientType,
    /// How a confidential app sends its secret: `client_secret_basic` or `client_secret_post`
    #[arg(long, default_value = "client_secret_basic", value_parser = words::<AuthMethod>(AuthMethod::ALL.iter().map(|word| word.as_str())))]
    pub auth_method: AuthMethod,
    /// Who acts with its tokens: app, self or both
    #[arg(long = "actor", default_value = "both", value_parser = words::<ActorModes>(ActorModes::ALL.iter().map(|word| word.as_str())))]
    pub actor_modes: ActorModes,
    /// Print JSON: `app_id`, `client_id`, `client_secret`, `name`, `type`, `redirect_uris`, `scopes`, `owner`
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn create(store: &Store, arguments: NewAppArguments, out: &mut impl Write) -> Result<(), CliError> {
    let nobody = || CliError::Refused(format!("there is no organization {:?}", arguments.owner));
    let owner = store.find_organization(&arguments.owner).await?.ok_or_else(nobody)?;
    let new = new_app(&arguments)?;
    match store.create_app(&By::operator(), owner, new).await {
        Ok(app) => print(&arguments, app, out),
        Err(AppProblem::NotFound) => Err(nobody()),
        Err(AppProblem::Invalid(fields)) => Err(CliError::Usage(in_words(&fields))),
        Err(AppProblem::Database(error)) => Err(error.into()),
    }
}

fn new_app(arguments: &NewAppArguments) -> Result<NewApp, CliError> {
    let auth_method = match (arguments.client_type, arguments.auth_method) {
        (ClientType::Public, _) => AuthMethod::None,
        (ClientType::Confidential, AuthMethod::None) => {
            return Err(CliError::Usage("--auth-method none is for --type public".to_owned()));
        }
        (ClientType::Confidential, method) => method,
    };
    let scopes = arguments.scopes.iter().map(|scope| {
        let token =
            scope.parse::<ScopeToken>().map_err(|_| CliError::Usage(format!("--scope {scope:?} is no scope")))?;
        Ok(ScopeChoice { token, purpose: String::new(), required: true })
    });
    Ok(NewApp {
        name: arguments.name.clone(),
        description: String::new(),
        auth_method,
        pkce_required: true,
        actor_modes: arguments.actor_modes,
        redirect_uris: arguments.redirect_uris.clone(),
        scopes: scopes.collect::<Result<_, CliError>>()?,
    })
}

/// `redirect_uris.0: no wildcards` reads `--redirect-uri: no wildcards`.
fn in_words(fields: &[(String, String)]) -> String {
    let flag = |field: &str| match field.split('.').next().unwrap_or(field) {
        "redirect_uris" => "--redirect-uri".to_owned(),
        "scopes" => "--scope".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    };
    fields.iter().map(|(field, problem)| format!("{}: {problem}", flag(field))).collect::<Vec<_>>().join("\n         ")
}

fn print(arguments: &NewAppArguments, app: CreatedApp, out: &mut impl Write) -> Result<(), CliError> {
    let secret = app.secret.map(|secret| secret.0);
    if arguments.json {
        let value = serde_json::json!({
            "app_id": app.id,
            "client_id": app.client_id,
            "client_secret": secret,
            "name": arguments.name,
            "type": arguments.client_type,
            "redirect_uris": arguments.redirect_uris,
            "scopes": arguments.scopes,
            "owner": arguments.owner,
        });
        return Ok(writeln!(out, "{value:#}")?);
    }
    writeln!(out, "client id:     {}", app.client_id)?;
    if let Some(secret) = secret {
        writeln!(out, "client secret: {secret}")?;
        writeln!(out, "The secret is shown this once; only its last characters are kept.")?;
    }
    Ok(())
}
