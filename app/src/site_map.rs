//! The site map on one screen.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::SsrMode::Async;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::forms::Problem;
use crate::pages::account::Account;
use crate::pages::apps::{
    Apps, credentials::Credentials, installs::AppInstalls, new::NewApp, overview::Overview,
    redirect_uris::RedirectUris, scopes::Scopes, settings::Settings,
};
use crate::pages::audit::Audit;
use crate::pages::consent::Consent;
use crate::pages::home::Home;
use crate::pages::installs::{Install, Installs};
use crate::pages::logout::Logout;
use crate::pages::my_apps::MyApps;
use crate::pages::not_found::NotFound;
use crate::pages::organizations_new::NewOrganization;
use crate::pages::problem::ProblemPage;
use crate::pages::set_password::SetPassword;
use crate::pages::sign_in::SignIn;
use crate::pages::sign_out::SignOut;
use crate::pages::sign_up::SignUp;
use crate::pages::support::{Review, Reviews, Support, SupportApp, SupportInstall, SupportOrganization, SupportPerson};

/// Every page. A [`Problem`] in context is shown whatever the path is.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    if let Some(problem) = use_context::<Problem>() {
        return view! { <ProblemPage problem/> }.into_any();
    }
    view! {
        <Router>
            <Routes fallback=|| view! { <NotFound/> }>
                <Route path=path!("/") view=Home ssr=Async/>
                <Route path=path!("/sign-in") view=SignIn ssr=Async/>
                <Route path=path!("/sign-up") view=SignUp ssr=Async/>
                <Route path=path!("/sign-out") view=SignOut ssr=Async/>
                <Route path=path!("/set-password/:token") view=SetPassword ssr=Async/>
                <Route path=path!("/account") view=Account ssr=Async/>
                <Route path=path!("/my-apps") view=MyApps ssr=Async/>
                <Route path=path!("/organizations/new") view=NewOrganization ssr=Async/>
                <Route path=path!("/apps") view=Apps ssr=Async/>
                <Route path=path!("/apps/new") view=NewApp ssr=Async/>
                <Route path=path!("/apps/:id/overview") view=Overview ssr=Async/>
                <Route path=path!("/apps/:id/credentials") view=Credentials ssr=Async/>
                <Route path=path!("/apps/:id/redirect-uris") view=RedirectUris ssr=Async/>
                <Route path=path!("/apps/:id/scopes") view=Scopes ssr=Async/>
                <Route path=path!("/apps/:id/installs") view=AppInstalls ssr=Async/>
                <Route path=path!("/apps/:id/settings") view=Settings ssr=Async/>
                <Route path=path!("/installs") view=Installs ssr=Async/>
                <Route path=path!("/installs/:id") view=Install ssr=Async/>
                <Route path=path!("/audit") view=Audit ssr=Async/>
                <Route path=path!("/support") view=Support ssr=Async/>
                <Route path=path!("/support/reviews") view=Reviews ssr=Async/>
                <Route path=path!("/support/reviews/:id") view=Review ssr=Async/>
                <Route path=path!("/support/apps/:id") view=SupportApp ssr=Async/>
                <Route path=path!("/support/installs/:id") view=SupportInstall ssr=Async/>
                <Route path=path!("/support/organizations/:id") view=SupportOrganization ssr=Async/>
                <Route path=path!("/support/people/:id") view=SupportPerson ssr=Async/>
                <Route path=path!("/oauth/consent/:id") view=Consent ssr=Async/>
                <Route path=path!("/oauth/logout") view=Logout ssr=Async/>
            </Routes>
        </Router>
    }
    .into_any()
}
