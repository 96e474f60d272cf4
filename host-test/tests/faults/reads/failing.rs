//! The failure that an effect causes.

use super::judge::Broken;
use connector_host::contract::ErrorKind;
use host_test::mock::{Effect, Place};
use serde_json::Value;

/// A request that fails.
pub struct Failure {
    pub kind: ErrorKind,
    pub retry_after_ms: Option<u32>,
    /// The request is repeated while there is patience.
    pub again: bool,
    /// No answer came. A request that was sent ahead is repeated at once.
    pub unanswered: bool,
    /// For a list that rules name, this is a gap and no failure.
    pub gap: bool,
    /// It passes: the request is repeated once, with patience or without.
    pub passes: bool,
}

impl Failure {
    pub fn of(kind: ErrorKind) -> Failure {
        let again = matches!(kind, ErrorKind::Unavailable | ErrorKind::RateLimited);
        Failure { kind, retry_after_ms: None, again, unanswered: false, gap: false, passes: false }
    }

    pub fn gap(kind: ErrorKind) -> Failure {
        Failure { gap: true, ..Failure::of(kind) }
    }

    /// A refusal in the middle of a list that the same session reads.
    pub fn passing() -> Failure {
        Failure { again: false, passes: true, ..Failure::gap(ErrorKind::Unavailable) }
    }

    fn unanswered(again: bool) -> Failure {
        Failure { again, unanswered: true, ..Failure::of(ErrorKind::Unavailable) }
    }

    /// Returns the failure of a call with this request.
    pub fn broken(&self) -> Broken {
        let retryable = matches!(self.kind, ErrorKind::Unavailable | ErrorKind::RateLimited);
        Broken::Error { kind: self.kind, retryable, retry_after_ms: self.retry_after_ms }
    }
}

/// Returns the failure that an effect causes, if it does.
pub fn failure(effect: &Effect) -> Option<Failure> {
    use ErrorKind::*;
    Some(match effect {
        Effect::Status { status, code, headers, .. } => {
            let seconds = headers
                .iter()
                .find_map(|(name, value)| (name == "retry-after").then(|| value.parse::<u32>().ok())?);
            let failure = match (status, code) {
                (400, 6003) | (403, 9103) => Failure::of(Unauthenticated),
                (400, 7003) => Failure::gap(NotFound),
                (400, _) => Failure::gap(InvalidResponse),
                (401, _) => Failure::of(Unauthenticated),
                (403, 9999) | (404 | 410, _) => Failure::gap(NotFound),
                (403, _) => Failure::gap(PermissionDenied),
                (409, _) => Failure::of(Conflict),
                (429, _) => Failure::of(RateLimited),
                (408 | 500.., _) => Failure::gap(Unavailable),
                _ => Failure::of(InvalidResponse),
            };
            Failure { retry_after_ms: seconds.map(|seconds| seconds * 1000), ..failure }
        }
        Effect::Html { status } | Effect::Empty { status } | Effect::Body { status, .. } => {
            let failure = match status {
                429 => Failure::of(RateLimited),
                500.. => Failure::gap(Unavailable),
                _ => Failure::of(InvalidResponse),
            };
            let seconds = retry_after(effect).filter(|_| failure.again);
            Failure { retry_after_ms: seconds.map(|seconds| seconds * 1000), ..failure }
        }
        Effect::Encoded { .. } => Failure::of(InvalidResponse),
        // It was waited for.
        Effect::Drip { at: Place::InBody, .. } => Failure { unanswered: false, ..Failure::unanswered(false) },
        Effect::Drip { .. } => Failure::unanswered(false),
        Effect::Redirect { .. } | Effect::CutOff => Failure::of(InvalidResponse),
        Effect::GoneAway { .. } => Failure::of(Unavailable),
        Effect::Reset { at: Place::BeforeHead | Place::InHead }
        | Effect::Close { at: Place::BeforeHead | Place::InHead } => Failure::unanswered(true),
        // A proxy may have broken it off.
        Effect::Reset { .. } | Effect::Close { .. } | Effect::Stall { .. } | Effect::NotHttp { .. } => {
            Failure::unanswered(false)
        }
        // The host's limits: a hundred headers, 400 KiB of them.
        Effect::MoreHeaders { count, bytes } if *count > 100 || count * bytes > 400 << 10 => {
            Failure::unanswered(false)
        }
        Effect::EndlessRepeat | Effect::EndlessFresh | Effect::EndlessBody => Failure::of(InvalidResponse),
        // The answer is the API's, and says nothing of the list.
        Effect::SetField { pointer, value } if pointer == "/result" && value.is_null() => {
            Failure::gap(InvalidResponse)
        }
        Effect::SetField { pointer, .. } | Effect::DropField { pointer }
            if ["/success", "/result"].contains(&pointer.as_str()) =>
        {
            Failure::of(InvalidResponse)
        }
        _ => return None,
    })
}

/// Returns the seconds that the body of an answer asks to wait.
fn retry_after(effect: &Effect) -> Option<u32> {
    let Effect::Body { body, .. } = effect else { return None };
    serde_json::from_str::<Value>(body).ok()?["retry_after"].as_u64().map(|seconds| seconds as u32)
}
