//! What every operation does with a request that it must refuse: the right status, an error in the one shape (the
//! harness checks it, and the rate headers), and nothing changed. The rows of the table of routes are the cases, so a
//! new operation is covered by being there.

use api::routes::{self, Operation};
use axum::http::Method;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::guest::Guest;
use crate::schema::{self, Field};
use crate::server::{Reply, Server};
use crate::twins::{self, NOUNS, Twin, contents, unchanged};

fn operations() -> impl Iterator<Item = &'static Operation> {
    routes::all()
}

fn changing() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| operation.method != Method::GET)
}

/// The variable parts of an operation's path, by name.
fn parts(operation: &Operation) -> Vec<&'static str> {
    let inside = |part: &'static str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
    operation.path.split('/').filter_map(inside).collect()
}

/// The path with real ids in it, but for one part that is replaced.
fn path(operation: &Operation, twin: &Twin<'_>, replaced: Option<(&str, &str)>) -> String {
    let mut path = operation.path.to_string();
    for part in parts(operation) {
        let value = match replaced {
            Some((name, value)) if name == part => value.to_string(),
            _ if part == "locale" => "en".to_string(),
            _ => twin.id(operation.path, part).unwrap_or_else(|| "anything".to_string()),
        };
        path = path.replace(&format!("{{{part}}}"), &value);
    }
    path
}

/// A body with everything that must be in it.
fn least(operation: &Operation, twin: &Twin<'_>) -> Map<String, Value> {
    let fields = schema::fields(operation.id);
    let also = |field: &Field| ALSO.contains(&(operation.id, field.name.as_str()));
    let required = fields.iter().filter(|field| field.is_required || also(field));
    required.map(|field| (field.name.clone(), sample(field, twin))).collect()
}

fn sample(field: &Field, twin: &Twin<'_>) -> Value {
    field.sample(&|name| twin.named(name))
}

async fn ask(server: &Server, client: &Guest<'_>, operation: &Operation, path: &str, body: Value) -> Reply {
    let mut request = client.request(operation.method.clone(), path);
    if operation.method != Method::GET {
        request = request.json(&body);
    }
    server.send(request).await
}

/// Complaints of a whole test, told together: one run shows all that is wrong.
#[derive(Default)]
struct Faults {
    cases: usize,
    found: Vec<String>,
}

impl Faults {
    fn expect(&mut self, holds: bool, operation: &Operation, what: impl FnOnce() -> String) {
        self.cases += 1;
        if !holds {
            self.found.push(format!("{} {}: {}", operation.method, operation.path, what()));
        }
    }

    fn status(&mut self, operation: &Operation, reply: &Reply, wanted: u16, by: &str) {
        self.expect(reply.status == wanted, operation, || {
            format!("{by} is answered {}, not {wanted}: {}", reply.status, String::from_utf8_lossy(&reply.bytes))
        });
    }

    /// For a request whose culprit is a field: 400, and the detail begins with the field.
    fn names(&mut self, operation: &Operation, reply: &Reply, field: &str, by: &str) {
        self.status(operation, reply, 400, by);
        if reply.status == 400 {
            let detail = reply.json["_error"]["details"][0].as_str().unwrap_or_default();
            let rest = detail.strip_prefix(field);
            let is_named = rest.is_some_and(|rest| rest.starts_with([':', '.', '[']));
            self.expect(is_named, operation, || format!("{by} is refused, but for {}", reply.json["_error"]));
        }
    }

