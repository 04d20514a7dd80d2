//! The load: 64 kept-alive connections on one thread, HTTP/1.1 by hand, so that the generator takes as little of the two
//! cores as it can, the same for every server.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Connections that ask at the same time.
pub(crate) const CONNECTIONS: usize = 64;
/// What is asked before the counting begins.
const WARM_UP: Duration = Duration::from_millis(200);

/// What one connection asks.
pub(crate) trait Asker {
    /// A pass begins.
    fn begin(&mut self) {}

    /// Writes the next request; false when there is nothing more to ask.
    fn ask(&mut self, request: &mut Vec<u8>) -> bool;

    /// Looks at the body of a 200.
    fn hear(&mut self, _body: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// What came of a pass.
pub(crate) struct Pass {
    /// Answers per second.
    pub(crate) per_second: f64,
    /// How long each answer took.
    pub(crate) took: Vec<Duration>,
}

/// When answers count. It ends for all connections as soon as one of them has nothing more to ask.
struct Window {
    from: Instant,
    until: Cell<Instant>,
}

/// Asks the server at `address` for `span`, each connection what its asker says, who may go on in another pass. Any answer
/// but 200 ends the run: a rate of failures is no rate.
pub(crate) fn pass<A: Asker + 'static>(address: SocketAddr, span: Duration, askers: &mut Vec<A>) -> Result<Pass> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let from = Instant::now() + WARM_UP;
    let window = Rc::new(Window { from, until: Cell::new(from + span) });
    let connections = runtime.block_on(async {
        let local = LocalSet::new();
        let tasks: Vec<_> = std::mem::take(askers)
            .into_iter()
            .map(|asker| local.spawn_local(connection(address, asker, window.clone())))
            .collect();
        local
            .run_until(async {
                let mut ended = Vec::new();
                for task in tasks {
                    ended.push(task.await.map_err(Error::other)??);
                }
                Ok::<_, Error>(ended)
            })
            .await
    })?;
    let mut took = Vec::new();
    for (asker, answers) in connections {
        askers.push(asker);
        took.extend(answers);
    }
    if took.is_empty() {
        return Err(Error::other("nothing was answered"));
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let per_second = took.len() as f64 / window.until.get().saturating_duration_since(from).as_secs_f64();
    Ok(Pass { per_second, took })
}

/// How long each answer took that came within the window.
async fn connection<A: Asker>(address: SocketAddr, mut asker: A, window: Rc<Window>) -> Result<(A, Vec<Duration>)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut request, mut answer, mut took) = (Vec::new(), Vec::new(), Vec::new());
    asker.begin();
    loop {
        request.clear();
        let sent = Instant::now();
        if !asker.ask(&mut request) {
            window.until.set(window.until.get().min(sent));
            return Ok((asker, took));
        }
        send(&stream, &request).await?;
        let body = receive(&stream, &mut answer).await?;
        let heard = Instant::now();
        asker.hear(&answer[body..])?;
        if heard >= window.until.get() {
            return Ok((asker, took));
        }
        if heard >= window.from {
            took.push(heard - sent);
        }
    }
}

async fn send(stream: &TcpStream, mut request: &[u8]) -> Result<()> {
    while !request.is_empty() {
        match stream.try_write(request) {
            Ok(written) => request = &request[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads one answer; tells where its body begins.
async fn receive(stream: &TcpStream, answer: &mut Vec<u8>) -> Result<usize> {
    answer.clear();
    let (mut whole, mut part) = (None, [0; 4_096]);
    loop {
        stream.readable().await?;
        match stream.try_read(&mut part) {
            Ok(0) => return Err(Error::other("the server closed the connection")),
            Ok(read) => answer.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        if whole.is_none() {
            whole = head(answer)?;
        }
        if let Some((body, end)) = whole
            && answer.len() >= end
        {
            if !answer.starts_with(b"HTTP/1.1 200 ") {
                let start = String::from_utf8_lossy(&answer[..answer.len().min(900)]).into_owned();
                return Err(Error::other(format!("a measured request failed: {start}")));
            }
            return Ok(body);
        }
    }
}

/// Where the body begins and ends, once the head is there. Every measured answer has a length.
fn head(answer: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(at) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&answer[..at]);
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse::<usize>().ok())
        .ok_or_else(|| Error::other(format!("an answer without a length: {head}")))?;
    Ok(Some((at + 4, at + 4 + length)))
}
