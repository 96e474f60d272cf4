//! A scenario with the core alone, in this process.

use super::account::{account_of, change};
use super::judge::Observed;
use super::scenario::Scenario;
use super::{Reads, options, read_through, settings};
use crate::at_once::at_once;
use crate::in_process::MockInProcess;
use cloudflare_zero_trust::contract as connector;
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use connector_host::HostError;
use connector_host::contract::Page;
use host_test::contract::Translate;
use host_test::mock::{Recorded, When};

/// Nothing listens at this address.
const BASE_URL: &str = "http://127.0.0.1:1/client/v4";

pub fn session<'w>(upstream: &'w MockInProcess, scenario: &Scenario) -> Session<&'w MockInProcess> {
    let settings = settings(&upstream.mock.account().id, BASE_URL, scenario);
    Session::new(Settings::parse("api-token", settings).unwrap(), upstream)
}

/// The core alone.
struct InProcess<'w> {
    upstream: &'w MockInProcess,
    scenario: &'w Scenario,
    session: Session<&'w MockInProcess>,
}

impl Reads for InProcess<'_> {
    async fn read(&mut self, cursor: Option<&str>) -> Result<Page, HostError> {
        let page = self.session.read(&[], cursor);
        match page {
            Ok(page) => Ok(connector::Page::from(page).translate()),
            Err(error) => Err(HostError::Connector(Box::new(connector::Error::from(error).translate()))),
        }
    }

    async fn begin_anew(&mut self) {
        self.session = session(self.upstream, self.scenario);
    }

    async fn recover(&mut self, ends: bool) {
        if ends {
            self.upstream.mock.end_faults();
        }
        self.upstream.come_back();
    }
}

/// The outcome of a scenario in this process.
pub struct Ran {
    pub observed: Observed,
    pub cursors: Vec<String>,
    /// The requests that arrived at the mock.
    pub sent: Vec<Recorded>,
}

pub fn observe(scenario: &Scenario) -> Ran {
    let upstream = MockInProcess::new(account_of(scenario), options(scenario));
    for (on, route, how) in scenario.changes() {
        upstream.mock.meddle(on, When::Before, move |account| change(account, &route, how));
    }
    let mut reads = InProcess { upstream: &upstream, scenario, session: session(&upstream, scenario) };
    let (whole, mut observed) = at_once(read_through(scenario, &mut reads));
    observed.happened(&upstream.mock.fired(), &upstream.mock.meddled());
    observed.requests = upstream.sent().len() as u64;
    observed.take(&whole);
    Ran { observed, cursors: whole.cursors, sent: upstream.sent() }
}
