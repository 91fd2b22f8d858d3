use super::*;
use crate::sign::{ApplicationKey, RuleKey};
use crate::sink::{Reply, Sink, raw};
use http::StatusCode;

fn client() -> Client {
    client_with(Arc::default())
}

fn client_with(faults: Arc<Faults>) -> Client {
    let guard = Guard { allow_private: true, allow_http: true };
    Client::new(Options { guard, roots: Roots::Only(Vec::new()), faults, ..Options::default() })
}

pub fn post(url: &Arc<str>, body: &'static str) -> Outgoing {
    Outgoing {
        url: url.clone(),
        method: Method::POST,
        headers: Vec::new(),
        body: Some(Bytes::from_static(body.as_bytes())),
        signer: Signer::Unsigned,
        timeout: Duration::from_secs(5),
        repeatable: true,
    }
}

#[tokio::test]
async fn a_request_carries_its_headers_and_exact_bytes() {
    let sink = Sink::start(|_| Reply::text("fine")).await;
    let mut request = post(&sink.url, r#"{"a":"é"}"#);
    request.headers.push((HeaderName::from_static("x-portico-attempt"), HeaderValue::from(3)));
    request.signer = Signer::Rule(RuleKey::new("secret"));
    let answer = client().send(0, &request).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.truncated), (StatusCode::OK, &b"fine"[..], false));
    assert!(answer.took > Duration::ZERO);
    let got = &sink.received()[0];
    assert_eq!((got.method.as_str(), got.path.as_str(), got.text().as_str()), ("POST", "/hook", r#"{"a":"é"}"#));
    assert_eq!(got.header("host"), &sink.url["http://".len()..sink.url.len() - "/hook".len()]);
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("content-length"), "10");
    assert_eq!(got.header("user-agent"), AGENT);
    assert_eq!(got.header("x-portico-attempt"), "3");
    assert!(RuleKey::new("secret").verify(&got.body, got.header("x-front-signature")));
}

#[tokio::test]
async fn a_get_has_no_body_and_signs_undefined() {
    let sink = Sink::always(200).await;
    let key = ApplicationKey::new("secret");
    let request =
        Outgoing { method: Method::GET, body: None, signer: Signer::Application(key.clone()), ..post(&sink.url, "") };
    client().send(1760000000123, &request).await.unwrap();
    let got = &sink.received()[0];
    assert_eq!((got.header("content-type"), got.header("content-length")), ("", ""));
    assert_eq!(got.header("x-front-request-timestamp"), "1760000000123");
    assert!(key.verify(1760000000123, b"undefined", got.header("x-front-signature")));
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let sink = Sink::start(|_| Reply::text("x".repeat(30_000))).await;
    let client = client();
    for _ in 0..50 {
        assert_eq!(client.send(0, &post(&sink.url, "{}")).await.unwrap().body.len(), 30_000);
    }
    assert_eq!((sink.count(), sink.connections()), (50, 1));
}

#[tokio::test]
async fn a_connection_the_receiver_closed_meanwhile_is_replaced() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    // Writes one answer and closes, without having announced it.
    let (url, _server) = raw(vec![(20, answer)]).await;
    let client = client();
    for _ in 0..5 {
        assert_eq!(&client.send(0, &post(&url, "{}")).await.unwrap().body[..], b"ok");
    }
}

#[tokio::test]
async fn an_answer_that_says_close_is_complete_and_not_reused() {
    let sink = Sink::start(|_| Reply::text("bye").header("connection", "close")).await;
    let client = client();
    for _ in 0..3 {
        assert_eq!(&client.send(0, &post(&sink.url, "{}")).await.unwrap().body[..], b"bye");
    }
    assert_eq!(sink.connections(), 3);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let inside = Sink::always(200).await;
    let to = inside.url.to_string();
    let sink = Sink::start(move |_| Reply::status(307).header("location", &to)).await;
    let answer = client().send(0, &post(&sink.url, "{}")).await.unwrap();
    assert_eq!(answer.location(), Some(&*inside.url));
    assert_eq!(inside.count(), 0);
}

