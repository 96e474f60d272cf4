//! The form of a change: which entitlement it is about, and which principal.

use super::change::Change;
use super::errors::{about, refused};
use crate::cloudflare::id::Id;
use crate::error::{Error, Result};
use crate::identities::plain_address;
use crate::kinds::{ACCESS_SLUG, ASSIGNED_SLUG, MEMBER_SLUG, Row, row};
use crate::model::Kind;

/// The slugs of entitlements on applications.
const APP_SLUGS: [&str; 2] = [ACCESS_SLUG, "visible"];

/// A reference to a principal, of which nothing is read yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PrincipalRef {
    User(Id),
    Member(Id),
    /// A plain address in ASCII lower case.
    Email(String),
    ServiceToken(Id),
}

/// The entitlement that a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Membership in the group with this id.
    Group(Id),
    /// A role, a scoped role or the membership in a user group, by its kind and id. Only an account
    /// member can get or lose it.
    OfMember(Kind, String),
    /// The application with this id: access to it, or seeing it, by the slug.
    App(Id, String),
}

/// Reads what a change is about, and for whom.
///
/// # Errors
/// `invalid-argument`: an id is malformed, or the two don't fit together. `refused`: the principal can
/// hold the entitlement, and not by a change.
pub(crate) fn read(change: &Change) -> Result<(Target, PrincipalRef)> {
    let target = Target::read(&change.entitlement)?;
    let principal = PrincipalRef::read(&change.principal_kind, &change.principal_id, &target)?;
    Ok((target, principal))
}

impl Target {
    /// Reads which entitlement is meant.
    ///
    /// # Errors
    /// `invalid-argument`, about `entitlement`.
    pub fn read(entitlement: &str) -> Result<Self> {
        let mut parts = entitlement.splitn(3, ':');
        let (kind, text, slug) = (parts.next(), parts.next().unwrap_or_default(), parts.next());
        let kind = kind.and_then(Kind::parse);
        match (kind, Id::asked(text), slug) {
            (Some(Kind::Group), Some(id), Some(MEMBER_SLUG)) => Ok(Target::Group(id)),
            (Some(kind @ Kind::Role), Some(id), Some(ASSIGNED_SLUG))
            | (Some(kind @ Kind::UserGroup), Some(id), Some(MEMBER_SLUG)) => {
                Ok(Target::OfMember(kind, id.to_string()))
            }
            (Some(kind @ Kind::ScopedRole), _, Some(ASSIGNED_SLUG)) if let Some(id) = scoped_id(text) => {
                Ok(Target::OfMember(kind, id.join("-")))
            }
            (Some(Kind::App), Some(id), Some(slug)) if APP_SLUGS.contains(&slug) => {
                Ok(Target::App(id, slug.to_owned()))
            }
            _ => {
                let instead = match kind {
                    Some(Kind::Policy) => "What it gives is held on its application: app:<id>:access. ",
                    _ => "",
                };
                let nothing = match kind.map(row).filter(|row| row.entitlement.is_none()) {
                    Some(Row { display_name, .. }) => {
                        format!("Nothing can be held on a resource of the type {display_name}. {instead}")
                    }
                    None => String::new(),
                };
                let message = format!(
                    "{nothing}This is not an entitlement of this connector: those that it changes are \
                     group:<id>:{MEMBER_SLUG}, user-group:<id>:{MEMBER_SLUG}, role:<id>:{ASSIGNED_SLUG} and \
                     scoped-role:<id>:{ASSIGNED_SLUG}."
                );
                Err(Error::argument("entitlement", message))
            }
        }
    }

    const fn noun(&self) -> &'static str {
        match self {
            Target::Group(_) => "A group",
            Target::OfMember(Kind::UserGroup, _) => "A user group",
            Target::OfMember(..) => "A role",
            Target::App(..) => "An application",
        }
    }
}

impl PrincipalRef {
    fn read(kind: &str, id: &str, of: &Target) -> Result<Self> {
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
            Some(Kind::UserGroup) if matches!(of, Target::OfMember(Kind::Role | Kind::ScopedRole, _)) => {
                let group = of_object()?;
                let why = "The policies of user groups aren't changed: change the group in Cloudflare's \
                           dashboard, or who is in it.";
                Err(refused(why).about(about(Kind::UserGroup, &group)))
            }
            Some(Kind::ServiceToken) if !matches!(of, Target::OfMember(..)) => {
                let token = of_object()?;
                match of {
                    Target::Group(group) => {
                        let why = "A service token is a member of a group by the rules service_token and \
                                   any_valid_service_token, and this connector writes no rules but those for \
                                   addresses. Change the group in Cloudflare's dashboard.";
                        Err(refused(why).about(about(Kind::Group, group)))
                    }
                    _ => Ok(PrincipalRef::ServiceToken(token)),
                }
            }
            _ => Err(wrong(format!("{} isn't held by a principal of this kind.", of.noun()))),
        }
    }
}

