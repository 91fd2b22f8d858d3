//! What the reading of bodies promises.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::body::Body;
use futures_util::stream;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::spool::tests::Scratch;
use super::spool::{Folder, Memory};
use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Message {
    #[serde(default)]
    to: Vec<String>,
    body: String,
    sender: Option<Sender>,
    #[serde(default)]
    options: BTreeMap<String, bool>,
    delivered_at: Option<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Sender {
    handle: String,
}

fn headers(content_type: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !content_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
    }
    headers
}

fn in_memory() -> Reading {
    Reading { limit: MAX_BODY, spool: Arc::new(Memory) }
}

async fn send(content_type: &str, body: impl Into<Body>) -> Result<Form, Problem> {
    read(&headers(content_type), &mut body.into().into_data_stream(), &in_memory()).await
}

/// The body of a client that leaves out the line break at the end.
fn multipart(boundary: &str, parts: &[(&str, &str)]) -> String {
    let parts: String = parts.iter().map(|(head, data)| format!("--{boundary}\r\n{head}\r\n\r\n{data}\r\n")).collect();
    format!("{parts}--{boundary}--")
}

fn field(name: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"")
}

#[tokio::test]
async fn json_is_read_whatever_type_is_stated() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        let form = send(content_type, "\u{feff} {\"body\":\"hi\"}").await;
        let form =
            if content_type.ends_with("urlencoded") { send(content_type, "{\"body\":\"hi\"}").await } else { form };
        assert_eq!(form.unwrap().json, json!({"body": "hi"}), "{content_type}");
    }
}

