//! The times at which requests go out, and the waits between them, seen at the transport. The clock
//! stands still except for the waits.

use super::super::transport::Cut;
use super::*;
use crate::cloudflare::{group, list_item, member, role, user};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

mod refused;

/// One use that a client made of its transport.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Did {
    /// It asked for this page.
    Sent(u32),
    /// It took the answer to that one.
    Took(u32),
    /// It waited for so many milliseconds.
    Waited(u32),
}
use Did::{Sent, Took, Waited};

type Answer = std::result::Result<Response, TransportError>;

/// Answers each page as scripted: the first attempt with the first answer, and so on. All other
/// answers are right.
#[derive(Default)]
struct Scripted {
    answers: RefCell<Vec<(u32, VecDeque<Answer>)>>,
    /// Headers of the right answers.
    headers: Vec<(String, String)>,
    /// Whether each page is full, and states no total.
    endless: bool,
    did: RefCell<Vec<Did>>,
    now: Cell<u64>,
}

impl Transport for Scripted {
    type Pending = u32;

    fn start(&self, request: Request) -> std::result::Result<u32, TransportError> {
        let page =
            request.path_and_query.split_once("page=").unwrap().1.split('&').next().unwrap().parse().unwrap();
        self.did.borrow_mut().push(Sent(page));
        Ok(page)
    }

