//! The reading end of the event stream: one connection, frames one after another.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::time::Duration;
use webhooks::client::{Connector, Roots, Stream};
use webhooks::guard::{Guard, Resolver};

use crate::stream::PATH;

/// The server sends something every fifteen seconds; more silence than this means that it is gone.
const SILENCE: Duration = Duration::from_secs(45);
/// A frame is never longer than this.
const LONGEST: usize = 64 << 20;

/// An event as the stream brings it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) signature: String,
    pub(super) data: String,
}

/// Why there is no stream (any more).
#[derive(Debug)]
pub(super) enum Lost {
    /// The server does not want us; trying again would not help.
    Refused(String),
    /// The connection is gone; it may work in a moment.
    Broken(String),
}

fn broken(error: impl std::fmt::Display) -> Lost {
    Lost::Broken(error.to_string())
}

/// An open stream.
pub(super) struct Feed {
    body: Incoming,
    connection: Pin<Box<http1::Connection<TokioIo<Stream>, Empty<Bytes>>>>,
    is_over: bool,
    frames: Frames,
}

impl Feed {
    /// Opens the stream of a server, after an event that was seen or from now on.
    pub(super) async fn open(base: &str, token: &str, query: &str, seen: Option<&str>) -> Result<Feed, Lost> {
        let guard = Guard { allow_private: true, allow_http: true };
        let url = format!("{}{PATH}?{query}", base.trim_end_matches('/'));
        let target = guard.parse(&url).map_err(|refusal| Lost::Refused(format!("--url: {refusal}")))?;
        let addresses = Resolver::new(guard).addresses(&target.origin).await.map_err(broken)?;
        let stream = Connector::new(&Roots::System).connect(&target.origin, &addresses).await.map_err(broken)?;
        let mut request = Request::get(target.path.clone())
            .header(header::HOST, target.host.clone())
            .header(header::ACCEPT, "text/event-stream")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        let request = request.body(Empty::new()).map_err(|error| Lost::Refused(error.to_string()))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut connection = Box::pin(connection);
        let sent = sender.send_request(request);
        let response = tokio::select! {
            response = sent => response.map_err(broken)?,
            ended = &mut connection => return Err(broken(ended.err().map_or("closed".into(), |e| e.to_string()))),
        };
        let status = response.status();
        let mut feed = Feed { body: response.into_body(), connection, is_over: false, frames: Frames::default() };
        if status == StatusCode::OK {
            return Ok(feed);
        }
        let mut text = Vec::new();
        while let Ok(bytes) = feed.chunk().await {
            text.extend_from_slice(&bytes);
        }
        let why = format!("the server answered {status}: {}", String::from_utf8_lossy(&text));
        Err(if status.is_server_error() { Lost::Broken(why) } else { Lost::Refused(why) })
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> Result<Frame, Lost> {
        loop {
            if let Some(frame) = self.frames.take() {
                return Ok(frame);
            }
            let bytes = tokio::time::timeout(SILENCE, self.chunk()).await.map_err(|_| broken("silence"))??;
            self.frames.feed(&bytes)?;
        }
    }

    async fn chunk(&mut self) -> Result<Bytes, Lost> {
        loop {
            let frame = if self.is_over {
                self.body.frame().await
            } else {
                tokio::select! {
                    biased;
                    frame = self.body.frame() => frame,
                    _ = &mut self.connection => {
                        self.is_over = true;
                        continue;
                    }
                }
            };
            match frame {
                None => return Err(broken("the stream ended")),
                Some(Err(error)) => return Err(broken(error)),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(bytes);
                    }
                }
            }
        }
    }
}

/// Takes the bytes of a stream apart.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    read: usize,
    frame: Frame,
}

impl Frames {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONGEST { Err(broken("a frame without an end")) } else { Ok(()) }
    }

    /// The next complete event, if it is there.
    fn take(&mut self) -> Option<Frame> {
        while let Some(end) = self.bytes[self.read..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&self.bytes[self.read..self.read + end]).into_owned();
            self.read += end + 1;
            if line.is_empty() {
                let frame = std::mem::take(&mut self.frame);
                if !frame.data.is_empty() {
                    return Some(frame);
                }
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_string();
            match name {
                "id" => self.frame.id = value,
                "event" => self.frame.kind = value,
                "signature" => self.frame.signature = value,
                "data" => self.frame.data = value,
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole_however_the_bytes_arrive() {
        let text = ": listening\nretry: 1000\n\nid: evt_1\nevent: tag\nsignature: c2ln\ndata: {\"a\":1}\n\n:\n\nid: evt_2\n\
                    event: inbound\nsignature: eA==\ndata: {}\n\n";
        for size in [1, 7, text.len()] {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                frames.feed(chunk).unwrap();
                while let Some(frame) = frames.take() {
                    found.push((frame.id, frame.kind, frame.data));
                }
            }
            assert_eq!(found.len(), 2);
            assert_eq!(found[0], ("evt_1".to_string(), "tag".to_string(), "{\"a\":1}".to_string()));
        }
    }
}
