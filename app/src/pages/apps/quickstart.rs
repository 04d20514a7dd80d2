//! The same steps in four languages, with the app's own ids in them; for an app with its own credentials alone, curl.

use domain::client::AuthMethod;
use domain::id::OrgId;
use domain::portal::AppDetail;

use crate::format::shell_quoted;

/// The languages: the value of `?lang=` and the name.
const LANGUAGES: [(&str, &str); 4] = [("curl", "curl"), ("python", "Python"), ("node", "Node"), ("rust", "Rust")];

/// The languages in which there is an example for `app`.
pub(super) fn languages(app: &AppDetail) -> &'static [(&'static str, &'static str)] {
    if app.fields.grants.allows_code() { &LANGUAGES } else { &LANGUAGES[..1] }
}

/// The example in `language`; curl for any other word. `organization` is one that installed the app, if any did.
pub(super) fn example(
    language: &str,
    issuer: &str,
    audience: &str,
    app: &AppDetail,
    organization: Option<OrgId>,
) -> String {
    let template = match language {
        _ if !app.fields.grants.allows_code() => CURL_CREDENTIALS,
        "python" => PYTHON,
        "node" => NODE,
        "rust" => RUST,
        _ => CURL,
    };
    let redirect_uri = app.redirect_uris.first().map_or("https://app.example.com/callback", |row| row.uri.as_str());
    let scopes: Vec<&str> = app.scopes.iter().map(|scope| scope.scope.token.as_str()).collect();
    filled(template, issuer, app)
        .replace("{audience}", audience)
        .replace("{which}", which(app.owner.id, organization))
        .replace("{organization}", &organization.map_or_else(|| "ORGANIZATION".to_owned(), |id| id.to_string()))
        .replace("{quoted redirect_uri}", &shell_quoted(redirect_uri))
        .replace("{redirect_uri}", redirect_uri)
        .replace("{scope}", &scopes.join(" "))
}

/// What the example with an app's own credentials says of the organization in it.
fn which(owner: OrgId, organization: Option<OrgId>) -> &'static str {
    match organization {
        Some(id) if id == owner => "here the app's owner. Others go by id, domain or slug.",
        Some(_) => "here one that installed it. Others go by id, domain or slug.",
        None => "put its id, domain or slug. Nobody installed the app yet.",
    }
}

/// The introspection of a token, by which a secret can be tried; for confidential apps.
pub(super) fn introspection(issuer: &str, app: &AppDetail) -> String {
    filled(CURL_INTROSPECTION, issuer, app)
}

/// `template` with what each example names: how the app authenticates, the issuer and the client id.
fn filled(template: &str, issuer: &str, app: &AppDetail) -> String {
    authenticated(template, app.auth_method).replace("{issuer}", issuer).replace("{client_id}", app.client_id.as_str())
}

/// `template` with the authentication that the app registered: each library has a default of its own, and the token
/// endpoint takes no other (requirement 55). For a public app the lines that present a secret are left out.
fn authenticated(template: &str, method: AuthMethod) -> String {
    let (curl, node, rust) = match method {
        AuthMethod::ClientSecretBasic => ("-u \"{client_id}:$OAUTH_CLIENT_SECRET\"", "ClientSecretBasic", "BasicAuth"),
        AuthMethod::ClientSecretPost => (
            "-d client_id={client_id} \\\n  -d client_secret=\"$OAUTH_CLIENT_SECRET\"",
            "ClientSecretPost",
            "RequestBody",
        ),
        AuthMethod::None => ("-d client_id={client_id}", "None", "RequestBody"),
    };
    let public = method == AuthMethod::None;
    let members = "    \"client_id\": \"{client_id}\",\n    \"client_secret\": \"'\"$OAUTH_CLIENT_SECRET\"'\",\n";
    let (user, members) =
        if method == AuthMethod::ClientSecretPost { (String::new(), members) } else { (format!("  {curl} \\\n"), "") };
    let text = template
        .replace("{curl authentication}", curl)
        .replace("{user line}", &user)
        .replace("{secret members}", members)
        .replace("{node secret}", if public { "" } else { "process.env.OAUTH_CLIENT_SECRET" })
        .replace("{node method}", node)
        .replace("{python method}", method.as_str())
        .replace("{rust method}", rust);
    if public {
        text.lines().filter(|line| !line.contains("CLIENT_SECRET")).collect::<Vec<_>>().join("\n")
    } else {
        text
    }
}

const CURL: &str = r#"# 1. Make a verifier and its challenge.
#    Put the challenge into the authorization URL above.
VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary \
  | openssl base64 -A | tr '+/' '-_' | tr -d '=')

# 2. Exchange the code that came back.
curl {issuer}/oauth/token \
  {curl authentication} \
  -d grant_type=authorization_code \
  -d code="$CODE" \
  -d code_verifier="$VERIFIER" \
  --data-urlencode redirect_uri={quoted redirect_uri}

# 3. Call the API.
curl {issuer}/api/v1/whoami \
  -H "Authorization: Bearer $ACCESS_TOKEN""#;

const CURL_CREDENTIALS: &str = r#"# 1. Get a token for an organization that installed the app.
#    organization is the one in whose name the token works:
#    {which}
curl {issuer}/oauth/token \
{user line}  -H "Content-Type: application/json" \
  -d '{
{secret members}    "grant_type": "client_credentials",
    "audience": "{audience}",
    "organization": "{organization}"
  }'

# 2. Call the API.
curl {issuer}/api/v1/whoami \
  -H "Authorization: Bearer $ACCESS_TOKEN""#;

