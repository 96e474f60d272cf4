//! The core with a mock in the same process, for tests of thousands of cases.

use cloudflare_zero_trust::cloudflare::client::Client;
use cloudflare_zero_trust::cloudflare::transport::{Request, Response, Transport, TransportError};
use cloudflare_zero_trust::provision::{Change, Operation, Options, Report, apply};
use cloudflare_zero_trust::settings::Settings;
use host_test::mock::{Account, DEMO_TOKEN, Direct, Fault, Options as Behaviour};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A request with its answer: method, path, and both bodies.
#[derive(Clone)]
pub struct Exchange {
    pub method: &'static str,
    pub path: String,
    pub sent: String,
    pub came: String,
}

/// A change by another writer.
pub type Theirs = Box<dyn FnOnce(&mut Account)>;

/// A transport that asks the mock, and keeps the exchanges.
pub struct InProcess<'m> {
    mock: &'m Direct,
    said: &'m RefCell<Vec<Exchange>>,
    /// The change that another writer makes while the connector waits for the first time.
    meanwhile: &'m RefCell<Option<Theirs>>,
}

impl Transport for InProcess<'_> {
    type Pending = Request;

    fn start(&self, request: Request) -> Result<Request, TransportError> {
        Ok(request)
    }

    fn finish(&self, request: Request, _limit: usize) -> Result<Response, TransportError> {
        let uri: Uri = request.path_and_query.parse().unwrap();
        let headers: HeaderMap = request
            .headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let sent = request.body.unwrap_or_default();
        let answer = self.mock.answer(request.method.as_str(), &uri, &headers, sent.as_bytes());
        let came = String::from_utf8_lossy(&answer.body).into_owned();
        let path = uri.path().to_owned();
        self.said.borrow_mut().push(Exchange { method: request.method.as_str(), path, sent, came });
        Ok(Response { status: answer.status, headers: answer.headers, body: answer.body })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {
        if let Some(theirs) = self.meanwhile.borrow_mut().take() {
            self.mock.change(theirs);
        }
    }
}

/// A mock and the core.
pub struct Native {
    pub mock: Direct,
    said: RefCell<Vec<Exchange>>,
    meanwhile: RefCell<Option<Theirs>>,
    max_wait_seconds: &'static str,
}

impl Native {
    pub fn new(account: Account) -> Native {
        Native {
            mock: Direct::new(account, Behaviour::default()),
            said: RefCell::default(),
            meanwhile: RefCell::default(),
            max_wait_seconds: "0",
        }
    }

    /// Makes a core that waits on this fault, and a change by another writer meanwhile.
    pub fn patient(account: Account, fault: Fault, meanwhile: impl FnOnce(&mut Account) + 'static) -> Native {
        let behaviour = Behaviour { faults: vec![fault], ..Behaviour::default() };
        let mock = Direct::new(account.clone(), behaviour);
        let meanwhile: Theirs = Box::new(meanwhile);
        Native {
            mock,
            meanwhile: RefCell::new(Some(meanwhile)),
            max_wait_seconds: "10",
            ..Native::new(account)
        }
    }

    /// Applies changes in a session of its own. Returns the report and the exchanges.
    pub fn apply(&self, changes: &[Change], dry_run: bool, allow_gains: bool) -> (Report, Vec<Exchange>) {
        let account = self.mock.account().id;
        let settings = [
            ("account-id", account.as_str()),
            ("api-token", DEMO_TOKEN),
            ("max-wait-seconds", self.max_wait_seconds),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::parse("api-token", settings.to_vec()).unwrap();
        self.said.borrow_mut().clear();
        let mut client = Client::new(
            settings,
            InProcess { mock: &self.mock, said: &self.said, meanwhile: &self.meanwhile },
        );
        let options = Options { dry_run, allow_gains, extra: String::new() };
        let report = apply(&mut client, &Default::default(), changes, &options);
        let said = self.said.borrow().clone();
        assert_eq!(report.requests as usize, said.len(), "the report tells every request");
        (report, said)
    }
}

/// Makes a change. The principal is `kind:id`.
pub fn change(operation: Operation, entitlement: &str, principal: &str) -> Change {
    let (kind, id) = principal.split_once(':').unwrap();
    Change {
        operation,
        entitlement: entitlement.to_owned(),
        principal_kind: kind.to_owned(),
        principal_id: id.to_owned(),
    }
}

/// The fields of an object, each as its own text.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// Reads the fields of an object.
pub fn fields(text: &str) -> Fields {
    serde_json::from_str(text).unwrap()
}

/// Reads the fields of an answer's result.
pub fn result_of(answer: &str) -> Fields {
    fields(fields(answer)["result"].get())
}
