//! A connection that must not keep us waiting.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::places::Place;

/// The longest that the other end may take nothing of what it asked for.
const STALLED: Duration = if cfg!(test) { Duration::from_millis(400) } else { Duration::from_secs(30) };
/// Bytes that buy another second, so that a slow line is waited for and one byte now and then is not enough.
const SLOWEST: usize = 1024;

/// A stream that fails once its other end has taken too little for too long, and that tells its place when bytes move.
pub struct Stream<S> {
    inner: S,
    place: Arc<Place>,
    /// Until when what waits to be written may wait.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Stream<S> {
    /// Over `inner`.
    pub fn new(inner: S, place: Arc<Place>) -> Self {
        Self { inner, place, deadline: None }
    }

    /// What came of writing, or the end of our patience.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match wrote {
            Poll::Ready(Ok(bytes)) => {
                self.place.moved(std::time::Instant::now());
                if let Some(deadline) = &mut self.deadline {
                    let bought = Duration::from_millis((1000 * bytes / SLOWEST) as u64);
                    let later = (deadline.deadline() + bought).min(Instant::now() + STALLED);
                    deadline.as_mut().reset(later);
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => {
                let deadline =
                    self.deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + STALLED)));
                ready!(deadline.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.place.moved(std::time::Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.judge(context, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        // Only now has everything been taken that was to be written.
        self.deadline = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::IpAddr;

    use super::super::places::Places;
    use super::*;

    /// The other end of a line: it takes so many bytes every hundred milliseconds.
    struct Line {
        bytes: usize,
        next: Pin<Box<Sleep>>,
    }

    impl AsyncWrite for Line {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            ready!(self.next.as_mut().poll(context));
            if self.bytes == 0 {
                return Poll::Pending;
            }
            self.next.as_mut().reset(Instant::now() + Duration::from_millis(100));
            // Its waker must be known for the next time.
            Poll::Ready(Ok(bytes.len().min(self.bytes)))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// What comes of writing 2,000 bytes to whom takes `bytes` at a time, and after how long.
    fn write_to(bytes: usize) -> (io::Result<()>, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let place = Places::new(9).take(IpAddr::from([127, 0, 0, 1]), std::time::Instant::now());
            let line = Line { bytes, next: Box::pin(sleep_until(Instant::now())) };
            let mut stream = Stream::new(line, Arc::new(place));
            let begun = Instant::now();
            let mut left = 2000;
            while left > 0 {
                let all = vec![0; left];
                match poll_fn(|context| Pin::new(&mut stream).poll_write(context, &all)).await {
                    Ok(n) => left -= n,
                    Err(e) => return (Err(e), begun.elapsed()),
                }
            }
            poll_fn(|context| Pin::new(&mut stream).poll_flush(context)).await.unwrap();
            assert!(stream.deadline.is_none());
            (Ok(()), begun.elapsed())
        })
    }

    #[test]
    fn a_slow_line_is_waited_for_and_one_that_takes_nothing_or_next_to_nothing_is_not() {
        let (slow, took) = write_to(200);
        assert!(slow.is_ok() && took > 2 * STALLED, "{took:?}");
        for bytes in [0, 1] {
            let (stalled, took) = write_to(bytes);
            assert_eq!(stalled.unwrap_err().kind(), io::ErrorKind::TimedOut);
            assert!(took >= STALLED && took < 10 * STALLED, "{took:?}");
        }
    }
}
