//! One group, where Cloudflare answers as it likes.

use super::one;
use crate::cloudflare::client::Client;
use crate::cloudflare::group::{self, Group};
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::{Request, Response, Transport, TransportError};
use crate::error::ErrorKind::{self, InvalidResponse, NotFound, PermissionDenied, RateLimited, Unavailable};
use crate::scim::failed::problem;
use crate::settings::Settings;
use std::cell::Cell;

/// The status and the body of an answer.
type Answer = (u16, &'static str);

/// Answers with the first for the group, and with the second for the first page of the list of groups.
struct Scripted {
    answers: [Answer; 2],
    requests: Cell<u32>,
}

impl Transport for &Scripted {
    type Pending = Answer;

    fn start(&self, request: Request) -> Result<Answer, TransportError> {
        self.requests.set(self.requests.get() + 1);
        let [group, list] = self.answers;
        Ok(match request.path_and_query.split_once("?page=") {
            None => group,
            Some((_, page)) if page.starts_with("1&") => list,
            Some(_) => NO_MORE,
        })
    }

    fn finish(&self, (status, body): Answer, _limit: usize) -> Result<Response, TransportError> {
        Ok(Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

/// Reads the group `a1`. Returns whether it is there, or the kind of the error and its status in SCIM, and
/// the number of requests.
fn read(group: Answer, list: Answer) -> (Result<bool, (ErrorKind, u16)>, u32) {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    let scripted = Scripted { answers: [group, list], requests: Cell::new(0) };
    let mut client = Client::new(Settings::parse("api-token", given).unwrap(), &scripted);
    let found = one::<_, Group>(&mut client, &group::COLLECTION, &Id::parse("a1").unwrap());
    let found = found.map(|group| group.is_some()).map_err(|error| {
        let told = problem(&error);
        assert!(told.detail.contains("Access group"), "{}", told.detail);
        (error.kind, told.status)
    });
    (found, scripted.requests.get())
}

const GONE: Answer = (404, r#"{"success":false,"errors":[{"code":12135,"message":"group not found"}]}"#);
const NO_ROUTE: Answer = (404, r#"{"success":false,"errors":[{"code":7003,"message":"Could not route"}]}"#);
const ENDED: Answer = (410, r#"{"success":false,"errors":[{"code":1,"message":"no such route"}]}"#);
const OFF: Answer =
    (400, r#"{"success":false,"errors":[{"code":9999,"message":"access.api.error.not_enabled"}]}"#);
const DENIED: Answer = (403, r#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#);
const LIMITED: Answer = (429, r#"{"success":false,"errors":[{"code":971,"message":"wait"}]}"#);
const HIT: Answer = (200, r#"{"success":true,"result":{"id":"a1","name":"One"}}"#);
const OTHERS: Answer =
    (200, r#"{"success":true,"result":[{"id":"a2"}],"result_info":{"page":1,"total_count":1}}"#);
const WITH_IT: Answer =
    (200, r#"{"success":true,"result":[{"id":"A1"}],"result_info":{"page":1,"total_count":1}}"#);
/// It has something that can't be understood.
const STRANGE: Answer = (200, r#"{"success":true,"result":[{}],"result_info":{"page":1,"total_count":1}}"#);
/// It has the group, and that can't be understood.
const STRANGE_WITH_IT: Answer =
    (200, r#"{"success":true,"result":[{"id":"a1","name":5}],"result_info":{"page":1,"total_count":1}}"#);
/// It states one group more than it has.
const SHORT: Answer =
    (200, r#"{"success":true,"result":[{"id":"a2"}],"result_info":{"page":1,"total_count":2}}"#);
const NO_MORE: Answer = (200, r#"{"success":true,"result":[],"result_info":{"page":2,"total_count":2}}"#);

#[test]
fn a_group_that_is_there_takes_one_request() {
    assert_eq!(read(HIT, DENIED), (Ok(true), 1));
}

#[test]
fn a_group_is_gone_only_if_the_list_says_so_too() {
    for group in [GONE, NO_ROUTE, ENDED, OFF] {
        assert_eq!(read(group, OTHERS), (Ok(false), 2), "{group:?}");
        for (list, kind, status) in [
            (WITH_IT, InvalidResponse, 502),
            (STRANGE_WITH_IT, InvalidResponse, 502),
            (STRANGE, InvalidResponse, 502),
            (SHORT, Unavailable, 503),
            (GONE, NotFound, 502),
            (NO_ROUTE, NotFound, 502),
            (ENDED, NotFound, 502),
            (OFF, NotFound, 502),
            (DENIED, PermissionDenied, 502),
            (LIMITED, RateLimited, 429),
        ] {
            let (found, _) = read(group, list);
            assert_eq!(found, Err((kind, status)), "{group:?} {list:?}");
        }
    }
}

#[test]
fn another_failure_says_nothing_of_the_group() {
    assert_eq!(read(DENIED, OTHERS), (Err((PermissionDenied, 502)), 1));
}
