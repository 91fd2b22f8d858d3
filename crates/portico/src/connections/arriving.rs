//! The body of a request, given up when the rest of it does not come.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use super::Patience;

/// The body of a request, as it comes.
pub(super) struct Arriving {
    body: Incoming,
    /// How long the next piece may take.
    patience: Duration,
    last_patience: Duration,
    stopping: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    timer: Option<Pin<Box<Sleep>>>,
    stalled: Arc<Notify>,
    is_given_up: bool,
}

impl Arriving {
    /// A body that tells once that it is given up, so that the client can be told so.
    pub(super) fn new(
        body: Incoming,
        patience: Patience,
        stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
        stalled: Arc<Notify>,
    ) -> Arriving {
        let (patience, last_patience) = (patience.body, patience.last);
        Arriving { body, patience, last_patience, stopping: Some(stopping), timer: None, stalled, is_given_up: false }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if this.is_given_up {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if this.stopping.as_mut().is_some_and(|stopping| stopping.as_mut().poll(cx).is_ready()) {
            this.stopping = None;
            this.patience = this.last_patience;
            this.timer = None;
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.patience)));
        ready!(timer.as_mut().poll(cx));
        this.is_given_up = true;
        this.stalled.notify_one();
        // Whoever was told drops this body. For anybody else it ends here, at the next look.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
