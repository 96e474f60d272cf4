//! The HTTP service of the program that stands alone, in our own host: `host-test serve`.
//!
//! The component answers, and [`connector_host::Service`] holds it to its limits. This room holds the
//! clients to theirs: how many there are, how long they take, and what they send. It says itself only that
//! it is busy, that a request makes no sense, or that the component failed.

mod activity;
mod answer;
mod connection;
mod log;
mod refusal;
mod shared;
mod tls;

pub(crate) use log::REQUESTS;
pub(crate) use shared::Bounds;
pub(crate) use tls::{TlsFault, acceptor};

use connector_host::Service;
use shared::Shared;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// The connections that are answered. As many again hear that the service is busy, and further ones are
/// closed.
const CONNECTIONS: usize = 256;
/// The pause after a connection that couldn't be accepted: most often the process has too many files open.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, and then lets the requests under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Service,
    tls: Option<TlsAcceptor>,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let shared = Arc::new(Shared::new(service, tls, bounds));
    let (tell, told) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((socket, _)) if connections.len() < 2 * CONNECTIONS => {
                let is_full = connections.len() >= CONNECTIONS;
                connections.spawn(connection::converse(socket, Arc::clone(&shared), is_full, told.clone()));
            }
            Ok(_) => tracing::debug!("a connection was closed: there are too many"),
            Err(error) => {
                tracing::warn!("a connection can't be accepted: {error}");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    tell.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(bounds.grace, ended).await.is_err() {
        tracing::warn!("the requests that were still under way are cut off");
        connections.shutdown().await;
    }
}
