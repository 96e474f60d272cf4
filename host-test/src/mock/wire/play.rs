//! Accidents of a connection: the bytes that are sent instead of an answer, and the end after them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpStream;

use crate::mock::api::Answer;
use crate::mock::faults::{Effect, Place};

use super::life::Life;

/// The things that happen on a connection instead of sending an answer.
pub(super) struct Play {
    /// Sent with a pause between them.
    parts: Vec<Vec<u8>>,
    pause: Duration,
    /// The number of bytes that are sent at once.
    piece: usize,
    /// The pause behind each piece of the last part.
    beat: Duration,
    end: End,
}

/// The end of a connection.
#[derive(Clone, Copy)]
enum End {
    Reset,
    Close,
    Stall,
    /// Blanks, for as long as the client takes them.
    Endless,
    GoneAway {
        back_after_ms: Option<u64>,
    },
}

/// Whether an effect is an accident of the connection.
pub(super) fn is_accident(effect: &Effect) -> bool {
    // Every accident happens to an empty answer too.
    Play::of(effect, &Answer { status: StatusCode::OK, headers: Vec::new(), body: Bytes::new() }).is_some()
}

impl Play {
    /// Returns the accident that this effect is for an answer; `None` for other effects.
    pub fn of(effect: &Effect, answer: &Answer) -> Option<Play> {
        let play = match effect {
            Effect::GoneAway { back_after_ms } => {
                Play::bytes(Vec::new(), End::GoneAway { back_after_ms: *back_after_ms })
            }
            Effect::Reset { at } => Play::part(answer, *at, End::Reset),
            Effect::Close { at } => Play::part(answer, *at, End::Close),
            Effect::Stall { at } => Play::part(answer, *at, End::Stall),
            Effect::Pause { at, milliseconds } => {
                Play::paused(answer, *at, Duration::from_millis(*milliseconds))
            }
            Effect::Trickle { bytes } => Play::whole(answer, *bytes),
            Effect::Drip { at, bytes, milliseconds } => {
                Play::dripping(answer, *at, *bytes, Duration::from_millis(*milliseconds))
            }
            Effect::EndlessBody => Play::part(answer, Place::InChunkedBody, End::Endless),
            Effect::NotHttp { text } => Play::bytes(text.clone().into(), End::Close),
            _ => return None,
        };
        Some(play)
    }

    fn new(parts: Vec<Vec<u8>>, end: End) -> Play {
        Play { parts, pause: Duration::ZERO, piece: usize::MAX, beat: Duration::ZERO, end }
    }

    fn bytes(bytes: Vec<u8>, end: End) -> Play {
        Play::new(vec![bytes], end)
    }

    fn part(answer: &Answer, at: Place, end: End) -> Play {
        Play::bytes(split(answer, at).0, end)
    }

    fn paused(answer: &Answer, at: Place, pause: Duration) -> Play {
        let (part, rest) = split(answer, at);
        Play { pause, ..Play::new(vec![part, rest], End::Close) }
    }

    fn whole(answer: &Answer, piece: usize) -> Play {
        let (_, bytes) = split(answer, Place::BeforeHead);
        Play { piece: piece.max(1), ..Play::bytes(bytes, End::Close) }
    }

    fn dripping(answer: &Answer, at: Place, piece: usize, beat: Duration) -> Play {
        let (part, rest) = split(answer, at);
        Play { piece: piece.max(1), beat, ..Play::new(vec![part, rest], End::Close) }
    }

    /// Does it on the socket. The caller has to end the connection afterwards.
    pub async fn run(self, socket: &TcpStream, life: &Arc<Life>) {
        let last = self.parts.len().saturating_sub(1);
        for (place, part) in self.parts.iter().enumerate() {
            if place > 0 && !self.pause.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(self.pause) => {}
                    () = life.stopping() => return,
                }
            }
            let (piece, beat) =
                if place == last { (self.piece, self.beat) } else { (usize::MAX, Duration::ZERO) };
            for piece in part.chunks(piece) {
                if let Err(error) = write(socket, piece).await {
                    return tracing::debug!(%error, "the client had enough");
                }
                if beat.is_zero() {
                    tokio::task::yield_now().await;
                    continue;
                }
                tokio::select! {
                    () = tokio::time::sleep(beat) => {}
                    () = life.stopping() => return,
                }
            }
        }
        match self.end {
            End::Close => {}
            End::Reset => reset(socket),
            End::Stall => life.stopping().await,
            End::Endless => {
                let blanks = chunk(&[b' '; 1 << 16]);
                tokio::select! {
                    () = async { while write(socket, &blanks).await.is_ok() {} } => {}
                    () = life.stopping() => {}
                }
            }
            End::GoneAway { back_after_ms } => {
                let life = Arc::clone(life);
                tokio::spawn(async move {
                    life.go_away().await;
                    if let Some(milliseconds) = back_after_ms {
                        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                        life.come_back().await;
                    }
                });
                // This ends with its connection.
                std::future::pending().await
            }
        }
    }
}

/// Returns an answer's bytes before and after a place.
fn split(answer: &Answer, at: Place) -> (Vec<u8>, Vec<u8>) {
    let head = head(answer, at == Place::InChunkedBody);
    let (half, rest) = answer.body.split_at(answer.body.len() / 2);
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

/// Returns a chunk of a body whose length isn't known before.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
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

/// Writes beside hyper, which has another handle and nothing to write meanwhile.
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

/// Makes the later end of a connection a reset.
pub(super) fn reset(socket: &TcpStream) {
    if let Err(error) = socket.set_zero_linger() {
        tracing::error!(%error, "a connection is closed where it should be reset");
    }
}