    fn finish(&self, page: u32, _limit: usize) -> Answer {
        self.did.borrow_mut().push(Took(page));
        let mut answers = self.answers.borrow_mut();
        let scripted =
            answers.iter_mut().find(|(of, _)| *of == page).and_then(|(_, answers)| answers.pop_front());
        scripted.unwrap_or_else(|| {
            let total = if self.endless { "null" } else { "9" };
            let info = format!(r#"{{"page":{page},"per_page":1,"total_count":{total}}}"#);
            let body = format!(r#"{{"success":true,"result":[{{"id":"{page}"}}],"result_info":{info}}}"#);
            Ok(Response { status: 200, headers: self.headers.clone(), body: body.into_bytes() })
        })
    }

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn wait(&self, milliseconds: u32) {
        self.did.borrow_mut().push(Waited(milliseconds));
        self.now.set(self.now.get() + u64::from(milliseconds) * 1_000_000);
    }
}

fn client(transport: Scripted) -> Client<Scripted> {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    Client::new(Settings::parse("api-token", given).unwrap(), transport)
}

fn scripted(page: u32, answers: Vec<Answer>) -> Scripted {
    Scripted { answers: vec![(page, answers.into())].into(), ..Scripted::default() }
}

fn status(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Response { status, headers, body: br#"{"success":false,"errors":[],"result":null}"#.to_vec() })
}

impl Client<Scripted> {
    fn turn(&mut self, page: u32) -> Result<Verdict> {
        let at = Position { page, before: page - 1, ..Position::START };
        self.page(&user::COLLECTION, at, &mut |_| ())
    }

    /// Returns the uses since the last call.
    fn did(&self) -> Vec<Did> {
        self.transport.did.take()
    }
}

#[test]
fn three_more_attempts_with_waits_that_double() {
    // The last page: nothing is sent ahead.
    let mut client = client(scripted(9, vec![status(500, &[]), status(408, &[]), status(429, &[])]));
    client.turn(9).unwrap();
    let waits = [500, 1000, 2000].map(Waited);
    let [first, second, third] = waits;
    let expected =
        [Sent(9), Took(9), first, Sent(9), Took(9), second, Sent(9), Took(9), third, Sent(9), Took(9)];
    assert_eq!((client.did(), client.requests()), (expected.to_vec(), 4));

    let refused = || Err(TransportError::Connection("refused".to_owned()));
    let mut client = self::client(scripted(9, (0..9).map(|_| refused()).collect()));
    let error = client.turn(9).unwrap_err();
    assert_eq!((error.kind, error.retryable, client.requests()), (ErrorKind::Unavailable, true, 4));
    assert_eq!(client.did(), expected, "and no wait behind the last one");
}

#[test]
fn the_clock_makes_the_noise() {
    let waits = |now: u64| {
        let mut client =
            client(Scripted { now: now.into(), ..scripted(9, (0..3).map(|_| status(503, &[])).collect()) });
        client.turn(9).unwrap();
        client.did().into_iter().filter(|did| matches!(did, Waited(_))).collect::<Vec<_>>()
    };
    assert_eq!(waits(1_000_000_107)[0], Waited(500 - 107));
    let several: Vec<_> = [11, 222, 3_333, 44_444].map(waits).into();
    assert!(
        several.iter().all(|one| several.iter().filter(|other| *other == one).count() == 1),
        "{several:?}"
    );
}

#[test]
fn what_the_server_asks_for_is_waited_and_no_more_than_may_be() {
    let limited = |seconds| status(429, &[("retry-after", seconds)]);
    let mut client = client(scripted(9, vec![limited("7"), limited("3"), limited("1"), status(200, &[])]));
    let error = client.turn(9).unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after_ms),
        (ErrorKind::RateLimited, Some(1000)),
        "ten seconds are over"
    );
    assert_eq!(
        client.did().into_iter().filter(|did| matches!(did, Waited(_))).collect::<Vec<_>>(),
        [Waited(7000), Waited(3000)]
    );

    // The next call has its own ten.
    client.begin_call();
    client.transport.answers = RefCell::new(vec![(9, [limited("10")].into())]);
    client.turn(9).unwrap();
    assert_eq!(client.did(), [Sent(9), Took(9), Waited(10_000), Sent(9), Took(9)]);

    let mut client = self::client(scripted(9, vec![limited("11")]));
    let error = client.turn(9).unwrap_err();
    assert_eq!(
        (error.kind, error.retryable, error.retry_after_ms),
        (ErrorKind::RateLimited, true, Some(11_000))
    );
    assert_eq!(client.did(), [Sent(9), Took(9)], "longer than it may wait: the host decides");
    assert!(client.turn(9).is_err(), "nothing more is asked in this call");
    assert_eq!(client.did(), []);
    client.begin_call();
    client.turn(9).unwrap();
    assert_eq!(client.did(), [Sent(9), Took(9)], "the same page, in the next call");
}

#[test]
fn so_many_pages_are_under_way_and_each_is_asked_for_once() {
    let mut client = client(Scripted::default());
    client.turn(1).unwrap();
    assert_eq!(client.did(), [Sent(1), Took(1), Sent(2), Sent(3), Sent(4), Sent(5)]);
    for page in 2..=9 {
        client.turn(page).unwrap();
        let next = (page + 4 <= 9).then_some(Sent(page + 4));
        assert_eq!(client.did(), [Took(page)].into_iter().chain(next).collect::<Vec<_>>());
    }
    assert_eq!(client.requests(), 9);
}

#[test]
fn the_window_narrows_when_the_limit_is_nearly_used_up() {
    for (left, ahead) in [("100", 4), ("13", 3), ("11", 1), ("10", 0), ("0", 0)] {
        let headers = vec![("ratelimit".to_owned(), format!("\"default\";r={left};t=30"))];
        let mut client = client(Scripted { headers, ..Scripted::default() });
        client.turn(1).unwrap();
        assert_eq!(client.requests(), 1 + ahead, "{left} requests are left");
    }
}

#[test]
fn a_page_that_failed_ahead_is_an_error_when_it_is_asked_for_and_not_before() {
    let mut client = client(scripted(3, vec![status(403, &[])]));
    client.turn(1).unwrap();
    client.turn(2).unwrap();
    client.did();
    assert_eq!(client.turn(3).unwrap_err().kind, ErrorKind::PermissionDenied);
    client.turn(3).unwrap();
    client.turn(4).unwrap();
    let expected = [Took(3), Sent(3), Took(3), Sent(7), Took(4), Sent(8)];
    assert_eq!(client.did(), expected, "only the page that failed was asked for again");
}

#[test]
fn what_got_no_answer_ahead_is_asked_again_at_once() {
    let broken = |error: TransportError| {
        let mut client = client(scripted(2, vec![Err(error)]));
        client.turn(1).unwrap();
        client.did();
        let outcome = client.turn(2).is_ok();
        (outcome, client.did())
    };
    let again = (true, vec![Took(2), Sent(2), Took(2), Sent(6)]);
    assert_eq!(broken(TransportError::Timeout("it waited for the host".to_owned())), again);
    assert_eq!(broken(TransportError::BrokenAnswer("the same".to_owned())), again);
    let cut = |why| TransportError::CutShort { why, came: Box::new(status(200, &[]).unwrap()) };
    assert_eq!(broken(cut(Cut::Late)), again);
    assert_eq!(broken(cut(Cut::TooLarge(1))), (false, vec![Took(2)]));
}

#[test]
fn a_list_that_never_ends_is_given_up() {
    let items = list_item::collection(&crate::cloudflare::id::Id::parse("list").unwrap());
    for list in [&group::COLLECTION, &role::COLLECTION, &member::COLLECTION, &user::COLLECTION, &items] {
        let mut client = client(Scripted { endless: true, ..Scripted::default() });
        let mut at = Position::START;
        let error = loop {
            match client.page(list, at, &mut |_| ()) {
                Ok(verdict) => at = verdict.next.expect("a next page"),
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind, error.retryable), (ErrorKind::InvalidResponse, false), "{list:?}");
        assert!(error.message.contains("the list doesn't end"), "{error}");
        assert_eq!(client.requests(), list.bounds.pages + 1, "{list:?}");
    }
}

#[test]
fn lists_that_fail_one_after_the_other_are_asked_for_twice_at_once() {
    let failing = || (0..9).map(|_| status(503, &[])).collect::<Vec<_>>();
    let mut client = client(scripted(9, failing()));
    let read = |client: &mut Client<Scripted>| {
        let outcome = client.named_list(|client| client.turn(9));
        (outcome.map_err(|error| error.kind).err(), client.did().len())
    };
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 11), "four attempts and three waits");
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 4), "two attempts and no wait");
    client.begin_call();
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 4), "the same in the next call");
    // A failure that passes loses nothing.
    client.transport.answers = RefCell::new(vec![(9, [status(502, &[])].into())]);
    assert_eq!(read(&mut client), (None, 4));
    client.transport.answers = RefCell::new(vec![(9, failing().into())]);
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 11));
    // The limit is no failure of a list.
    client.transport.answers = RefCell::new(vec![(9, [status(429, &[])].into())]);
    assert_eq!(read(&mut client), (None, 5));
    // A list that can be read ends it, and so does time.
    client.transport.answers = RefCell::new(vec![(9, failing().into())]);
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 11));
    client.transport.now.set(client.transport.now.get() + named::LISTS_FAIL);
    client.begin_call();
    assert_eq!(read(&mut client), (Some(ErrorKind::Unavailable), 11));
    // It holds for these lists alone.
    client.begin_call();
    client.transport.answers = RefCell::new(vec![(9, [status(503, &[])].into())]);
    assert!(client.turn(9).is_ok());
}

#[test]
fn what_came_too_slowly_is_not_asked_for_again() {
    let cut = TransportError::CutShort { why: Cut::Slow, came: Box::new(status(200, &[]).unwrap()) };
    for error in [cut, TransportError::Certificate] {
        let mut client = client(scripted(2, vec![Err(error.clone()), Err(error.clone())]));
        client.turn(1).unwrap();
        client.did();
        let failed = client.turn(2).unwrap_err();
        assert_eq!((failed.kind, client.did()), (ErrorKind::Unavailable, vec![Took(2)]), "{error}");
        assert_eq!(failed.retryable, error != TransportError::Certificate, "{failed}");
    }
}
