//! Every URL once: pages, routers, metadata and tests.

use crate::id::{AppId, GrantId, InstallId, OrgId, ReviewId, UserId};

/// What this is; signed in, the dashboard of the person's organization.
pub const HOME: &str = "/";
/// The sign-in page; the form posts here too.
pub const SIGN_IN: &str = "/sign-in";
/// The sign-up page; the form posts here too.
pub const SIGN_UP: &str = "/sign-up";
/// The sign-out page; the form posts here too.
pub const SIGN_OUT: &str = "/sign-out";
/// `/set-password/{token}`: a one-time link. GET only shows the form, POST uses it.
pub const SET_PASSWORD: &str = "/set-password";
/// The person's account, sessions and password.
pub const ACCOUNT: &str = "/account";
/// The apps that act as this person.
pub const MY_APPS: &str = "/my-apps";
/// Create an organization; the form posts here too.
pub const NEW_ORGANIZATION: &str = "/organizations/new";
/// POST: makes another organization of the person the current one.
pub const SWITCH_ORGANIZATION: &str = "/organizations/switch";
/// The apps that the organization makes.
pub const APPS: &str = "/apps";
/// The new-app wizard.
pub const NEW_APP: &str = "/apps/new";
/// The apps that are installed in the organization.
pub const INSTALLS: &str = "/installs";
/// The organization's audit log.
pub const AUDIT: &str = "/audit";
/// Support's search.
pub const SUPPORT: &str = "/support";
/// The authorization endpoint (RFC 6749 section 3.1).
pub const AUTHORIZE: &str = "/oauth/authorize";
/// The token endpoint (RFC 6749 section 3.2).
pub const TOKEN: &str = "/oauth/token";
/// The revocation endpoint (RFC 7009).
pub const REVOKE: &str = "/oauth/revoke";
/// The introspection endpoint (RFC 7662).
pub const INTROSPECT: &str = "/oauth/introspect";
/// `/oauth/consent/{id}`: picker and consent; the form posts here too.
pub const CONSENT: &str = "/oauth/consent";
/// RFC 8414.
pub const AUTHORIZATION_SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery 1.0 section 4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// The public keys (RFC 7517 section 5).
pub const JWKS: &str = "/.well-known/jwks.json";
/// Metadata of our own API (RFC 9728 section 3.1): the well-known path before the path of the resource.
pub const PROTECTED_RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource/api/v1";
/// `OpenID` Connect Core section 5.3.
pub const USERINFO: &str = "/oauth/userinfo";
/// `OpenID` Connect RP-Initiated Logout 1.0: `end_session_endpoint`.
pub const LOGOUT: &str = "/oauth/logout";
/// POST: the answer of the page at [`LOGOUT`] that asks.
pub const LOGOUT_CONFIRM: &str = "/oauth/logout/confirm";
/// Operators decide on submitted apps.
pub const REVIEWS: &str = "/support/reviews";
/// The resource API: with the issuer before it, its own audience.
pub const API: &str = "/api/v1";
/// The resource API's first resource.
pub const WHOAMI: &str = "/api/v1/whoami";
/// The organization that a token belongs to.
pub const API_ORGANIZATION: &str = "/api/v1/organization";
/// Liveness.
pub const HEALTHZ: &str = "/healthz";
/// Readiness: database reachable, migrations current.
pub const READYZ: &str = "/readyz";
/// Where leptos server functions live.
pub const SERVER_FN_PREFIX: &str = "/fn";

/// A tab of an app's page, such as `overview`.
pub fn app(id: AppId, tab: &str) -> String {
    format!("{APPS}/{id}/{tab}")
}

/// An install's review page.
pub fn install(id: InstallId) -> String {
    format!("{INSTALLS}/{id}")
}

/// The pending grant to whose page `path` leads.
pub fn grant_of(path: &str) -> Option<GrantId> {
    path.strip_prefix(CONSENT)?.strip_prefix('/')?.parse().ok()
}

/// The picker and consent page of a pending grant.
pub fn consent(id: GrantId) -> String {
    format!("{CONSENT}/{id}")
}

/// A submission's page in the queue.
pub fn review(id: ReviewId) -> String {
    format!("{REVIEWS}/{id}")
}

/// Support's dossier of an app.
pub fn support_app(id: AppId) -> String {
    format!("{SUPPORT}/apps/{id}")
}

/// Support's dossier of an install.
pub fn support_install(id: InstallId) -> String {
    format!("{SUPPORT}/installs/{id}")
}

/// Support's dossier of an organization.
pub fn support_organization(id: OrgId) -> String {
    format!("{SUPPORT}/organizations/{id}")
}

/// Support's dossier of a person.
pub fn support_person(id: UserId) -> String {
    format!("{SUPPORT}/people/{id}")
}

/// Where a person goes after sign-in: `text` when it is a path of this site at which a page can be, else the home page
/// (requirement 112).
pub fn local_or_home(text: &str) -> &str {
    let function = text.strip_prefix(SERVER_FN_PREFIX).is_some_and(|rest| rest.starts_with('/'));
    let path_only = text.starts_with('/') && !text.starts_with("//") && !function;
    if path_only && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') { text } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::local_or_home;

    #[test]
    fn req_112_only_a_path_of_this_site_is_followed() {
        for foreign in
            ["//evil", "/\\evil", "https:evil", "https://evil", "evil", "", "/a\r\nb", " /a", "/\tevil", "/fn/x"]
        {
            assert_eq!(local_or_home(foreign), "/", "{foreign:?}");
        }
        assert_eq!(local_or_home("/oauth/consent/x?y=1"), "/oauth/consent/x?y=1");
    }
}
