//! The token that proves that a state-changing request came from our own page (requirement 108).

use std::sync::atomic::{AtomicBool, Ordering};

use domain::paths;
use leptos::prelude::{document, window};
use leptos::server_fn::client::Client;
use leptos::server_fn::client::browser::BrowserClient;
use leptos::server_fn::error::FromServerFnError;
use leptos::server_fn::request::browser::BrowserRequest;
use leptos::server_fn::response::browser::BrowserResponse;
use wasm_bindgen::JsCast as _;
use web_sys::js_sys::futures::JsFuture;
use web_sys::{Element, Response};

/// The form field that carries the token.
pub const FIELD: &str = "csrf";
/// The header that carries it when an island calls a server function.
pub const HEADER: &str = "x-csrf-token";

/// The token of the request at hand, as a request extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfToken(pub String);

/// The client of the server functions that islands call: it adds the page's token to each request.
#[derive(Clone, Copy, Debug)]
pub struct CsrfClient;

impl<E, I, O> Client<E, I, O> for CsrfClient
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
    BrowserClient: Client<E, I, O, Request = BrowserRequest, Response = BrowserResponse>,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, E>> + Send {
        if let Some(token) = token_of_the_page() {
            request.headers().set(HEADER, &token);
        }
        <BrowserClient as Client<E, I, O>>::send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl futures::Stream<Item = Result<bytes::Bytes, bytes::Bytes>> + Send + 'static,
                impl futures::Sink<bytes::Bytes> + Send + 'static,
            ),
            E,
        >,
    > + Send {
        <BrowserClient as Client<E, I, O>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<E, I, O>>::spawn(future);
    }
}

/// What the shell wrote into `<meta name="csrf">`.
fn token_of_the_page() -> Option<String> {
    tag()?.get_attribute("content")
}

/// Whether the token of this page was refused.
static STALE: AtomicBool = AtomicBool::new(false);

/// The token of this page was refused: the next request takes another one, and not before, so that who signs in again in
/// another tab can send what he typed here. He presses the button once more, so nothing is done in another's name unseen.
pub(crate) fn refused() {
    STALE.store(true, Ordering::Relaxed);
}

/// The token for the next request.
pub(crate) async fn token() -> Option<String> {
    if STALE.swap(false, Ordering::Relaxed) {
        renew().await;
    }
    token_of_the_page()
}

/// Takes over the token that a page has which is opened now. Not this one: where it is a form that was refused, it stands at
/// an address without a page.
async fn renew() -> Option<()> {
    let response: Response = JsFuture::from(window().fetch_with_str(paths::ACCOUNT)).await.ok()?.dyn_into().ok()?;
    let page = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let (_, token) = page.split_once("<meta name=\"csrf\" content=\"")?;
    let (token, _) = token.split_once('"')?;
    tag()?.set_attribute("content", token).ok()
}

fn tag() -> Option<Element> {
    document().query_selector("meta[name=csrf]").ok().flatten()
}
