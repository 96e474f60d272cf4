//! What a host asks for, and what it is told; `wit/provision.wit` documents each field.

use crate::cloudflare::id::Id;
use crate::error::{Error, Result};
use crate::kinds::{ASSIGNED_SLUG, MEMBER_SLUG};
use crate::model::{Grant, Kind, RateLimit, ResourceId, Warning};

/// The most changes of one call.
pub const MOST_CHANGES: usize = 1000;

/// A state that isn't there, or isn't shown.
pub(super) const NOTHING: &str = "{}";

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub enum Operation {
    Grant,
    Revoke,
}

/// One grant or revoke that is asked for. Nothing of it is checked yet.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Change {
    pub operation: Operation,
    pub entitlement: String,
    pub principal_kind: String,
    pub principal_id: String,
}

/// How a call goes about its changes.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Options {
    pub dry_run: bool,
    pub allow_gains: bool,
    pub extra: String,
}

/// How a change ended that didn't fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub enum Status {
    Applied,
    Unchanged,
    Planned,
}

/// What came of a change.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Outcome {
    pub status: Status,
    pub detail: String,
    pub added: Vec<Grant>,
    pub removed: Vec<String>,
}

/// One write, sent or planned.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Write {
    pub on: ResourceId,
    pub before: String,
    pub after: String,
}

/// What came of a call.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "documented in wit/provision.wit")]
pub struct Report {
    pub results: Vec<Result<Outcome>>,
    pub writes: Vec<Write>,
    pub warnings: Vec<Warning>,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
}

/// Whom a change of a group is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Somebody {
    User(Id),
    Member(Id),
    /// A plain address in ASCII lower case.
    Email(String),
}

/// A change whose form is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Group { group: Id, somebody: Somebody },
    Role { role: Id, somebody: Somebody },
}

impl Outcome {
    /// It was so before.
    pub(super) fn unchanged(detail: impl Into<String>) -> Self {
        Self { status: Status::Unchanged, detail: detail.into(), added: Vec::new(), removed: Vec::new() }
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        const OF_ONE: usize = 32;
        let text = |text: &String| OF_ONE + text.len();
        let texts = |list: &[String]| list.iter().map(text).sum::<usize>();
        let grant = |grant: &Grant| {
            let basis: usize = grant.basis.iter().map(|basis| text(&basis.value) + OF_ONE).sum();
            let conditions = grant
                .conditions
                .as_ref()
                .map_or(0, |open| texts(&open.any_of) + texts(&open.all_of) + texts(&open.none_of));
            let principals: usize = grant.principals.iter().map(|principal| text(&principal.id)).sum();
            text(&grant.entitlement) + principals + basis + conditions
        };
        text(&self.detail) + texts(&self.removed) + self.added.iter().map(grant).sum::<usize>()
    }
}

impl Change {
    /// Whether its ids are well formed and fit together.
    pub(super) fn target(&self) -> Result<Target> {
        let no_such = || {
            let message = format!(
                "{:?} is not an entitlement of this connector: those are group:<id>:{MEMBER_SLUG} and role:<id>:{ASSIGNED_SLUG}.",
                shortened(&self.entitlement)
            );
            Error::argument("entitlement", message)
        };
        let mut parts = self.entitlement.splitn(3, ':');
        let (kind, id, slug) = (parts.next(), parts.next().and_then(Id::parse), parts.next());
        let id = id.ok_or_else(no_such)?;
        match (kind.and_then(Kind::parse), slug) {
            (Some(Kind::Group), Some(MEMBER_SLUG)) => {
                Ok(Target::Group { group: id, somebody: self.somebody("group")? })
            }
            (Some(Kind::Role), Some(ASSIGNED_SLUG)) => {
                Ok(Target::Role { role: id, somebody: self.somebody("role")? })
            }
            _ => Err(no_such()),
        }
    }

    fn somebody(&self, of: &str) -> Result<Somebody> {
        match Kind::parse(&self.principal_kind) {
            Some(Kind::User) => Ok(Somebody::User(self.principal()?)),
            Some(Kind::Member) => Ok(Somebody::Member(self.principal()?)),
            Some(Kind::Email) => {
                let address = plain_address(&self.principal_id).ok_or_else(|| {
                    let message =
                        format!("{:?} is not one plain address in ASCII.", shortened(&self.principal_id));
                    Error::argument("principal", message)
                })?;
                Ok(Somebody::Email(address.to_ascii_lowercase()))
            }
            _ => {
                let kind = shortened(&self.principal_kind);
                Err(Error::argument(
                    "principal",
                    format!("A {of} isn't held by a principal of the kind {kind:?}."),
                ))
            }
        }
    }

