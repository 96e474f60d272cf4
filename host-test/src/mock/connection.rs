//! Connections: how they are accepted, and what is done to them on purpose.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::envelope::Answer;
use super::faults::Place;
use super::server::{self, Shared};

/// Whether the server is there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// What is wanted: nobody listens.
    gone: bool,
    /// What is: nobody listens.
    closed: bool,
    /// How often it went away. Connections from before the last time are reset.
    outages: u64,
    stopping: bool,
}

/// What is done on a connection instead of sending an answer.
pub(super) struct Play {
    /// With a pause between them.
    pub parts: Vec<Vec<u8>>,
    pub pause: Duration,
    /// So many bytes are sent at once.
    pub piece: usize,
    pub end: End,
}

/// How it ends.
#[derive(Clone, Copy)]
pub(super) enum End {
    Reset,
    Close,
    Stall,
    GoneAway { back_after_ms: Option<u64> },
}

impl Play {
    fn new(parts: Vec<Vec<u8>>, end: End) -> Play {
        Play { parts, pause: Duration::ZERO, piece: usize::MAX, end }
    }

    /// These bytes and no more.
    pub fn bytes(bytes: Vec<u8>, end: End) -> Play {
        Play::new(vec![bytes], end)
    }

    /// A part of an answer.
    pub fn part(answer: &Answer, at: Place, end: End) -> Play {
        Play::bytes(split(answer, at).0, end)
    }

    /// An answer with a pause in it.
    pub fn paused(answer: &Answer, at: Place, pause: Duration) -> Play {
        let (part, rest) = split(answer, at);
        Play { pause, ..Play::new(vec![part, rest], End::Close) }
    }

    /// An answer, piece by piece.
    pub fn whole(answer: &Answer, piece: usize) -> Play {
        let (_, bytes) = split(answer, Place::BeforeHead);
        Play { piece: piece.max(1), ..Play::bytes(bytes, End::Close) }
    }
}

/// An answer's bytes up to a place, and from there on.
fn split(answer: &Answer, at: Place) -> (Vec<u8>, Vec<u8>) {
    let head = head(answer, at == Place::InChunkedBody);
    let (half, rest) = answer.body.split_at(answer.body.len() / 2);
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    match at {
        Place::BeforeHead => (Vec::new(), [&head[..], &answer.body].concat()),
        Place::InHead => {
            let (begun, left) = head.split_at(head.len() / 2);
            (begun.to_vec(), [left, &answer.body].concat())
        }
        Place::InBody => ([&head[..], half].concat(), rest.to_vec()),
        Place::InChunkedBody => ([head, chunk(half)].concat(), [&chunk(rest)[..], b"0\r\n\r\n"].concat()),
    }
}

fn head(answer: &Answer, chunked: bool) -> Vec<u8> {
    let reason = answer.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\nconnection: close\r\n", answer.status.as_u16());
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &if chunked {
        "transfer-encoding: chunked\r\n\r\n".to_owned()
    } else {
        format!("content-length: {}\r\n\r\n", answer.body.len())
    };
    head.into_bytes()
}

/// Does on the socket what is to be done instead of sending an answer. Afterwards the connection
/// has to end.
pub(super) async fn play(play: Play, socket: &TcpStream, shared: &Arc<Shared>) {
    for (place, part) in play.parts.iter().enumerate() {
        if place > 0 {
            tokio::select! {
                () = tokio::time::sleep(play.pause) => {}
                () = stopping(shared) => return,
            }
        }
        for piece in part.chunks(play.piece) {
            if let Err(error) = write(socket, piece).await {
                return tracing::debug!(%error, "the client had enough");
            }
            tokio::task::yield_now().await;
        }
    }
    match play.end {
        End::Close => {}
        End::Reset => reset(socket),
        End::Stall => stopping(shared).await,
        End::GoneAway { back_after_ms } => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                go_away(&shared.life).await;
                if let Some(milliseconds) = back_after_ms {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    come_back(&shared.life).await;
                }
            });
            // This ends with its connection.
            std::future::pending().await
        }
    }
}

