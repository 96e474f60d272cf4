//! A finding, and what is looked for.

use crate::review::kinds::kind;
use crate::review::review::Review;

/// The seconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// Something that a reviewer should look at.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// The reason why it matters, and what to do. If it isn't known, the reason for that too.
    pub(crate) why: String,
    pub(crate) level: Level,
    pub(crate) table: Table,
    /// The rows of the table, ascending.
    pub(crate) rows: Vec<u32>,
    /// Whether what it rests on was read.
    pub(crate) is_known: bool,
}

/// The weight of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    High,
    Medium,
    Low,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Level::High => "high",
            Level::Medium => "medium",
            Level::Low => "low",
        }
    }
}

/// The rows that a finding names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Resource,
    Grant,
    Person,
}

impl Table {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Table::Resource => "resource",
            Table::Grant => "grant",
            Table::Person => "person",
        }
    }
}

/// A finding that is looked for.
pub(super) struct Check {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) why: &'static str,
    pub(super) level: Level,
    pub(super) table: Table,
    /// The kinds that have to be read for it.
    pub(super) needs: &'static [u8],
    pub(super) rows: fn(&Review) -> Vec<u32>,
}

impl Check {
    pub(super) fn find(&self, review: &Review) -> Finding {
        let is_known = review.has_read(self.needs);
        let (why, mut rows) = match is_known {
            true => (self.why.to_owned(), (self.rows)(review)),
            false => (self.not_known(review), Vec::new()),
        };
        rows.sort_unstable();
        rows.dedup();
        let Check { id, title, level, table, .. } = *self;
        Finding { id, title, why, level, table, rows, is_known }
    }

    fn not_known(&self, review: &Review) -> String {
        let unread = self.needs.iter().filter(|kind| !review.has_read(&[**kind]));
        let unread: Vec<&str> = unread.map(|of| kind(*of).many).collect();
        format!("Not known: {} were not read. {}", unread.join(" and "), self.why)
    }
}
