//! Offboardings in generated accounts, where rules of every kind stand in every place: who can still come in
//! is told, and what is told to have ended has ended.

use crate::ways::tells_who_comes_in;
use crate::{METHODS, Setup, id, planning, really, shown};
use connector_host::contract::lifecycle::Offboarding;
use host_test::mock::{AccessSize, Account, Application, Size};
use host_test::truth;
use std::collections::BTreeSet;

const SIZE: Size = Size { users: 8, members: 6, groups: 10, roles: 4 };
const ACCESS: AccessSize =
    AccessSize { applications: 8, policies: 4, identity_providers: 2, service_tokens: 1 };

fn account(seed: u64) -> Account {
    let mut account = Account::generate(seed, SIZE).with_access(seed, ACCESS).with_user_groups(seed, 2);
    // They are links, and let nobody in.
    account.applications.retain(|app: &Application| !app.is_shown_only());
    // A login by none of the identity providers isn't one that an application can refuse.
    let providers = account.identity_providers.len();
    for app in &mut account.applications {
        app.allowed_idps.take_if(|allowed| allowed.len() == providers);
    }
    account
}

/// A user, and a member who is no user.
fn leavers(account: &Account) -> [String; 2] {
    let is_user = |address: &&str| account.users.iter().any(|user| user.email.as_deref() == Some(*address));
    let members: Vec<&str> = account.members.iter().filter_map(|member| member.address()).collect();
    let user = members.iter().copied().filter(is_user).nth(1).unwrap();
    let other = members.iter().copied().find(|address| !is_user(address)).unwrap();
    [user.to_owned(), other.to_owned()]
}

/// The ids of the entitlements that these principals hold.
fn held(account: &Account, principals: &[String]) -> BTreeSet<String> {
    let truth = truth::account(account);
    let of = |grant: &String| {
        let mut principals = principals.iter();
        principals.find_map(|principal| grant.strip_suffix(&format!(":{principal}"))).map(str::to_owned)
    };
    truth.grants.keys().chain(truth.passages.keys()).filter_map(of).collect()
}

fn removed(offboarding: &Offboarding) -> BTreeSet<String> {
    let outcomes = offboarding.parts.iter().filter_map(|part| part.outcome.as_ref().ok());
    outcomes.flat_map(|outcome| &outcome.removed).cloned().collect()
}

#[tokio::test]
async fn what_remains_and_what_has_ended_is_told_in_any_account() {
    let mut parts = 0;
    for seed in 0..4 {
        let account = account(seed);
        for (address, method) in leavers(&account).iter().zip(METHODS) {
            let context = format!("seed {seed}, {address}");
            let setup = Setup::new(account.clone()).await;
            let person = id(&format!("email:{address}"));
            let mut session = setup.session(method).await;
            let planned = session.offboard(&person, &[], &planning()).await.unwrap();
            let done = session.offboard(&person, &[], &really()).await.unwrap();
            setup.mock.change(Account::finish_deletions);
            let after = setup.mock.account();
            assert_eq!(format!("{:?}", planned.remaining), format!("{:?}", done.remaining), "{context}");
            tells_who_comes_in(&done, &after, address);

            let mut people: Vec<String> = done.accounts.iter().map(shown).collect();
            people.push(shown(&done.address));
            let (before, now, removed) = (held(&account, &people), held(&after, &people), removed(&done));
            for told in &removed {
                assert!(before.contains(told) && !now.contains(told), "{told}, {context}");
            }
            // A group or an application that lets in a domain lets in the address without an account.
            let is_of_the_account = |id: &&String| !id.starts_with("group:") && !id.starts_with("app:");
            for ended in before.difference(&now).filter(is_of_the_account) {
                assert!(removed.contains(ended), "{ended} isn't told, {context}");
            }
            parts += removed.len();
        }
    }
    assert!(parts > 20, "{parts}");
}
