//! What the tests of a process log: no line has the form of a secret, a code or a token (requirement 131), at whatever
//! level. Who logs one panics there, and where that panic is caught the test fails at its end.

use std::sync::{Mutex, Once, PoisonError};
use std::thread::panicking;

use domain::entropy::SeededEntropy;
use domain::secret::{AccessToken, Plain, TokenBrand};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FmtSpan, Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use uuid::Uuid;

use crate::at_rest::secrets_in;

/// The crates that know secrets as such.
const OURS: &str = "domain=trace,app=trace,server=trace,portico=trace";

/// Lines that hold a secret.
type Lines = Mutex<Vec<String>>;

/// Searches each line that this process logs from the first call on; a test calls it where it begins and where it ends.
pub(crate) fn watch() {
    static FOUND: Lines = Mutex::new(Vec::new());
    static FIRST: Once = Once::new();
    FIRST.call_once(|| tracing::subscriber::set_global_default(searching(&FOUND)).expect("nobody else takes the log"));
    let found = taken(&FOUND);
    // A test that failed says why itself.
    assert!(found.is_empty() || panicking(), "the log held secrets: {found:#?}");
}

fn taken(lines: &Lines) -> Vec<String> {
    std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A log whose lines are searched and not shown; those with a secret go to `found`.
fn searching(found: &'static Lines) -> impl Subscriber + Send + Sync {
    let search = Search { as_line: Format::default().without_time().with_ansi(false), found };
    // The end of a span is logged, so that its fields are searched although nothing happened in it.
    let log = tracing_subscriber::fmt().with_env_filter(OURS).with_ansi(false).with_span_events(FmtSpan::CLOSE);
    log.event_format(search).with_writer(std::io::sink).finish()
}

/// Reads an event as a log has it, with the spans around it.
struct Search {
    as_line: Format<Full, ()>,
    found: &'static Lines,
}

impl<S, N> FormatEvent<S, N> for Search
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, _: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        let mut line = String::new();
        self.as_line.format_event(context, Writer::new(&mut line), event)?;
        if !secrets_in(line.as_bytes()).is_empty() {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
            // The spans around a line that ended its thread end as well, and have the same fields.
            assert!(panicking(), "a secret in the log: {line}");
        }
        Ok(())
    }
}

#[test]
fn req_131_who_logs_a_secret_or_a_jwt_in_an_event_or_a_span_panics_and_it_is_remembered() {
    static PLANTED: Lines = Mutex::new(Vec::new());
    watch();
    let secret = Plain::<AccessToken>::mint(&TokenBrand::default(), Uuid::nil(), &SeededEntropy::new(1)).reveal();
    let jwt = format!("eyJ{0}.eyJ{0}.{0}{0}", "abc_-0123456789ABCDEFGH");
    let told = |log: &dyn Fn()| {
        let log = std::panic::AssertUnwindSafe(|| tracing::subscriber::with_default(searching(&PLANTED), log));
        let panicked = std::panic::catch_unwind(log).is_err();
        (panicked, taken(&PLANTED).len())
    };
    for planted in [&secret, &jwt] {
        assert_eq!(told(&|| tracing::trace!(target: "domain", "it begins with {}", &planted[..20])), (false, 0));
        assert_eq!(told(&|| tracing::trace!(target: "server::oauth", token = %planted, "issued")), (true, 1));
        assert_eq!(told(&|| tracing::error!(target: "domain::store", "{planted} was not kept")), (true, 1));
        assert_eq!(told(&|| drop(tracing::debug_span!(target: "app", "page", link = %planted))), (true, 1));
        let in_a_span = || {
            let span = tracing::info_span!(target: "server", "request", path = %planted);
            span.in_scope(|| tracing::info!(target: "server::web", "answered"));
        };
        assert_eq!(told(&in_a_span), (true, 2), "the event, and the end of its span");
    }
}
