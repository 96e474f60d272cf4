//! The server's requests from a network.

use std::pin::Pin;
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::net::TcpStream;

use crate::mock::api::{Answer, Failure};
use crate::mock::lock::{lock_read, lock_write};

use super::connection::{Handler, Unanswered};
use super::life::Life;
use super::play::Play;
use super::server::Server;
use super::traffic::Recorded;

/// The longest body that a request may have, well above a group with the most rules.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Returns the future that a request waits for, by its headers.
pub type Hold = Box<dyn Fn(&HeaderMap) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A server on a network.
pub(crate) struct Front {
    pub server: Server,
    pub life: Arc<Life>,
    hold: RwLock<Option<Hold>>,
}

impl Front {
    pub fn new(server: Server) -> Front {
        Front { server, life: Arc::default(), hold: RwLock::default() }
    }

    pub fn hold(&self, hold: Hold) {
        *lock_write(&self.hold) = Some(hold);
    }

    /// Waits for the latency, and for the hold.
    async fn wait(&self, headers: &HeaderMap) {
        let latency = lock_read(&self.server.options).latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let held = lock_read(&self.hold).as_ref().map(|hold| hold(headers));
        if let Some(held) = held {
            held.await;
        }
    }
}

impl Handler for Arc<Front> {
    async fn handle(
        self,
        request: Request<Incoming>,
        socket: Arc<TcpStream>,
    ) -> Result<Response<Full<Bytes>>, Unanswered> {
        let server = &self.server;
        let (number, _under_way) = server.traffic.arrived();
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map(|body| body.to_bytes());
        let most = lock_read(&server.options).log;
        let recorded = || Recorded::of(&parts, body.as_deref().unwrap_or_default());
        server.traffic.record(most, recorded);
        self.wait(&parts.headers).await;
        let (mut answer, fault) = match &body {
            Ok(body) => server.answer(parts.method.as_str(), &parts.uri, &parts.headers, body),
            Err(_) => {
                let too_large = Failure::new(StatusCode::PAYLOAD_TOO_LARGE, 1004, "the body is too large");
                (too_large.into(), None)
            }
        };
        answer.headers.extend(server.common_headers(number));
        let (method, path) = (&parts.method, parts.uri.path());
        if let Some(fault) = fault {
            tracing::debug!(%method, path, "not answered");
            let play = Play::of(fault.effect(), &answer).filter(|_| parts.version == Version::HTTP_11);
            if let Some(play) = play {
                play.run(&socket, &self.life).await;
            }
            return Err(Unanswered);
        }
        server.traffic.sent(answer.body.len());
        tracing::debug!(%method, path, status = answer.status.as_u16(), "answered");
        Ok(into_response(answer))
    }
}

fn into_response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name).expect("a fault's headers have names that HTTP allows");
        let value = HeaderValue::try_from(value).expect("a fault's headers have values that HTTP allows");
        response.headers_mut().append(name, value);
    }
    response
}
