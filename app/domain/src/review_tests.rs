//! The tables of the review, pure.

use super::{
    NotDecided, Proposal, ReviewStatus, Snapshot, Submission, Verdict, edits_wait, host, hosts, split_name,
    split_scopes, split_uris, submission,
};
use crate::client::AppStatus;
use crate::portal::ScopeChoice;

fn choice(token: &str) -> ScopeChoice {
    ScopeChoice { token: token.parse().expect("a scope"), purpose: format!("For {token}"), required: true }
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn a_submission_is_decided_once_and_a_refusal_says_why() {
    use ReviewStatus::{Approved, ChangesRequested, Rejected, Submitted};
    for feedback in [false, true] {
        assert_eq!(Submitted.decide(Verdict::Approve, feedback), Ok(Approved));
    }
    for (verdict, then) in [(Verdict::AskForChanges, ChangesRequested), (Verdict::Reject, Rejected)] {
        assert_eq!(Submitted.decide(verdict, true), Ok(then));
        assert_eq!(Submitted.decide(verdict, false), Err(NotDecided::FeedbackMissing));
    }
    for over in [ChangesRequested, Approved, Rejected] {
        for &verdict in Verdict::ALL {
            assert_eq!(over.decide(verdict, true), Err(NotDecided::NotOpen), "{over} {verdict}");
        }
    }
}

#[test]
fn what_can_be_submitted() {
    use AppStatus::{Deleted, Draft, Live, Suspended};
    for (reviewed, status, approved, expected) in [
        (true, Draft, false, Some(Submission::Waits)),
        (false, Draft, false, Some(Submission::Live)),
        (true, Live, false, Some(Submission::Waits)),
        (true, Live, true, None),
        (false, Live, false, None),
        (true, Suspended, false, None),
        (true, Deleted, false, None),
    ] {
        assert_eq!(submission(reviewed, status, approved), expected, "{reviewed} {status} {approved}");
    }
}

#[test]
fn edits_wait_only_where_apps_are_reviewed_and_this_one_is_no_draft() {
    for &status in AppStatus::ALL {
        assert!(!edits_wait(false, status), "{status}");
        let was_live = matches!(status, AppStatus::Live | AppStatus::Suspended);
        assert_eq!(edits_wait(true, status), was_live, "{status}");
    }
}

#[test]
fn a_host_is_what_stands_between_scheme_and_port() {
    for (uri, expected) in [
        ("https://a.example/cb", "a.example"),
        ("https://a.example:8443/cb?x=1", "a.example"),
        ("http://127.0.0.1/cb", "127.0.0.1"),
        ("http://[::1]:4/cb", "[::1]"),
        ("com.example.app:/cb", "com.example.app:"),
    ] {
        assert_eq!(host(uri), expected, "{uri}");
    }
    assert_eq!(hosts(&list(&["https://a.example/1", "https://a.example/2"])).len(), 1);
}

#[test]
fn a_new_host_waits_and_another_path_of_a_known_host_does_not() {
    let held = list(&["https://a.example/cb", "https://b.example/cb"]);
    let path = list(&["https://a.example/other", "https://b.example/cb"]);
    let split = split_uris(&held, &path);
    assert_eq!((split.now, split.waits), (path, None));
    let more = list(&["https://b.example/cb", "https://c.example/cb"]);
    let split = split_uris(&held, &more);
    assert_eq!(split.now, list(&["https://b.example/cb"]), "the removal acts at once");
    assert_eq!(split.waits, Some(more));
    let moved = list(&["https://c.example/cb"]);
    let split = split_uris(&held, &moved);
    assert_eq!(split.now, held, "what is approved stays in force until there is something else");
    assert_eq!(split.waits, Some(moved));
    for near in ["https://a.example.evil/cb", "https://evil.a.example/cb", "a.example:/cb"] {
        let wanted = vec![held[0].clone(), near.to_owned()];
        assert_eq!(split_uris(&held, &wanted).waits, Some(wanted), "{near}");
    }
}

#[test]
fn a_new_scope_waits_and_another_purpose_does_not() {
    let held = [choice("read"), choice("write")];
    let optional = [ScopeChoice { required: false, purpose: String::new(), ..choice("read") }];
    let split = split_scopes(&held, &optional);
    assert_eq!((split.now, split.waits), (optional.to_vec(), None));
    let more = [choice("read"), choice("admin")];
    let split = split_scopes(&held, &more);
    assert_eq!((split.now, split.waits), (vec![choice("read")], Some(more.to_vec())));
    let split = split_scopes(&held, &[choice("admin")]);
    assert_eq!((split.now, split.waits), (held.to_vec(), Some(vec![choice("admin")])));
    let split = split_scopes(&held, &[]);
    assert_eq!((split.now, split.waits), (Vec::new(), None), "an app may ask for nothing at once");
}

#[test]
fn a_new_name_waits() {
    let split = split_name("One", "Two");
    assert_eq!((split.now.as_str(), split.waits.as_deref()), ("One", Some("Two")));
    assert_eq!(split_name("One", "One").waits, None);
    assert!(Proposal::default().is_empty());
    assert!(!Proposal { name: split.waits, ..Proposal::default() }.is_empty());
}

#[test]
fn an_approval_is_about_what_was_submitted() {
    let of = |name: &str, uris: &[&str], scopes: &[&str]| Snapshot {
        name: name.to_owned(),
        hosts: hosts(&list(uris)),
        scopes: scopes.iter().map(|token| choice(token)).collect(),
    };
    let submitted = of("One", &["https://a.example/cb", "https://b.example/cb"], &["read", "write"]);
    assert!(submitted.covers(&submitted));
    assert!(submitted.covers(&of("One", &["https://a.example/else"], &["read"])), "less than was submitted");
    assert!(!submitted.covers(&of("Two", &["https://a.example/cb"], &["read"])));
    assert!(!submitted.covers(&of("One", &["https://c.example/cb"], &["read"])));
    assert!(!submitted.covers(&of("One", &["https://a.example/cb"], &["read", "admin"])));
    let mut reworded = submitted.clone();
    reworded.scopes[0].purpose = "To sell it".to_owned();
    assert!(!submitted.covers(&reworded), "people read the purposes");
    let mut optional = submitted.clone();
    optional.scopes[0].required = !optional.scopes[0].required;
    let less = !optional.scopes[0].required;
    assert_eq!((submitted.covers(&optional), optional.covers(&submitted)), (less, !less));
}
