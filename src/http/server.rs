//! The accept loop: connections with deadlines and bounds, and a stop that lets running requests finish.
//!
//! `axum::serve` gives hyper no timer, so its time-out for half-sent heads never fires; here it does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::network::{ClientAddress, Network};

use super::Lifecycle;
use super::stall::Stall;

/// The addresses that a request came by, as proxies write them down.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Longest wait before accepting again when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How long a connection that is open at the wish to stop may bring one more request, when no announcement is waited for.
const LINGER: Duration = Duration::from_millis(250);

/// Bounds of the connections and of the stop.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Connections open at one time; more wait in the system's queue.
    pub connections: usize,
    /// Connections of one address; more are closed at once.
    pub connections_per_address: usize,
    /// Proxies that bring everyone's requests: the bound above does not hold for them, and what they say of their clients'
    /// addresses is believed.
    pub trusted_proxies: Vec<Network>,
    /// Longest time for the head of a request; also for the pause between two requests of a connection.
    pub head_timeout: Duration,
    /// Longest time in which a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// Bytes of the head of a request.
    pub head_bytes: usize,
    /// Header fields of a request.
    pub head_fields: usize,
    /// How long requests are still accepted after the wish to stop, while `/readyz` already says 503. Zero unless a load
    /// balancer looks there: a person at a terminal wants no pause.
    pub announce: Duration,
    /// Whether the next process gets the same listening socket. Then nothing is accepted after the wish to stop, and nothing
    /// is announced: new connections wait for the next process, and those that are open may bring one more request, whose
    /// answer ends them.
    pub handed_over: bool,
    /// Longest time for running requests to finish after that.
    pub finish: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_address: 64,
            trusted_proxies: Vec::new(),
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            head_bytes: 32 * 1024,
            head_fields: 64,
            announce: Duration::ZERO,
            handed_over: false,
            finish: Duration::from_secs(25),
        }
    }
}

/// Serves until `lifecycle` is told to stop, then finishes what runs: all of it, as much as fits into `options.finish`, or
/// nothing after a second wish to stop.
/// What goes wrong on a connection ends that connection, what goes wrong in accepting is tried again.
pub async fn serve(listener: TcpListener, router: Router, options: &ServeOptions, lifecycle: Lifecycle) {
    let builder = http_builder(options);
    let places = Arc::new(Semaphore::new(options.connections));
    let addresses = Addresses::default();
    let trusted_proxies: Arc<[Network]> = options.trusted_proxies.clone().into();
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();

    let mut closing = pin!(async {
        lifecycle.draining().await;
        let announce = if options.handed_over { Duration::ZERO } else { options.announce };
        tracing::info!(announce_ms = announce.as_millis(), "stopping: no new work please");
        sleep(announce).await;
    });
    loop {
        let (stream, address, place) = tokio::select! {
            biased;
            () = &mut closing => break,
            () = lifecycle.forced() => break,
            Some(_ended) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => match accepted {
                Some((stream, address, place)) => (stream, address, place),
                None => continue,
            },
        };
        let trusted = trusted_proxies.iter().any(|network| network.contains(address));
        let limit = if trusted { usize::MAX } else { options.connections_per_address };
        let Some(address_place) = addresses.enter(address, limit) else { continue };
        let proxies = Arc::clone(&trusted_proxies);
        let service = router.clone().map_request(move |request| with_address(request, address, &proxies));
        let stopping = lifecycle.clone();
        let service =
            service.map_response(move |response| if stopping.is_draining() { last(response) } else { response });
        let service = TowerToHyperService::new(service);
        let connection =
            graceful.watch(builder.serve_connection(TokioIo::new(Stall::new(stream, options.write_timeout)), service));
        connections.spawn(async move {
            // A connection that ends in an error is the client's affair: it went away or sent no HTTP.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop((place, address_place));
        });
    }

    drop(listener);
    if options.handed_over {
        tokio::select! {
            _none_or_late = timeout(LINGER, async { while connections.join_next().await.is_some() {} }) => {}
            () = lifecycle.forced() => {}
        }
    }
    tokio::select! {
        finished = timeout(options.finish, graceful.shutdown()) => match finished {
            Ok(()) => tracing::info!("stopped: every request was answered"),
            Err(_late) => tracing::warn!(open = connections.len(), "stopped: requests ran too long and were dropped"),
        },
        () = lifecycle.forced() => tracing::warn!(open = connections.len(), "stopped at once by a second signal"),
    }
    connections.shutdown().await;
}

/// Says that this is the last answer on its connection, so that the client opens another one, at a process that stays, before
/// this one is closed under its next request.
fn last(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Notes whose request it is.
fn with_address(mut request: Request<Incoming>, peer: IpAddr, proxies: &[Network]) -> Request<Incoming> {
    let forwarded = request.headers().get_all(X_FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let client = ClientAddress::behind(peer, forwarded, proxies);
    request.extensions_mut().insert(client);
    request
}

fn http_builder(options: &ServeOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_header_size(options.head_bytes)
        .max_headers(options.head_fields);
    builder
}

/// The next connection, accepted only when there is a place for it; `None` after an error that will pass.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Without it small answers can wait for the client's acknowledgement; failing to set it harms nothing.
            let _ = stream.set_nodelay(true);
            Some((stream, address.ip().to_canonical(), place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Open connections by address.
#[derive(Clone, Debug, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address, no longer counted when dropped.
#[derive(Debug)]
struct AddressPlace {
    address: IpAddr,
    open: Addresses,
}

impl Addresses {
    fn enter(&self, address: IpAddr, limit: usize) -> Option<AddressPlace> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(AddressPlace { address, open: self.clone() })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut open = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
