//! Connections: the port that takes them, and the requests on each.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::life::Life;
use super::play::reset;

/// The server behind the connections.
pub(crate) trait Handler: Clone + Send + Sync + 'static {
    /// Answers a request that came on this socket.
    fn handle(
        self,
        request: Request<Incoming>,
        socket: Arc<TcpStream>,
    ) -> impl Future<Output = Result<Response<Full<Bytes>>, Unanswered>> + Send + 'static;
}

/// The error for a request without an answer for hyper to send. The connection ends, or in HTTP/2
/// the stream.
#[derive(Debug, thiserror::Error)]
#[error("a fault ended it")]
pub(crate) struct Unanswered;

/// The port, which listens, or is kept so that nobody else gets it.
enum Door {
    Open(TcpListener),
    Closed(TcpSocket),
}

impl Door {
    /// Stops listening. Until the socket is bound again, the existing connections keep the port.
    fn closed(self, address: SocketAddr) -> io::Result<Door> {
        // Only sockets that don't listen can share a port.
        drop(self);
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Door::Closed(socket))
    }

    fn opened(self) -> io::Result<Door> {
        match self {
            Door::Closed(socket) => socket.listen(1024).map(Door::Open),
            open => Ok(open),
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        match self {
            Door::Open(listener) => listener.accept().await.map(|(stream, _)| stream),
            Door::Closed(_) => std::future::pending().await,
        }
    }
}

/// Serves until `stopped` ends, and then until all answers that are under way are sent.
pub(crate) async fn serve(
    listener: TcpListener,
    life: Arc<Life>,
    handler: impl Handler,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    if let Err(error) = accept(listener, &life, &handler, &mut stopped, &mut connections).await {
        tracing::error!(%error, "the mock ended");
    }
    life.stop();
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: TcpListener,
    life: &Arc<Life>,
    handler: &impl Handler,
    stopped: &mut oneshot::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut door = Door::Open(listener);
    let mut state = life.watch();
    // Somebody may have asked for a change before this was run for the first time.
    state.mark_changed();
    loop {
        tokio::select! {
            // The sender never sends: it is dropped, which is the signal.
            _ = &mut *stopped => return Ok(()),
            accepted = door.accept() => match accepted {
                Ok(stream) => {
                    let outages = state.borrow().outages;
                    let connected = life.connected();
                    let conversation = converse(stream, Arc::clone(life), handler.clone(), outages);
                    connections.spawn(async move {
                        conversation.await;
                        drop(connected);
                    });
                }
                Err(error) => {
                    // There may be too many connections.
                    tracing::warn!(%error, "a connection can't be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = state.changed() => {
                let gone = state.borrow_and_update().gone;
                match (gone, &door) {
                    (true, Door::Open(_)) => {
                        door = door.closed(address)?;
                        life.closed();
                    }
                    (false, Door::Closed(_)) => {
                        door = door.opened()?;
                        life.opened();
                    }
                    _ => {}
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of a connection.
async fn converse(stream: TcpStream, life: Arc<Life>, handler: impl Handler, outages: u64) {
    let (stream, socket) = match twice(stream) {
        Ok(both) => both,
        Err(error) => return tracing::debug!(%error, "a connection was gone before it was served"),
    };
    let answering = service_fn(|request| handler.clone().handle(request, Arc::clone(&socket)));
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answering));
    let mut state = life.watch();
    loop {
        let now = *state.borrow_and_update();
        if now.outages != outages {
            return reset(&socket);
        }
        if now.stopping {
            connection.as_mut().graceful_shutdown();
        }
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            _ = state.changed() => {}
        }
    }
}

/// Returns the socket for hyper, and a second handle for everything that hyper wouldn't do.
fn twice(stream: TcpStream) -> io::Result<(TcpStream, Arc<TcpStream>)> {
    // Without it, the end of a long answer waits for a late acknowledgement.
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let socket = TcpStream::from_std(stream.try_clone()?)?;
    Ok((TcpStream::from_std(stream)?, Arc::new(socket)))
}
