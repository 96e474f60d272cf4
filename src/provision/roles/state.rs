//! The state of an account member that a write replaces: the whole list of their roles, or of their own
//! policies.

use crate::cloudflare::account_policy::{AccountPolicy, Reach};
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::id::Id;
use crate::cloudflare::item::{Item, NotUnderstood};
use crate::cloudflare::member::Member;
use crate::cloudflare::role::Role;
use crate::json::{self, entries, items, list, quoted};
use crate::provision::write::State;
use crate::roles::{UserGroups, Way};
use crate::sorted::Set;
use serde_json::value::RawValue;

const ROLES: &str = "roles";
const POLICIES: &str = "policies";

/// A member as Cloudflare shows them, and the part that a write replaces.
#[derive(Clone)]
pub(crate) struct Document {
    pub member: Member,
    raw: Box<RawValue>,
    account_id: String,
    way: Way,
    /// The ids of the policies that come from user groups. They are neither sent nor compared.
    inherited: Set<String>,
    /// The roles that a write of policies takes.
    gone: Vec<Id>,
    /// The policies that a write sends.
    own: Vec<String>,
}

impl Document {
    /// Returns the member as one that is written in this way.
    pub fn by(mut self, way: Way, groups: &UserGroups) -> Self {
        let ids = self.member.policies.all.iter().filter_map(|policy| policy.id.as_deref());
        self.inherited = ids.filter(|id| groups.with_policy(id).is_some()).map(str::to_owned).collect();
        self.way = way;
        let raw = self.raw_policies();
        let own = self.member.policies.all.iter().zip(raw).filter(|(policy, _)| self.is_own(policy));
        self.own = own.map(|(_, raw)| raw.get().to_owned()).collect();
        self
    }

    /// Returns the policies as the answer has them. They are those of the member if all of these are
    /// understood.
    pub fn raw_policies(&self) -> Vec<&RawValue> {
        let fields = entries(self.raw.get()).unwrap_or_default();
        let policies = fields.into_iter().find(|(name, _)| name == POLICIES);
        policies.and_then(|(_, raw)| items(raw.get())).unwrap_or_default()
    }

    /// The policies that a write sends.
    pub fn own(&self) -> &[String] {
        &self.own
    }

    /// The id of the account that the member is in.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Whether a policy is the member's own.
    pub fn is_own(&self, policy: &AccountPolicy) -> bool {
        policy.id.as_ref().is_none_or(|id| !self.inherited.contains(id))
    }

    /// Returns the member with these roles and policies. `own` are the policies that are sent, and `gone`
    /// are roles that may not be there any more after that.
    pub fn with(
        &self,
        roles: &[Role],
        policies: &[String],
        own: Vec<String>,
        gone: Vec<Id>,
    ) -> Result<Self, String> {
        let broken = || "it can't be put together again".to_owned();
        let role = |role: &Role| {
            let id = json::Object::default().with_text("id", Some(role.id.as_str()));
            id.with_text("name", role.name.as_deref()).end()
        };
        let roles: Vec<String> = roles.iter().map(role).collect();
        let fields = entries(self.raw.get()).ok_or_else(broken)?.into_iter();
        let others = fields.filter(|(name, _)| name != ROLES && name != POLICIES);
        let mut fields: Vec<String> =
            others.map(|(name, value)| [&quoted(&name), ":", value.get()].concat()).collect();
        for (name, items) in [(ROLES, &roles[..]), (POLICIES, policies)] {
            fields.push([&quoted(name), ":", &list(items)].concat());
        }
        let raw = RawValue::from_string(["{", &fields.join(","), "}"].concat()).map_err(|_| broken())?;
        let after = Self::read(&raw, &self.account_id)?;
        Ok(Self { way: self.way, inherited: self.inherited.clone(), gone, own, ..after })
    }

    /// The part that a write replaces, as its report shows it: roles have their names.
    pub fn shown(&self) -> String {
        self.part(true)
    }

    // A member is written with `roles` or with `policies` (OpenAPI: PUT
    // /accounts/{account_id}/members/{member_id}).
    fn part(&self, has_names: bool) -> String {
        let role = |role: &Role| {
            let id = json::Object::default().with_text("id", Some(role.id.as_str()));
            if !has_names {
                return id.end();
            }
            id.with("name", &role.name.as_deref().map_or("null".to_owned(), quoted)).end()
        };
        let (name, items) = match self.way {
            Way::Roles => (ROLES, list(&self.member.roles.iter().map(role).collect::<Vec<_>>())),
            Way::Policies => (POLICIES, list(&self.own)),
        };
        json::Object::default().with(name, &items).end()
    }

