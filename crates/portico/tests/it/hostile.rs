//! Receivers that pass their validation and then behave as badly as a socket lets them.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a receiver does with a call once it has been validated.
#[derive(Debug, Clone)]
pub enum Vice {
    /// It answers with this status, and a line of text.
    Refuses(u16),
    /// It reads the call and hangs up.
    HangsUp,
    /// It never answers.
    Hangs,
    /// It sends the headers of its answer byte by byte, and comes to no end.
    Drips,
    /// It sends headers without end, as fast as it can.
    Headers,
    /// It says well, and then sends a hundred million bytes.
    Floods,
    /// It sends the caller elsewhere.
    Redirects(String),
    /// It says well, and then that it is gone, to one and the same call.
    AnswersTwice,
    /// It speaks another protocol.
    Garbage,
}

/// A receiver with a vice.
pub struct Hostile {
    /// Where it is.
    pub url: String,
    /// How many calls it got after its validation.
    calls: Arc<AtomicU64>,
    /// How many bytes of answers went out.
    sent: Arc<AtomicU64>,
}

impl Hostile {
    /// A receiver on a port of its own, gone with its test.
    pub async fn start(vice: Vice) -> Hostile {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (calls, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (counted, written) = (calls.clone(), sent.clone());
        #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (vice, calls, sent) = (vice.clone(), counted.clone(), written.clone());
                tokio::spawn(async move { serve(stream, &vice, &calls, &sent).await });
            }
        });
        Hostile { url, calls, sent }
    }

    /// How many calls it got after its validation.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many bytes of answers it could get rid of.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Answers one connection: the validation well, and everything else in its own way.
async fn serve(mut stream: TcpStream, vice: &Vice, calls: &AtomicU64, sent: &AtomicU64) {
    while let Some(head) = request(&mut stream).await {
        let challenge = head.lines().find_map(|line| line.strip_prefix("x-front-challenge: "));
        if let Some(challenge) = challenge {
            let length = challenge.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{challenge}");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            continue;
        }
        calls.fetch_add(1, Ordering::Relaxed);
        if misbehave(&mut stream, vice, sent).await.is_none() {
            return;
        }
    }
}

/// Reads one request; answers its head in lower case.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
        if bytes.len() >= head.len() + 4 + length {
            // The challenge is given back as it came.
            return Some(lower.lines().zip(head.lines()).map(own_case).collect::<Vec<_>>().join("\r\n"));
        }
    }
}

fn own_case((lower, line): (&str, &str)) -> String {
    match lower.split_once(": ") {
        Some((name, _)) => format!("{name}{}", &line[name.len()..]),
        None => line.to_string(),
    }
}

/// Answers a call; nothing if the connection is to be closed.
async fn misbehave(stream: &mut TcpStream, vice: &Vice, sent: &AtomicU64) -> Option<()> {
    let line = "HTTP/1.1 200 OK\r\n";
    match vice {
        Vice::Refuses(status) => {
            let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 11\r\n\r\nnot for you");
            stream.write_all(answer.as_bytes()).await.ok()
        }
        Vice::HangsUp => None,
        Vice::Hangs => std::future::pending().await,
        Vice::Drips => {
            stream.write_all(line.as_bytes()).await.ok()?;
            loop {
                stream.write_all(b"x").await.ok()?;
                stream.flush().await.ok()?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Vice::Headers => {
            stream.write_all(line.as_bytes()).await.ok()?;
            loop {
                stream.write_all(b"x-more: and more\r\n").await.ok()?;
                sent.fetch_add(18, Ordering::Relaxed);
            }
        }
        Vice::Floods => {
            let head = format!("{line}content-length: {FLOOD}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
            let part = vec![b'x'; 64 * 1024];
            for _ in 0..FLOOD / part.len() as u64 {
                stream.write_all(&part).await.ok()?;
                sent.fetch_add(part.len() as u64, Ordering::Relaxed);
            }
            None
        }
        Vice::Redirects(to) => {
            let answer = format!("HTTP/1.1 307 Over there\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.ok()
        }
        Vice::AnswersTwice => {
            let twice =
                format!("{line}content-length: 4\r\n\r\nwellHTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone");
            stream.write_all(twice.as_bytes()).await.ok()
        }
        Vice::Garbage => {
            stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await.ok()?;
            None
        }
    }
}

/// How much a flood holds.
pub const FLOOD: u64 = 100_000_000;

/// A receiver with a certificate that nobody but itself vouches for; nothing where there is no openssl to make one with.
pub async fn self_signed(folder: &Path) -> Option<String> {
    std::fs::create_dir_all(folder).expect("a folder");
    let made = Command::new("openssl").current_dir(folder).args(SELF_SIGNED.split(' ')).output();
    if !made.is_ok_and(|done| done.status.success()) {
        return None;
    }
    let chain = vec![CertificateDer::from_pem_file(folder.join("own.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(folder.join("own.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    let config = versions.with_no_client_auth().with_single_cert(chain, key).expect("a configuration");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://localhost:{}/hook", listener.local_addr().expect("an address").port());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    #[expect(clippy::disallowed_methods, reason = "a fake at the edge of the building, gone with its test")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever minds the certificate says so during the handshake.
            let _ = acceptor.accept(stream).await;
        }
    });
    Some(url)
}

const SELF_SIGNED: &str = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout own.key -out own.pem";
