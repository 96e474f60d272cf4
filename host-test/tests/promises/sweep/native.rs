//! A scenario with the core alone, on a wire.

use super::account::{account, change};
use super::judge::Observed;
use super::scenario::Scenario;
use super::{Reads, options, read_through, settings};
use crate::wire::{Wire, at_once};
use cloudflare_zero_trust::contract as connector;
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use connector_host::HostError;
use connector_host::contract::Page;
use host_test::contract::Translate;
use host_test::mock::{Recorded, When};

/// Nobody listens there.
const BASE_URL: &str = "http://127.0.0.1:1/client/v4";

pub fn session<'w>(wire: &'w Wire, scenario: &Scenario) -> Session<&'w Wire> {
    let settings = settings(&wire.mock.account().id, BASE_URL, scenario);
    Session::new(Settings::parse("api-token", settings).unwrap(), wire)
}

/// The core alone.
struct OnAWire<'w> {
    wire: &'w Wire,
    scenario: &'w Scenario,
    session: Session<&'w Wire>,
}

impl Reads for OnAWire<'_> {
    async fn read(&mut self, cursor: Option<&str>) -> Result<Page, HostError> {
        let page = self.session.read(&[], cursor);
        match page {
            Ok(page) => Ok(connector::Page::from(page).translate()),
            Err(error) => Err(HostError::Connector(Box::new(connector::Error::from(error).translate()))),
        }
    }

    async fn begin_anew(&mut self) {
        self.session = session(self.wire, self.scenario);
    }

    async fn recover(&mut self, ends: bool) {
        if ends {
            self.wire.mock.end_faults();
        }
        self.wire.come_back();
    }
}

/// What came of a scenario on a wire.
pub struct Ran {
    pub observed: Observed,
    pub cursors: Vec<String>,
    /// What arrived at the mock.
    pub sent: Vec<Recorded>,
}

pub fn observe(scenario: &Scenario) -> Ran {
    let wire = Wire::new(account(), options(scenario));
    for (on, route, how) in scenario.changes() {
        wire.mock.meddle(on, When::Before, move |account| change(account, &route, how));
    }
    let mut reads = OnAWire { wire: &wire, scenario, session: session(&wire, scenario) };
    let (whole, mut observed) = at_once(read_through(scenario, &mut reads));
    observed.happened(&wire.mock.fired(), &wire.mock.meddled());
    observed.requests = wire.sent().len() as u64;
    observed.take(&whole);
    Ran { observed, cursors: whole.cursors, sent: wire.sent() }
}