/// Nobody waits longer than for the mock.
async fn stopping(shared: &Shared) {
    let _ = shared.life.subscribe().wait_for(|life| life.stopping).await;
}

/// hyper writes through another handle, and has nothing to write meanwhile.
async fn write(socket: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What is closed after this is reset.
fn reset(socket: &TcpStream) {
    if let Err(error) = socket.set_zero_linger() {
        tracing::error!(%error, "a connection is closed where it should be reset");
    }
}

/// Returns when connections are refused.
pub(super) async fn go_away(life: &watch::Sender<Life>) {
    life.send_modify(|life| life.gone = true);
    let _ = life.subscribe().wait_for(|life| life.closed || life.stopping).await;
}

/// Returns when connections are taken again.
pub(super) async fn come_back(life: &watch::Sender<Life>) {
    life.send_modify(|life| life.gone = false);
    let _ = life.subscribe().wait_for(|life| !life.closed || life.stopping).await;
}

/// The port: listened on, or held so that nobody else gets it.
enum Door {
    Open(TcpListener),
    Closed(TcpSocket),
}

impl Door {
    /// The connections that are there keep the port from being given to somebody else meanwhile.
    fn closed(self, address: SocketAddr) -> io::Result<Door> {
        // Only sockets that don't listen can share a port.
        drop(self);
        let socket = TcpSocket::new_v4()?;
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
}

/// Serves until it is told to stop, and then until the answers that are under way are sent.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    if let Err(error) = accept(listener, &shared, &mut stopped, &mut connections).await {
        tracing::error!(%error, "the mock ended");
    }
    shared.life.send_modify(|life| life.stopping = true);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: TcpListener,
    shared: &Arc<Shared>,
    stopped: &mut oneshot::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut door = Door::Open(listener);
    let mut life = shared.life.subscribe();
    loop {
        let accepted = async {
            match &door {
                Door::Open(listener) => listener.accept().await,
                Door::Closed(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            // The sender never sends: it is dropped, which is the signal.
            _ = &mut *stopped => return Ok(()),
            accepted = accepted => match accepted {
                Ok((stream, _)) => {
                    let outages = life.borrow().outages;
                    let connected = Connected::new(shared);
                    let conversation = converse(stream, Arc::clone(shared), outages);
                    connections.spawn(async move {
                        conversation.await;
                        drop(connected);
                    });
                }
                Err(error) => {
                    // It may be that there are too many.
                    tracing::warn!(%error, "a connection can't be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = life.changed() => {
                let gone = life.borrow_and_update().gone;
                match (gone, &door) {
                    (true, Door::Open(_)) => {
                        door = door.closed(address)?;
                        shared.life.send_modify(|life| (life.closed, life.outages) = (true, life.outages + 1));
                    }
                    (false, Door::Closed(_)) => {
                        door = door.opened()?;
                        shared.life.send_modify(|life| life.closed = false);
                    }
                    _ => {}
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A client that is connected, until it is dropped.
struct Connected(Arc<Shared>);

impl Connected {
    fn new(shared: &Arc<Shared>) -> Connected {
        shared.connections.send_modify(|connections| *connections += 1);
        Connected(Arc::clone(shared))
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.send_modify(|connections| *connections -= 1);
    }
}

/// Answers what comes on a connection.
async fn converse(stream: TcpStream, shared: Arc<Shared>, outages: u64) {
    let (stream, socket) = match twice(stream) {
        Ok(both) => both,
        Err(error) => return tracing::debug!(%error, "a connection was gone before it was served"),
    };
    let answering = service_fn(|request| server::handle(Arc::clone(&shared), Arc::clone(&socket), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answering));
    let mut life = shared.life.subscribe();
    loop {
        let now = *life.borrow_and_update();
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
            _ = life.changed() => {}
        }
    }
}

/// The socket for hyper, and once more for what hyper wouldn't do.
fn twice(stream: TcpStream) -> io::Result<(TcpStream, Arc<TcpStream>)> {
    // Without it, the end of a long answer waits for a late acknowledgement.
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let socket = TcpStream::from_std(stream.try_clone()?)?;
    Ok((TcpStream::from_std(stream)?, Arc::new(socket)))
}
