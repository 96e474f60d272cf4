//! The truth that a sync is compared with: who holds what in a mock account.
//!
//! It is evaluated slowly and straight from the raw rules, in Kleene's three values, and shares no
//! code with the connector. A group *names* a person if an include rule that identity decides says
//! yes. There is a grant exactly if the group names the person and is not *no* for them. Policies are
//! evaluated like groups, and an application's policies decide in their order.

mod login;
mod pushed;
mod roles;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::mock::{self, Account};
pub use login::{Entry, Visitor, log_in};
pub use pushed::pushed;
pub use roles::{Roles, ScopedRole};
pub use rules::{
    Asking, Conditions, Expected, Exposure, Fact, Held, Kind, Lists, Passage, Principal, ProviderGroup,
    Reach, Setting, Shown, Tested, Through, evaluate, included_addresses, unclear,
};

/// Everything that a sync of an account has to say of who holds what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// The grants on groups, roles, scoped roles and user groups by id: `group:<id>:member:user:<id>`,
    /// `role:<id>:assigned:member:<id>`.
    pub grants: BTreeMap<String, Held>,
    /// The grants on applications by id: `app:<id>:access:user:<id>`, `app:<id>:visible:email:<address>`.
    pub passages: BTreeMap<String, Passage>,
    /// The expectations that facts give grants on conditions, by the grants' ids.
    pub expected: BTreeMap<String, Expected>,
    /// The groups of identity providers that rules name, each with the ids of the groups and policies that
    /// do.
    pub provider_groups: BTreeMap<ProviderGroup, BTreeSet<String>>,
    /// The applications, by their ids.
    pub apps: BTreeMap<String, Exposure>,
    /// The ids of the applications that don't say of somebody whether they let them in.
    pub undecided: BTreeSet<String>,
    /// The addresses, in lower case, that hold a grant though no user and no member has them.
    pub emails: BTreeSet<String>,
    /// The other things to say of roles. Their grants are among the others.
    pub roles: Roles,
}

/// Returns everything that a full sync of the account has to emit. Service tokens expire by
/// the clock.
pub fn account(account: &Account) -> Truth {
    account_with(account, &[])
}

/// Returns the same for a session that was told these facts.
pub fn account_with(account: &Account, facts: &[Fact]) -> Truth {
    let groups: Vec<Value> =
        account.groups.iter().map(|group| serde_json::to_value(group).expect("a group is JSON")).collect();
    let lists: Lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    let providers: Vec<String> =
        account.identity_providers.iter().map(|provider| provider.id.clone()).collect();
    let apps: Vec<Value> = account.applications.iter().map(|it| account.whole_application_json(it)).collect();
    let setting = Setting::new(&account.id, &groups, &lists, Some(&providers), &apps).with_facts(facts);
    let visible = account.applications.iter().filter(|it| it.is_shown_only()).map(|it| it.id.clone());
    let mut sync = Sync {
        setting: &setting,
        visible: visible.collect(),
        truth: Truth {
            apps: setting.exposures(),
            provider_groups: setting.provider_groups(),
            ..Truth::default()
        },
    };

    for user in &account.users {
        let principal = Principal { kind: Kind::User, address: user.email.clone(), status: None };
        sync.add(Asking::Person(&principal), "user", &user.id);
    }
    for member in &account.members {
        let address = member.address().map(str::to_owned);
        let principal = Principal { kind: Kind::Member, address, status: Some(member.status.clone()) };
        sync.add(Asking::Person(&principal), "member", &member.id);
    }
    for token in &account.service_tokens {
        let asking =
            Asking::Token { id: &token.id, is_valid: token.is_valid(time::OffsetDateTime::now_utc()) };
        sync.add(asking, "service-token", &token.id);
    }
    let users = account.users.iter().filter_map(|user| user.email.as_deref());
    let matched: BTreeSet<String> = users
        .chain(account.members.iter().filter_map(mock::Member::address))
        .map(str::to_ascii_lowercase)
        .collect();
    for address in setting.included_addresses().difference(&matched) {
        let principal = Principal { kind: Kind::Email, address: Some(address.clone()), status: None };
        if sync.add(Asking::Person(&principal), "email", address) {
            sync.truth.emails.insert(address.clone());
        }
    }
    sync.truth.roles = roles::of_account(account);
    sync.truth.grants.append(&mut sync.truth.roles.grants);
    sync.truth
}

struct Sync<'a> {
    setting: &'a Setting<'a>,
    /// The ids of applications with the entitlement `visible`.
    visible: BTreeSet<String>,
    truth: Truth,
}

impl Sync<'_> {
    /// Adds the grants of somebody. Returns whether there are any.
    fn add(&mut self, asking: Asking, kind: &str, id: &str) -> bool {
        let mut any = false;
        for (group, held) in self.setting.groups(asking) {
            if let Some(held) = held {
                any = true;
                self.truth.grants.insert(format!("group:{group}:member:{kind}:{id}"), held);
            }
        }
        for (app, reach) in self.setting.apps(asking) {
            match reach {
                Reach::None => {}
                Reach::Undecided => {
                    self.truth.undecided.insert(app);
                }
                Reach::Granted(passage) => {
                    any = true;
                    let entitlement = if self.visible.contains(&app) { "visible" } else { "access" };
                    self.truth.passages.insert(format!("app:{app}:{entitlement}:{kind}:{id}"), passage);
                }
            }
        }
        if let Asking::Person(person) = asking {
            let [groups, apps] = self.setting.expected(person);
            for (group, expected) in groups {
                self.truth.expected.insert(format!("group:{group}:member:{kind}:{id}"), expected);
            }
            for (app, expected) in apps {
                let entitlement = if self.visible.contains(&app) { "visible" } else { "access" };
                self.truth.expected.insert(format!("app:{app}:{entitlement}:{kind}:{id}"), expected);
            }
        }
        any
    }
}
