//! The groups that people are in, by the same evaluation that a sync uses.

use super::user::GroupOf;
use crate::cloudflare::client::Client;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::Facts;
use crate::model::{Kind, Warning, WarningCode};
use crate::rules::{RuleSet, Scratch, Section, Standing, Subject};
use crate::sync::{Reader, Rules};
use std::rc::Rc;

/// The word of a rule that holds for the account's members.
const MEMBERS: &str = "cloudflare_account_member";

/// The rules of all groups, and the lists that they name.
pub(super) struct Effective {
    rules: Rules,
    scratch: Scratch,
}

impl Effective {
    /// Reads the groups and the lists that they name.
    ///
    /// # Errors
    /// They can't be read, or a part that can decide is missing.
    pub fn learn<T: Transport>(client: &mut Client<T>, facts: &Rc<Facts>) -> Result<Self> {
        let rules = Reader::rules(client, facts, Kind::Group)?;
        match rules.warnings.iter().find(|warning| is_missing(warning)) {
            None => Ok(Self { rules, scratch: Scratch::default() }),
            Some(warning) => Err(Error::new(
                ErrorKind::InvalidResponse,
                format!(
                    "The groups of a person can't be told. {} Without the attribute groups, the same request \
                     is answered.",
                    warning.message
                ),
            )),
        }
    }

    /// Whether it matters who is a member of the account.
    pub fn asks_for_members(&self) -> bool {
        let sets = self.rules.membership.groups().iter();
        let asks = |set: &RuleSet| {
            Section::ALL.into_iter().any(|section| set.texts(section).any(|rule| rule.contains(MEMBERS)))
        };
        sets.into_iter().any(asks)
    }

    /// Returns the groups that somebody with this address is in, and whether the include of one names the
    /// address itself.
    pub fn of(&mut self, address: &str, standing: Standing) -> (Vec<GroupOf>, bool) {
        let Self { rules, scratch } = self;
        let membership = &rules.membership;
        let subject = Subject::Person { address: Some(address), standing };
        let evaluation = membership.evaluate(subject, [], scratch);
        let (mut groups, mut is_named) = (Vec::new(), false);
        for (place, set) in membership.groups().iter().enumerate() {
            let is_direct = evaluation.own_rules(place) > 0;
            is_named |= is_direct;
            if evaluation.holds(place) {
                let id = set.id().to_owned();
                let name = rules.names.get(&id).unwrap_or(&id).clone();
                groups.push(GroupOf { id, name, is_direct });
            }
        }
        (groups, is_named)
    }
}

/// Whether something is missing that can decide who is in a group.
fn is_missing(warning: &Warning) -> bool {
    use WarningCode::{ItemNotUnderstood, ListMoved, ListNotReadable};
    warning.incomplete && matches!(warning.code, ItemNotUnderstood | ListMoved | ListNotReadable)
}
