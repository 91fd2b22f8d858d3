//! The bytes of a connection, which end where the client has taken too long: between two requests, or in the middle of a
//! request's head. The server then sees a client that has gone, and closes the connection as it would for any other.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::Patience;
use super::pulse::Pulse;

/// What is waited for while no request is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// The rest of a head, or all of the first one.
    Head,
    /// The first byte of the next request.
    Next,
}

/// The bytes of a connection.
pub(super) struct Line {
    stream: TcpStream,
    pulse: Arc<Pulse>,
    patience: Patience,
    stopping: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    awaited: Awaited,
    timer: Option<Pin<Box<Sleep>>>,
    /// The requests that had begun when it was last looked.
    seen: u64,
    /// Something was written since the time last ran out.
    has_written: bool,
    /// Something is written, but has not left yet.
    is_unsent: bool,
}

impl Line {
    /// The line of a new connection.
    pub(super) fn new(
        stream: TcpStream,
        pulse: Arc<Pulse>,
        patience: Patience,
        stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Line {
        Line {
            stream,
            pulse,
            patience,
            stopping: Some(stopping),
            awaited: Awaited::Head,
            timer: None,
            seen: 0,
            has_written: false,
            is_unsent: false,
        }
    }

    fn wait_for(&mut self, awaited: Awaited) {
        self.awaited = awaited;
        self.timer = None;
    }

    /// Whether the client has taken too long, while nothing comes from it.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.pulse.is_quiet() {
            self.pulse.waker.register(cx.waker());
            // It may have become quiet before it could tell.
            if !self.pulse.is_quiet() {
                return Poll::Pending;
            }
        }
        if self.stopping.as_mut().is_some_and(|stopping| stopping.as_mut().poll(cx).is_ready()) {
            self.stopping = None;
        }
        if self.stopping.is_none() && !self.is_unsent {
            return Poll::Ready(());
        }
        loop {
            let patience = match self.awaited {
                Awaited::Head => self.patience.head,
                Awaited::Next => self.patience.idle,
            };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(timer.as_mut().poll(cx));
            // A slow reader is no silent one, as long as it reads.
            if !std::mem::take(&mut self.has_written) || !self.is_unsent {
                return Poll::Ready(());
            }
            self.timer = None;
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let begun = this.pulse.begun();
        if begun != this.seen {
            this.seen = begun;
            this.wait_for(Awaited::Next);
        }
        let had = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buf) {
            let is_more = buf.filled().len() > had;
            if is_more && this.awaited == Awaited::Next && this.pulse.is_quiet() && !this.pulse.is_multiplexed() {
                this.wait_for(Awaited::Head);
            }
            return Poll::Ready(read);
        }
        // Nothing read is the end of the stream.
        this.poll_over(cx).map(Ok)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_unsent = true;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        self.has_written = true;
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.is_unsent = true;
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, pieces));
        self.has_written = true;
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        if std::mem::take(&mut self.is_unsent) && self.stopping.is_none() {
            // Reading ends with the last answer, so it has to be looked at once more.
            cx.waker().wake_by_ref();
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
