//! A proxy of the tests' own. It shows what a proxy sees, and fails in the ways of proxies.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// How a proxy treats a request for a tunnel.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// It opens the tunnel, and answers with this status line.
    Opens(&'static str),
    /// It opens tunnels until the server closes one. Then it gives this answer. The client may know of
    /// the end sooner, so it waits a moment for the end of a tunnel that is still open.
    OpensUntilOneEnds(&'static str),
    /// It opens tunnels for those who send this as `Proxy-Authorization`.
    OpensFor(&'static str),
    /// It gives this answer, and closes the connection.
    Answers(&'static str),
    /// It gives this answer, and keeps the connection open.
    AnswersAndStays(&'static str),
    /// It closes the connection without an answer.
    Closes,
    /// It never answers.
    Hangs,
}

/// The answer with which most proxies open a tunnel.
pub const OPEN: Manner = Manner::Opens("HTTP/1.1 200 Connection established\r\n\r\n");

/// A proxy on loopback. Each of its tunnels leads to one server, whichever was asked for. Dropping
/// it ends it.
pub struct ProxyServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    serving: JoinHandle<()>,
}

/// Everything that a proxy sees.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The head of each request.
    pub heads: Vec<String>,
    /// The bytes that went through tunnels, in both directions.
    pub through: Vec<u8>,
    /// The tunnels that are open.
    open: usize,
    /// Whether a server has closed a tunnel.
    one_ended: bool,
}

impl ProxyServer {
    pub async fn start(to: SocketAddr, manner: Manner) -> ProxyServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let of_task = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, to, manner, Arc::clone(&of_task)));
            }
        });
        ProxyServer { address, seen, serving }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves one connection. A client that goes away is its own affair, so no error is reported here.
async fn serve(mut client: TcpStream, to: SocketAddr, manner: Manner, seen: Arc<Mutex<Seen>>) {
    const DENIED: &str = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                          proxy-authenticate: Basic realm=\"corp\"\r\ncontent-length: 4\r\n\r\nno.\n";
    const OPENED: &str = "HTTP/1.1 200 OK\r\n\r\n";
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
        if !head[0].is_ascii_alphabetic() {
            // It is no HTTP, for example TLS.
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return;
        }
    }
    let head = String::from_utf8(head).unwrap();
    seen.lock().unwrap().heads.push(head.clone());
    let one_ended = matches!(manner, Manner::OpensUntilOneEnds(_)) && has_one_ended(&seen).await;
    let (answer, opens, stays) = match manner {
        Manner::Opens(answer) => (answer, true, false),
        Manner::OpensUntilOneEnds(answer) if one_ended => (answer, false, false),
        Manner::OpensUntilOneEnds(_) => (OPENED, true, false),
        Manner::OpensFor(credentials) => {
            let wanted = format!("proxy-authorization: {credentials}");
            let knows = head.lines().any(|line| line == wanted);
            (if knows { OPENED } else { DENIED }, knows, false)
        }
        Manner::Answers(answer) => (answer, false, false),
        Manner::AnswersAndStays(answer) => (answer, false, true),
        Manner::Closes => return,
        Manner::Hangs => ("", false, true),
    };
    let _ = client.write_all(answer.as_bytes()).await;
    if stays {
        let _ = client.read_u8().await;
    }
    if opens {
        let server = TcpStream::connect(to).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        seen.lock().unwrap().open += 1;
        let up = copy(&mut from_client, &mut to_server, &seen);
        let down = async {
            copy(&mut from_server, &mut to_client, &seen).await;
            {
                let mut seen = seen.lock().unwrap();
                seen.one_ended = true;
                seen.open -= 1;
            }
            let _ = to_client.shutdown().await;
        };
        tokio::join!(up, down);
    }
}

/// Whether a server has closed a tunnel, or closes one soon.
async fn has_one_ended(seen: &Mutex<Seen>) -> bool {
    const SOON: Duration = Duration::from_secs(3);
    let decided = async {
        loop {
            {
                let seen = seen.lock().unwrap();
                if seen.one_ended || seen.open == 0 {
                    return seen.one_ended;
                }
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, decided).await.unwrap_or(false)
}

/// Copies until an end closes.
async fn copy(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), seen: &Mutex<Seen>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        seen.lock().unwrap().through.extend_from_slice(&bytes[..count]);
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
