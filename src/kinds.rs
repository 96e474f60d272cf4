//! The table of kinds: one row for each, with everything about a kind that is data. The phases of a
//! sync, the manifest's resource types, the selection, the probes of `validate` and the ways of
//! `get` all follow from it.

use crate::cloudflare::endpoint::{
    ACCOUNT_READ, APPS_READ, Collection, GROUPS_EDIT, GROUPS_READ, LISTS_READ, MEMBERS_EDIT, PROVIDERS_READ,
    TOKENS_READ, USERS_READ,
};
use crate::cloudflare::{
    app, group, identity_provider, member, policy, role, service_token, user, user_group,
};
use crate::credential;
use crate::error::{Error, Result};
use crate::model::Kind;

/// The slug of the entitlement on an Access group or a user group.
pub const MEMBER_SLUG: &str = "member";
/// The slug of the entitlement on an application that lets people in.
pub const ACCESS_SLUG: &str = "access";
/// The slug of the entitlement on a role or a scoped role.
pub const ASSIGNED_SLUG: &str = "assigned";

/// A kind of resource.
#[derive(Debug)]
pub struct Row {
    /// The name of the resource type, for a person.
    pub display_name: &'static str,
    /// The words of the contract for how a platform treats the resources.
    pub traits: &'static [&'static str],
    /// The letter in a cursor that stands for the phase that emits the kind. A letter is never used
    /// for another phase.
    pub letter: &'static str,
    /// The phase's word in `progress.phase`.
    pub phase: &'static str,
    /// The collection that lists the kind's items; `None` where Cloudflare has no such list.
    pub collection: Option<&'static Collection>,
    /// Whether a resource and its entitlement can be read without the collection. A group can't: who
    /// is in it depends on the others.
    pub is_read_alone: bool,
    /// The permissions that a token needs.
    pub permissions: &'static [Permission],
    /// The entitlement on each resource of the kind.
    pub entitlement: Option<EntitlementType>,
    /// The other kinds that have to be read for this one.
    pub needs: &'static [Kind],
    /// Whether a sync reads the kind only where a host names it.
    pub is_opt_in: bool,
}

impl Row {
    /// Whether something of the kind can be granted and revoked.
    pub fn can_provision(&self) -> bool {
        self.permissions.iter().any(|permission| permission.provision_only)
    }

    /// The kinds of principals that hold the kind's entitlement.
    pub const fn holders(&self) -> &'static [Kind] {
        match &self.entitlement {
            Some(entitlement) => entitlement.holders,
            None => &[],
        }
    }
}

/// The one entitlement that each resource of a kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntitlementType {
    /// The last part of the entitlement's id.
    pub slug: &'static str,
    /// The kinds of principals that it can be granted to.
    pub holders: &'static [Kind],
}

/// A permission that a token needs for a kind. `wit/connection.wit` documents each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/connection.wit")]
pub struct Permission {
    pub name: &'static str,
    pub provision_only: bool,
    pub without: &'static str,
}

const fn to_sync(name: &'static str) -> Permission {
    Permission { name, provision_only: false, without: "" }
}

const fn to_provision(name: &'static str) -> Permission {
    Permission { name, provision_only: true, without: "" }
}

const LISTS: Permission = Permission {
    name: LISTS_READ,
    provision_only: false,
    without: "Where a rule names a list of addresses, what the list decides is left open, and the read is \
              marked as incomplete. Not needed where no rule names a list.",
};

const PROVIDERS: Permission = Permission {
    name: PROVIDERS_READ,
    provision_only: false,
    without: "Where an application names all identity providers of the account, its grants have the login \
              as a condition, though each login meets it.",
};

const APPS_OF_EMAILS: Permission = Permission {
    name: APPS_READ,
    provision_only: false,
    without: "Not needed to read groups and emails without applications: then the emails are those that \
              groups name.",
};

/// The kinds of which the rules and their evaluation are made, in the order of a sync.
pub const DECIDING: [Kind; 4] = [Kind::IdentityProvider, Kind::Group, Kind::Policy, Kind::App];