    fn roles_differ(&self, found: &Self) -> Vec<Option<String>> {
        let only_in = |one: &Self, other: &Self, what: &str| {
            let ids = one.member.roles.iter().map(|role| &role.id).filter(|id| !other.has(id));
            ids.min().map(|id| format!("it {what} the role {id}"))
        };
        let unknown = found.member.roles_missing.then(|| "its roles aren't all told".to_owned());
        vec![only_in(self, found, "lacks"), only_in(found, self, "also has"), unknown]
    }

    /// Compares the member's own policies by what they give: Cloudflare may give them other ids, and
    /// names.
    fn policies_differ(&self, found: &Self) -> Vec<Option<String>> {
        let own = |document: &'_ Self| -> Vec<AccountPolicy> {
            let all = document.member.policies.all.iter();
            all.filter(|policy| self.is_own(policy)).cloned().collect()
        };
        let (mut lacks, mut more) = (own(self), own(found));
        lacks.retain(|policy| {
            let at = more.iter().position(|other| is_same(policy, other));
            at.map(|at| more.swap_remove(at)).is_none()
        });
        let tell = |policies: &[AccountPolicy], what: &str| {
            let policy = policies.first()?;
            let names = policy.permission_groups.iter();
            let name = names.filter_map(|group| group.name().or(group.id.as_ref().map(Id::as_str))).next();
            Some(format!("it {what} a policy for {:?}", name.unwrap_or_default()))
        };
        let unknown = found.member.policies.has_gap.then(|| "its policies aren't all told".to_owned());
        let kept = self.gone.iter().find(|id| found.has(id));
        let kept = kept.map(|id| format!("it still has the role {id}"));
        vec![tell(&lacks, "lacks"), tell(&more, "also has"), unknown, kept]
    }

    fn has(&self, role: &Id) -> bool {
        self.member.roles.iter().any(|held| held.id == *role)
    }
}

/// Whether two policies give the same.
fn is_same(one: &AccountPolicy, other: &AccountPolicy) -> bool {
    let is_same_group = |(one, other): (&Option<Id>, &Option<Id>)| one.is_some() && one == other;
    let is_same_reach = |one: &Reach, other: &Reach| {
        is_same_group((&one.id, &other.id))
            || one.is_account == other.is_account && one.scopes == other.scopes
    };
    one.access == other.access
        && is_permuted(&one.permission_groups, &other.permission_groups, &|one, other| {
            is_same_group((&one.id, &other.id)) || one.name().is_some() && one.name() == other.name()
        })
        && is_permuted(&one.reaches, &other.reaches, &is_same_reach)
}

/// Whether two lists have the same items in any order.
fn is_permuted<I>(one: &[I], other: &[I], is_same: &dyn Fn(&I, &I) -> bool) -> bool {
    one.len() == other.len() && one.iter().all(|item| other.iter().any(|it| is_same(item, it)))
}

impl State for Document {
    fn write(&self) -> &'static Write {
        &Write::REPLACE_MEMBER
    }

    fn read(raw: &RawValue, account_id: &str) -> Result<Self, String> {
        let member: Member = Item::read(raw, account_id).map_err(|fault: NotUnderstood| fault.why)?;
        let (inherited, gone, own) = (Set::default(), Vec::new(), Vec::new());
        let (raw, account_id) = (raw.to_owned(), account_id.to_owned());
        Ok(Self { member, raw, account_id, way: Way::Roles, inherited, gone, own })
    }

    // Inferred from reports of such writes: terraform-provider-cloudflare, #6581 and #6520.
    const WHY_NOT_TAKEN: &'static str =
        "The member's status, their policies or the account's own settings can be the reason.";

    fn is_of(&self, object: &Object) -> bool {
        self.member.id == object.id
    }

    fn aligned(&self, found: Self) -> Self {
        Self { way: self.way, inherited: self.inherited.clone(), ..found }
    }

    fn body(&self) -> Option<String> {
        Some(self.part(false))
    }

    fn differs(&self, found: &Self) -> Option<String> {
        let differs = match self.way {
            Way::Roles => self.roles_differ(found),
            Way::Policies => self.policies_differ(found),
        };
        let texts: Vec<String> = differs.into_iter().flatten().collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}
