//! Misbehaviour as data: the request that goes wrong, and the way in which it does.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One way in which the mock misbehaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub on: Operation,
    pub effect: Effect,
    /// Whether the request is carried out all the same, so that a write changes the account. With
    /// `None`, [`Effect::is_carried_out`] decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_out: Option<bool>,
}

/// The requests that a fault is for. A field that is `None` matches any request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// `GET`, in capitals.
    pub method: Option<String>,
    /// A route as in the keys of [`Mock::requests_by_route`](crate::mock::Mock::requests_by_route),
    /// without the method: `access/groups/{id}`.
    pub route: Option<String>,
    /// A segment of the path, for example the id of one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The page that was asked for, from 1. A request without a page asks for the first.
    pub page: Option<u64>,
    /// The number of the request among those with the same method, path and page since this fault
    /// was added, from 1.
    pub attempt: Option<u64>,
}

/// The way in which a request goes wrong. There are four families, in this order: another answer,
/// an accident of the connection, an answer that is spoiled, and one page of a collection that is
/// bent. The last does nothing to other answers. If several effects of the first two families are
/// for one request, the one that was added first happens.
///
/// Accidents of the connection are for HTTP/1.1, where a connection carries one request at a time.
/// In HTTP/2, each of them resets the request's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A failure in Cloudflare's envelope, with additional headers (for example `retry-after`).
    Status { status: u16, code: u64, message: String, headers: Vec<(String, String)> },
    /// A page for people, as an intermediary sends it.
    Html { status: u16 },
    /// An answer without a body.
    Empty { status: u16 },
    /// This text, sent as JSON whatever it is.
    Body { status: u16, body: String },
    /// 302 to `location`.
    Redirect { location: String },

    /// All connections are reset, and new ones are refused for so many milliseconds, or without a
    /// number until [`Mock::come_back`](crate::mock::Mock::come_back).
    GoneAway { back_after_ms: Option<u64> },
    /// The connection is reset.
    Reset { at: Place },
    /// The connection is closed as after a whole answer.
    Close { at: Place },
    /// Nothing more is sent, and the connection stays open until the client gives up.
    Stall { at: Place },
    /// The whole answer, with a pause at this place. Then the connection is closed.
    Pause { at: Place, milliseconds: u64 },
    /// The whole answer, so many bytes at a time. Then the connection is closed.
    Trickle { bytes: usize },
    /// The answer up to this place, and from there on so many bytes at a time, with a pause behind each.
    /// Then the connection is closed.
    Drip { at: Place, bytes: usize, milliseconds: u64 },
    /// The right head without a length, the first half of the right body, and then blanks for as
    /// long as the client takes them.
    EndlessBody,
    /// This text instead of head and body. Then the connection is closed.
    NotHttp { text: String },

    /// The first half of the right body, with a content-length that agrees.
    CutOff,
    /// The body in an encoding with this name, which nobody can read.
    Encoded { encoding: String },
    /// So many additional headers, each of so many bytes.
    MoreHeaders { count: usize, bytes: usize },
    /// This value instead of the one at that JSON pointer of the body (`/result/0/email`). It fires
    /// only if there is one.
    SetField { pointer: String, value: Value },
    /// The body without the value at that JSON pointer. It fires only if there is one.
    DropField { pointer: String },
    /// A text of so many bytes instead of the value at that JSON pointer. It fires only if there is
    /// one.
    HugeField { pointer: String, bytes: usize },

    /// This value instead of the item at that index of the page. It fires only if there is one.
    ReplaceItem { at: usize, item: Value },
    /// This value before the item at that index of the page, or at the end of a shorter page.
    InsertItem { at: usize, item: Value },
    /// Pages of at most this size, whatever was asked for; `result_info` reports it. The
    /// operation's page must be `None`.
    SmallerPages { per_page: u64 },
    /// `result_info` without `total_count` and `total_pages`.
    NoTotals,
    /// The last item of the page before, once more at the start of this page.
    RepeatLast,
    /// From this page on, a `total_count` that is wrong by this number.
    TotalChanged { from_page: u64, by: i64 },
    /// Full pages without end and without totals. Each item has a new id (or a new value, in a list
    /// of values).
    EndlessFresh,
    /// The first page again and again, whichever was asked for, without totals.
    EndlessRepeat,
    /// All items on every page, whichever was asked for and however long it may be. `result_info`
    /// says that it is page 1 of 1, without a total; or there is none.
    Unpaged { info: bool },
}

/// The place in the right answer where its connection has an accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before everything.
    BeforeHead,
    /// After half of the head.
    InHead,
    /// After the head, with the length of the whole body, and half of the body.
    InBody,
    /// After the head, and half of the body as the first of several chunks.
    InChunkedBody,
}

impl Fault {
    /// Returns a fault that fires at each request.
    pub fn always(effect: Effect) -> Fault {
        Fault { on: Operation::default(), effect, carried_out: None }
    }

    /// Returns a fault that fires at each request on this route:
    /// `Fault::on("GET", "access/users", …)`.
    pub fn on(method: &str, route: &str, effect: Effect) -> Fault {
        Fault { on: Operation::on(method, route), ..Fault::always(effect) }
    }

    /// Limits it to this page.
    pub fn at_page(self, page: u64) -> Fault {
        Fault { on: self.on.at_page(page), ..self }
    }

    /// Limits it to this attempt.
    pub fn at_attempt(self, attempt: u64) -> Fault {
        Fault { on: self.on.at_attempt(attempt), ..self }
    }

    /// Sets whether the request is carried out all the same, whatever is usual for the effect.
    pub fn carried_out(self, carried_out: bool) -> Fault {
        Fault { carried_out: Some(carried_out), ..self }
    }

    pub(super) fn carries_out(&self) -> bool {
        self.carried_out.unwrap_or_else(|| self.effect.is_carried_out())
    }
}

impl Operation {
    /// Returns the operation of all requests on this route.
    pub fn on(method: &str, route: &str) -> Operation {
        Operation { method: Some(method.into()), route: Some(route.into()), ..Operation::default() }
    }

    /// Limits it to paths with this segment.
    pub fn of(self, id: &str) -> Operation {
        Operation { id: Some(id.into()), ..self }
    }

    /// Limits it to this page.
    pub fn at_page(self, page: u64) -> Operation {
        Operation { page: Some(page), ..self }
    }

    /// Limits it to this attempt.
    pub fn at_attempt(self, attempt: u64) -> Operation {
        Operation { attempt: Some(attempt), ..self }
    }
}

impl Effect {
    /// Whether a request with this effect is carried out unless its fault says otherwise. It is if at
    /// least a part of the right answer is sent.
    pub fn is_carried_out(&self) -> bool {
        match self {
            Effect::Status { .. }
            | Effect::Html { .. }
            | Effect::Empty { .. }
            | Effect::Body { .. }
            | Effect::Redirect { .. }
            | Effect::GoneAway { .. }
            | Effect::NotHttp { .. } => false,
            Effect::Reset { at } | Effect::Close { at } | Effect::Stall { at } => *at != Place::BeforeHead,
            _ => true,
        }
    }
}
