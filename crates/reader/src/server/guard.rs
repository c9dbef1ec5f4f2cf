//! What every request goes through and every answer carries.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::answer::Refusal;
use super::places::Place;
use super::state::{Server, Who};

/// The longest that a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The address.
    pub address: IpAddr,
    /// The connection's place.
    pub place: Arc<Place>,
}

/// What every answer carries: nothing is loaded from elsewhere, framed, guessed, passed on or kept.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Refuses what another site's page sends, finds out who asks for anything below `/api`, and gives every answer its headers.
pub async fn guard(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let mut response = match admit(&server, &request) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            match tokio::time::timeout(PATIENCE, next.run(request)).await {
                Ok(response) => response,
                Err(_) => Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request took too long", "try again")
                    .into_response(),
            }
        }
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn admit(server: &Server, request: &Request) -> Result<Who, Refusal> {
    let path = request.uri().path();
    if !names_one_host(request) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the request does not say which host it is for",
            "open the study by its link",
        ));
    }
    if is_cross_site(request.headers()) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "requests of other sites are refused",
            "open the study by its link",
        ));
    }
    if !path.starts_with("/api/") || path == "/api/health" {
        return Ok(Who::Anybody);
    }
    let peer = request.extensions().get::<Peer>();
    let who = server.who(bearer(request.headers()), peer.map(|peer| peer.address), Instant::now())?;
    if let Some(peer) = peer {
        peer.place.is_of(who);
    }
    Ok(who)
}

/// The token of the Authorization header; empty without one.
fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
}

/// Whether a request has one `Host` header, as HTTP/1.1 wants it, with a host in it. Which host is not asked: behind another server it
/// is that one's name, and a page that has made its own name lead here finds no token among its own things.
fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let one = hosts.next().and_then(|host| host.to_str().ok()).is_some_and(|host| {
        host.parse::<axum::http::uri::Authority>().is_ok_and(|a| !a.as_str().contains('@'))
    });
    one && hosts.next().is_none()
}

/// Whether a browser says that another site's page made the request. What it says in `Sec-Fetch-Site` cannot be set by a page; only
/// without that, the `Origin` must be this host (which a server in front may have renamed).
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    // A link in a mail or on another page may lead to the study's page.
    let navigation = text("sec-fetch-mode") == Some("navigate") && text("sec-fetch-dest") == Some("document");
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let foreign = origin.is_some_and(|origin| {
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        let own = |scheme: &[u8]| origin.strip_prefix(scheme) == Some(host);
        host.is_empty() || !(own(b"http://") || own(b"https://"))
    });
    match site {
        Some(b"same-origin") => false,
        None | Some(b"none") => foreign,
        Some(_) => foreign || !navigation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (HeaderName::try_from(*k).unwrap(), HeaderValue::try_from(*v).unwrap()))
            .collect()
    }

    #[test]
    fn other_sites_are_refused_and_our_own_page_is_not() {
        let host = ("host", "reader.example:8080");
        for (wanted, pairs) in [
            (false, vec![host]),
            (false, vec![host, ("sec-fetch-site", "same-origin")]),
            (false, vec![host, ("origin", "http://reader.example:8080")]),
            (false, vec![host, ("origin", "https://reader.example:8080")]),
            (
                false,
                vec![
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
            ),
            (true, vec![host, ("sec-fetch-site", "cross-site")]),
            // Behind a server that has renamed the host.
            (false, vec![host, ("sec-fetch-site", "same-origin"), ("origin", "https://reader.example.org")]),
            (true, vec![host, ("sec-fetch-site", "same-site")]),
            // A form on another site's page.
            (
                true,
                vec![
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                    ("origin", "https://evil.example"),
                ],
            ),
            (true, vec![host, ("sec-fetch-site", "none"), ("origin", "https://evil.example")]),
            (true, vec![host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]),
            (true, vec![host, ("origin", "http://evil.example")]),
            (true, vec![host, ("origin", "null")]),
            (true, vec![("origin", "http://")]),
        ] {
            assert_eq!(is_cross_site(&headers(&pairs)), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn a_request_is_for_one_host() {
        for (wanted, hosts) in [
            (true, &["127.0.0.1:8080"][..]),
            (true, &["[::1]:8080"]),
            (true, &["reader.example.org"]),
            (false, &[]),
            (false, &[""]),
            (false, &["a b"]),
            (false, &["reader@example.org"]),
            (false, &["a.example", "b.example"]),
        ] {
            let mut request = Request::new(axum::body::Body::empty());
            for host in hosts {
                request.headers_mut().append(header::HOST, HeaderValue::from_static(host));
            }
            assert_eq!(names_one_host(&request), wanted, "{hosts:?}");
        }
    }

    #[test]
    fn tokens_are_read_from_the_header_alone() {
        assert_eq!(bearer(&headers(&[("authorization", "Bearer abc")])), "abc");
        assert_eq!(bearer(&headers(&[("authorization", "Basic abc")])), "");
        assert_eq!(bearer(&HeaderMap::new()), "");
    }
}