#[tokio::test]
async fn no_body_is_an_empty_object_to_those_who_parse() {
    for content_type in ["", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
    {
        for body in ["", if content_type.starts_with('m') { "" } else { " \r\n" }] {
            let form = send(content_type, body).await.unwrap();
            assert_eq!(form.json, Value::Null, "{content_type}");
            assert_eq!(form.parse::<BTreeMap<String, i64>>().unwrap(), BTreeMap::new());
        }
    }
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let bomb = "[".repeat(100_000);
    for body in [&b"{"[..], b"{\"a\":\"\xff\"}", bomb.as_bytes(), b"{}x", b"\"\\ud80\"", b"[1e999]"] {
        let problem = send("application/json", body.to_vec()).await.unwrap_err();
        assert_eq!(problem.status, 400);
        assert!(problem.message.starts_with("Invalid JSON"), "{}", problem.message);
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let mut headers = headers("application/json");
    headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    assert_eq!(read(&headers, &mut Body::empty().into_data_stream(), &in_memory()).await.unwrap_err().status, 415);
}

#[tokio::test]
async fn the_details_name_the_culprit() {
    let refuse = async |body: &'static str| send("", body).await.unwrap().parse::<Message>().unwrap_err().details;
    assert_eq!(refuse("{\"body\":\"\",\"sender\":{}}").await, ["sender.handle: missing field"]);
    assert_eq!(refuse("{}").await, ["body: missing field"]);
    assert_eq!(refuse("[]").await, ["invalid type: sequence, expected an object"]);
    assert_eq!(refuse("{\"body\":\"\",\"sender\":7}").await, ["sender: invalid type: integer `7`, expected an object"]);
    assert_eq!(
        refuse("{\"body\":\"\",\"to\":[\"a\",1]}").await,
        ["to[1]: invalid type: integer `1`, expected a string"]
    );
    assert_eq!(refuse("{\"body\":\"\",\"options\":{\"x\":1}}").await[0].split(':').next(), Some("options.x"));
}

#[tokio::test]
async fn multipart_fields_become_what_is_asked_for() {
    let expected = Message {
        to: vec!["a".into(), "b".into()],
        body: "1".into(),
        sender: Some(Sender { handle: "+1".into() }),
        options: BTreeMap::from([("archive".into(), false)]),
        delivered_at: Some(12.5),
    };
    for to in [["to[]", "to[]"], ["to[0]", "to[1]"], ["to", "to"]] {
        let heads = [to[0], to[1], "body", "sender[handle]", "options[archive]", "delivered_at"].map(field);
        let parts: Vec<_> = heads.iter().map(String::as_str).zip(["a", "b", "1", "+1", "false", "12.5"]).collect();
        for content_type in ["multipart/form-data", "multipart/from-data", "Multipart/Form-Data; charset=utf-8"] {
            let boundary = "--------------------NODENEEDLEHTTPCLIENT";
            let form =
                send(&format!("{content_type}; boundary={boundary}"), multipart(boundary, &parts)).await.unwrap();
            assert_eq!(form.parse::<Message>().unwrap(), expected, "{to:?} {content_type}");
        }
    }
}

#[tokio::test]
async fn a_text_cut_in_the_middle_of_an_emoji_is_taken() {
    for (content_type, body) in [
        ("application/json", r#"{"body": "cut \ud83d", "sender": {"handle": "\\ud83d"}}"#),
        ("application/x-www-form-urlencoded", r#"body=cut+%EF%BF%BD&sender={"handle":"\\ud83d"}"#),
        ("application/x-www-form-urlencoded", r#"{"body": "cut \ud83d", "sender": {"handle": "\\ud83d"}}"#),
    ] {
        let message: Message = send(content_type, body).await.unwrap().parse().unwrap();
        assert_eq!(message.body, "cut \u{fffd}", "{content_type}");
        assert_eq!(message.sender.unwrap().handle, r"\ud83d", "{content_type}");
    }
}

#[tokio::test]
async fn a_single_recipient_is_a_list_of_one() {
    #[derive(Deserialize)]
    struct Outbound {
        to: Vec<Sender>,
    }
    for name in ["to[handle]", "to[0][handle]", "to[][handle]"] {
        let form = send("multipart/form-data; boundary=X", multipart("X", &[(&field(name), "+1")])).await.unwrap();
        assert_eq!(form.parse::<Outbound>().unwrap().to, [Sender { handle: "+1".into() }], "{name}");
    }
    let form = send("application/json", "{\"to\":{\"handle\":\"+1\"}}").await.unwrap();
    assert_eq!(form.parse::<Outbound>().unwrap().to.len(), 1);
}

#[tokio::test]
async fn urlencoded_fields_speak_the_same_dialect() {
    let form =
        send("application/x-www-form-urlencoded", "to%5B%5D=a&to[]=b+c&body=%C3%A9&options[x]=true").await.unwrap();
    let message: Message = form.parse().unwrap();
    assert_eq!((message.to, message.body.as_str()), (vec!["a".to_owned(), "b c".to_owned()], "\u{e9}"));
    assert!(message.options["x"]);
}

#[derive(Debug, Deserialize, PartialEq)]
struct Reminder {
    scheduled_at: Option<f64>,
    is_loud: Option<bool>,
    repeats: Option<Repeats>,
    days: Option<Vec<i64>>,
    note: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Repeats {
    times: u32,
}

#[tokio::test]
async fn an_empty_number_or_truth_of_a_form_is_null() {
    let names = ["scheduled_at", "is_loud", "note"].map(field);
    let parts: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "scheduled_at=&is_loud=&note=".to_owned()),
        ("multipart/form-data; boundary=X", multipart("X", &parts)),
    ] {
        let form = send(content_type, body).await.unwrap();
        let nothing = Reminder { scheduled_at: None, is_loud: None, repeats: None, days: None, note: Some("".into()) };
        assert_eq!(form.parse::<Reminder>().unwrap(), nothing, "{content_type}");
    }
    for (body, detail) in [
        ("repeats[times]=", "repeats.times: invalid type: unit value"),
        ("days[]=1&days[]=", "days[1]: invalid type: unit value"),
        ("scheduled_at=soon", "scheduled_at: invalid type: string \"soon\""),
    ] {
        let form = send("application/x-www-form-urlencoded", body).await.unwrap();
        let problem = form.parse::<Reminder>().unwrap_err();
        assert!(problem.details[0].starts_with(detail), "{body}: {problem:?}");
    }
    let json = send("application/json", r#"{"scheduled_at": ""}"#).await.unwrap();
    assert!(json.parse::<Reminder>().is_err(), "JSON has a null of its own");
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_refused() {
    let urlencoded = send("application/x-www-form-urlencoded", "a=%FF").await.unwrap_err();
    assert!(urlencoded.message.contains("a is not valid UTF-8"));
    let body = [b"--X\r\nContent-Disposition: form-data; name=a\r\n\r\n".as_slice(), b"\xff\r\n--X--"].concat();
    assert_eq!(send("multipart/form-data; boundary=X", body).await.unwrap_err().status, 400);
}

#[tokio::test]
async fn files_are_found_under_every_name() {
    let heads = ["attachments[]", "attachments[0]", "attachments", "avatar"].map(|name| {
        format!(
            "{}; filename=\"a%20b.txt\"\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary",
            field(name)
        )
    });
    let parts: Vec<_> = heads.iter().map(|head| (head.as_str(), "abc")).collect();
    let form = send("multipart/form-data; boundary=X", multipart("X", &parts)).await.unwrap();
    let found: Vec<_> = form.files.iter().map(|file| file.field.as_str()).collect();
    assert_eq!(found, ["attachments", "attachments", "attachments", "avatar"]);
    let file = &form.files[0];
    assert_eq!((file.filename.as_str(), file.content_type.as_str(), file.size), ("a b.txt", "image/png", 3));
    assert_eq!(file.content.read().unwrap(), b"abc");
    assert_eq!(file.sha256[..2], [0xba, 0x78]);
    assert_eq!(form.json, json!({}));
}

#[tokio::test]
async fn an_empty_file_counts_only_if_it_has_a_name() {
    let head =
        |filename| format!("{}; filename=\"{filename}\"\r\nContent-Type: application/octet-stream", field("avatar"));
    let form = send("multipart/form-data; boundary=X", multipart("X", &[(&head(""), ""), (&head("empty"), "")])).await;
    let files = form.unwrap().files;
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].filename.as_str(), files[0].size), ("empty", 0));
}

#[tokio::test]
async fn an_attachment_is_a_file_without_a_name_too() {
    let names = ["attachments", "attachments[]", "attachments[3]"].map(field);
    let filled: Vec<_> = names.iter().map(|name| (name.as_str(), "a\0b")).collect();
    let form = send("multipart/form-data; boundary=X", multipart("X", &filled)).await.unwrap();
    let found: Vec<_> =
        form.files.iter().map(|file| (file.field.as_str(), file.filename.as_str(), file.size)).collect();
    assert_eq!(found, [("attachments", "attachment", 3); 3]);
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let form = send("multipart/form-data; boundary=X", multipart("X", &empty)).await.unwrap();
    assert_eq!((form.files.len(), form.json), (0, json!({})));
}

#[tokio::test]
async fn multipart_that_is_broken_is_refused() {
    assert_eq!(send("multipart/form-data", "--X--").await.unwrap_err().status, 400);
    for body in [
        "--X\r\n",
        "no boundary",
        "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
        "--X\r\nA: b\r\n\r\n\r\n--X--",
    ] {
        assert_eq!(send("multipart/form-data; boundary=X", body).await.unwrap_err().status, 400, "{body}");
    }
}

/// A multipart body with one file, in pieces, that never ends by itself.
fn endless(pieces: usize) -> (Body, tokio::sync::oneshot::Receiver<()>) {
    let (reached, waits) = tokio::sync::oneshot::channel();
    let head = format!("--X\r\n{}; filename=a\r\n\r\n", field("attachments"));
    let data = std::iter::repeat_n(vec![b'x'; PIECE], pieces);
    let sent = stream::iter(std::iter::once(head.into_bytes()).chain(data).map(Ok::<_, Infallible>));
    let stuck = stream::once(async move {
        let _ = reached.send(());
        std::future::pending::<Result<Vec<u8>, Infallible>>().await
    });
    (Body::from_stream(sent.chain(stuck)), waits)
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_nothing_behind() {
    let scratch = Scratch::new("cancel");
    let reading = Reading { limit: MAX_BODY, spool: Arc::new(Folder::open(&scratch.0).unwrap()) };
    let headers = headers("multipart/form-data; boundary=X");
    let (body, waits) = endless(3);
    let mut body = body.into_data_stream();
    let mut reader = Box::pin(read(&headers, &mut body, &reading));
    tokio::select! {
        _ = &mut reader => panic!("the body never ends"),
        _ = waits => assert_eq!(scratch.entries(), 1),
    }
    drop(reader);
    assert_eq!(scratch.entries(), 0);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_on_its_way_and_leaves_nothing_behind() {
    let scratch = Scratch::new("large");
    let reading = Reading { limit: PIECE as u64 * 2, spool: Arc::new(Folder::open(&scratch.0).unwrap()) };
    let (body, _waits) = endless(3);
    let problem =
        read(&headers("multipart/form-data; boundary=X"), &mut body.into_data_stream(), &reading).await.unwrap_err();
    assert_eq!(problem.status, 413);
    assert_eq!(scratch.entries(), 0);
}

#[tokio::test]
async fn an_announced_length_beyond_the_limit_is_refused_before_reading() {
    let mut headers = headers("");
    headers.insert(header::CONTENT_LENGTH, (MAX_BODY + 1).into());
    let never = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
    assert_eq!(read(&headers, &mut never.into_data_stream(), &in_memory()).await.unwrap_err().status, 413);
}

#[tokio::test]
async fn a_large_file_arrives_whole() {
    let scratch = Scratch::new("whole");
    let reading = Reading { limit: MAX_BODY, spool: Arc::new(Folder::open(&scratch.0).unwrap()) };
    let data: String = (0..100_000).map(|n| format!("{n}\r\n")).collect();
    let text = multipart("X", &[(&format!("{}; filename=a", field("attachments")), &data)]);
    let pieces: Vec<_> = text.as_bytes().chunks(1000).map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
    let body = Body::from_stream(stream::iter(pieces));
    let form = read(&headers("multipart/form-data; boundary=X"), &mut body.into_data_stream(), &reading).await.unwrap();
    assert_eq!(form.files[0].content.read().unwrap(), data.as_bytes());
    assert_eq!(scratch.entries(), 1);
    drop(form);
    assert_eq!(scratch.entries(), 0);
}

proptest! {
    #[test]
    fn any_body_of_any_type_is_read_or_refused(
        content_type in prop::sample::select(vec!["", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=X"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Ok(form) = runtime.block_on(send(content_type, bytes)) {
            let _ = form.parse::<Message>();
        }
    }
}

#[tokio::test]
async fn a_nul_character_is_refused_in_every_kind_of_body() {
    let multipart = multipart("X", &[(&field("sender[handle]"), "a\0b")]);
    for (content_type, body) in [
        ("application/json", r#"{"sender": {"handle": "a\u0000b"}}"#),
        ("application/x-www-form-urlencoded", "sender[handle]=a%00b"),
        ("multipart/form-data; boundary=X", multipart.as_str()),
    ] {
        let problem = send(content_type, body.to_owned()).await.unwrap_err();
        assert_eq!(problem.status, 400, "{content_type}");
        assert_eq!(problem.details, ["sender.handle: a text holds no NUL character"], "{content_type}");
    }
    let folded = send("application/x-www-form-urlencoded", "body=x&sender={\"handle\":\"a\\u0000b\"}").await.unwrap();
    let problem = folded.parse::<Message>().unwrap_err();
    assert!(problem.details[0].starts_with("sender:"), "{problem:?}");
    let escaped = send("application/json", r#"{"body": "a\\u0000b"}"#).await.unwrap();
    assert_eq!(escaped.parse::<Message>().unwrap().body, r"a\u0000b", "six characters, none of them NUL");
}
