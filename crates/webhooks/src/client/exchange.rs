//! One connection and the request on it, driven together by the task that waits for the answer.

use super::connect::Stream;
use super::{Answer, Failure};
use bytes::{Bytes, BytesMut};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// An answer is read up to here.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Status line and headers of an answer; more is not HTTP as anybody means it.
const LONGEST_HEAD: usize = 32 * 1024;

/// A connection that carries one request after another.
pub struct Link {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Connection<TokioIo<Stream>, Full<Bytes>>>>,
    /// The connection has ended; it must not be polled again.
    ended: bool,
    /// The last answer was read to its end, so the next may follow.
    clean: bool,
}

/// A request that got no complete answer.
pub struct Lost {
    pub failure: Failure,
    /// Not a byte of it was sent.
    pub unsent: bool,
    /// The connection ended before a byte of the answer.
    pub unanswered: bool,
}

impl Link {
    pub async fn open(stream: Stream) -> Result<Link, Failure> {
        let (sender, connection) = Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|e| Failure::Broken(say(&e)))?;
        Ok(Link { sender, connection: Box::pin(connection), ended: false, clean: true })
    }

    /// Looks whether the receiver has closed a kept connection meanwhile. Waits for nothing.
    pub async fn is_alive(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(())
        })
        .await;
        self.is_reusable()
    }

    /// Whether another request may follow.
    pub fn is_reusable(&self) -> bool {
        !self.ended && self.clean && self.sender.is_ready()
    }

    /// Sends a request and reads the answer.
    pub async fn call(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        self.clean = false;
        let sent = self.sender.try_send_request(request);
        let (parts, mut body) = match self.with(sent).await {
            Ok(response) => response.into_parts(),
            Err(mut e) => {
                let unsent = e.take_message().is_some();
                let error = e.into_error();
                let unanswered = error.is_incomplete_message() || error.is_canceled() || is_reset(&error);
                return Err(Lost { failure: Failure::Broken(say(&error)), unsent, unanswered });
            }
        };
        let broken = |failure| Lost { failure, unsent: false, unanswered: false };
        let (bytes, truncated) = self.read(&mut body).await.map_err(broken)?;
        drop(body);
        if !truncated && !self.ended {
            self.clean = true;
            // One more turn lets the connection notice that the exchange is over.
            let _ = self.is_alive().await;
        }
        let (status, headers) = (parts.status, parts.headers);
        Ok(Answer { status, headers, body: bytes, truncated, took: Duration::ZERO })
    }

    async fn read(&mut self, body: &mut Incoming) -> Result<(Bytes, bool), Failure> {
        // Nearly every answer is empty or one frame, which is kept as it is.
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        loop {
            let frame = match self.with(body.frame()).await {
                None => break,
                Some(Err(e)) => return Err(Failure::Broken(say(&e))),
                Some(Ok(frame)) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            if first.is_empty() {
                first = data;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&data);
            }
            if first.len().max(rest.len()) > LONGEST_ANSWER {
                let whole = if rest.is_empty() { first } else { rest.freeze() };
                return Ok((Bytes::copy_from_slice(&whole[..LONGEST_ANSWER]), true));
            }
        }
        Ok((if rest.is_empty() { first } else { rest.freeze() }, false))
    }

    /// Waits for a future that only makes progress while the connection does.
    async fn with<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // The connection first: what it has read or failed with is what the future waits for.
            self.drive(cx);
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            // Polling the future may have asked for more (a body's next frame).
            self.drive(cx);
            future.as_mut().poll(cx)
        })
        .await
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        // Its error reaches whoever waits for the answer, who can say more about it.
        if !self.ended && self.connection.as_mut().poll(cx).is_ready() {
            self.ended = true;
        }
    }
}

/// hyper's errors name their cause only behind `source`.
fn say(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn is_reset(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    let cause = std::error::Error::source(error).and_then(|e| e.downcast_ref::<std::io::Error>());
    cause.is_some_and(|e| matches!(e.kind(), BrokenPipe | ConnectionAborted | ConnectionReset))
}
