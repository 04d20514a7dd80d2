//! The binary as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use domain::entropy::SeededEntropy;
use domain::secret::{ClientSecret, Plain, TokenBrand};
use uuid::Uuid;

use crate::at_rest::secrets_in;
use crate::harness::Folder;

/// `portico` with `arguments`, in `folder`, with no variable but `variables`.
pub(super) fn portico(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(arguments).current_dir(&folder.0).env_clear();
    command.env("PORTICO_DATABASE_URL", folder.database_url());
    command.envs(variables.iter().copied());
    command
}

/// A running server, killed if a test leaves it.
pub(super) struct Running {
    child: Child,
    /// Where it listens.
    pub(super) address: String,
    log: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts it on a free port and waits for the line that names the port.
    pub(super) fn start(folder: &Folder, variables: &[(&str, &str)]) -> Self {
        let mut all = vec![("PORTICO_LISTEN", "127.0.0.1:0")];
        all.extend_from_slice(variables);
        Self::of(portico(folder, &["serve"], &all))
    }

    /// Starts `command`, which serves, and waits for the line that names the port.
    pub(super) fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("a log"));
        let (mut read, mut address) = (String::new(), None);
        while address.is_none() {
            let at = read.len();
            assert!(log.read_line(&mut read).expect("UTF-8") > 0, "it ended: {read}");
            address = read[at..].split("address=").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        }
        // The log is read to its end, so that the process never waits for its reader.
        let reader = std::thread::spawn(move || {
            log.read_to_string(&mut read).expect("UTF-8");
            read
        });
        Self { child, address: address.expect("found above"), log: Some(reader) }
    }

    /// The id of the process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the signal named `name`.
    pub(super) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill runs").success());
    }

    /// Waits for the end: how it ended, and everything that it logged, which holds no secret.
    pub(super) fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        let log = self.log.take().expect("one reader").join().expect("a whole log");
        let found: Vec<_> = log.lines().filter(|line| !secrets_in(line.as_bytes()).is_empty()).collect();
        assert!(found.is_empty(), "secrets in the log: {found:#?}");
        (status, log)
    }

    /// One request on a connection of its own: the whole answer.
    pub(super) fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let length = body.len();
        let request = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test failed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn req_101_the_server_does_not_start_under_an_issuer_with_a_path_a_query_or_a_trailing_slash() {
    let folder = Folder::new();
    for issuer in ["https://portico.example/auth", "https://portico.example?x=1", "https://portico.example/"] {
        let variables = [("PORTICO_LISTEN", "127.0.0.1:0"), ("PORTICO_ISSUER", issuer)];
        let output = portico(&folder, &["serve"], &variables).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{issuer}: {output:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("PORTICO_ISSUER: ") && told.contains("Example: PORTICO_ISSUER="), "{issuer}: {told}");
        assert!(output.stdout.is_empty() && !told.contains("panicked"), "{issuer}: {output:?}");
        assert!(!folder.0.join("portico.db").exists(), "{issuer}: nothing was made");
    }
}

#[test]
fn req_131_a_secret_in_the_log_of_a_process_fails_its_test() {
    let secret = Plain::<ClientSecret>::mint(&TokenBrand::default(), Uuid::nil(), &SeededEntropy::new(1)).reveal();
    for (told, fine) in [("nothing", true), (secret.as_str(), false)] {
        let mut leaking = Command::new("sh");
        leaking.args(["-c", &format!("echo address=none >&2; echo secret={told} >&2")]);
        let running = Running::of(leaking);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| running.ended()));
        assert_eq!(ended.is_ok(), fine, "{told}");
    }
}
