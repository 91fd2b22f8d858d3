//! The live stream of events.

use std::time::Duration;

use desk::conversations::{self, Action};
use desk::ids::ChannelId;
use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::{Server, wants_postgres};

/// A reader of the stream that gathers frames.
pub struct Reader {
    response: reqwest::Response,
    text: String,
}

/// One event of the stream.
#[derive(Debug, Clone)]
pub struct Frame {
    pub id: String,
    pub kind: String,
    pub signature: String,
    pub data: Value,
    pub bytes: String,
}

impl Reader {
    pub async fn open(server: &Server, query: &str, seen: Option<&str>) -> Reader {
        let path = format!("/portico/v1/events/stream{query}");
        let mut request = server.request(reqwest::Method::GET, &path).bearer_auth(&server.token);
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        Reader::begin(request).await
    }

    /// Sends a request for the stream and waits for the greeting: from there on everything is heard.
    pub async fn begin(request: reqwest::RequestBuilder) -> Reader {
        let response = request.send().await.expect("the stream opens");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().contains_key("x-ratelimit-remaining"), "as every answer has it");
        let mut reader = Reader { response, text: String::new() };
        reader.until(|text| text.contains("\n\n")).await;
        reader
    }

    async fn until(&mut self, enough: impl Fn(&str) -> bool) {
        while !enough(&self.text) {
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("the stream says something").expect("no error").expect("it goes on");
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// That many events at least.
    pub async fn frames(&mut self, count: usize) -> Vec<Frame> {
        self.until(|text| text.matches("\ndata: ").count() >= count && text.ends_with("\n\n")).await;
        self.parsed()
    }

    fn parsed(&self) -> Vec<Frame> {
        let blocks = self.text.split("\n\n").filter(|block| block.contains("data: "));
        let field = |block: &str, name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.to_string()
        };
        blocks
            .map(|block| Frame {
                id: field(block, "id: "),
                kind: field(block, "event: "),
                signature: field(block, "signature: "),
                bytes: field(block, "data: "),
                data: serde_json::from_str(&field(block, "data: ")).expect("JSON on one line"),
            })
            .collect()
    }
}

async fn furnished() -> (Server, ChannelId) {
    let server = Server::start().await;
    server.arrange(portico::founding::furnish).await;
    let channel = server
        .arrange(|work| Ok(work.directory()?.channels().next().map(|channel| channel.id)))
        .await
        .expect("a channel");
    (server, channel)
}

