//! Backups of a store that is in use, and what is restored from them.

use std::path::Path;
use std::process::Command;

use crate::commands::{Folder, Running, bearer, channel, curl, json, portico, run, serve};

#[test]
fn a_backup_of_a_serving_folder_comes_back_whole() {
    let folder = Folder::new();
    let (data, file, copy) = (folder.join("data"), folder.join("copy.tar"), folder.join("copy"));
    let (server, url, token) = serve(&data);
    let channel = channel(&data);
    let say = format!("{url}/channels/{channel}/incoming_messages");
    let body = r#"{"sender": {"handle": "ann"}, "subject": "Kept", "body": "Hello"}"#;
    assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202);
    let digest = desk::crypto::hex(&desk::crypto::sha256(b"a file"));
    let blob = format!("blobs/{}/{digest}", &digest[..2]);
    std::fs::create_dir_all(data.join("blobs").join(&digest[..2])).expect("a folder");
    std::fs::write(data.join(&blob), "a file").expect("a file");
    let file_name = file.to_str().expect("a name");
    let made = json(&run(&data, &["backup", file_name, "--json"]));
    assert_eq!(made["files"], 1);
    assert_eq!(run(&data, &["backup", file_name]).status.code(), Some(1), "nothing is overwritten");
    assert_eq!(curl(&[&say, "-H", &bearer(&token), "--json", body]).0, 202, "the server went on");
    let listed = Command::new("tar").arg("tf").arg(&file).output().expect("tar runs");
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(names.lines().collect::<Vec<_>>(), ["portico-backup.json", "portico.db", "secret.key", blob.as_str()]);
    assert_eq!(run(&data, &["restore", file_name]).status.code(), Some(1), "the folder is not empty");
    assert_eq!(run(&data, &["restore", file_name, "--force"]).status.code(), Some(1), "a server uses it");
    drop(server);
    assert!(run(&copy, &["restore", file_name]).status.success());
    assert_eq!(std::fs::read_to_string(copy.join(&blob)).expect("the file"), "a file");
    let server = Running::start(portico(&copy, &["serve", "--listen", "127.0.0.1:0"]));
    let line = server.line(|line| line.starts_with("Portico serves "));
    let url = line.split_whitespace().nth(2).expect("an address");
    let (status, page) = curl(&[&format!("{url}/conversations"), "-H", &bearer(&token)]);
    assert_eq!((status, page["_results"][0]["subject"].as_str()), (200, Some("Kept")));
}

#[test]
fn half_a_backup_is_not_restored() {
    let folder = Folder::new();
    let (data, file, copy) = (folder.join("data"), folder.join("copy.tar"), folder.join("copy"));
    assert!(run(&data, &["token", "create", "first", "--all"]).status.success());
    assert!(run(&data, &["backup", file.to_str().expect("a name")]).status.success());
    let bytes = std::fs::read(&file).expect("the backup");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("half of it");
    let output = run(&copy, &["restore", file.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!copy.exists(), "nothing is left behind");
}

#[test]
fn a_backup_with_a_damaged_file_is_not_restored() {
    let folder = Folder::new();
    let (data, file, copy) = (folder.join("data"), folder.join("copy.tar"), folder.join("copy"));
    assert!(run(&data, &["token", "create", "first", "--all"]).status.success());
    let digest = desk::crypto::hex(&desk::crypto::sha256(b"a file"));
    std::fs::create_dir_all(data.join("blobs/ab")).expect("a folder");
    std::fs::write(data.join("blobs/ab").join(&digest), "a life").expect("a file");
    assert!(run(&data, &["backup", file.to_str().expect("a name")]).status.success());
    let output = run(&copy, &["restore", file.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&digest), "{output:?}");
    assert!(!copy.exists(), "nothing is left behind");
}

#[test]
fn a_backup_of_a_folder_without_a_store_is_refused_and_makes_none() {
    let folder = Folder::new();
    let (typo, file) = (folder.join("typo"), folder.join("copy.tar"));
    let output = run(&typo, &["backup", file.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no store"), "{output:?}");
    assert!(!typo.exists() && !file.exists());
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind_and_the_next_one_clears_up_after_a_killed_one() {
    let folder = Folder::new();
    let (data, file) = (folder.join("data"), folder.join("copy.tar"));
    assert!(run(&data, &["token", "create", "first", "--all"]).status.success());
    // No file may become larger than this, which stands for a full disk.
    let mut short = Command::new("sh");
    short.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" backup \"$1\" --data \"$2\""]);
    let failed = short.arg(env!("CARGO_BIN_EXE_portico")).args([&file, &data]).output().expect("it runs");
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert_eq!(copies(&folder, &data), Vec::<String>::new(), "{failed:?}");
    let others = ["backup-1.db.part", "backup-1.db.part-journal", "backup-22.db"];
    for name in others.iter().chain(&["backup-notes.db"]) {
        std::fs::write(data.join(name), "half of it").expect("a file");
    }
    assert!(run(&data, &["backup", file.to_str().expect("a name")]).status.success());
    assert_eq!(copies(&folder, &data), ["backup-notes.db", "copy.tar"]);
}

/// What backups have left in the data folder and beside it.
fn copies(folder: &Folder, data: &Path) -> Vec<String> {
    let names = [data, &folder.0].into_iter().flat_map(|path| std::fs::read_dir(path).expect("a folder"));
    let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.contains("backup-") || name.contains("copy")).collect();
    names.sort();
    names
}
