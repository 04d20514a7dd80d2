//! `portico serve`: listen, sweep, drain.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use domain::store::{Keep, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::alone::Lock;
#[cfg(unix)]
use crate::cli::remote;
use crate::config::Config;
use crate::state::AppState;

/// What lies between two turns of [`keep_house`].
pub const PAUSE: Duration = Duration::from_mins(1);

/// How long the last write may take.
const LAST_WRITE: Duration = Duration::from_secs(10);

/// Why the server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Commands cannot be listened for.
    #[error("cannot listen for commands at {socket}: {source}")]
    Commands {
        /// Where.
        socket: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Accept(std::io::Error),
    /// The process cannot hear SIGTERM.
    #[error("signals cannot be heard: {0}")]
    Signals(std::io::Error),
}

/// Serves until SIGTERM or Ctrl-C; then running requests get `drain_seconds` to end. `lock` says that this process alone
/// writes to the database.
pub(crate) async fn serve(store: Store, config: &Config, lock: Option<Lock>) -> Result<(), ServeError> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let (stop, stopped) = watch::channel(false);
    let terminated = terminated().map_err(ServeError::Signals)?;
    tokio::spawn(async move {
        terminated.await;
        tracing::info!("draining requests");
        stop.send_replace(true);
    });
    let commands = lock.as_ref().map(|lock| hear_commands(lock, &store, config)).transpose()?;
    store.start_signing();
    store.keep(if lock.is_some() { Keep::Lookups } else { Keep::Catalogue });
    let house = tokio::spawn(keep_house(store.clone(), || tokio::time::sleep(PAUSE)));
    let router = crate::router(AppState::new(store.clone(), config));
    let at = listener.local_addr().unwrap_or(address);
    tracing::info!(address = %at, issuer = %config.issuer, "serving");
    let outcome = drained(listener, router, stopped, Duration::from_secs(config.drain_seconds)).await;
    house.abort();
    if let Some(commands) = commands {
        commands.abort();
    }
    match tokio::time::timeout(LAST_WRITE, store.write_last_used()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last uses were not written"),
        Err(_) => tracing::warn!("the last uses were not written: the database does not answer"),
    }
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the database did not close");
    }
    drop(lock);
    outcome.map_err(ServeError::Accept)
}

/// Runs what the command line asks while this process keeps the database for itself.
#[cfg(unix)]
fn hear_commands(lock: &Lock, store: &Store, config: &Config) -> Result<JoinHandle<()>, ServeError> {
    let listener = remote::listen(&lock.socket)
        .map_err(|source| ServeError::Commands { socket: lock.socket.display().to_string(), source })?;
    Ok(tokio::spawn(remote::answer_commands(listener, store.clone(), config.clone())))
}

#[cfg(not(unix))]
fn hear_commands(_: &Lock, _: &Store, _: &Config) -> Result<JoinHandle<()>, ServeError> {
    Ok(tokio::spawn(async {}))
}

/// Serves until `stopped`, then waits for running requests, at most `patience`.
async fn drained(
    listener: TcpListener,
    router: Router,
    stop: watch::Receiver<bool>,
    patience: Duration,
) -> std::io::Result<()> {
    let wait = |mut stop: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which it only is when the process ends.
        let _ = stop.wait_for(|said| *said).await;
    };
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small answers may wait for acknowledgements");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(wait(stop.clone()));
    tokio::select! {
        ended = server => ended,
        () = async { wait(stop).await; tokio::time::sleep(patience).await; } => {
            tracing::warn!("requests were still running when the time to drain was over");
            Ok(())
        }
    }
}

/// Resolves at SIGTERM or Ctrl-C. Listens from now on.
#[cfg(unix)]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Milliseconds by which the clocks of a server and of its database may differ without a word.
const CLOCKS_APART_MS: i64 = 2_000;

/// Removes what is over, compares the clocks, loads the signing keys anew, and writes what is written at most once a minute, turn by turn. The
/// `pause` comes after the work, so that a turn that took long is not made up for.
pub async fn keep_house<P: Future<Output = ()>>(store: Store, pause: impl Fn() -> P) {
    loop {
        if let Err(error) = store.sweep(store.now()).await {
            tracing::error!(%error, "the sweep failed");
        }
        if let Err(error) = store.write_last_used().await {
            tracing::error!(%error, "the last uses were not written; they are kept for the next time");
        }
        if let Err(error) = store.keep_keys().await {
            tracing::error!(%error, "not every signing key could be loaded; those in memory that are not removed stay in use");
        }
        match store.clock_ahead().await {
            Ok(ahead) if ahead.abs() > CLOCKS_APART_MS => {
                tracing::warn!(
                    ahead_ms = ahead,
                    "the clock is not the database's: codes, tokens and retries are judged by it"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the clocks could not be compared"),
        }
        pause().await;
    }
}