async fn say(server: &Server, channel: ChannelId, who: &str) {
    let body = json!({"sender": {"handle": who}, "subject": "Hello", "body": "Hello"});
    server.post(&format!("/channels/{channel}/incoming_messages"), body).await.expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_heard_as_it_happens_in_full_and_signed() {
    let (server, channel) = furnished().await;
    let mut reader = Reader::open(&server, "", None).await;
    say(&server, channel, "ann").await;
    let frame = reader.frames(1).await.remove(0);
    assert_eq!(frame.kind, "inbound");
    assert_eq!(frame.data["id"], frame.id.as_str());
    let shown = server.get(&format!("/events/{}", frame.id)).await.expect(200);
    assert_eq!(frame.data, shown, "the same as GET /events/{{id}}");
    let secret = server.arrange(|work| Ok(work.directory()?.company.api_secret.clone())).await;
    assert!(webhooks::sign::RuleKey::new(&secret).verify(frame.bytes.as_bytes(), &frame.signature));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_goes_on_where_it_was() {
    let (server, channel) = furnished().await;
    let mut reader = Reader::open(&server, "", None).await;
    for who in ["one", "two", "three"] {
        say(&server, channel, who).await;
    }
    let all: Vec<String> = reader.frames(3).await.into_iter().map(|frame| frame.id).collect();
    drop(reader);
    say(&server, channel, "four").await;
    let mut again = Reader::open(&server, "", Some(&all[0])).await;
    let rest: Vec<String> = again.frames(3).await.into_iter().map(|frame| frame.id).collect();
    assert_eq!(rest[..2], all[1..]);
    assert_eq!(rest.len(), 3);
    let mut by_query = Reader::open(&server, &format!("?after={}", all[1]), None).await;
    let rest: Vec<String> = by_query.frames(2).await.into_iter().map(|frame| frame.id).collect();
    assert_eq!(rest[0], all[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_or_doubled_while_many_write_and_a_reader_keeps_coming_back() {
    const WRITERS: usize = 8;
    const EACH: usize = 12;
    let (server, channel) = furnished().await;
    let first = Reader::open(&server, "", None).await;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let desk = server.desk().clone();
        let caller = desk::Caller::system(server.company);
        writers.push(async move {
            for n in 0..EACH {
                let incoming = desk::messages::Incoming {
                    channel,
                    sender: desk::messages::Sender { handle: format!("w{writer}-{n}"), name: None, contact: None },
                    subject: String::new(),
                    content: desk::messages::Content::markdown("x"),
                    thread: None,
                    external_id: None,
                    headers: None,
                    uploads: Vec::new(),
                    written_at: None,
                };
                desk.write(&caller, move |work| desk::messages::receive(work, &incoming)).await.expect("received");
            }
        });
    }
    let reading = async {
        let (mut reader, mut seen): (Reader, Vec<String>) = (first, Vec::new());
        while seen.len() < WRITERS * EACH {
            let frames = reader.frames(1).await;
            seen.extend(frames.into_iter().map(|frame| frame.id));
            let last = seen.last().expect("some").clone();
            reader = Reader::open(&server, "", Some(&last)).await;
        }
        seen
    };
    let (seen, _) = tokio::join!(reading, futures_util::future::join_all(writers));
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), seen.len(), "nothing twice");
    assert_eq!(seen.len(), WRITERS * EACH);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_lets_only_its_types_through() {
    let (server, channel) = furnished().await;
    let mut reader = Reader::open(&server, "?types=archive,tag", None).await;
    say(&server, channel, "ann").await;
    let id = server.get("/conversations").await.rows()[0]["id"].as_str().expect("an id").parse().expect("an id");
    server.arrange(move |work| conversations::act_on(work, id, Action::Archive)).await;
    let frames = reader.frames(1).await;
    assert_eq!(frames[0].kind, "archive");
    assert_eq!(frames.len(), 1);
    let inbox = server.arrange(|work| Ok(work.directory()?.inboxes().next().map(|inbox| inbox.id))).await;
    let inbox = inbox.expect("an inbox");
    let mut reader = Reader::open(&server, &format!("?inboxes={inbox}"), None).await;
    say(&server, channel, "bob").await;
    assert_eq!(reader.frames(1).await[0].kind, "inbound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_asks_for_a_token_with_the_scope_and_for_known_words() {
    let server = Server::start().await;
    let path = "/portico/v1/events/stream";
    let status = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer").status().as_u16();
    assert_eq!(status(server.request(reqwest::Method::GET, path)).await, 401);
    let weak = server
        .arrange(|work| {
            let scopes = vec!["tags:read".to_string()];
            Ok(portico::founding::token(work, "weak", scopes, desk::Access::everything())?.1)
        })
        .await;
    assert_eq!(status(server.request(reqwest::Method::GET, path).bearer_auth(weak)).await, 403);
    for (query, expected) in [("?types=nonsense", 400), ("?after=cnv_1", 400), ("?after=evt_1", 404)] {
        let request = server.request(reqwest::Method::GET, &format!("{path}{query}")).bearer_auth(&server.token);
        assert_eq!(status(request).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_hears_nothing_more_however_much_happens() {
    let (server, channel) = furnished().await;
    let made = server.post("/portico/v1/tokens", json!({"name": "Ear", "scopes": ["events:*:read"]})).await.expect(201);
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    let mut reader =
        Reader::begin(server.request(reqwest::Method::GET, "/portico/v1/events/stream").bearer_auth(token)).await;
    say(&server, channel, "ann").await;
    reader.frames(1).await;
    server.delete(&format!("/portico/v1/tokens/{id}"), None).await.expect(204);
    let mut heard = 0;
    let ended = async {
        while let Ok(Some(chunk)) = reader.response.chunk().await {
            heard += usize::from(String::from_utf8_lossy(&chunk).contains("event: inbound"));
        }
    };
    let talk = async {
        loop {
            say(&server, channel, "ann").await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Long before the next sign of life, which would notice it too.
    let ended = async {
        tokio::select! { () = ended => {}, () = talk => {} }
    };
    tokio::time::timeout(Duration::from_secs(8), ended).await.expect("the stream ends");
    assert_eq!(heard, 0, "what happened after the token had gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_leaves_room_for_the_streams_of_others() {
    let (server, _) = furnished().await;
    let other = Guest::foreign(&server).await;
    let mut open = Vec::new();
    for _ in 0..200 {
        open.push(Reader::open(&server, "", None).await);
    }
    let one_more = server.request(reqwest::Method::GET, "/portico/v1/events/stream").bearer_auth(&server.token);
    assert_eq!(one_more.send().await.expect("an answer").status(), 503);
    let theirs = server.request(reqwest::Method::GET, "/portico/v1/events/stream").bearer_auth(other.token());
    let theirs = theirs.send().await.expect("an answer");
    assert_eq!(theirs.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_server_ends_its_streams() {
    let (server, _) = furnished().await;
    let mut reader = Reader::open(&server, "", None).await;
    let ended = async { while let Ok(Some(_)) = reader.response.chunk().await {} };
    let stop = server.running.stop();
    let both = async { tokio::join!(ended, stop) };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("it ends soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_without_a_token() {
    let (server, channel) = furnished().await;
    say(&server, channel, "ann").await;
    let text = async |path: &str| {
        let response = server.request(reqwest::Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.expect("text")
    };
    assert_eq!(text("/healthz").await, "alive\n");
    assert_eq!(text("/readyz").await, "ready\n");
    let metrics = text("/metrics").await;
    assert!(metrics.contains("portico_requests_total{status=\"2xx\"}"), "{metrics}");
    assert!(metrics.contains("portico_outbox_pending{topic=\"webhook\"} 0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_last_write_found_no_room_is_not_ready_until_there_is() {
    // How full a disk is is nothing that a test can say to a server of PostgreSQL.
    if wants_postgres() {
        return;
    }
    let (server, channel) = furnished().await;
    let pages = async |most: i64| server.arrange(move |work| Ok(db::testing::limit_pages(work.conn, most)?)).await;
    let ready = async || {
        let response = server.request(reqwest::Method::GET, "/readyz").send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("text"))
    };
    let full = pages(1).await;
    assert_eq!(ready().await.0, 200, "nobody has wanted to write");
    let big = json!({"sender": {"handle": "ann"}, "body": "x".repeat(900_000)});
    server.post(&format!("/channels/{channel}/incoming_messages"), big).await.expect(503);
    for _ in 0..2 {
        assert_eq!(ready().await, (503, "the store has no room left\n".to_string()));
    }
    pages(full + 10_000).await;
    assert_eq!(ready().await, (200, "ready\n".to_string()));
}
