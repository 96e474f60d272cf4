//! `sync --cursor-file`: a sync that another process can continue.

use super::asked::{account, kinds};
use super::cursor_file::{CursorFile, Scope, State};
use super::drafts::Shape;
use super::facts::Opener;
use super::failure::Failure;
use super::format::SyncFormat;
use super::reading::{Gaps, Place, read_pages};
use super::whole::{self, Totals};
use crate::output::{Growing, Stats, beside};
use cloudflare_zero_trust::command::args::ReadArgs;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::program::Wanted;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::command::warnings::{KnownGaps, Warnings};
use cloudflare_zero_trust::contract::{ErrorKind, Manifest};
use cloudflare_zero_trust::output::clean;
use cloudflare_zero_trust::settings::manifest::BASE_URL_FIELD;
use connector_host::Session;
use std::path::{Path, PathBuf};

/// The reason why a sync starts again that could go on with the facts of the earlier process.
const OTHER_FACTS: &str = "it began with other facts than those of --identities now, or without any. An \
                           interrupted sync goes on only with the same files and the same --as-of.";

/// A sync that another process can continue from its output and its cursor file.
pub(super) struct Resumable {
    file: CursorFile,
    state: State,
    draft: Box<dyn Growing>,
    place: PathBuf,
}

impl Resumable {
    /// Continues what an earlier process left, or begins.
    pub(super) fn open(
        file: CursorFile,
        scope: Scope,
        shape: &Shape,
        place: &Path,
        earlier: Option<State>,
    ) -> Result<Resumable, Failure> {
        if let Some(mut state) = earlier {
            file.check(&state, &scope)?;
            match shape.resume(place, &state.lengths)? {
                Some(draft) => {
                    state.stats.counts = state.stats.counts.with_incomplete(state.incomplete);
                    return Ok(Resumable { file, state, draft, place: place.to_owned() });
                }
                None if state.cursor.is_some() => return Err(file.output_is_gone(&beside(place))),
                // The earlier process was killed when only this file was left to remove: this is the
                // next sync.
                None => {}
            }
        }
        file.check_place()?;
        let draft = shape.begin(place)?;
        file.remove()?;
        let state = State {
            scope,
            cursor: None,
            lengths: Vec::new(),
            stats: Stats::default(),
            incomplete: false,
            gaps: KnownGaps::default(),
            totals: Totals::new(),
            facts: 0,
        };
        Ok(Resumable { file, state, draft, place: place.to_owned() })
    }

    pub(super) async fn sync(
        mut self,
        opener: &mut Opener<'_>,
        kinds: &[String],
        gaps: Gaps,
        warnings: &mut Warnings,
    ) -> Result<Stats, Failure> {
        let began = !self.state.lengths.is_empty();
        let is_read = began && self.state.cursor.is_none();
        let mut earlier = self.state.gaps.clone();
        if is_read {
            opener.learn().await?;
        }
        let has_others = began && self.state.facts != opener.facts();
        let stats = if is_read && !has_others {
            self.state.stats.clone()
        } else {
            let mut from = Place { cursor: self.state.cursor.clone(), stats: self.state.stats.clone() };
            if is_read {
                self.start_again(OTHER_FACTS)?;
                (earlier, from) = (KnownGaps::default(), Place::default());
            }
            let session = opener.session().await?;
            let began_with = std::mem::replace(&mut self.state.facts, opener.facts());
            let outcome = self.read(session, kinds, from, warnings).await;
            match outcome {
                Err(failure) if began && is_outdated(&failure) => {
                    let failed = failure.to_string();
                    let is_of_facts = began_with != self.state.facts;
                    self.start_again(if is_of_facts { OTHER_FACTS } else { &failed })?;
                    earlier = KnownGaps::default();
                    self.read(opener.session().await?, kinds, Place::default(), warnings).await?
                }
                outcome => outcome?,
            }
        };
        let stats = self.counted(stats, warnings)?;
        let incomplete = stats.counts.is_incomplete() || opener.is_in_part();
        // This process has named only those that it read itself.
        warnings.earlier(&earlier);
        if let Err(refused) = gaps.check(incomplete) {
            // Nothing is kept: the next sync may be complete.
            self.file.remove()?;
            self.draft.clear().map_err(Failure::output(self.place))?;
            return Err(refused);
        }
        self.draft.complete(incomplete).map_err(Failure::output(self.place))?;
        Ok(stats)
    }

    /// Adds a warning where people are missing, unless a warning said already that data is.
    fn counted(&mut self, mut stats: Stats, warnings: &mut Warnings) -> Result<Stats, Failure> {
        if stats.counts.is_incomplete() {
            return Ok(stats);
        }
        let State { scope, totals, .. } = &self.state;
        let missing = whole::missing(&mut *self.draft, &self.place, &scope.kinds, totals)?;
        if !missing.is_empty() {
            let page = whole::page_of(missing);
            self.draft.page(&page)?;
            warnings.page(&page);
            stats.counts.add(&page);
        }
        Ok(stats)
    }

    async fn read(
        &mut self,
        session: Session,
        kinds: &[String],
        from: Place,
        warnings: &mut Warnings,
    ) -> Result<Stats, Failure> {
        read_pages(session, Wanted::Kinds(kinds.to_vec()), from, |page, stats| {
            self.draft.page(page)?;
            warnings.page(page);
            self.state.lengths = self.draft.secure().map_err(Failure::output(&self.place))?;
            self.state.cursor.clone_from(&page.next);
            self.state.gaps.page(page);
            whole::note(&mut self.state.totals, page);
            self.state.incomplete = stats.counts.is_incomplete();
            self.state.stats = stats;
            self.file.store(&self.state).inspect_err(|_| {
                // What no cursor file points at would stay for ever. If it can't be cleared, its drop
                // removes it.
                if !self.file.path().exists() {
                    let _ = self.draft.clear();
                }
            })
        })
        .await
    }

    /// Removes the cursor file before the output: a cursor must never point at an output that is
    /// gone.
    fn start_again(&mut self, because: &str) -> Result<(), Failure> {
        let path = self.file.path().display().to_string();
        tracing::warn!("the sync in {} can't go on, and starts again: {}", clean(&path), clean(because));
        self.state.gaps = KnownGaps::default();
        self.file.remove()?;
        self.state.totals.clear();
        self.draft.clear().map_err(Failure::output(&self.place))
    }
}

fn is_outdated(failure: &Failure) -> bool {
    let Failure::Common(Common::Connector { error, .. }) = failure else { return false };
    error.kind == ErrorKind::InvalidCursor
}

/// Describes what this sync reads, and where it writes: an absolute path, which means the same from
/// another directory.
pub(super) fn scope(
    connection: &Connection,
    read: &ReadArgs,
    format: SyncFormat,
    compressed: bool,
    manifest: &Manifest,
    output: &Path,
) -> Result<Scope, Failure> {
    let output = output.to_path_buf().into_os_string().into_string();
    Ok(Scope {
        account_id: account(connection),
        base_url: connection.plain(BASE_URL_FIELD).map(str::to_owned),
        kinds: kinds(read, manifest),
        format,
        bom: read.bom,
        compressed,
        output: output.map_err(|_| Failure::usage("--cursor-file: --output is not UTF-8 text."))?,
    })
}
