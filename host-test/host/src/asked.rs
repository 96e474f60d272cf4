//! The body of a client's request, with bounds on its size and its time.

use crate::egress::body_error;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// A body that fails if it is too long, or if it takes too long while somebody waits for it.
pub(crate) struct Asked {
    body: WasiBody,
    time: Duration,
    /// Runs from the first moment in which somebody waits.
    late: Option<Pin<Box<Sleep>>>,
}

impl Asked {
    pub(crate) fn new<B>(body: B, bytes: usize, time: Duration) -> Asked
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Asked { body: Limited::new(body, bytes).map_err(body_error).boxed_unsync(), time, late: None }
    }
}

impl Body for Asked {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.body).poll_frame(context);
        if frame.is_ready() && this.late.is_none() {
            return frame;
        }
        let time = this.time;
        let late = this.late.get_or_insert_with(|| Box::pin(sleep(time)));
        // A body that drips is always ready sooner or later, so the time counts even then.
        match late.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
            Poll::Pending => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use std::convert::Infallible;

    const TIME: Duration = Duration::from_millis(50);

    /// A body without an end: a byte comes with every second poll, or nothing ever.
    struct Endless {
        drips: bool,
        is_next: bool,
    }

    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.is_next = !self.is_next;
            if self.drips && !self.is_next {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))));
            }
            if self.drips {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_within_its_bounds_comes_whole_and_a_longer_one_breaks_off() {
        let body = |bytes| Asked::new(Full::new(Bytes::from_static(b"0123456789")), bytes, TIME);
        assert_eq!(body(10).collect().await.unwrap().to_bytes(), "0123456789");
        assert!(matches!(body(9).collect().await.unwrap_err(), Error::HttpRequestBodySize(_)));
    }

    #[tokio::test]
    async fn a_body_that_never_comes_or_drips_is_given_up() {
        for drips in [false, true] {
            let endless = Endless { drips, is_next: false };
            let error = Asked::new(endless, usize::MAX, TIME).collect().await.unwrap_err();
            assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
        }
    }
}