const CURL_INTROSPECTION: &str = r#"curl {issuer}/oauth/introspect \
  {curl authentication} \
  -d token="$TOKEN""#;

const PYTHON: &str = r#"# pip install authlib requests
import os
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

client = OAuth2Session(
    "{client_id}",
    os.environ["OAUTH_CLIENT_SECRET"],
    redirect_uri="{redirect_uri}",
    scope="{scope}",
    code_challenge_method="S256",
    token_endpoint_auth_method="{python method}",
)
verifier = generate_token(48)
url, state = client.create_authorization_url(
    "{issuer}/oauth/authorize", code_verifier=verifier)
print("Open", url)

client.fetch_token(
    "{issuer}/oauth/token",
    authorization_response=input("Where you came back to: "),
    state=state, code_verifier=verifier)
print(client.get("{issuer}/api/v1/whoami").json())"#;

const NODE: &str = r#"// npm install openid-client
import * as client from "openid-client";

const config = await client.discovery(
  new URL("{issuer}"),
  "{client_id}",
  undefined,
  client.{node method}({node secret}),
  { algorithm: "oauth2" },
);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: "{redirect_uri}",
  scope: "{scope}",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
// Send the person to url; afterwards, with the address of your callback:
const tokens = await client.authorizationCodeGrant(config, callbackUrl, {
  pkceCodeVerifier: verifier,
  expectedState: state,
});
const me = await fetch("{issuer}/api/v1/whoami", {
  headers: { Authorization: `Bearer ${tokens.access_token}` },
});"#;

const RUST: &str = r#"// cargo add oauth2 reqwest
use oauth2::{basic::BasicClient, *};

let client = BasicClient::new(ClientId::new("{client_id}".into()))
    .set_client_secret(ClientSecret::new(std::env::var("OAUTH_CLIENT_SECRET")?))
    .set_auth_uri(AuthUrl::new("{issuer}/oauth/authorize".into())?)
    .set_token_uri(TokenUrl::new("{issuer}/oauth/token".into())?)
    .set_redirect_uri(RedirectUrl::new("{redirect_uri}".into())?)
    .set_auth_type(AuthType::{rust method});

let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
let (url, state) = client
    .authorize_url(CsrfToken::new_random)
    .add_scopes("{scope}".split(' ').map(|scope| Scope::new(scope.into())))
    .set_pkce_challenge(challenge)
    .url();
// Send the person to url; compare state, then exchange the code that came back:
let token = client
    .exchange_code(AuthorizationCode::new(code))
    .set_pkce_verifier(verifier)
    .request_async(&reqwest::Client::new())
    .await?;"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_client_sees_no_secret_and_says_that_it_has_none() {
        for (template, says) in [
            (CURL, "-d client_id={client_id} \\\n  -d grant_type"),
            (PYTHON, "token_endpoint_auth_method=\"none\""),
            (NODE, "client.None(),"),
            (RUST, "AuthType::RequestBody"),
        ] {
            let text = authenticated(template, AuthMethod::None);
            assert!(text.contains(says) && !text.contains("SECRET"), "{text}");
        }
    }

    #[test]
    fn req_055_each_example_authenticates_as_the_app_registered() {
        for (method, says) in [
            (
                AuthMethod::ClientSecretBasic,
                [
                    "-u \"",
                    "-u \"",
                    "\"client_secret_basic\"",
                    "client.ClientSecretBasic(process",
                    "AuthType::BasicAuth",
                ],
            ),
            (
                AuthMethod::ClientSecretPost,
                [
                    "-d client_secret=",
                    "-d client_secret=",
                    "\"client_secret_post\"",
                    "client.ClientSecretPost(process",
                    "AuthType::RequestBody",
                ],
            ),
        ] {
            for (template, says) in [CURL, CURL_INTROSPECTION, PYTHON, NODE, RUST].into_iter().zip(says) {
                let text = authenticated(template, method);
                assert!(text.contains(says) && text.contains("OAUTH_CLIENT_SECRET"), "{text}");
                assert!(!text.contains("PORTICO_"), "a setting of the server: {text}");
            }
        }
    }

    #[test]
    fn in_a_shell_what_the_owner_typed_is_quoted() {
        assert!(CURL.contains("redirect_uri={quoted redirect_uri}\n"));
        for template in [CURL, CURL_CREDENTIALS, CURL_INTROSPECTION] {
            assert!(!template.contains("{redirect_uri}"), "{template}");
        }
    }

    #[test]
    fn own_credentials_name_an_organization_that_installed_the_app_or_none() {
        let [owner, other] = ["1", "2"].map(|end| {
            let id = format!("org_0192f6f0-0000-7000-8000-00000000000{end}");
            id.parse::<OrgId>().expect("an id")
        });
        assert!(which(owner, Some(owner)).contains("the app's owner"));
        assert!(which(owner, Some(other)).contains("one that installed it"));
        assert!(which(owner, None).contains("Nobody installed"));
    }

    #[test]
    fn own_credentials_stand_in_the_header_or_in_the_body_and_not_in_both() {
        let basic = authenticated(CURL_CREDENTIALS, AuthMethod::ClientSecretBasic);
        assert!(basic.contains("token \\\n  -u \"{client_id}:$OAUTH_CLIENT_SECRET\" \\\n  -H"), "{basic}");
        assert!(!basic.contains("\"client_secret\""), "{basic}");
        let post = authenticated(CURL_CREDENTIALS, AuthMethod::ClientSecretPost);
        assert!(post.contains("-d '{\n    \"client_id\": \"{client_id}\",\n    \"client_secret\""), "{post}");
        assert!(!post.contains("-u "), "{post}");
    }
}
