//! What the connections ask: the requests of programs, made once or from the answer before.

use std::collections::VecDeque;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::load::Asker;

/// Requests asked one after the other, again from the first when all were asked.
pub(crate) struct Round {
    requests: Arc<Vec<Vec<u8>>>,
    next: usize,
    step: usize,
    expect: &'static [u8],
}

impl Round {
    /// One per connection; each asks every `connections`th request. Every answer contains `expect`.
    pub(crate) fn each(requests: Vec<Vec<u8>>, connections: usize, expect: &'static str) -> Vec<Self> {
        let requests = Arc::new(requests);
        let one = |next| Self { requests: requests.clone(), next, step: connections, expect: expect.as_bytes() };
        (0..connections).map(one).collect()
    }
}

impl Asker for Round {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        request.extend_from_slice(&self.requests[self.next % self.requests.len()]);
        self.next += self.step;
        true
    }

    fn hear(&mut self, body: &[u8]) -> Result<()> {
        expected(body, self.expect)
    }
}

/// Requests asked once each, a share of them in each pass.
pub(crate) struct Once {
    passes: VecDeque<Vec<Vec<u8>>>,
    pass: Vec<Vec<u8>>,
}

impl Once {
    /// One per connection, with its share of `requests` for each of `passes`.
    pub(crate) fn each(requests: Vec<Vec<u8>>, connections: usize, passes: usize) -> Vec<Self> {
        let one = |_| Self { passes: VecDeque::from(vec![Vec::new(); passes]), pass: Vec::new() };
        let mut shares: Vec<_> = (0..connections).map(one).collect();
        for (number, request) in requests.into_iter().enumerate() {
            shares[number % connections].passes[number / connections % passes].push(request);
        }
        shares
    }
}

impl Asker for Once {
    fn begin(&mut self) {
        self.pass = self.passes.pop_front().unwrap_or_default();
    }

    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(next) = self.pass.pop() else { return false };
        request.extend_from_slice(&next);
        true
    }

    fn hear(&mut self, body: &[u8]) -> Result<()> {
        expected(body, b"\"access_token\":\"")
    }
}

/// Families that are refreshed one after the other, each with the refresh token of its last answer.
pub(crate) struct Families {
    server: SocketAddr,
    families: VecDeque<Family>,
}

/// A client and its newest refresh token.
#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) basic: Arc<str>,
    pub(crate) refresh: String,
}

impl Families {
    /// One per connection, with its share of `families`.
    pub(crate) fn each(server: SocketAddr, families: Vec<Family>, connections: usize) -> Vec<Self> {
        let mut shares: Vec<_> = (0..connections).map(|_| Self { server, families: VecDeque::new() }).collect();
        for (number, family) in families.into_iter().enumerate() {
            shares[number % connections].families.push_back(family);
        }
        shares
    }
}

impl Asker for Families {
    fn ask(&mut self, request: &mut Vec<u8>) -> bool {
        let Some(family) = self.families.front() else { return false };
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*family.refresh)];
        post(request, self.server, "/oauth/token", &fields, &family.basic);
        true
    }

    fn hear(&mut self, body: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(body).map_err(Error::other)?;
        let next = text.split_once("\"refresh_token\":\"").and_then(|(_, rest)| rest.split('"').next());
        let next = next.ok_or_else(|| Error::other(format!("no refresh token in {text}")))?;
        if let Some(mut family) = self.families.pop_front() {
            next.clone_into(&mut family.refresh);
            self.families.push_back(family);
        }
        Ok(())
    }
}

/// Writes a GET.
pub(crate) fn get(server: SocketAddr, path: &str, bearer: Option<&str>) -> Vec<u8> {
    let authorization = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: {server}\r\naccept: */*\r\n{authorization}\r\n").into_bytes()
}

/// Writes a form post of a client; `basic` is the value of its `Authorization: Basic` header.
pub(crate) fn post(request: &mut Vec<u8>, server: SocketAddr, path: &str, fields: &[(&str, &str)], basic: &str) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.extend_from_slice(
        format!(
            "POST {path} HTTP/1.1\r\nhost: {server}\r\naccept: */*\r\nauthorization: Basic {basic}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
}

fn expected(body: &[u8], part: &[u8]) -> Result<()> {
    if body.windows(part.len()).any(|window| window == part) {
        return Ok(());
    }
    Err(Error::other(format!("an unexpected answer: {}", String::from_utf8_lossy(body))))
}
