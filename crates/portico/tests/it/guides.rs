//! The guides of docs/guide, as somebody follows them: their scripts are run as they are printed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::commands::Folder;

/// The first script of a guide.
fn script(guide: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(guide);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let begin = text.find("```sh\n").expect("a script") + "```sh\n".len();
    let end = text[begin..].find("```").expect("its end");
    text[begin..begin + end].to_string()
}

/// Runs a guide's script as it is printed; its last line says that all went well.
#[track_caller]
fn run(guide: &str) {
    let folder = Folder::new();
    let program = Path::new(env!("CARGO_BIN_EXE_portico")).parent().expect("its folder");
    let script = format!("PATH='{}':$PATH\n{}", program.display(), script(guide));
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.ends_with("all is well\n"), "{told}\n{errors}");
}

#[test]
fn the_sandbox_runs_in_a_ci_job_as_the_guide_says() {
    run("sandbox.md");
}

#[test]
fn a_channel_is_seen_at_work_as_the_guide_says() {
    run("channel.md");
}

#[test]
fn channels_share_credentials_as_the_guide_says() {
    run("shared-credentials.md");
}

#[test]
fn a_first_webhook_arrives_signed_as_the_guide_says() {
    run("first-webhook.md");
}

#[test]
fn a_promise_of_a_reply_is_kept_track_of_as_the_guide_says() {
    run("time-goals.md");
}

#[test]
fn a_partner_names_its_links_as_the_guide_says() {
    run("links.md");
}

#[test]
fn an_app_is_let_in_with_oauth_as_the_guide_says() {
    run("oauth.md");
}
