//! What happens on a connection: how many of its requests are under way.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::Version;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// The requests of one connection.
#[derive(Default)]
pub(super) struct Pulse {
    begun: AtomicU64,
    under_way: AtomicUsize,
    is_multiplexed: AtomicBool,
    /// Who waits for the connection to become quiet.
    pub(super) waker: AtomicWaker,
}

impl Pulse {
    /// A request's head is there.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> UnderWay {
        self.is_multiplexed.store(version == Version::HTTP_2, Ordering::Relaxed);
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(self.clone())
    }

    /// How many requests have begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether no request is under way.
    pub(super) fn is_quiet(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// Whether bytes that come between two requests are no beginning of the next one: HTTP/2 has much else to say.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.is_multiplexed.load(Ordering::Relaxed)
    }
}

/// A request that is under way, until this is dropped.
pub(super) struct UnderWay(Arc<Pulse>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}

impl UnderWay {
    /// The body of the answer: the request ends with it.
    pub(super) fn until_sent(self, body: Body) -> Leaving {
        Leaving { body, _under_way: self }
    }
}

/// The body of an answer.
pub(super) struct Leaving {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
