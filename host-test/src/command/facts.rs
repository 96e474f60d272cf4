//! `--identities` in this program: facts in the files of baton's connectors too, and for a sync of several
//! sessions.

use super::connector;
use super::failure::Failure;
use super::logs;
use cloudflare_zero_trust::command::facts::{FactsArgs, Known, Pushed, Source, Sources, ask_for_pushed};
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::input::Open;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::GroupFacts;
use cloudflare_zero_trust::identities::ProviderGroup;
use connector_host::{Host, Session};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The files of facts.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "People whom only their identity provider knows")]
pub(super) struct SourcesArgs {
    #[command(flatten)]
    files: FactsArgs,
    #[cfg(feature = "c1z")]
    #[command(flatten)]
    baton: BatonArgs,
}

/// The identity providers of baton's files.
#[cfg(feature = "c1z")]
#[derive(Debug, Default, clap::Args)]
struct BatonArgs {
    /// Which identity provider a file of --identities is about that a baton connector wrote and whose name
    /// ends with .c1z, as in Okta=okta.c1z; without it, the only one that it can be
    ///
    /// It can be about Okta, Entra, Google Workspace or GitHub. The provider is its name, its type or its
    /// id. The file tells the time that it speaks of.
    #[arg(long, value_name = "NAME=FILE", requires = "identities")]
    provider: Vec<String>,
}

impl Sources for SourcesArgs {
    fn files(&self) -> &[PathBuf] {
        self.files.files()
    }

    #[cfg(feature = "c1z")]
    fn read(self, open: Open) -> Result<Vec<Box<dyn Source>>, Common> {
        let given = crate::identities::given_for(self.files(), &self.baton.provider)
            .map_err(|problem| Common::Usage(format!("--provider: {problem}.")))?;
        let read = |(file, given): (&PathBuf, Option<&str>)| match given {
            given if crate::identities::is_c1z(file) => baton::read(file, given),
            Some(_) => Err(Common::Usage(
                "--provider is for a file that ends with .c1z: rows of CSV and JSON Lines name their \
                 provider."
                    .to_owned(),
            )),
            None => self.files.read_file(file, open),
        };
        self.files().iter().zip(given).map(read).collect()
    }

    #[cfg(not(feature = "c1z"))]
    fn read(self, open: Open) -> Result<Vec<Box<dyn Source>>, Common> {
        self.files.read(open)
    }
}

/// Files that baton's connectors wrote.
#[cfg(feature = "c1z")]
mod baton {
    use super::{Common, Source};
    use crate::identities::c1z::{C1z, provider};
    use cloudflare_zero_trust::command::identities_file::Assigned;
    use cloudflare_zero_trust::command::providers::Providers;
    use cloudflare_zero_trust::command::shown::file_name;
    use std::path::Path;

    /// A file, and the identity provider that it is said to be about.
    struct Baton {
        file: String,
        given: Option<String>,
        c1z: C1z,
    }

    pub(super) fn read(path: &Path, given: Option<&str>) -> Result<Box<dyn Source>, Common> {
        let file = file_name(path).into_owned();
        let c1z = C1z::read(path).map_err(|unread| Common::Changes {
            file: format!("--identities: {file}"),
            line: None,
            problem: unread.to_string(),
        })?;
        Ok(Box::new(Baton { file, given: given.map(str::to_owned), c1z }))
    }

    impl Source for Baton {
        fn file(&self) -> &str {
            &self.file
        }

        fn assign(self: Box<Self>, providers: &Providers) -> Result<Assigned, Common> {
            let Baton { file, given, c1z } = *self;
            let found = provider(given.as_deref(), providers);
            let (provider, serves) = found.map_err(|problem| {
                let problem = problem.trim_end_matches('.');
                Common::Usage(format!("--identities: {file}: {problem}."))
            })?;
            Ok(Assigned { facts: c1z.facts(provider, serves), note: c1z.note() })
        }
    }
}

/// Opens the sessions of a sync, each with the same facts.
pub(super) struct Opener<'a> {
    host: &'a Host,
    connection: &'a Connection,
    /// The sources, until the first session says which groups rules name.
    sources: Vec<Box<dyn Source>>,
    known: Known,
}

impl<'a> Opener<'a> {
    pub(super) fn new(host: &'a Host, connection: &'a Connection, sources: Vec<Box<dyn Source>>) -> Self {
        Self { host, connection, sources, known: Known::default() }
    }

    /// Finds out what the sources know of the groups that rules name, if there are sources.
    pub(super) async fn learn(&mut self) -> Result<(), Failure> {
        if !self.sources.is_empty() {
            self.session().await?;
        }
        Ok(())
    }

    /// Returns a number that is the same for the same facts, whatever the order of their files; zero
    /// without facts. It is known once there was a session.
    pub(super) fn facts(&self) -> u64 {
        let number = |of: &GroupFacts| {
            let GroupFacts { group, addresses, source, as_of } = of;
            let text = format!("{group:?} {addresses:?} {source:?} {as_of:?}");
            Sha256::digest(text).into_iter().take(8).fold(0, |number, byte| number << 8 | u64::from(byte))
        };
        self.known.pieces.iter().flatten().map(number).fold(0, u64::wrapping_add)
    }

    /// Opens a session for reads, and tells it the facts.
    pub(super) async fn session(&mut self) -> Result<Session, Failure> {
        let mut session = connector::open(&[], self.connection, self.host).await?;
        if !self.sources.is_empty() {
            let demand = connector::wanted(&mut session).await?;
            let sources = std::mem::take(&mut self.sources);
            let pushed = match ask_for_pushed(&sources) {
                true => connector::pushed(&mut session).await?,
                false => Pushed::default(),
            };
            pushed.warnings.iter().for_each(logs::warn);
            self.known = Known::of(sources, &demand, &pushed)?;
            self.known.notes.iter().for_each(|note| logs::summary(note));
            if self.known.is_left_out {
                demand.warnings.iter().for_each(logs::warn);
            }
        }
        for piece in &self.known.pieces {
            connector::learn(&mut session, piece).await?;
        }
        Ok(session)
    }

    /// Whether people are missing from what SCIM pushed to Cloudflare.
    pub(super) fn is_in_part(&self) -> bool {
        self.known.learned.is_in_part
    }

    /// Returns the groups of identity providers that the sources told of.
    pub(super) fn told(&self) -> Vec<ProviderGroup> {
        self.known.learned.groups.clone()
    }
}
