//! The core without a component and without a network, for tests of thousands of cases. The mock's
//! effects on a connection arrive as the errors that the component would report to the core. Cases
//! that run both ways show that it does.

use cloudflare_zero_trust::cloudflare::transport::{Cut, Request, Response, Transport, TransportError};
use host_test::mock::{Account, Answered, Direct, Effect, Options, Place, Recorded};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};
use std::cell::{Cell, RefCell};

/// The host's limit for an answer's headers: their number, and their bytes together.
const HEADERS: (usize, usize) = (100, 400 << 10);

/// The time of every answer. It decides which service tokens have expired.
const DATE: &str = "Sat, 28 Nov 2026 09:00:00 GMT";

/// A request as the mock sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub method: String,
    /// The route below the account, or below the API for routes of the user.
    pub route: String,
    /// The id in the path.
    pub id: Option<String>,
    pub page: u64,
}

impl Asked {
    pub fn of(method: &str, path: &str, query: Option<&str>) -> Asked {
        let below = path.strip_prefix("/client/v4/").unwrap_or(path);
        let below = below
            .strip_prefix("accounts/")
            .and_then(|below| below.split_once('/'))
            .map_or(below, |(_, it)| it);
        let (mut route, mut id) = (Vec::new(), None);
        for segment in below.split('/') {
            if segment.len() < 32 {
                route.push(segment);
            } else {
                route.push("{id}");
                id = Some(segment.to_owned());
            }
        }
        let page = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("page="));
        let page = page.map_or(1, |page| page.parse().unwrap());
        Asked { method: method.to_owned(), route: route.join("/"), id, page }
    }

    pub fn like(sent: &Recorded) -> Asked {
        Asked::of(&sent.method, &sent.path, sent.query.as_deref())
    }
}

/// A mock in the same process, in place of a connection.
pub struct MockInProcess {
    pub mock: Direct,
    sent: RefCell<Vec<Recorded>>,
    taken: RefCell<Vec<Asked>>,
    clock: Cell<u64>,
    /// The time until which no server answers.
    gone_until: Cell<u64>,
}

impl MockInProcess {
    pub fn new(account: Account, options: Options) -> MockInProcess {
        MockInProcess {
            mock: Direct::new(account, options),
            sent: RefCell::default(),
            taken: RefCell::default(),
            clock: Cell::default(),
            gone_until: Cell::default(),
        }
    }

    /// Lets the server answer again.
    pub fn come_back(&self) {
        self.gone_until.set(0);
    }

    /// Returns the requests that arrived at the mock, in order.
    pub fn sent(&self) -> Vec<Recorded> {
        self.sent.borrow().clone()
    }

    /// Returns the requests whose answers the core took, in order. A request that was sent ahead
    /// and never taken is not among them.
    pub fn taken(&self) -> Vec<Asked> {
        self.taken.borrow().clone()
    }

    pub fn forget_requests(&self) {
        self.sent.borrow_mut().clear();
        self.taken.borrow_mut().clear();
    }

    fn ask(&self, request: &Request) -> Result<Response, TransportError> {
        if self.gone_until.get() > self.clock.get() {
            return Err(TransportError::Connection("it was refused".to_owned()));
        }
        let uri: Uri = request.path_and_query.parse().unwrap();
        let headers: HeaderMap = request
            .headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let body = request.body.clone().unwrap_or_default();
        self.sent.borrow_mut().push(Recorded {
            method: request.method.as_str().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            headers: Vec::new(),
            body: body.clone(),
            version: Version::HTTP_11,
        });
        let (answered, effect) = self.mock.send(request.method.as_str(), &uri, &headers, body.as_bytes());
        self.arrived(answered, effect)
    }

    /// Turns an answer and an effect on its way into the result that the core gets.
    fn arrived(&self, answered: Answered, effect: Option<Effect>) -> Result<Response, TransportError> {
        let broken = || TransportError::BrokenAnswer("it isn't HTTP".to_owned());
        let closed = || TransportError::BrokenOff("it was closed".to_owned());
        let in_head = |at: &Place| matches!(at, Place::BeforeHead | Place::InHead);
        match effect {
            None | Some(Effect::Trickle { .. } | Effect::Pause { .. }) => {}
            Some(Effect::Stall { at }) if in_head(&at) => {
                return Err(TransportError::Timeout("its first byte took too long".to_owned()));
            }
            Some(Effect::Reset { at } | Effect::Close { at }) if in_head(&at) => return Err(closed()),
            Some(Effect::Drip { at, .. }) if in_head(&at) => {
                return Err(TransportError::Timeout("its first byte took too long".to_owned()));
            }
            Some(Effect::Drip { .. }) => return Err(cut(answered, Cut::Slow)),
            Some(Effect::Stall { .. }) => return Err(cut(answered, Cut::Late)),
            Some(Effect::Reset { .. } | Effect::Close { .. }) => return Err(cut(answered, Cut::Ended)),
            Some(Effect::NotHttp { .. }) => return Err(broken()),
            // The answer is longer than any limit.
            Some(Effect::EndlessBody) => return Err(cut(answered, Cut::TooLarge(1 << 20))),
            Some(Effect::GoneAway { back_after_ms }) => {
                let back = back_after_ms.map_or(u64::MAX, |after| self.clock.get() + after * 1_000_000);
                self.gone_until.set(back);
                return Err(closed());
            }
            Some(other) => panic!("nobody knows what becomes of {other:?}"),
        }
        let bytes: usize = answered.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if answered.headers.len() > HEADERS.0 || bytes > HEADERS.1 {
            return Err(broken());
        }
        let Answered { status, mut headers, body } = answered;
        headers.push(("date".to_owned(), DATE.to_owned()));
        Ok(Response { status, headers, body })
    }
}

/// Cuts off the second half of an answer's body.
fn cut(answered: Answered, why: Cut) -> TransportError {
    let Answered { status, headers, mut body } = answered;
    body.truncate(body.len() / 2);
    TransportError::CutShort { why, came: Box::new(Response { status, headers, body }) }
}

impl Transport for &MockInProcess {
    type Pending = (Asked, Result<Response, TransportError>);

    /// A request arrives at once, whether or not its answer is taken.
    fn start(&self, request: Request) -> Result<Self::Pending, TransportError> {
        let (path, query) = request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let asked = Asked::of(request.method.as_str(), path, Some(query));
        let answer = self.ask(&request);
        Ok((asked, answer))
    }

    fn finish(&self, (asked, answer): Self::Pending, limit: usize) -> Result<Response, TransportError> {
        self.taken.borrow_mut().push(asked);
        match answer? {
            long if long.body.len() > limit => {
                Err(TransportError::CutShort { why: Cut::TooLarge(limit), came: Box::new(long) })
            }
            whole => Ok(whole),
        }
    }

    fn now(&self) -> u64 {
        self.clock.get()
    }

    fn wait(&self, milliseconds: u32) {
        self.clock.set(self.clock.get() + u64::from(milliseconds) * 1_000_000);
    }
}
