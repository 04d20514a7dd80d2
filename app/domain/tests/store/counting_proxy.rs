//! A proxy between a store and PostgreSQL that counts the statements which go through it, and can let connections fall silent.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use url::Url;

/// A proxy before a PostgreSQL server.
pub(crate) struct CountingProxy {
    url: Url,
    statements: Arc<AtomicU64>,
    silence: Arc<Silence>,
}

/// Connections that are open and hand nothing on any more.
#[derive(Default)]
struct Silence {
    /// How often those of before fell silent.
    times: AtomicU64,
    /// How many messages and answers they were given since.
    swallowed: AtomicU64,
    /// Their end.
    end: Notify,
}

impl CountingProxy {
    /// Listens before the server that `url` names.
    pub(crate) async fn before(url: &str) -> Self {
        let mut url: Url = url.parse().expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let server = (host, url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let statements = Arc::new(AtomicU64::new(0));
        let silence = Arc::new(Silence::default());
        let (counted, falls_silent) = (statements.clone(), silence.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server.clone()).await.expect("the server listens");
                client.set_nodelay(true).and(server.set_nodelay(true)).expect("options of a socket");
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                let answers_end = falls_silent.clone();
                tokio::spawn(async move { answer(&mut from_server, &mut to_client, &answers_end).await });
                tokio::spawn(pass(from_client, to_server, counted.clone(), falls_silent.clone()));
            }
        });
        Self { url, statements, silence }
    }

    /// Every connection that is open now hands nothing on any more, and does not say so; new ones do.
    pub(crate) fn fall_silent(&self) {
        self.silence.times.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends those connections that are silent and were given something since.
    pub(crate) fn end_silence(&self) {
        self.silence.end.notify_waiters();
    }

    /// How many messages and answers went into the silence.
    pub(crate) fn swallowed(&self) -> u64 {
        self.silence.swallowed.load(Ordering::Relaxed)
    }

    /// The URL of the proxy.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// How many statements went through while `work` was done.
    pub(crate) async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.statements.load(Ordering::Relaxed);
        let done = work.await;
        (done, self.statements.load(Ordering::Relaxed) - before)
    }
}

/// Hands on what a client sends, message by message, until it goes.
async fn pass(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    statements: Arc<AtomicU64>,
    silence: Arc<Silence>,
) -> io::Result<()> {
    let began = silence.times.load(Ordering::Relaxed);
    let is_silent = || silence.times.load(Ordering::Relaxed) != began;
    // What begins a connection has no type. Our driver speaks no TLS, and so does not ask for it first.
    message(&mut client, &mut server).await?;
    loop {
        let kind = tokio::select! {
            kind = client.read_u8() => kind?,
            () = silence.end.notified(), if is_silent() => return Ok(()),
        };
        if is_silent() {
            silence.swallowed.fetch_add(1, Ordering::Relaxed);
            message(&mut client, &mut tokio::io::sink()).await?;
            continue;
        }
        // `Execute`, or a `Query` without parameters.
        if matches!(kind, b'E' | b'Q') {
            statements.fetch_add(1, Ordering::Relaxed);
        }
        server.write_u8(kind).await?;
        message(&mut client, &mut server).await?;
    }
}

/// Hands on what the server answers, until it goes or falls silent.
async fn answer(server: &mut OwnedReadHalf, client: &mut OwnedWriteHalf, silence: &Silence) -> io::Result<()> {
    let began = silence.times.load(Ordering::Relaxed);
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = server.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        if silence.times.load(Ordering::Relaxed) == began {
            client.write_all(&bytes[..length]).await?;
        } else {
            silence.swallowed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Hands on the length and the body of a message.
async fn message(client: &mut OwnedReadHalf, server: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let length = client.read_u32().await?;
    let mut body = vec![0; usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(4)];
    client.read_exact(&mut body).await?;
    server.write_u32(length).await?;
    server.write_all(&body).await
}