/// The row of a kind.
pub const fn row(kind: Kind) -> &'static Row {
    match kind {
        Kind::IdentityProvider => &IDENTITY_PROVIDER,
        Kind::Group => &GROUP,
        Kind::Policy => &POLICY,
        Kind::App => &APP,
        Kind::Role => &ROLE,
        Kind::UserGroup => &USER_GROUP,
        Kind::ScopedRole => &SCOPED_ROLE,
        Kind::ServiceToken => &SERVICE_TOKEN,
        Kind::Member => &MEMBER,
        Kind::User => &USER,
        Kind::Email => &EMAIL,
    }
}

/// The kinds whose resources can hold something.
pub fn principals() -> impl Iterator<Item = Kind> + Clone {
    let holds = |kind: Kind| Kind::ALL.iter().any(|&of| row(of).holders().contains(&kind));
    Kind::ALL.into_iter().filter(move |&kind| holds(kind))
}

/// Whether a sync for which no kinds are named can do without this one. Without the identity providers,
/// only conditions are less exact. Without the user groups, the sync is incomplete: the account or its plan
/// may have none, so the rest is read all the same.
pub const fn is_dispensable(kind: Kind) -> bool {
    row(kind).is_opt_in || matches!(kind, Kind::IdentityProvider | Kind::UserGroup)
}

/// The collection that lists the items of a kind.
///
/// # Errors
/// `internal` for a kind without a collection.
pub fn collection(kind: Kind) -> Result<&'static Collection> {
    row(kind).collection.ok_or_else(|| Error::internal(format!("no collection lists a {kind}")))
}

static IDENTITY_PROVIDER: Row = Row {
    display_name: "Identity provider",
    traits: &[],
    letter: "i",
    phase: "identity providers",
    collection: Some(&identity_provider::COLLECTION),
    is_read_alone: true,
    permissions: &[to_sync(PROVIDERS_READ)],
    entitlement: None,
    needs: &[],
    is_opt_in: false,
};

static POLICY: Row = Row {
    display_name: "Access policy",
    traits: &[],
    letter: "p",
    phase: "policies",
    collection: Some(&policy::COLLECTION),
    is_read_alone: false,
    permissions: &[to_sync(APPS_READ)],
    entitlement: None,
    needs: &[Kind::App],
    is_opt_in: false,
};

static APP: Row = Row {
    display_name: "Access application",
    traits: &["app"],
    letter: "a",
    phase: "applications",
    collection: Some(&app::COLLECTION),
    is_read_alone: false,
    permissions: &[to_sync(APPS_READ), to_sync(GROUPS_READ), LISTS, PROVIDERS],
    entitlement: Some(EntitlementType {
        slug: ACCESS_SLUG,
        holders: &[Kind::User, Kind::Member, Kind::Email, Kind::ServiceToken],
    }),
    needs: &[Kind::Group],
    is_opt_in: false,
};

static SERVICE_TOKEN: Row = Row {
    display_name: "Service token",
    traits: &["secret"],
    letter: "t",
    phase: "service tokens",
    collection: Some(&service_token::COLLECTION),
    is_read_alone: true,
    permissions: &[to_sync(TOKENS_READ)],
    entitlement: None,
    needs: &[],
    is_opt_in: true,
};

static GROUP: Row = Row {
    display_name: "Access group",
    traits: &["group"],
    letter: "g",
    phase: "groups",
    collection: Some(&group::COLLECTION),
    is_read_alone: false,
    permissions: &[to_sync(GROUPS_READ), LISTS, to_provision(GROUPS_EDIT)],
    entitlement: Some(EntitlementType {
        slug: MEMBER_SLUG,
        holders: &[Kind::User, Kind::Member, Kind::Email, Kind::ServiceToken],
    }),
    needs: &[],
    is_opt_in: false,
};

static ROLE: Row = Row {
    display_name: "Role",
    traits: &["role"],
    letter: "r",
    phase: "roles",
    collection: Some(&role::COLLECTION),
    is_read_alone: false,
    permissions: &[to_sync(ACCOUNT_READ), to_provision(MEMBERS_EDIT)],
    entitlement: Some(EntitlementType { slug: ASSIGNED_SLUG, holders: &[Kind::UserGroup, Kind::Member] }),
    needs: &[],
    is_opt_in: false,
};

