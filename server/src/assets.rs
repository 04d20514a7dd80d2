//! The files inside the binary: wasm, scripts, styles, pictures. `build.rs` makes the table.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::state::AppState;

/// Path without the leading slash, and content; sorted by path.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Encodings in the order in which we like them: the header's word, and how the sibling's name ends.
const ENCODINGS: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];
/// For names that hold a hash of what they name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For names that stay when the file changes.
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// The folder of the style sheet, the script and the wasm, whose name holds a hash of them; `pkg` where no site was built.
pub(crate) fn pkg() -> &'static str {
    FILES.iter().find_map(|(name, _)| name.strip_suffix("/portico.css")).unwrap_or("pkg")
}

/// A route for each folder and each file of the table's top level.
pub(crate) fn routes() -> Vec<(String, MethodRouter<AppState>)> {
    let mut tops: Vec<_> = FILES
        .iter()
        .map(|(name, _)| match name.split_once('/') {
            Some((folder, _)) => format!("/{folder}/{{*file}}"),
            None => format!("/{name}"),
        })
        .collect();
    tops.dedup();
    tops.sort();
    tops.dedup();
    tops.into_iter().map(|path| (path, get(serve))).collect()
}

async fn serve(request: Request) -> Response {
    let name = request.uri().path().trim_start_matches('/');
    answer(FILES, name, request.headers())
}

fn answer(files: &[(&str, &'static [u8])], name: &str, asked: &HeaderMap) -> Response {
    let Some(plain) = find(files, name) else { return (StatusCode::NOT_FOUND, "no such file\n").into_response() };
    let encoded = ENCODINGS
        .iter()
        .filter(|(word, _)| accepts(asked, word))
        .find_map(|(word, ending)| Some((*word, find(files, &format!("{name}{ending}"))?)));
    let content = encoded.map_or(plain, |(_, content)| content);
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(if is_hashed(name) { FOR_EVER } else { FOR_AN_HOUR }));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if let Some((word, _)) = encoded {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
    }
    response
}

fn find(files: &[(&str, &'static [u8])], name: &str) -> Option<&'static [u8]> {
    files.binary_search_by_key(&name, |(known, _)| known).ok().and_then(|at| files.get(at)).map(|(_, content)| *content)
}

/// `pkg/<hash>/<file>`.
fn is_hashed(name: &str) -> bool {
    name.strip_prefix("pkg/").is_some_and(|rest| rest.contains('/'))
}

/// RFC 9110 section 12.5.3, without wildcards: those who send them send the names too.
fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|part| {
            let (word, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
            word.trim().eq_ignore_ascii_case(encoding) && weight.parse().is_ok_and(|weight: f32| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &[(&str, &[u8])] = &[
        ("favicon.svg", b"<svg/>"),
        ("pkg/0a1b/portico.css", b"plain"),
        ("pkg/0a1b/portico.css.br", b"brotli"),
        ("pkg/0a1b/portico.css.gz", b"gzip"),
        ("pkg/0a1b/portico.wasm", b"wasm"),
    ];

    fn ask(name: &str, accept: &str) -> (StatusCode, HeaderMap) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().expect("a header value"));
        let response = answer(SITE, name, &headers);
        (response.status(), response.headers().clone())
    }

    #[test]
    fn a_compressed_sibling_is_served_to_those_who_accept_it() {
        for (accept, encoding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("", None),
        ] {
            let (status, headers) = ask("pkg/0a1b/portico.css", accept);
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes), encoding.map(str::as_bytes));
            assert_eq!(headers[header::CONTENT_TYPE], "text/css");
            assert_eq!(headers[header::CACHE_CONTROL], FOR_EVER);
        }
    }

    #[test]
    fn a_name_without_a_hash_is_not_kept_for_ever() {
        let (_, headers) = ask("favicon.svg", "br");
        assert_eq!(headers[header::CACHE_CONTROL], FOR_AN_HOUR);
        assert_eq!(headers[header::CONTENT_TYPE], "image/svg+xml");
    }

    #[test]
    fn wasm_has_the_type_that_browsers_stream() {
        assert_eq!(ask("pkg/0a1b/portico.wasm", "br").1[header::CONTENT_TYPE], "application/wasm");
    }

    #[test]
    fn other_names_are_not_found() {
        for name in ["pkg/0a1b/../0a1b/portico.css", "pkg", "", "pkg/0a1b/", "favicon.svg.br"] {
            assert_eq!(ask(name, "br").0, StatusCode::NOT_FOUND, "{name}");
        }
    }
}
