//! Misbehaviour as data: which request goes wrong, and how.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One way in which the mock misbehaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub on: Operation,
    pub effect: Effect,
    /// Whether the request is carried out all the same, so that a write changes the account.
    /// `None`: where at least a part of the true answer comes ([`Effect::is_carried_out`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_out: Option<bool>,
}

/// The requests that a fault is for; what is `None` matches any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// `GET`, in capitals.
    pub method: Option<String>,
    /// As in the keys of [`Mock::requests_by_route`](super::Mock::requests_by_route), without the
    /// method: `access/groups/{id}`.
    pub route: Option<String>,
    /// What the path names: one group of many, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The page that was asked for, from 1. A request that names none asks for the first.
    pub page: Option<u64>,
    /// Counts the requests with the same method, path and page since this fault was added, from 1.
    pub attempt: Option<u64>,
}

/// What goes wrong. There are four families: what stands instead of the answer; what happens to the
/// connection; what spoils the answer; what bends one page of a list, and does nothing to other
/// answers. Of those of the first two families that are for the same request, the one that was
/// added first happens.
///
/// What happens to the connection is for HTTP/1.1, where it carries one request at a time. In
/// HTTP/2 each of these resets the request's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A failure in Cloudflare's envelope, with additional headers (say `retry-after`).
    Status { status: u16, code: u64, message: String, headers: Vec<(String, String)> },
    /// A page for people, as an intermediary sends it.
    Html { status: u16 },
    /// No body at all.
    Empty { status: u16 },
    /// This text, sent as JSON whatever it is.
    Body { status: u16, body: String },
    /// 302 to `location`.
    Redirect { location: String },

    /// Every connection is reset, and new ones are refused until
    /// [`Mock::come_back`](super::Mock::come_back), or else for so many milliseconds.
    GoneAway { back_after_ms: Option<u64> },
    /// The connection is reset.
    Reset { at: Place },
    /// The connection is closed as if all were said.
    Close { at: Place },
    /// Nothing comes any more, and the connection stays until the client gives up.
    Stall { at: Place },
    /// The whole answer, but nothing for so many milliseconds at that place; then the connection is
    /// closed.
    Pause { at: Place, milliseconds: u64 },
    /// The whole answer, so many bytes at a time; then the connection is closed.
    Trickle { bytes: usize },
    /// This text instead of head and body; then the connection is closed.
    NotHttp { text: String },

    /// The first half of the right body, with a content-length that agrees.
    CutOff,
    /// So many headers more, each of so many bytes.
    MoreHeaders { count: usize, bytes: usize },
    /// This value in place of the one at that JSON pointer of the body (`/result/0/email`); fires
    /// only where there is one.
    SetField { pointer: String, value: Value },
    /// Nothing in place of the value at that JSON pointer; fires only where there is one.
    DropField { pointer: String },
    /// A text of so many bytes in place of the value at that JSON pointer; fires only where there
    /// is one.
    HugeField { pointer: String, bytes: usize },

    /// This value in place of the item at that index of the page; fires only where there is one.
    ReplaceItem { at: usize, item: Value },
    /// This value before the item at that index of the page, or at its end where it is shorter.
    InsertItem { at: usize, item: Value },
    /// Pages no longer than this, whatever was asked for; `result_info` says so. Leave the
    /// operation's page open.
    SmallerPages { per_page: u64 },
    /// `result_info` without `total_count` and `total_pages`.
    NoTotals,
    /// The last item of the page before comes once more at the start of this one.
    RepeatLast,
    /// From this page on, `total_count` is off by this much.
    TotalChanged { from_page: u64, by: i64 },
    /// Full pages without end and without totals, each item with an id (or, in a list of values, a
    /// value) never seen before.
    EndlessFresh,
    /// The first page again and again, whichever was asked for, without totals.
    EndlessRepeat,
}

/// How much of the right answer comes before its connection has its accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Nothing.
    BeforeHead,
    /// Half of the head.
    InHead,
    /// The head with the length of the whole body, and half of that.
    InBody,
    /// The head, and half of the body as the first of several chunks.
    InChunkedBody,
}

impl Fault {
    /// A fault that fires at every request.
    pub fn always(effect: Effect) -> Fault {
        Fault { on: Operation::default(), effect, carried_out: None }
    }

    /// A fault that fires at every request on this route: `Fault::on("GET", "access/users", …)`.
    pub fn on(method: &str, route: &str, effect: Effect) -> Fault {
        Fault { on: Operation::on(method, route), ..Fault::always(effect) }
    }

    /// Only at this page.
    pub fn at_page(self, page: u64) -> Fault {
        Fault { on: self.on.at_page(page), ..self }
    }

    /// Only at this attempt.
    pub fn at_attempt(self, attempt: u64) -> Fault {
        Fault { on: self.on.at_attempt(attempt), ..self }
    }

    /// With the request carried out all the same, or not, whatever is usual for the effect.
    pub fn carried_out(self, carried_out: bool) -> Fault {
        Fault { carried_out: Some(carried_out), ..self }
    }

    pub(super) fn carries_out(&self) -> bool {
        self.carried_out.unwrap_or_else(|| self.effect.is_carried_out())
    }
}

impl Operation {
    /// Every request on this route.
    pub fn on(method: &str, route: &str) -> Operation {
        Operation { method: Some(method.into()), route: Some(route.into()), ..Operation::default() }
    }

    /// Only where the path names this.
    pub fn of(self, id: &str) -> Operation {
        Operation { id: Some(id.into()), ..self }
    }

    /// Only at this page.
    pub fn at_page(self, page: u64) -> Operation {
        Operation { page: Some(page), ..self }
    }

    /// Only at this attempt.
    pub fn at_attempt(self, attempt: u64) -> Operation {
        Operation { attempt: Some(attempt), ..self }
    }
}

impl Effect {
    /// Whether a request with this effect is carried out, where its fault doesn't say: where a part
    /// of the true answer comes.
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
