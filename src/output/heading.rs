//! The lines that say which resource something is about.

use super::asked_for::TOKEN;
use super::lines::status;
use super::names::resource_name;
use super::snapshot::Snapshot;
use super::terminal::Terminal;
use super::token::{now, unusable};
use super::words::{Words, kind};
use crate::contract::{Account, AccountStatus, Resource};
use std::io::{self, Write};

/// Writes a resource's name, its kind and id, and the account behind it.
pub(super) fn write_heading(
    resource: &Resource,
    names: &Snapshot,
    terminal: Terminal,
    to: &mut impl Write,
) -> io::Result<()> {
    writeln!(to, "{}", terminal.heading(&resource.display_name))?;
    let kind = kind(&resource.id.kind, false);
    // The id in the form that other commands take begins with the kind's word.
    let id = terminal.faint(&resource_name(&resource.id));
    if kind == resource.id.kind {
        writeln!(to, "{id}")?;
    } else {
        writeln!(to, "{}, {id}", terminal.plain(kind))?;
    }
    if let Some(parent) = &resource.parent {
        let parent = match names.known_name(&parent.kind, &parent.id) {
            Some(_) => format!("{}, {}", Words::new(names).resource(parent), resource_name(parent)),
            None => resource_name(parent),
        };
        let parent = match resource.id.kind.as_str() {
            "scoped-role" => format!("on a part of the account the same as {parent}"),
            _ => format!("in {parent}"),
        };
        writeln!(to, "{}", terminal.plain(&parent))?;
    }
    if resource.id.kind == TOKEN
        && let Some(why) = unusable(resource, now())
    {
        writeln!(to, "{}", terminal.notable(&format!("{why}: nobody gets in with it")))?;
    }
    if let Some(account) = &resource.account {
        let of_it = match resource.id.kind.as_str() {
            "email" => "no account has this address".to_owned(),
            kind => in_a_line(account, kind == "member"),
        };
        writeln!(to, "{}", terminal.plain(&of_it))?;
    }
    Ok(())
}

fn in_a_line(account: &Account, is_member: bool) -> String {
    // Without its acceptance, a membership is an invitation.
    let what = match account.status {
        AccountStatus::Pending if is_member => " (an invitation that isn't accepted yet)",
        AccountStatus::Disabled if is_member => " (an invitation that was declined)",
        _ => "",
    };
    let mut parts = vec![[status(account.status), what].concat()];
    parts.extend(account.email.as_ref().map(|email| format!("address {email}")));
    parts.extend(account.login.as_ref().map(|login| format!("signs in as {login}")));
    parts.extend(account.last_login.as_ref().map(|last| format!("last login {last}")));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_membership_without_acceptance_is_an_invitation() {
        for (kind, status, told) in [
            (
                "member",
                AccountStatus::Pending,
                "pending (an invitation that isn't accepted yet), address a@b",
            ),
            ("member", AccountStatus::Disabled, "disabled (an invitation that was declined), address a@b"),
            ("member", AccountStatus::Enabled, "enabled, address a@b"),
            ("user", AccountStatus::Disabled, "disabled, address a@b"),
        ] {
            let account = Account { email: Some("a@b".to_owned()), login: None, status, last_login: None };
            let resource =
                Resource { id: samples::id(kind, "1"), account: Some(account), ..samples::user("1", "Ann") };
            let mut out = Vec::new();
            write_heading(&resource, &Snapshot::default(), Terminal::file(), &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("Ann\n{kind}:1\n{told}\n"));
        }
    }
}
