//! One connection: encryption, HTTP/1.1 or HTTP/2, and its end.

use super::activity::{Activity, Patience};
use super::answer;
use super::shared::Shared;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// The longest time of a handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The longest time of a request's head.
const HEAD: Duration = Duration::from_secs(20);
/// The longest time without a request.
const IDLE: Duration = Duration::from_secs(60);
/// The same when the service ends, and the time that a connection has to be closed in good order.
const CLOSING: Duration = Duration::from_secs(1);
/// The time that a client has to take the end of its answer after its instance is over.
const TAKING: Duration = Duration::from_secs(60);
/// The most bytes of a request's head.
const HEAD_BYTES: u16 = 32 * 1024;
/// The most requests of one connection at once, where it has HTTP/2.
const STREAMS: u32 = 32;

/// Answers the requests of one connection, until the client closes it, tries our patience, or the service
/// ends. With `is_full`, it hears only that the service is busy.
pub(super) async fn converse(
    socket: TcpStream,
    shared: Arc<Shared>,
    is_full: bool,
    mut stop: watch::Receiver<bool>,
) {
    // Without it an answer in several pieces only comes later.
    let _ = socket.set_nodelay(true);
    let Some(acceptor) = shared.tls.clone() else { return talk(socket, shared, is_full, stop).await };
    let shaken = tokio::select! {
        shaken = timeout(HANDSHAKE, acceptor.accept(socket)) => shaken,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match shaken {
        Ok(Ok(stream)) => talk(stream, shared, is_full, stop).await,
        Ok(Err(error)) => tracing::debug!("a handshake failed: {error}"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
    is_full: bool,
    mut stop: watch::Receiver<bool>,
) {
    let activity = Activity::new();
    let mut patience = Patience { idle: IDLE, request: shared.bounds.request + TAKING };
    let observed = Arc::clone(&activity);
    let asked = service_fn(move |request| {
        let (shared, activity) = (Arc::clone(&shared), Arc::clone(&observed));
        async move { Ok::<_, Infallible>(answer::answer(request, &shared, &activity, is_full).await) }
    });
    let builder = builder();
    let connection = builder.serve_connection(TokioIo::new(stream), asked);
    tokio::pin!(connection);
    let mut is_ending = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("a connection broke off: {error}");
                }
                return;
            }
            () = activity.tries(patience) => break,
            _ = stop.wait_for(|stop| *stop), if !is_ending => {
                is_ending = true;
                patience.idle = CLOSING;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    // Whether it ends by itself or not, it is over.
    let _ = timeout(CLOSING, connection).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES.into());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES.into())
        .keep_alive_interval(HEAD)
        .keep_alive_timeout(HEAD);
    builder
}