    #[track_caller]
    fn none(self) {
        let (cases, faults) = (self.cases, self.found.len());
        assert!(faults == 0, "{faults} faults in {cases} cases:\n{}", self.found.join("\n"));
        assert!(cases > 20, "only {cases} cases, so the search for them is broken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_company_has_one_of_everything_that_paths_name() {
    let server = Server::start().await;
    let (one, other) = twins::make(&server).await;
    assert_eq!((one.lacks(), other.lacks()), (vec![], vec![]));
    let known = |part: &str| NOUNS.iter().any(|(name, _, _)| *name == part) || !part.ends_with("id");
    let unknown: Vec<&str> = operations().flat_map(parts).filter(|part| !known(part)).collect();
    assert!(unknown.is_empty(), "twins.rs should make one of these for each company: {unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anything_without_a_token() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let (before, mut faults) = (contents(&server).await, Faults::default());
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    let unsigned = format!("Bearer {jwt}.eyJpc3MiOiJwb3J0aWNvIiwiY2lkIjoxLCJqdGkiOjEsImlhdCI6MX0.AAAA");
    let (signed, _) = server.token.rsplit_once('.').expect("three parts");
    let forged = format!("Bearer {signed}.{}", "A".repeat(43));
    for operation in operations() {
        let path = path(operation, &twin, None);
        for (header, message) in [
            (None, "JSON Web Token error"),
            (Some("Bearer nonsense"), "JSON Web Token error"),
            (Some("Basic dXNlcjpwYXNz"), "JSON Web Token error"),
            (Some(unsigned.as_str()), "Invalid token"),
            (Some(forged.as_str()), "Invalid token"),
        ] {
            let mut request = server.request(operation.method.clone(), &path);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            if operation.method != Method::GET {
                request = request.json(&least(operation, &twin));
            }
            let reply = server.send(request).await;
            let by = format!("{header:?}");
            faults.status(operation, &reply, 401, &by);
            let told = &reply.json["_error"]["message"];
            faults.expect(told == message, operation, || format!("{by} is told {told}, not {message:?}"));
        }
    }
    unchanged(&before, &contents(&server).await, "somebody without a token");
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_may_not() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let mut scopes: Vec<&str> = operations().filter_map(|operation| operation.scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let mut faults = Faults::default();
    for lacking in &scopes {
        let others: Vec<&str> = scopes.iter().copied().filter(|scope| scope != lacking).collect();
        let guest = Guest::with_scopes(&server, &others).await;
        let before = contents(&server).await;
        for operation in operations().filter(|operation| operation.scope == Some(lacking)) {
            let body = Value::Object(least(operation, &twin));
            let reply = ask(&server, &guest, operation, &path(operation, &twin, None), body).await;
            faults.status(operation, &reply, 403, "the lack of its scope");
        }
        unchanged(&before, &contents(&server).await, &format!("somebody without {lacking}"));
    }
    faults.none();
}

/// Asks each operation for things that are not there, one part of its path at a time.
async fn not_found(server: &Server, twin: &Twin<'_>, values: impl Fn(&Operation, &str) -> Vec<String>) {
    let (mut before, mut faults) = (contents(server).await, Faults::default());
    for operation in operations() {
        for part in parts(operation) {
            for value in values(operation, part) {
                let body = Value::Object(least(operation, twin));
                let reply =
                    ask(server, &twin.owner, operation, &path(operation, twin, Some((part, &value))), body).await;
                // The contract gives no bodies for our own operations, nor for those of old clients, so theirs may be
                // what is wrong first.
                let is_unknown = operation.path.starts_with("/portico/") || operation.id.starts_with("legacy-");
                if !(is_unknown && reply.status == 400) {
                    faults.status(operation, &reply, 404, &format!("{part} {value}"));
                }
            }
        }
        if operation.method != Method::GET {
            let after = contents(server).await;
            faults.expect(before == after, operation, || "something was changed".to_string());
            before = after;
        }
    }
    faults.none();
}

fn prefix(part: &str) -> Option<&'static str> {
    NOUNS.iter().find(|(name, _, _)| *name == part).map(|(_, prefix, _)| *prefix)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_not_found() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    not_found(&server, &twin, |_, part| prefix(part).map(|prefix| format!("{prefix}_zz")).into_iter().collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_not_found() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let odd = ["nonsense", "cmp_1", "alt:colour:red", "alt:", "%FF%FE", "a%00b", "%20", "..%2F..", "\u{1F40C}"];
    let odd = |part: &str| prefix(part).map_or(Vec::new(), |prefix| [&odd[..], &[prefix]].concat());
    not_found(&server, &twin, |_, part| odd(part).into_iter().map(str::to_string).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_company_has_is_not_found() {
    let server = Server::start().await;
    let (one, other) = twins::make(&server).await;
    not_found(&server, &one, |operation, part| other.id(operation.path, part).into_iter().collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_company_has_can_not_be_named_in_a_body() {
    let server = Server::start().await;
    let (one, other) = twins::make(&server).await;
    let (mut before, mut faults) = (contents(&server).await, Faults::default());
    for operation in changing() {
        for field in schema::fields(operation.id) {
            let Some(foreign) = other.named(&field.name) else { continue };
            let mut body = least(operation, &one);
            let value = if field.kind == "array" { json!([foreign]) } else { json!(foreign) };
            body.insert(field.name.clone(), value);
            let reply = ask(&server, &one.owner, operation, &path(operation, &one, None), Value::Object(body)).await;
            // What is not on a thing can be taken off it: that changes nothing, and tells nothing.
            let is_removal = operation.method == Method::DELETE && reply.status == 204;
            let is_refused = is_removal || matches!(reply.status, 400 | 404);
            faults.expect(is_refused, operation, || format!("a foreign {} is answered {}", field.name, reply.status));
            let after = contents(&server).await;
            faults.expect(before == after, operation, || format!("a foreign {} changed something", field.name));
            before = after;
        }
    }
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_none_is_refused() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let (before, mut faults) = (contents(&server).await, Faults::default());
    for operation in changing() {
        for (what, kind, body) in [
            ("broken JSON", "application/json", b"{\"name\": ".as_slice()),
            ("no UTF-8", "application/json", b"{\"name\": \"\xff\"}"),
            ("a NUL character", "application/json", b"{\"name\": \"a\\u0000b\"}"),
            ("a NUL character in a name", "application/json", b"{\"na\\u0000me\": 1}"),
            ("a NUL character in a form", "application/x-www-form-urlencoded", b"name=a%00b"),
            ("a form in no UTF-8", "application/x-www-form-urlencoded", b"name=%FF"),
            ("multipart without an end", "multipart/form-data; boundary=X", b"--X\r\n"),
            ("multipart without a boundary", "multipart/form-data", b"--X--"),
            ("deep JSON", "application/json", &[b'['; 5_000]),
        ] {
            let path = path(operation, &twin, None);
            let request = twin.owner.request(operation.method.clone(), &path).header("content-type", kind).body(body);
            faults.status(operation, &server.send(request).await, 400, what);
        }
        let path = path(operation, &twin, None);
        let request = twin.owner.request(operation.method.clone(), &path).header("content-encoding", "gzip").body("x");
        faults.status(operation, &server.send(request).await, 415, "a compressed body");
    }
    unchanged(&before, &contents(&server).await, "a bad body");
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_before_it_comes() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let refused = changing().map(async |operation| {
        let path = path(operation, &twin, None);
        let mut stream = tokio::net::TcpStream::connect(server.running.address).await.expect("a connection");
        let head = format!(
            "{} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 26214401\r\n\r\n",
            operation.method, server.token
        );
        stream.write_all(head.as_bytes()).await.expect("the head is sent");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.expect("an answer comes");
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{} {path}: {answer}", operation.method);
        assert!(answer.contains("x-ratelimit-remaining:"), "{} {path}: {answer}", operation.method);
        assert!(answer.contains("connection: close"), "{} {path}: {answer}", operation.method);
    });
    futures_util::future::join_all(refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_all_of_a_body_that_is_too_large_is_told_so() {
    let server = Server::start().await;
    let address = server.running.address;
    for more in [100, 5_000_000, 20_000_000] {
        let length = 25 * 1024 * 1024 + more;
        let head = format!(
            "POST /tags HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
            server.token
        );
        // As many clients do: everything is sent before anything is read.
        let told = tokio::task::spawn_blocking(move || {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.write_all(head.as_bytes())?;
            stream.write_all(&vec![b' '; length])?;
            let mut answer = vec![0; 4096];
            let length = stream.read(&mut answer)?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer[..length]).into_owned())
        });
        let told = told.await.expect("the client ends").expect("the connection holds until all is sent");
        assert!(told.starts_with("HTTP/1.1 413 "), "{more}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_the_wrong_type_is_refused_by_name() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let (mut before, mut faults) = (contents(&server).await, Faults::default());
    for operation in changing() {
        for field in schema::fields(operation.id) {
            let Some(wrong) = field.wrong().filter(|_| !UNREAD.iter().any(|unread| unread.is(operation, &field)))
            else {
                continue;
            };
            let mut body = least(operation, &twin);
            body.insert(field.name.clone(), wrong.clone());
            let reply = ask(&server, &twin.owner, operation, &path(operation, &twin, None), Value::Object(body)).await;
            faults.names(operation, &reply, &field.name, &format!("{}: {wrong}", field.name));
            let after = contents(&server).await;
            let is_same = reply.status != 400 || before == after;
            faults.expect(is_same, operation, || format!("{}: {wrong} changed something", field.name));
            before = after;
        }
    }
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_no_choice_is_refused_by_name() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let mut faults = Faults::default();
    for operation in changing() {
        for field in schema::fields(operation.id).into_iter().filter(Field::is_choice) {
            let mut body = least(operation, &twin);
            body.insert(field.name.clone(), json!("no such choice"));
            let reply = ask(&server, &twin.owner, operation, &path(operation, &twin, None), Value::Object(body)).await;
            faults.names(operation, &reply, &field.name, &format!("{}: no such choice", field.name));
        }
    }
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_is_named() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let (before, mut faults) = (contents(&server).await, Faults::default());
    for operation in changing() {
        for field in schema::fields(operation.id).into_iter().filter(|field| field.is_required) {
            if OPTIONAL.iter().any(|optional| optional.is(operation, &field)) {
                continue;
            }
            let mut body = least(operation, &twin);
            body.remove(&field.name);
            let reply = ask(&server, &twin.owner, operation, &path(operation, &twin, None), Value::Object(body)).await;
            faults.names(operation, &reply, &field.name, &format!("a body without {}", field.name));
        }
    }
    unchanged(&before, &contents(&server).await, "a missing field");
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_with_a_slash_at_its_end_is_as_good_as_one_without() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let mut faults = Faults::default();
    for operation in operations().filter(|operation| operation.method == Method::GET) {
        let path = path(operation, &twin, None);
        let (plain, doubled) = (twin.owner.get(&path).await, twin.owner.get(&format!("/{path}")).await);
        let is_same = doubled.status == plain.status && doubled.bytes == plain.bytes;
        faults.expect(is_same, operation, || format!("/{path} is another: {}", doubled.json));
    }
    faults.none();
    twin.owner.get("/teammates//channels").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beside_the_operations_is_found_behind_a_doubled_slash_too() {
    let server = Server::start().await;
    for (method, path) in [
        (Method::GET, "/openapi.json"),
        (Method::GET, "/.well-known/oauth-authorization-server"),
        (Method::GET, "/oauth/authorize?client_id=x"),
        (Method::POST, "/oauth/token"),
        (Method::POST, "/oauth/revoke"),
        (Method::GET, "/portico/v1/events/stream"),
    ] {
        // The stream refuses who is not known, so that it ends like the others.
        let asked = async |path: &str| {
            let answer = crate::server::client().request(method.clone(), server.url(path)).send().await;
            let answer = answer.expect("an answer");
            (answer.status().as_u16(), answer.bytes().await.expect("a whole body"))
        };
        let plain = asked(path).await;
        assert_ne!(plain.0, 404, "{path}");
        assert_eq!(asked(&format!("/{path}")).await, plain, "/{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trailing_slash_makes_no_difference_and_unknown_names_in_the_query_only_to_our_own() {
    let server = Server::start().await;
    let (twin, _) = twins::make(&server).await;
    let mut faults = Faults::default();
    for operation in operations().filter(|operation| operation.method == Method::GET) {
        let path = path(operation, &twin, None);
        let path = path.trim_end_matches('/');
        let plain = twin.owner.get(path).await;
        let unknown = ["?undefined", "/?undefined&colour=red&a[b=c&q[colour]=red&=x", "?q=&page_token=&limit="];
        if operation.is_own() {
            let reply = twin.owner.get(&format!("{path}{}", unknown[1])).await;
            faults.names(operation, &reply, "undefined", unknown[1]);
        }
        let harmless = if operation.is_own() { &unknown[..0] } else { &unknown[..] };
        for more in ["/", "/?&"].iter().chain(harmless) {
            let reply = twin.owner.get(&format!("{path}{more}")).await;
            faults.status(operation, &reply, plain.status, more);
            let is_same = reply.bytes == plain.bytes;
            faults.expect(is_same, operation, || format!("{more} makes a difference: {}", reply.json));
        }
    }
    for operation in changing() {
        let Some((part, prefix)) = parts(operation).first().and_then(|part| Some((*part, prefix(part)?))) else {
            continue;
        };
        let unknown = path(operation, &twin, Some((part, &format!("{prefix}_zz"))));
        for more in ["/", "/?undefined"] {
            let path = format!("{}{more}", unknown.trim_end_matches('/'));
            let body = Value::Object(least(operation, &twin));
            let reply = ask(&server, &twin.owner, operation, &path, body).await;
            let told = &reply.json["_error"]["message"];
            faults.expect(told != "Unknown path", operation, || format!("{more} makes it unknown"));
        }
    }
    faults.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_or_a_method_that_is_not_there_is_told_so() {
    let server = Server::start().await;
    let paths = ["/nothing", "/", "//", "/tags/a/b/c", "/%FF", "/conversations/search/"];
    for path in paths {
        let reply = server.get(path).await;
        assert_eq!((reply.status, &reply.json["_error"]["title"]), (404, &json!("Not found")), "{path}");
    }
    let reply = server.send(server.request(Method::TRACE, "/tags").bearer_auth(&server.token)).await;
    assert_eq!(reply.status, 405);
    assert!(reply.header("allow").contains("GET"), "{:?}", reply.headers);
}

/// A field that an operation treats otherwise than the contract's schema says, and why.
struct Exception(&'static str, &'static str, #[expect(dead_code, reason = "for who reads the list")] &'static str);

impl Exception {
    fn is(&self, operation: &Operation, field: &Field) -> bool {
        (self.0 == "*" || self.0 == operation.id) && self.1 == field.name
    }
}

/// Not required by the schema, but by its prose.
const ALSO: &[(&str, &str)] = &[("add-conversation-link", "link_ids")];

/// Documented, but not read in a JSON body.
const UNREAD: &[Exception] = &[Exception("*", "avatar", "files come in multipart alone")];

/// Required on paper, but clients leave it out.
const OPTIONAL: &[Exception] =
    &[Exception("create-call", "parent_external_call_id", "the first leg of a call has no parent")];
