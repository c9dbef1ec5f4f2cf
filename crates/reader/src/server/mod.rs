//! The web server of a study: one process, the pages inside, every vote on disk before it is acknowledged.
//!
//! A reader's token lies behind the `#` of their link, so that no browser sends it anywhere by itself; the page sends it in a header.
//! There are no cookies, so that another site's page can do nothing in a reader's name. The pages are part of the program.

mod answer;
mod api;
mod assets;
mod coordinator;
mod guard;
mod limit;
mod listen;
mod places;
mod state;
mod stream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use crate::ReaderError;
use crate::store::{FILE, Report, Watch, Writer, seen_by_others};
pub use places::PER_ADDRESS;
use places::Places;
use state::Server;

/// Bytes of a request's body: a vote with a long comment has a tenth.
const MOST_BODY: usize = 64 << 10;
/// How often changed links are looked for.
const REFRESH: Duration = Duration::from_secs(2);

/// What is served, and where.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The study's folder.
    pub folder: PathBuf,
    /// The address.
    pub bind: SocketAddr,
    /// Connections without a link from one address; those above it give way to new ones. Behind another server all have that one's.
    pub per_address: usize,
}

/// Serves a study until `stopped` says so. `listening` is told the address once the server answers, `tell` whatever is wrong while it does.
///
/// # Errors
/// If the study cannot be opened or the address cannot be had.
pub fn serve(
    options: &ServeOptions,
    listening: impl FnOnce(SocketAddr),
    tell: impl Fn(Report) + Send + Sync + 'static,
    stopped: impl Fn() -> bool,
) -> Result<(), ReaderError> {
    let path = options.folder.join(FILE);
    let watch = Arc::new(Watch::new(path.clone(), Box::new(tell)));
    let (writer, thread) = Writer::start(&options.folder, watch.clone())?;
    let server = Arc::new(Server::open(&options.folder, writer, watch.clone())?);
    if let Some((path, mode)) = seen_by_others(&path) {
        watch.warn(ReaderError::Open { path, mode });
    }
    if !server.has_secret {
        watch.warn(ReaderError::Guessable { path });
    }
    let fault = |source| ReaderError::Listen { address: options.bind.to_string(), source };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(fault)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(options.bind).await.map_err(fault)?;
        listening(listener.local_addr().map_err(fault)?);
        let refreshing = tokio::spawn(refresh(server.clone()));
        let places = Places::new(options.per_address);
        listen::accept(listener, router(server), places, &stopped).await;
        refreshing.abort();
        Ok(())
    });
    // Requests that are still under way are dropped here, and with them the last handles of the writer, whose thread then ends.
    drop(runtime);
    if thread.join().is_err() {
        let source = std::io::Error::other("the thread that stores votes has failed");
        return served.and(Err(fault(source)));
    }
    served
}

/// Looks for links that `grayzone reader link` has changed meanwhile.
async fn refresh(server: Arc<Server>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        server.refresh().await;
    }
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/api/reader", get(api::reader))
        .route("/api/tile/{item}", get(api::tile))
        .route("/api/vote", post(api::vote))
        .route("/api/finish", post(api::finish))
        .route("/api/health", get(api::health))
        .route("/api/coordinator", get(coordinator::overview))
        .route("/api/export.csv", get(coordinator::export))
        .route("/", get(assets::reader_page))
        .route("/coordinator", get(assets::coordinator_page))
        .route("/assets/{name}", get(assets::asset))
        .fallback(api::nothing)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(middleware::from_fn_with_state(server.clone(), guard::guard))
        .with_state(server)
}
