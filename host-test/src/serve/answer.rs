//! One request: whether it is let in, its answer, and its line in the log.

use super::activity::Activity;
use super::log::{self, Line};
use super::refusal::{Interface, Refusal};
use super::shared::Shared;
use bytes::Bytes;
use cloudflare_zero_trust::edge::may_write;
use connector_host::{AnswerBody, HostError};
use http::header::HOST;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;

/// The header that gives an answer its number in the log.
const REQUEST_ID: &str = "x-request-id";

/// The body of an answer.
pub(super) struct Answered {
    content: Content,
    line: Line,
    _place: Option<OwnedSemaphorePermit>,
}

enum Content {
    /// The component's.
    Component(AnswerBody),
    /// Our own.
    Own(Full<Bytes>),
    /// None, as with a HEAD request. Its length isn't told.
    Nothing,
}

/// Answers a request.
pub(super) async fn answer(
    request: Request<Incoming>,
    shared: &Arc<Shared>,
    activity: &Arc<Activity>,
    is_full: bool,
) -> Response<Answered> {
    let number = shared.number();
    let interface = Interface::of(request.uri().path());
    let may_change = may_write(request.method().as_str(), request.uri().path());
    let mut line = Line::begin(number, request.method(), request.uri().path(), activity.begin(number));
    let place = if is_full { None } else { shared.admit(request.uri().path()) };
    let outcome = match &place {
        None => Err(Refusal::Busy),
        Some(_) if !names_a_host(&request) => Err(Refusal::NoHost),
        Some(_) => from_component(request, shared, number, &mut line).await,
    };
    let (mut parts, content) = outcome
        .unwrap_or_else(|refusal| {
            line.refused(&refusal);
            refusal.answer(interface, number, may_change).map(|text| Content::Own(Full::from(text)))
        })
        .into_parts();
    parts.headers.insert(REQUEST_ID, HeaderValue::from(number));
    line.begun(parts.status);
    if !matches!(content, Content::Component(_)) {
        line.is_whole();
    }
    Response::from_parts(parts, Answered { content, line, _place: place })
}

/// Has the component answer.
async fn from_component(
    request: Request<Incoming>,
    shared: &Shared,
    number: u64,
    line: &mut Line,
) -> Result<Response<Content>, Refusal> {
    let is_head = request.method() == Method::HEAD;
    let take_line = move |text: &str| log::component(number, text);
    let answered = shared.service.answer(shared.tls.is_some(), request, take_line).await;
    let answered = answered.map_err(Refusal::Failed)?;
    line.costs(answered.cost);
    let (parts, body) = answered.response.into_parts();
    // Nobody would wait for the end of a body that HTTP doesn't send.
    let content = if is_head || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&parts.status) {
        body.collect().await.map_err(Refusal::Failed)?;
        Content::Nothing
    } else {
        Content::Component(body)
    };
    Ok(Response::from_parts(parts, content))
}

/// Whether a request says which host it is for, in a form that can be handed on.
fn names_a_host<B>(request: &Request<B>) -> bool {
    let host = || request.headers().get(HOST).is_some_and(|host| host.to_str().is_ok());
    request.uri().authority().is_some() || host()
}

impl Body for Answered {
    type Data = Bytes;
    type Error = HostError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HostError>>> {
        let this = &mut *self;
        let frame = match &mut this.content {
            Content::Component(body) => ready!(Pin::new(body).poll_frame(context)),
            Content::Own(body) => {
                ready!(Pin::new(body).poll_frame(context)).map(|frame| frame.map_err(|never| match never {}))
            }
            Content::Nothing => None,
        };
        match &frame {
            Some(Ok(frame)) => this.line.sent(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(error)) => this.line.failed(error),
            None => this.line.is_whole(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Own(body) => body.is_end_stream(),
            Content::Component(_) | Content::Nothing => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Own(body) => body.size_hint(),
            Content::Component(body) => body.size_hint(),
            Content::Nothing => SizeHint::default(),
        }
    }
}
