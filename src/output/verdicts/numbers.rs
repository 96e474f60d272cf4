//! The numbers of people by what follows from both verdicts.

use crate::contract::{Agreement, Compared, Verdict};
use serde::Serialize;

/// The numbers of people by what follows from both verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    pub(super) people: u64,
    pub(super) impossible: u64,
    pub(super) changed: u64,
    pub(super) unexpected: u64,
    pub(super) not_judged: u64,
    /// Those of `depends` whom Cloudflare approved.
    pub(super) depends_approved: u64,
    pub(super) depends_blocked: u64,
    pub(super) agrees: u64,
}

impl Verdicts {
    pub(super) fn add(&mut self, of: &Compared) {
        self.people += 1;
        *match (of.agreement, of.verdict) {
            (Agreement::Impossible, _) => &mut self.impossible,
            (Agreement::Changed, _) => &mut self.changed,
            (Agreement::Unexpected, _) => &mut self.unexpected,
            (Agreement::NotJudged, _) => &mut self.not_judged,
            (Agreement::Depends, Verdict::Approved) => &mut self.depends_approved,
            (Agreement::Depends, _) => &mut self.depends_blocked,
            (Agreement::Agrees, _) => &mut self.agrees,
        } += 1;
    }

    /// Adds those of another subject.
    pub fn add_all(&mut self, other: Verdicts) {
        self.people += other.people;
        self.impossible += other.impossible;
        self.changed += other.changed;
        self.unexpected += other.unexpected;
        self.not_judged += other.not_judged;
        self.depends_approved += other.depends_approved;
        self.depends_blocked += other.depends_blocked;
        self.agrees += other.agrees;
    }

    /// The number of verdicts that can't be.
    #[must_use]
    pub fn impossible(&self) -> u64 {
        self.impossible
    }

    /// Whether Cloudflare couldn't judge somebody.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.not_judged > 0
    }

    /// Says the numbers of so many subjects in a sentence.
    #[must_use]
    pub fn of_subjects(&self, subjects: u64) -> String {
        let of = match subjects {
            1 => "1 application or group".to_owned(),
            many => format!("{many} applications and groups"),
        };
        match self.people {
            0 => format!("{of} compared, and nobody was judged."),
            1 => format!("{of} compared, 1 verdict: {}.", self.parts()),
            many => format!("{of} compared, {many} verdicts: {}.", self.parts()),
        }
    }

    /// Says the numbers of one subject in a sentence.
    pub(super) fn in_words(&self) -> String {
        match self.people {
            0 => "Cloudflare judged nobody: it knows nobody who has ever logged in.".to_owned(),
            1 => format!("1 person judged: {}.", self.parts()),
            many => format!("{many} people judged: {}.", self.parts()),
        }
    }

    /// Lists the numbers that aren't 0.
    fn parts(&self) -> String {
        let depend = self.depends_approved + self.depends_blocked;
        let ending = |count: u64| if count == 1 { "s" } else { "" };
        let depends = format!(
            "depend{} on the login ({} approved, {} blocked)",
            ending(depend),
            self.depends_approved,
            self.depends_blocked
        );
        let agrees = format!("agree{}", ending(self.agrees));
        let parts = [
            (self.impossible, "cannot be"),
            (self.changed, "changed meanwhile"),
            (self.unexpected, "not as expected"),
            (self.not_judged, "not judged"),
            (depend, &depends),
            (self.agrees, &agrees),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        parts.join(", ")
    }
}
