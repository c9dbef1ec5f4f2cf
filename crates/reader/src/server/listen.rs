//! Connections: how many, and how long they may keep us waiting.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use super::guard::Peer;

/// Connections at once; others wait.
const CONNECTIONS: usize = 512;
/// The longest wait for a request's head, also on a connection that is kept open.
const HEAD: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
const MOST_HEAD: usize = 16 << 10;
/// How often the wish to stop is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long answers under way may still take then.
const FAREWELL: Duration = Duration::from_secs(2);

/// Answers connections until `stopped` says so.
pub async fn accept(listener: TcpListener, router: Router, stopped: &impl Fn() -> bool) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while !stopped() {
        let Ok(Ok(place)) = tokio::time::timeout(LOOK, places.clone().acquire_owned()).await else {
            continue;
        };
        match tokio::time::timeout(LOOK, listener.accept()).await {
            Ok(Ok((stream, peer))) => {
                tokio::spawn(converse(stream, Peer(peer.ip()), router.clone(), place));
            }
            // A connection that broke off, or no more files may be open: those that are will end.
            Ok(Err(_)) => tokio::time::sleep(LOOK).await,
            Err(_) => {}
        }
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    // Connections that are only kept open do not end by themselves.
    let _ = tokio::time::timeout(FAREWELL, places.acquire_many(all)).await;
}

async fn converse(stream: TcpStream, peer: Peer, router: Router, place: OwnedSemaphorePermit) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    // Small answers are not held back to be sent together.
    let _ = stream.set_nodelay(true);
    // What goes wrong on a connection is the business of whoever holds its other end.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    drop(place);
}
