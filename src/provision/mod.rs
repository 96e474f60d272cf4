//! Grants and revokes of Access groups, roles and user groups that lose nothing.
//!
//! A call first reads everything that it needs (`people`, `groups`, `roles`). It plans each change on
//! the same evaluation that sync uses, and writes one resource at a time: GET, PUT, GET (`write`). A
//! membership in a user group is added or removed alone, by POST or DELETE.
//! A change that a plan refuses is never written, and no result is reported that a read hasn't shown.
//! Cloudflare has no version and no If-Match (inferred: no OpenAPI path declares one). If another
//! writer changes a resource between our GET and our PUT, that change is overwritten, and no read
//! can show it.
//!
//! From the call to the write: a [`Change`] is read (`target`), its principal is learned (`people`;
//! for an address alone, also who has it: `owners`), and `groups` or `roles` plans, writes and
//! reports it. `call` is what all parts share.

pub(crate) mod call;
mod change;
pub(crate) mod errors;
pub(crate) mod groups;
mod owners;
pub(crate) mod people;
pub(crate) mod reading;
pub(crate) mod roles;
pub(crate) mod target;
#[cfg(feature = "standalone")]
pub(crate) mod whole_lists;
pub(crate) mod write;

pub use change::{Change, MOST_CHANGES, Operation, Options, Outcome, Report, Status, Write};
pub use errors::check_count;

use crate::cloudflare::client::Client;
#[cfg(feature = "standalone")]
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::identities::Facts;
use crate::json::entries;
use call::{Call, Rename};
use groups::{AppChange, GroupChange, GroupChanges};
use roles::{RoleChange, RoleChanges};
use std::rc::Rc;
use target::Target;

/// Applies changes, or plans them, with these facts about groups of identity providers.
pub fn apply<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    changes: &[Change],
    options: &Options,
) -> Report {
    begin(client, facts, changes, options, None, false)
}

/// Applies changes, or plans them, as [`apply`] does, but none of them if one is known to fail before
/// anything is written. What only a write shows can still fail alone. The report says whether each change is
/// done, and not all that it gives and takes: what is read for that alone isn't read.
pub fn apply_together<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    changes: &[Change],
    options: &Options,
) -> Report {
    begin(client, facts, changes, options, None, true)
}

/// Gives a group another name, and applies changes, as [`apply_together`] does. The result of the name is
/// the last one of the report. If changes of the group's members are among the others, one write does both.
#[cfg(feature = "standalone")]
pub(crate) fn rename_together<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    changes: &[Change],
    (group, name): (Id, String),
) -> Report {
    let rename = Rename { index: changes.len(), group, name };
    begin(client, facts, changes, &Options::default(), Some(rename), true)
}

fn begin<T: Transport>(
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    changes: &[Change],
    options: &Options,
    rename: Option<Rename>,
    together: bool,
) -> Report {
    client.begin_call();
    client.forget_ahead();
    let results = changes.len() + usize::from(rename.is_some());
    let mut call = Call::new(client, results, options);
    call.facts = Rc::clone(facts);
    call.rename = rename;
    if together {
        call.only_decides = true;
        call.if_it_gives = ["A request to /v1/apply with allow_gains does it all the same", "."];
    }
    match check_count(changes.len()).and_then(|()| check_extra(&options.extra)) {
        Ok(()) => run(&mut call, changes, together),
        Err(error) => (0..results).for_each(|index| call.settle(index, Err(error.clone()))),
    }
    call.into_report()
}

/// Refuses options that the contract doesn't define.
///
/// # Errors
/// `invalid-argument`, about `options.extra`.
pub(crate) fn check_extra(extra: &str) -> Result<()> {
    let extra = extra.trim();
    let is_empty = extra.is_empty() || entries(extra).is_some_and(|options| options.is_empty());
    if is_empty {
        Ok(())
    } else {
        Err(Error::argument("options.extra", "This connector has no options beyond the contract's."))
    }
}

fn run<T: Transport>(call: &mut Call<'_, T>, changes: &[Change], together: bool) {
    let (mut of_groups, mut of_roles, mut of_apps) = (Vec::new(), Vec::new(), Vec::new());
    for (index, change) in changes.iter().enumerate() {
        let operation = change.operation;
        match target::read(change) {
            Ok((Target::Group(group), principal)) => {
                of_groups.push(GroupChange { index, operation, group, principal });
            }
            Ok((Target::OfMember(kind, id), principal)) => {
                of_roles.push(RoleChange { index, operation, kind, id, principal });
            }
            Ok((Target::App(app, slug), principal)) => {
                of_apps.push(AppChange { index, operation, app, slug, principal });
            }
            Err(error) => call.settle(index, Err(error)),
        }
    }
    // Both learn all that they need before anything is written.
    let groups = GroupChanges::learn(call, of_groups, of_apps);
    let roles = RoleChanges::learn(call, of_roles);
    if together && (call.has_failed() || groups.as_ref().is_some_and(GroupChanges::has_refused)) {
        groups.into_iter().for_each(|groups| groups.settle_refused(call));
        call.settle_rest(&errors::not_alone());
        return;
    }
    if let Some(groups) = groups {
        groups.write(call);
    }
    roles.write(call);
    groups::rename::alone(call);
}