static USER_GROUP: Row = Row {
    display_name: "User group",
    traits: &["group"],
    letter: "k",
    phase: "user groups",
    collection: Some(&user_group::COLLECTION),
    is_read_alone: true,
    permissions: &[to_sync(ACCOUNT_READ), to_provision(MEMBERS_EDIT)],
    entitlement: Some(EntitlementType { slug: MEMBER_SLUG, holders: &[Kind::Member] }),
    needs: &[],
    is_opt_in: false,
};

// No list of Cloudflare has them: they are known from the policies of members and user groups.
static SCOPED_ROLE: Row = Row {
    display_name: "Scoped role",
    traits: &["role"],
    letter: "s",
    phase: "scoped roles",
    collection: None,
    is_read_alone: false,
    permissions: &[to_sync(ACCOUNT_READ), to_provision(MEMBERS_EDIT)],
    entitlement: Some(EntitlementType { slug: ASSIGNED_SLUG, holders: &[Kind::UserGroup, Kind::Member] }),
    needs: &[Kind::Role, Kind::UserGroup, Kind::Member],
    is_opt_in: false,
};

static MEMBER: Row = Row {
    display_name: "Account member",
    traits: &["user"],
    letter: "m",
    phase: "members",
    collection: Some(&member::COLLECTION),
    is_read_alone: true,
    permissions: &[to_sync(ACCOUNT_READ)],
    entitlement: None,
    needs: &[],
    is_opt_in: false,
};

static USER: Row = Row {
    display_name: "Access user",
    traits: &["user"],
    letter: "u",
    phase: "users",
    collection: Some(&user::COLLECTION),
    is_read_alone: true,
    permissions: &[to_sync(USERS_READ)],
    entitlement: None,
    needs: &[],
    is_opt_in: false,
};

// An address that nobody has is known only from all groups, members and users.
static EMAIL: Row = Row {
    display_name: "Unmatched email",
    traits: &["user"],
    letter: "e",
    phase: "emails",
    collection: None,
    is_read_alone: false,
    permissions: &[to_sync(GROUPS_READ), to_sync(USERS_READ), to_sync(ACCOUNT_READ), LISTS, APPS_OF_EMAILS],
    entitlement: None,
    needs: &[Kind::Group, Kind::Member, Kind::User],
    is_opt_in: false,
};

/// Returns the kind that a host names in this argument.
///
/// # Errors
/// `invalid-argument`: there is no such kind. What looks like a secret isn't repeated.
pub fn asked(argument: &str, kind: &str) -> Result<Kind> {
    Kind::parse(kind).ok_or_else(|| {
        let all = Kind::ALL.map(Kind::as_str).join(", ");
        let shown: String = kind.chars().take(40).collect();
        let word = if credential::is_in(kind) { "such kind".to_owned() } else { format!("kind {shown:?}") };
        Error::argument(argument, format!("There is no {word}. The kinds are: {all}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_letter_and_no_word_stands_for_two_kinds() {
        let rows = Kind::ALL.map(row);
        let letters: BTreeSet<_> = rows.map(|row| row.letter).into();
        let phases: BTreeSet<_> = rows.map(|row| row.phase).into();
        assert_eq!((letters.len(), phases.len()), (rows.len(), rows.len()));
    }

    #[test]
    fn a_token_may_read_all_that_a_kind_needs() {
        for kind in Kind::ALL {
            let names: Vec<_> = row(kind).permissions.iter().map(|permission| permission.name).collect();
            for needed in row(kind).needs.iter().chain([&kind]) {
                let permission = row(*needed).collection.map(|list| list.permission);
                assert!(permission.is_none_or(|name| names.contains(&name)), "{kind}: {permission:?}");
            }
        }
    }

    #[test]
    fn a_kind_is_found_in_a_collection_or_through_others() {
        for kind in Kind::ALL {
            let row = row(kind);
            assert!(row.collection.is_some() || !row.needs.is_empty(), "{kind}");
            assert!(row.collection.is_some() || !row.is_read_alone, "{kind}");
            assert!(!row.needs.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn groups_and_roles_can_be_changed() {
        assert!([Kind::Group, Kind::Role].iter().all(|&kind| row(kind).can_provision()));
        assert!(![Kind::Member, Kind::User, Kind::Email].iter().any(|&kind| row(kind).can_provision()));
    }
}
