//! A host, a mock, and a whole read.

use host_test::host::contract::{Entitlement, Error, Grant, Page, Resource, Warning};
use host_test::host::{Cache, Config, Host, HostError, Limits, Session};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use std::collections::{BTreeMap, BTreeSet};

/// A mock with this account, and a host that runs the component against it.
pub struct Bench {
    pub mock: Mock,
    pub host: Host,
}

impl Bench {
    pub async fn new(account: Account) -> Bench {
        Self::with(account, Options::default()).await
    }

    pub async fn with(account: Account, options: Options) -> Bench {
        let mock = Mock::start(account, options).await.unwrap();
        Bench { mock, host: host().await }
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        let account = self.mock.read(|account| account.id.clone());
        // Without patience: what fails on purpose should fail at once. `retries.rs` has some.
        let common = [("account-id", account.as_str()), ("api-token", DEMO_TOKEN), ("max-wait-seconds", "0")];
        pairs(&[&common[..], &[("base-url", self.mock.base_url().as_str())]].concat())
    }

    pub async fn session(&self) -> Session {
        self.host.open("api-token", &self.settings()).await.unwrap()
    }

    /// A whole read of these kinds, in one session.
    pub async fn read(&self, kinds: &[&str]) -> Whole {
        self.try_read(kinds).await.unwrap()
    }

    /// A whole read, or the error that ended it.
    pub async fn try_read(&self, kinds: &[&str]) -> Result<Whole, Error> {
        read_through(&mut self.session().await, kinds).await
    }

    /// A whole read with these settings.
    pub async fn try_read_with(&self, settings: &[(String, String)]) -> Result<Whole, Error> {
        read_through(&mut self.host.open("api-token", settings).await.unwrap(), &[]).await
    }
}

/// A whole read in this session, or the error that ended it.
pub async fn read_through(session: &mut Session, kinds: &[&str]) -> Result<Whole, Error> {
    let kinds = strings(kinds);
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.read(&kinds, cursor.as_deref()).await.map_err(connector_error)?;
        cursor = whole.take(page);
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}

/// A host of its own: its connections end with this test's runtime. The compiled component is shared.
pub async fn host() -> Host {
    host_within(Limits::default()).await
}

/// A host of its own, with these limits.
pub async fn host_within(limits: Limits) -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(host_test::CONNECTOR, Config { cache, limits }).await.unwrap()
}

pub fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub fn connector_error(error: HostError) -> Error {
    match error {
        HostError::Connector(error) => *error,
        other => panic!("not the connector's own error: {other}"),
    }
}

/// Everything that a read gave, in order.
#[derive(Default)]
pub struct Whole {
    pub resources: Vec<Resource>,
    pub entitlements: Vec<Entitlement>,
    pub grants: Vec<Grant>,
    pub warnings: Vec<Warning>,
    pub cursors: Vec<String>,
    pub requests: u32,
    /// For each page what it weighs: the bytes of all its texts.
    pub weights: Vec<usize>,
    known_resources: BTreeSet<(String, String)>,
    known_entitlements: BTreeSet<String>,
}

impl Whole {
    /// Takes over a page, having checked that what it names came before it; gives its cursor.
    pub fn take(&mut self, page: Page) -> Option<String> {
        self.weights.push(weight(&page));
        self.known_resources.extend(page.resources.iter().map(|it| (it.id.kind.clone(), it.id.id.clone())));
        self.known_entitlements.extend(page.entitlements.iter().map(|it| it.id.clone()));
        for entitlement in &page.entitlements {
            let on = (entitlement.on.kind.clone(), entitlement.on.id.clone());
            assert!(self.known_resources.contains(&on), "{}", entitlement.id);
        }
        for grant in &page.grants {
            let principal = (grant.principal.kind.clone(), grant.principal.id.clone());
            assert!(self.known_entitlements.contains(&grant.entitlement), "{grant:?}");
            assert!(self.known_resources.contains(&principal), "{grant:?}");
        }
        self.resources.extend(page.resources);
        self.entitlements.extend(page.entitlements);
        self.grants.extend(page.grants);
        self.warnings.extend(page.warnings);
        self.requests += page.requests;
        self.cursors.extend(page.next.clone());
        page.next
    }

    /// Everything that was given, warnings aside, for comparing.
    pub fn facts(&self) -> BTreeSet<String> {
        let resources = self.resources.iter().map(|it| format!("{it:?}"));
        let entitlements = self.entitlements.iter().map(|it| format!("{it:?}"));
        resources.chain(entitlements).chain(self.grants.iter().map(|it| format!("{it:?}"))).collect()
    }

    /// Nothing was given twice.
    pub fn assert_nothing_twice(&self) {
        let resources: BTreeSet<_> = self.resources.iter().map(|it| (&it.id.kind, &it.id.id)).collect();
        assert_eq!(resources.len(), self.resources.len(), "a resource came twice");
        let entitlements: BTreeSet<_> = self.entitlements.iter().map(|it| &it.id).collect();
        assert_eq!(entitlements.len(), self.entitlements.len(), "an entitlement came twice");
        let grants: BTreeSet<_> = self.grants.iter().map(grant_id).collect();
        assert_eq!(grants.len(), self.grants.len(), "a grant came twice");
    }

    pub fn of_kind(&self, kind: &str) -> Vec<&Resource> {
        self.resources.iter().filter(|resource| resource.id.kind == kind).collect()
    }

    /// How many resources of each kind.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            *counts.entry(resource.id.kind.as_str()).or_default() += 1;
        }
        counts
    }

    pub fn warned_of(&self, code: &str) -> Vec<&Warning> {
        self.warnings.iter().filter(|warning| warning.code == code).collect()
    }

    pub fn is_incomplete(&self) -> bool {
        self.warnings.iter().any(|warning| warning.incomplete)
    }
}

pub fn grant_id(grant: &Grant) -> String {
    format!("{}:{}:{}", grant.entitlement, grant.principal.kind, grant.principal.id)
}

fn weight(page: &Page) -> usize {
    let resources: usize =
        page.resources.iter().map(|it| it.id.id.len() + it.display_name.len() + it.profile.len()).sum();
    let entitlements: usize = page.entitlements.iter().map(|it| it.id.len() + it.description.len()).sum();
    let grants: usize = page
        .grants
        .iter()
        .map(|it| {
            let basis: usize = it.basis.iter().map(|basis| basis.rule.len() + basis.value.len()).sum();
            let conditions: usize = it
                .conditions
                .iter()
                .flat_map(|it| it.any_of.iter().chain(&it.all_of).chain(&it.none_of).map(String::len))
                .sum();
            it.entitlement.len() + it.principal.id.len() + basis + conditions
        })
        .sum();
    let warnings: usize = page.warnings.iter().map(|it| it.message.len()).sum();
    resources + entitlements + grants + warnings
}
