//! The results of changes and steps in a few lines, for standard error: where the report itself can't be
//! written.

use super::action::in_words;
use super::applied::{Applied, Told, status};
use super::error::error_kind;
use super::snapshot::Snapshot;
use super::terminal::clean;

/// The most lines.
const MOST: usize = 20;
/// The most characters of an error's message.
const LONGEST: usize = 300;

impl Applied<'_> {
    /// Returns a line for each change and each step, as far as they aren't too many, and the warnings and
    /// counts.
    /// Nothing in it acts on a terminal.
    #[must_use]
    pub fn in_brief(&self) -> String {
        let names = Snapshot::default();
        let told = self.told();
        let (mut text, mut left) = (String::new(), self.results().count());
        for told in told.iter().take(MOST) {
            let (count, line) = match told {
                Told::Outcome(action, outcome) => {
                    (1, format!("{}: {}", status(outcome.status), in_words(action, &names)))
                }
                Told::Error(actions, error) => {
                    let what = match actions.as_slice() {
                        [one] => in_words(one, &names),
                        many => format!("{} {}", many.len(), self.noun),
                    };
                    let message: String = error.message.chars().take(LONGEST).collect();
                    (actions.len(), format!("{}: {what}: {message}", error_kind(error.kind)))
                }
            };
            left -= count.min(left);
            text.push_str(&clean(&line));
            text.push('\n');
        }
        if left > 0 {
            text.push_str(&format!("and {left} more {}\n", self.noun));
        }
        text + &self.warnings_and_summary()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{changes, id, outcome, refusal, report};
    use super::*;
    use crate::contract::lifecycle::Action;
    use crate::contract::{Change, Operation, Status};

    #[test]
    fn each_change_is_a_line() {
        let (changes, report) = (changes(), report(vec![Ok(outcome(Status::Applied)), Err(refusal())]));
        let text = Applied::new(&changes, &report, false).in_brief();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "applied: grant group:g1:member to user:u1");
        assert_eq!(
            lines[1],
            "refused: revoke group:g1:member from email:a:b@corp.example: A domain still names them."
        );
        assert!(lines.last().unwrap().starts_with("1 applied, 1 refused; "), "{text}");
    }

    #[test]
    fn many_changes_are_few_lines_and_act_on_no_terminal() {
        let change = |n: usize| {
            Action::Change(Change {
                operation: Operation::Grant,
                entitlement: "e\u{1b}[2J\n".to_owned(),
                principal: id("user", &n.to_string()),
            })
        };
        let changes: Vec<Action> = (0..1000).map(change).collect();
        let mut long = refusal();
        long.message = "\u{202e}".repeat(10_000);
        let mut results = vec![Err(long); 500];
        results.extend(vec![Ok(outcome(Status::Applied)); 500]);
        let report = report(results);
        let text = Applied::new(&changes, &report, false).in_brief();
        assert!(text.starts_with("refused: 500 changes: "), "{text}");
        assert!(text.contains("and 481 more changes\n"), "{text}");
        assert!(text.lines().count() < 25 && text.len() < 5_000, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}
