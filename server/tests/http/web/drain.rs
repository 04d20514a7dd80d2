//! The binary itself: exit codes, start, and SIGTERM in the middle of a request.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::process::{Running, portico};
use crate::harness::Folder;

#[test]
fn exit_codes_are_0_done_1_failed_2_usage_or_configuration() {
    let folder = Folder::new();
    for (arguments, variables, expected) in [
        (&["config", "check"][..], &[][..], 0),
        (&["migrate"][..], &[][..], 0),
        (&["user", "password", "nobody@example.com"][..], &[][..], 1),
        (&["nonsense"][..], &[][..], 2),
        (&["staff", "add", "eve@example.com"][..], &[][..], 2),
        (&["staff", "add", "eve@example.com", "--role", "king"][..], &[][..], 2),
        (&["config", "check"][..], &[("PORTICO_ISSUER", "https://portico.example/")][..], 2),
        (&["serve"][..], &[("PORTICO_NONSENSE", "1")][..], 2),
        (&["--help"][..], &[][..], 0),
    ] {
        let output = portico(&folder, arguments, variables).output().expect("it runs");
        assert_eq!(output.status.code(), Some(expected), "{arguments:?} {variables:?}: {output:?}");
        if expected != 0 {
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}: {output:?}");
        }
    }
}

#[test]
fn the_file_beside_the_process_is_read_and_a_named_one_must_exist() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("portico.toml"), "token_brand = \"fo\"\n").expect("written");
    let output = portico(&folder, &["config", "check"], &[]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("PORTICO_TOKEN_BRAND=fo"), "{output:?}");
    let output =
        portico(&folder, &["config", "check"], &[("PORTICO_CONFIG", "absent.toml")]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("PORTICO_CONFIG"), "{output:?}");
}

#[test]
fn a_policy_whose_jwt_never_ends_stops_the_server_before_it_begins_and_is_named() {
    let folder = Folder::new();
    let file = folder.0.join("portico.toml");
    let fera = "[token_policies.fera]\naccess_format = \"jwt\"\n";
    std::fs::write(&file, fera).expect("written");
    let output = portico(&folder, &["serve"], &[("PORTICO_LISTEN", "127.0.0.1:0")]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    let problem = "token_policies.fera.access_seconds (portico.toml): a JWT has to end, and this one never would";
    assert!(told.contains(problem) && told.contains("Example: access_seconds = 86400"), "{told}");
    assert!(output.stdout.is_empty() && !told.contains("panicked"), "{output:?}");
    assert!(!folder.0.join("portico.db").exists() && !folder.0.join("portico.key").exists(), "nothing was made");
    std::fs::write(&file, format!("{fera}access_seconds = 86400\n")).expect("written");
    let output = portico(&folder, &["config", "check"], &[]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "the example helps: {output:?}");
}

#[test]
fn each_signal_that_ends_it_lets_a_running_request_end_and_takes_no_new_one() {
    for signal in ["-TERM", "-INT"] {
        ends_in_order(signal);
    }
}

fn ends_in_order(signal: &str) {
    let folder = Folder::new();
    let server = Running::start(&folder, &[]);
    let mut stream = TcpStream::connect(&server.address).expect("it listens");
    let body = "grant_type=nonsense";
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    // "100 Continue" says that the handler waits for the body: the request is running.
    let mut first = [0; 12];
    stream.read_exact(&mut first).expect("an answer begins");
    assert_eq!(&first, b"HTTP/1.1 100");
    server.signal(signal);
    // The listener is closed once the signal was heard.
    while TcpStream::connect(&server.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).expect("the body is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("HTTP/1.1 4") && answer.contains("\"error\""), "{answer}");
    let (status, log) = server.ended();
    assert!(status.success(), "{status}: {log}");
}