    fn principal(&self) -> Result<Id> {
        Id::parse(&self.principal_id).ok_or_else(|| {
            let message =
                format!("{:?} is not the id of a {}.", shortened(&self.principal_id), self.principal_kind);
            Error::argument("principal", message)
        })
    }
}

/// The text, if it is one plain address: ASCII, without quotes, comments, spaces or a second @.
/// What else may be an address isn't worth the doubt of a rule that matches nobody, or somebody
/// else.
pub(super) fn plain_address(text: &str) -> Option<&str> {
    const LONGEST: usize = 254;
    let (local, domain) = text.split_once('@')?;
    let of_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let of_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = text.len() <= LONGEST
        && !local.is_empty()
        && local.bytes().all(of_local)
        && domain.split('.').all(of_label);
    plain.then_some(text)
}

/// A stranger's text in a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn change(entitlement: &str, kind: &str, id: &str) -> Change {
        let operation = Operation::Grant;
        Change {
            operation,
            entitlement: entitlement.into(),
            principal_kind: kind.into(),
            principal_id: id.into(),
        }
    }

    #[test]
    fn what_can_be_asked_for() {
        let id = |text: &str| Id::parse(text).unwrap();
        let cases = [
            (
                ("group:g:member", "user", "u"),
                Target::Group { group: id("g"), somebody: Somebody::User(id("u")) },
            ),
            (
                ("group:g:member", "member", "m"),
                Target::Group { group: id("g"), somebody: Somebody::Member(id("m")) },
            ),
            (
                ("group:g:member", "email", "Ann+x@Corp.example"),
                Target::Group { group: id("g"), somebody: Somebody::Email("ann+x@corp.example".into()) },
            ),
            (
                ("role:r:assigned", "member", "m"),
                Target::Role { role: id("r"), somebody: Somebody::Member(id("m")) },
            ),
        ];
        for ((entitlement, kind, principal), expected) in cases {
            assert_eq!(change(entitlement, kind, principal).target().unwrap(), expected);
        }
    }

    #[test]
    fn what_can_not_be_asked_for() {
        let cases = [
            ("", "user", "u", "entitlement"),
            ("group:g", "user", "u", "entitlement"),
            ("group:g:assigned", "user", "u", "entitlement"),
            ("group:g:member:x", "user", "u", "entitlement"),
            ("group:../x:member", "user", "u", "entitlement"),
            ("user:u:member", "user", "u", "entitlement"),
            ("group:g:member", "user", "../members/x", "principal"),
            ("group:g:member", "group", "g", "principal"),
            ("group:g:member", "", "g", "principal"),
            ("group:g:member", "email", "ann", "principal"),
            ("role:r:assigned", "role", "r", "principal"),
        ];
        for (entitlement, kind, principal, about) in cases {
            let error = change(entitlement, kind, principal).target().unwrap_err();
            assert_eq!(
                (error.kind, error.about.as_deref()),
                (ErrorKind::InvalidArgument, Some(about)),
                "{error}"
            );
        }
    }

    #[test]
    fn plain_addresses() {
        for good in ["a@b", "Ann.Lee+x@corp.example", "o'neil@corp.example"] {
            assert!(plain_address(good).is_some(), "{good}");
        }
        let long = format!("{}@corp.example", "x".repeat(250));
        for bad in [
            "",
            "@",
            "ann",
            "ann@",
            "@corp.example",
            "a@b@c",
            "ann@corp..example",
            "ann@corp.example.",
            "ann@corp.example, bob@corp.example",
            "Ann <ann@corp.example>",
            "\"a b\"@corp.example",
            " ann@corp.example",
            "ann@corp.example\n",
            "\u{e4}nn@corp.example",
            "ann@b\u{fc}ro.example",
            "ann@[127.0.0.1]",
            "ann\0@corp.example",
            &long,
        ] {
            assert!(plain_address(bad).is_none(), "{bad}");
        }
    }
}
