//! The cursor of a comparison.

use crate::cloudflare::id::Id;
use crate::cloudflare::paging::Position;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ResourceId;
use crate::settings::Settings;
use crate::sync::cursor::check_facts;

/// The place where a comparison continues. It has no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The test's id.
    pub test: Id,
    pub stage: Stage,
    /// The digest of the policies that were sent.
    pub policies: u64,
    /// The digest of everything that was read before they were sent.
    pub rules: u64,
    /// The digest of the facts of the session.
    pub facts: u64,
}

/// How far a comparison is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The test runs, and was asked about so many times.
    Running(u32),
    /// The test is done. The next page of verdicts, and the first item of it that is still to come.
    Judged(Position, u32),
}

/// The first word of each cursor. Another form of cursor gets another word.
const FORM: &str = "cztv2";

/// Returns the number of the account and the subject that cursors belong to.
pub fn binding(settings: &Settings, subject: &ResourceId) -> u64 {
    let base = &settings.base_url;
    let digest = Digest::new().with(&settings.account_id).with(base.scheme.as_str()).with(&base.authority);
    // A subject is found in any case.
    let id = subject.id.to_ascii_lowercase();
    digest.with(&base.path).with(subject.kind.as_str()).with(&id).finish()
}

/// Returns the error for a comparison that can't be continued.
pub fn cannot_go_on(why: &str) -> Error {
    let message = ["This comparison can't go on: ", why, ". Start again."].concat();
    Error::new(ErrorKind::InvalidCursor, message).about("cursor")
}

impl Cursor {
    /// Checks that the comparison began with the facts that a session has, by their digest.
    ///
    /// # Errors
    /// `invalid-cursor`.
    pub fn check_facts(&self, facts: u64) -> Result<()> {
        check_facts(self.facts, facts)
    }

    /// Encodes the cursor as a string that belongs to `bound`.
    pub fn encode(&self, bound: u64) -> String {
        // No page has the number zero.
        let (at, item) = match self.stage {
            Stage::Running(asked) => (Position { page: 0, ..Position::START }, asked),
            Stage::Judged(at, item) => (at, item),
        };
        let body = format!(
            "{FORM}.{test}.{at}.{item}.{policies:x}.{rules:x}.{facts:x}.{bound:x}",
            test = self.test,
            at = at.text(),
            policies = self.policies,
            rules = self.rules,
            facts = self.facts,
        );
        let checksum = Digest::new().with(&body).finish();
        format!("{body}.{checksum:x}")
    }

    /// Decodes a cursor.
    ///
    /// # Errors
    /// `invalid-cursor` where it is damaged, or belongs to another account or subject.
    pub fn decode(text: &str, bound: u64) -> Result<Self> {
        let damaged = || cannot_go_on("its cursor is damaged, or not one of this connector's");
        let parts: Vec<&str> = text.split('.').collect();
        let &[
            FORM,
            test,
            page,
            before,
            again,
            first,
            total,
            moved,
            item,
            policies,
            rules,
            facts,
            binding,
            _checksum,
        ] = parts.as_slice()
        else {
            return Err(damaged());
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).map_err(|_| damaged());
        let at = Position::of_parts([page, before, again, first, total, moved]).ok_or_else(damaged)?;
        let item = item.parse().map_err(|_| damaged())?;
        let cursor = Self {
            test: Id::parse(test).ok_or_else(damaged)?,
            stage: if at.page == 0 { Stage::Running(item) } else { Stage::Judged(at, item) },
            policies: hex(policies)?,
            rules: hex(rules)?,
            facts: hex(facts)?,
        };
        // Each number has one spelling, so each cursor has one too, and the checksum is compared with it.
        let of = hex(binding)?;
        if cursor.encode(of) != text {
            return Err(damaged());
        }
        if of != bound {
            return Err(cannot_go_on("its cursor is of another account, or of another comparison"));
        }
        Ok(cursor)
    }
}
