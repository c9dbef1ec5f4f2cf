//! Connections: who waits for whom, and how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use super::guard::Peer;
use super::places::{Place, Places};
use super::stream::Stream;

/// The longest wait for a request's head, also on a connection that is kept open.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
const MOST_HEAD: usize = 16 << 10;
/// How often the wish to stop is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long answers under way may still take then.
const FAREWELL: Duration = Duration::from_secs(2);

/// Answers connections until `stopped` says so.
pub async fn accept(listener: TcpListener, router: Router, places: Arc<Places>, stopped: &impl Fn() -> bool) {
    while !stopped() {
        match tokio::time::timeout(LOOK, listener.accept()).await {
            Ok(Ok((stream, peer))) => {
                let place = places.take(peer.ip(), Instant::now());
                let number = place.number();
                let peer = Peer { address: peer.ip(), place: Arc::new(place) };
                let task = tokio::spawn(converse(stream, peer, router.clone()));
                Place::held_by(&places, number, task.abort_handle());
            }
            // A connection that broke off, or no more files may be open.
            Ok(Err(_)) => {
                places.make_room();
                tokio::time::sleep(LOOK).await;
            }
            Err(_) => {}
        }
    }
    drop(listener);
    // Connections that are only kept open do not end by themselves.
    let end = Instant::now() + FAREWELL;
    while places.taken() > 0 && Instant::now() < end {
        tokio::time::sleep(LOOK / 10).await;
    }
}

async fn converse(stream: TcpStream, peer: Peer, router: Router) {
    // Small answers are not held back to be sent together.
    let _ = stream.set_nodelay(true);
    let stream = Stream::new(stream, peer.place.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.clone().oneshot(request)
    });
    // What goes wrong on a connection is the business of whoever holds its other end.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
