//! A client without a library: one kept-alive connection and the cookies of one origin.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

/// An answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// A connection, and the cookies that came over it.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
    cookies: BTreeMap<String, String>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream: BufReader::new(stream), cookies: BTreeMap::new() })
    }

    pub(crate) fn get(&mut self, path: &str, bearer: Option<&str>) -> Result<Answer> {
        let authorization = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        self.ask("GET", path, &authorization, "")
    }

    /// Posts a form; `basic` is the value of an `Authorization: Basic` header.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)], basic: Option<&str>) -> Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut headers = "content-type: application/x-www-form-urlencoded\r\n".to_owned();
        match basic {
            Some(basic) => headers.push_str(&format!("authorization: Basic {basic}\r\n")),
            None => headers.push_str(&format!("origin: http://{}\r\n", self.address)),
        }
        self.ask("POST", path, &headers, &body)
    }

    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("cookie: {}\r\n", cookies.join("; ")) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept: */*\r\n{cookies}{headers}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> Result<Answer> {
        let broken = |what: &str| Error::other(format!("the answer has no {what}"));
        let status =
            self.line()?.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| broken("status"))?;
        let (mut length, mut location) = (None, None);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse::<usize>().ok(),
                "location" => location = Some(value.to_owned()),
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        let body = match length {
            Some(length) => self.exactly(length)?,
            None if status == 204 || status == 304 => Vec::new(),
            None => self.chunks()?,
        };
        Ok(Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() })
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.trim(), 16).map_err(Error::other)?;
            body.extend(self.exactly(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(Error::other("the server closed the connection"));
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

/// The value of a hidden field of a page.
pub(crate) fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    page.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}