#[tokio::test]
async fn a_huge_answer_is_read_to_the_limit_and_its_connection_dropped() {
    let sink = Sink::start(|_| Reply::text("x".repeat(10_000_000))).await;
    let client = client();
    for _ in 0..2 {
        let answer = client.send(0, &post(&sink.url, "{}")).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated), (64 * 1024, true));
    }
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_receiver_that_never_answers_times_out() {
    let (url, _server) = raw(Vec::new()).await;
    let request = Outgoing { timeout: Duration::from_millis(100), ..post(&url, "{}") };
    assert_eq!(client().send(0, &request).await.unwrap_err(), Failure::Timeout(request.timeout));
}

#[tokio::test]
async fn dripping_does_not_stretch_the_timeout() {
    let mut pieces = vec![(0, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")];
    pieces.extend(std::iter::repeat_n((20, "x"), 1000));
    let (url, _server) = raw(pieces).await;
    let request = Outgoing { timeout: Duration::from_millis(200), ..post(&url, "{}") };
    assert_eq!(client().send(0, &request).await.unwrap_err(), Failure::Timeout(request.timeout));
}

#[tokio::test]
async fn what_is_not_http_is_a_broken_connection() {
    for nonsense in ["SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", ""] {
        let (url, _server) = raw(vec![(10, nonsense)]).await;
        let failure = client().send(0, &post(&url, "{}")).await.unwrap_err();
        assert!(matches!(failure, Failure::Broken(_)), "{nonsense:?}: {failure:?}");
    }
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let pieces = std::iter::once((0, "HTTP/1.1 200 OK\r\n")).chain(std::iter::repeat_n(
        (0, "x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        100_000,
    ));
    let (url, _server) = raw(pieces.collect()).await;
    assert!(matches!(client().send(0, &post(&url, "{}")).await, Err(Failure::Broken(_))));
}

#[tokio::test]
async fn nobody_there_is_a_connect_failure() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Arc<str> = format!("http://{}/", listener.local_addr().unwrap()).into();
    drop(listener);
    assert!(matches!(client().send(0, &post(&url, "{}")).await, Err(Failure::Connect(_))));
}

#[tokio::test]
async fn the_strict_guard_lets_nothing_inside() {
    let sink = Sink::always(200).await;
    let strict = Client::new(Options { roots: Roots::Only(Vec::new()), ..Options::default() });
    let inside = sink.url.replace("http://", "https://").into();
    assert!(matches!(strict.send(0, &post(&sink.url, "{}")).await, Err(Failure::Refused(Refusal::Scheme(_)))));
    assert!(matches!(strict.send(0, &post(&inside, "{}")).await, Err(Failure::Refused(Refusal::Private { .. }))));
    let named = inside.replace("127.0.0.1", "localhost").into();
    assert!(matches!(strict.send(0, &post(&named, "{}")).await, Err(Failure::Refused(Refusal::Private { .. }))));
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn https_without_a_trusted_certificate_fails() {
    let sink = Sink::always(200).await;
    let url = sink.url.replace("http://", "https://").into();
    assert!(matches!(client().send(0, &post(&url, "{}")).await, Err(Failure::Tls(_))));
}

#[tokio::test]
async fn the_receivers_time_runs_while_a_call_is_held_up_on_purpose() {
    let sink = Sink::start(|_| Reply::text("fine").after(300)).await;
    let faults = Arc::new(Faults::default());
    let (url_prefix, delay) = (sink.url.to_string(), Duration::from_millis(300));
    faults.set(vec![Fault { url_prefix, delay, fail_with: None, drop: false, duplicate: false, times: None }]);
    let client = client_with(faults.clone());
    let answer = client.send(0, &post(&sink.url, "{}")).await.unwrap();
    assert!(answer.took >= Duration::from_millis(600), "{:?}", answer.took);
    let timeout = Duration::from_millis(500);
    let hurried = Outgoing { timeout, ..post(&sink.url, "{}") };
    assert!(matches!(client.send(0, &hurried).await, Err(Failure::Timeout(after)) if after == timeout));
    assert_eq!(sink.count(), 2);
    faults.set(Vec::new());
    assert_eq!(client.send(0, &hurried).await.unwrap().status, StatusCode::OK);
}
