//! The form of a change: which entitlement it is about, and which principal.

use super::change::Change;
use crate::cloudflare::id::Id;
use crate::error::{Error, Result};
use crate::kinds::{ASSIGNED_SLUG, MEMBER_SLUG};
use crate::model::Kind;

/// A reference to a principal, of which nothing is read yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PrincipalRef {
    User(Id),
    Member(Id),
    /// A plain address in ASCII lower case.
    Email(String),
}

/// The entitlement that a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Membership in the group with this id.
    Group(Id),
    /// The role with this id, assigned.
    Role(Id),
}

/// Reads what a change is about, and for whom.
///
/// # Errors
/// `invalid-argument`: an id is malformed, or the two don't fit together.
pub(super) fn read(change: &Change) -> Result<(Target, PrincipalRef)> {
    let target = Target::read(&change.entitlement)?;
    let principal = PrincipalRef::read(&change.principal_kind, &change.principal_id, target.noun())?;
    Ok((target, principal))
}

impl Target {
    fn read(entitlement: &str) -> Result<Self> {
        let mut parts = entitlement.splitn(3, ':');
        let (kind, id, slug) = (parts.next(), parts.next().and_then(Id::asked), parts.next());
        match (kind.and_then(Kind::parse), id, slug) {
            (Some(Kind::Group), Some(id), Some(MEMBER_SLUG)) => Ok(Target::Group(id)),
            (Some(Kind::Role), Some(id), Some(ASSIGNED_SLUG)) => Ok(Target::Role(id)),
            _ => {
                let message = format!(
                    "This is not an entitlement of this connector: those are group:<id>:{MEMBER_SLUG} and \
                     role:<id>:{ASSIGNED_SLUG}."
                );
                Err(Error::argument("entitlement", message))
            }
        }
    }

    const fn noun(&self) -> &'static str {
        match self {
            Target::Group(_) => "group",
            Target::Role(_) => "role",
        }
    }
}

impl PrincipalRef {
    fn read(kind: &str, id: &str, of: &str) -> Result<Self> {
        let wrong = |message| Error::argument("principal", message);
        // Nothing that was asked for is repeated: a secret can stand there by mistake.
        let of_object = || Id::asked(id).ok_or_else(|| wrong(format!("This is not the id of a {kind}.")));
        match Kind::parse(kind) {
            Some(Kind::User) => of_object().map(PrincipalRef::User),
            Some(Kind::Member) => of_object().map(PrincipalRef::Member),
            Some(Kind::Email) => match plain_address(id) {
                Some(address) => Ok(PrincipalRef::Email(address.to_ascii_lowercase())),
                None => Err(wrong("This principal is not one plain address in ASCII.".to_owned())),
            },
            _ => Err(wrong(format!("A {of} isn't held by a principal of this kind."))),
        }
    }
}

/// Returns the text if it is one plain address: ASCII, without quotes, comments, spaces or a second
/// `@`. Other forms of addresses are refused: a rule with one could match nobody, or another person.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::provision::change::Operation;

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
        let group = || Target::Group(id("g"));
        let cases = [
            (("group:g:member", "user", "u"), (group(), PrincipalRef::User(id("u")))),
            (("group:g:member", "member", "m"), (group(), PrincipalRef::Member(id("m")))),
            (
                ("group:g:member", "email", "Ann+x@Corp.example"),
                (group(), PrincipalRef::Email("ann+x@corp.example".into())),
            ),
            (("role:r:assigned", "member", "m"), (Target::Role(id("r")), PrincipalRef::Member(id("m")))),
        ];
        for ((entitlement, kind, principal), expected) in cases {
            assert_eq!(read(&change(entitlement, kind, principal)).unwrap(), expected);
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
            let error = read(&change(entitlement, kind, principal)).unwrap_err();
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
