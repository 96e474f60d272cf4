//! A server that records each byte that it gets. A mock of an API would show its own reading of a
//! request, not the bytes that were sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running server. It ends when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// The connections and bytes that came.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    /// The number of connections that are still open.
    pub open: usize,
    /// The head of each request, from the request line to the empty line.
    pub heads: Vec<String>,
    /// The number of bytes after the heads.
    pub body_bytes: usize,
}

impl Server {
    /// Starts a server that answers every request with `200`.
    pub async fn start() -> Server {
        Self::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned()).await
    }

    /// Starts a server that never answers.
    pub async fn silent() -> Server {
        Self::answering(String::new()).await
    }

    /// Starts a server that gives this answer to every request.
    pub async fn answering(answer: String) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let of_task = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                {
                    let mut seen = of_task.lock().unwrap();
                    seen.connections += 1;
                    seen.open += 1;
                }
                let (answer, seen) = (answer.clone(), Arc::clone(&of_task));
                tokio::spawn(async move {
                    serve(connection, answer, &seen).await;
                    seen.lock().unwrap().open -= 1;
                });
            }
        });
        Server { address, seen, task }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Asserts that nobody has connected.
    pub async fn assert_untouched(&self) {
        // Bytes that this process sent earlier have arrived when a round trip is complete.
        let mut probe = TcpStream::connect(self.address).await.unwrap();
        probe.shutdown().await.unwrap();
        drop(probe.read(&mut [0]).await);
        let seen = self.seen();
        assert_eq!((seen.connections, seen.heads.len(), seen.body_bytes), (1, 0, 0), "{seen:?}");
        *self.seen.lock().unwrap() = Seen::default();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, answer: String, seen: &Mutex<Seen>) {
    let mut head = Vec::new();
    let mut bytes = [0; 4096];
    let mut in_body = 0;
    loop {
        let Ok(count @ 1..) = connection.read(&mut bytes).await else { return };
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            if in_body > 0 {
                let taken = rest.len().min(in_body);
                in_body -= taken;
                rest = &rest[taken..];
                seen.lock().unwrap().body_bytes += taken;
                continue;
            }
            head.push(rest[0]);
            rest = &rest[1..];
            if head.ends_with(b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&std::mem::take(&mut head)).into_owned();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                in_body = length.and_then(|length| length.parse().ok()).unwrap_or(0);
                seen.lock().unwrap().heads.push(text);
                if connection.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}