/// Returns the permission group and the scope that the id of a scoped role consists of, if it has the
/// form of one. Either can be a UUID, which has dashes of its own.
pub(crate) fn scoped_id(text: &str) -> Option<[String; 2]> {
    let part = |text| Id::asked(text).map(|id| id.to_string());
    let at = |(at, _)| Some([part(text.get(..at)?)?, part(text.get(at + 1..)?)?]);
    let parts: Vec<[String; 2]> = text.match_indices('-').filter_map(at).collect();
    let usual = parts.iter().find(|[group, _]| matches!(group.len(), 32 | 36));
    usual.or(parts.first()).cloned()
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
        let app = |slug: &str| Target::App(id("a"), slug.to_owned());
        let of_member = |kind, id: &str| Target::OfMember(kind, id.to_owned());
        let cases = [
            (("group:g:member", "user", "u"), (group(), PrincipalRef::User(id("u")))),
            (("group:g:member", "member", "m"), (group(), PrincipalRef::Member(id("m")))),
            (
                ("group:g:member", "email", "Ann+x@Corp.example"),
                (group(), PrincipalRef::Email("ann+x@corp.example".into())),
            ),
            (("role:r:assigned", "member", "m"), (of_member(Kind::Role, "r"), PrincipalRef::Member(id("m")))),
            (
                ("user-group:k:member", "member", "m"),
                (of_member(Kind::UserGroup, "k"), PrincipalRef::Member(id("m"))),
            ),
            (
                ("scoped-role:p-s:assigned", "member", "m"),
                (of_member(Kind::ScopedRole, "p-s"), PrincipalRef::Member(id("m"))),
            ),
            (("app:a:access", "user", "u"), (app("access"), PrincipalRef::User(id("u")))),
            (("app:a:visible", "service-token", "t"), (app("visible"), PrincipalRef::ServiceToken(id("t")))),
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
            ("role:r:member", "member", "m", "entitlement"),
            ("user-group:k:member", "user-group", "k", "principal"),
            ("user-group:k:member", "service-token", "t", "principal"),
            ("user-group:k:assigned", "member", "m", "entitlement"),
            ("scoped-role:p:assigned", "member", "m", "entitlement"),
            ("scoped-role:p-:assigned", "member", "m", "entitlement"),
            ("scoped-role:p-s:member", "member", "m", "entitlement"),
            ("scoped-role:../x-s:assigned", "member", "m", "entitlement"),
            ("role:r:assigned", "service-token", "t", "principal"),
            ("group:g:member", "service-token", "../x", "principal"),
            ("app:a:access", "app", "a", "principal"),
            ("app:a:member", "user", "u", "entitlement"),
            ("app:../x:access", "user", "u", "entitlement"),
            ("policy:p:access", "user", "u", "entitlement"),
            ("service-token:t:access", "user", "u", "entitlement"),
            ("identity-provider:i:access", "user", "u", "entitlement"),
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
    fn the_rules_of_tokens_are_not_ours_to_write() {
        let error = read(&change("group:g:member", "service-token", "t")).unwrap_err();
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("group:g")), "{error}");
        assert!(error.message.contains("Nothing was written."), "{error}");
    }

    #[test]
    fn the_id_of_a_scoped_role_has_two_parts() {
        let (hex, uuid) = ("0123456789ABCDEF0123456789abcdef", "F174e90a-fafe-4643-bbbc-4a0ed4fc8415");
        for (text, parts) in [
            ("a-b".to_owned(), ["a", "b"]),
            ("a-b-c".to_owned(), ["a", "b-c"]),
            (format!("{hex}-{hex}"), [hex, hex]),
            (format!("{hex}-0123456789abcdef"), [hex, "0123456789abcdef"]),
            (format!("{hex}-{uuid}"), [hex, uuid]),
            (format!("{uuid}-{hex}"), [uuid, hex]),
            (format!("{uuid}-{uuid}"), [uuid, uuid]),
        ] {
            assert_eq!(scoped_id(&text), Some(parts.map(str::to_ascii_lowercase)), "{text}");
        }
        let token = "Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234";
        for text in ["", "a", "-a", "a-", "../x-s", token, &format!("{hex}-{token}")] {
            assert_eq!(scoped_id(text), None, "{text}");
        }
    }

    #[test]
    fn the_policies_of_user_groups_are_not_changed() {
        for entitlement in ["role:r:assigned", "scoped-role:p-s:assigned"] {
            let error = read(&change(entitlement, "user-group", "k")).unwrap_err();
            let expected = (ErrorKind::Refused, Some("user-group:k"));
            assert_eq!((error.kind, error.about.as_deref()), expected, "{error}");
        }
    }

    #[test]
    fn nothing_is_held_on_a_policy() {
        for (entitlement, of) in [("policy:p:access", "Access policy"), ("user:u:member", "Access user")] {
            let error = read(&change(entitlement, "user", "u")).unwrap_err();
            assert!(
                error.message.starts_with("Nothing can be held on") && error.message.contains(of),
                "{error}"
            );
            assert_eq!(error.message.contains("app:<id>:access."), entitlement.starts_with("policy:"));
        }
    }
}
