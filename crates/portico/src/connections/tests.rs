use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::*;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);
/// Nobody is impatient.
const CALM: Patience = Patience { head: LONG, idle: LONG, body: LONG, last: LONG };
const ASK: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const HALF_A_BODY: &str = "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf";

/// A server on these terms.
struct Served {
    address: SocketAddr,
    workers: Workers,
}

impl Served {
    async fn with(patience: Patience, most: usize) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Router::new()
            .route("/", get(async || "hello"))
            .route("/slow", get(async || sleep(SHORT * 4).await))
            .route("/body", post(async |body: Bytes| body.len().to_string()));
        let workers = Workers::default();
        workers.spawn("http", serve(listener, service, Terms { patience, most }, workers.clone()));
        Served { address, workers }
    }

    /// A connection on which this was sent.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// A connection on which a request was answered.
    async fn answered(&self) -> TcpStream {
        let mut stream = self.send(ASK).await;
        assert!(read_answer(&mut stream).await.ends_with("hello"));
        stream
    }
}

/// The answer to `ASK`, or as much as comes of it.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"hello") {
        let mut some = [0; 1_024];
        match timeout(Duration::from_secs(10), stream.read(&mut some)).await.expect("an answer in time") {
            Ok(0) | Err(_) => break,
            Ok(count) => text.extend_from_slice(&some[..count]),
        }
    }
    String::from_utf8(text).unwrap()
}

/// What comes until the server closes, which it does soon.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // Some of what was sent may not have been read: then the end is a reset.
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut text)).await.expect("the connection ends");
    String::from_utf8(text).unwrap()
}

/// Whether a connection is open after a while.
async fn is_open(stream: &mut TcpStream) -> bool {
    timeout(SHORT * 3, stream.read(&mut [0])).await.is_err()
}

#[tokio::test]
async fn a_connection_on_which_no_request_comes_is_ended() {
    let served = Served::with(Patience { head: SHORT, ..CALM }, 10).await;
    assert_eq!(rest(served.send("").await).await, "");
    assert_eq!(rest(served.send("GET / HTTP/1.1\r\nhost: ").await).await, "");
    assert!(!rest(served.send("PRI * HTTP/2.0\r\n\r\nSM").await).await.contains(" 200 "));
    let mut trickle = served.send("GET / HTTP/1.1\r\n").await;
    let ended = async {
        while trickle.write_all(b"a: b\r\n").await.is_ok() {
            sleep(SHORT / 4).await;
        }
    };
    timeout(Duration::from_secs(10), ended).await.expect("a head has to be whole in time, however it comes");
}

#[tokio::test]
async fn a_connection_is_kept_between_requests_for_its_own_time() {
    let served = Served::with(Patience { head: SHORT, ..CALM }, 10).await;
    let mut kept = served.answered().await;
    assert!(is_open(&mut kept).await, "the time for a head is not that between requests");
    kept.write_all(ASK.as_bytes()).await.unwrap();
    assert!(read_answer(&mut kept).await.ends_with("hello"));
    kept.write_all(b"GET / HT").await.unwrap();
    assert_eq!(rest(kept).await, "", "half a later head");
    let served = Served::with(Patience { idle: SHORT, ..CALM }, 10).await;
    assert_eq!(rest(served.answered().await).await, "", "nothing more comes");
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_client() {
    let hasty = Patience { head: SHORT, idle: SHORT, body: SHORT, last: SHORT };
    let served = Served::with(hasty, 10).await;
    let text = rest(served.send(&ASK.replace("/ ", "/slow ")).await).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_given_up_and_one_that_does_is_not() {
    let served = Served::with(Patience { body: SHORT, ..CALM }, 10).await;
    let text = rest(served.send(HALF_A_BODY).await).await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("connection: close"), "{text}");
    assert!(text.contains(r#"{"_error":{"#) && text.contains(r#""status":408"#), "{text}");
    let mut slow = served.send(HALF_A_BODY).await;
    for byte in b"second" {
        sleep(SHORT / 2).await;
        slow.write_all(&[*byte]).await.unwrap();
    }
    let mut answer = [0; 15];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn more_connections_than_allowed_wait() {
    let served = Served::with(CALM, 1).await;
    let first = served.answered().await;
    let mut second = served.send(ASK).await;
    assert!(is_open(&mut second).await, "it is neither answered nor refused");
    drop(first);
    assert!(read_answer(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn a_server_that_stops_answers_what_is_under_way_and_closes_the_rest() {
    let served = Served::with(Patience { last: SHORT, ..CALM }, 10).await;
    let slow = served.send(&ASK.replace("/ ", "/slow ")).await;
    let quiet = [served.answered().await, served.send("").await, served.send("GET / HT").await];
    let half = served.send(HALF_A_BODY).await;
    sleep(SHORT).await;
    timeout(Duration::from_secs(10), served.workers.stop()).await.expect("it stops soon");
    assert!(rest(slow).await.starts_with("HTTP/1.1 200"));
    for stream in quiet {
        assert_eq!(rest(stream).await, "");
    }
    assert!(rest(half).await.starts_with("HTTP/1.1 408"));
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn http_2_is_spoken_and_kept_as_long() {
    let served = Served::with(Patience { head: SHORT, ..CALM }, 10).await;
    let stream = TcpStream::connect(served.address).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let calls = async {
        for _ in 0..2 {
            let request = Request::get("http://a.example/").body(Empty::<Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
            sleep(SHORT * 3).await;
        }
    };
    tokio::select! {
        () = calls => {}
        ended = connection => panic!("{ended:?}"),
    }
    timeout(Duration::from_secs(10), served.workers.stop()).await.expect("it stops soon");
}

#[test]
fn half_of_the_files_of_a_process_are_for_connections() {
    let told =
        |soft| format!("Limit  Soft Limit  Hard Limit  Units\nMax open files            {soft}  524288  files\n");
    assert_eq!(files(&told("1024")), 1_024);
    assert_eq!(files(&told("unlimited")), usize::MAX);
    assert_eq!(files("nothing of it"), USUAL_FILES);
    assert!(Terms::of_this_process().most <= MOST);
}
