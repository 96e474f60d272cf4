//! The sentences that say what was done, what wasn't, and what to do then.

use crate::common::small_account::{account, email, group};
use crate::{METHODS, PRIYA, Setup, accounts, id, planning, really};
use connector_host::HostError;
use connector_host::contract::ErrorKind;
use connector_host::contract::lifecycle::Certainty;
use host_test::mock::{AccessPolicy, Account, Application, Effect, Fault, UserGroup};
use serde_json::json;

fn status(status: u16, code: u64) -> Effect {
    Effect::Status { status, code, message: "no".into(), headers: Vec::new() }
}

#[tokio::test]
async fn an_offboarding_that_fails_as_a_whole_says_once_that_nothing_was_written() {
    for method in METHODS {
        for effect in [status(401, 1000), status(429, 971), status(500, 1)] {
            for route in ["access/users", "members", "access/groups", "access/apps"] {
                let setup = Setup::new(Account::company()).await;
                setup.mock.inject(Fault::on("GET", route, effect.clone()));
                let mut session = setup.session(method).await;
                let error = session.offboard(&id(&format!("email:{PRIYA}")), &[], &really()).await;
                let HostError::Connector(error) = error.unwrap_err() else { panic!("{route}, {effect:?}") };
                let message = &error.message;
                assert!(message.ends_with(" Nothing was written."), "{route}, {effect:?}: {message}");
                assert_eq!(message.matches("Nothing was written").count(), 1, "{message}");
                assert!(setup.writes().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn where_accounts_or_groups_can_not_be_read_that_says_what_was_not_done() {
    let not_removed = "it wasn't looked for to its end and isn't removed.";
    for method in METHODS {
        for (route, texts) in [
            ("access/users", ["so a user with this address may be there, with a seat", not_removed]),
            ("members", ["so a membership with this address may be there, with its roles", not_removed]),
            ("access/groups", ["so no rule that names the address was looked for", "none was taken away."]),
        ] {
            let setup = Setup::new(Account::company()).await;
            setup.mock.inject(Fault::on("GET", route, status(403, 10000)));
            let mut session = setup.session(method).await;
            let done = session.offboard(&id(&format!("email:{PRIYA}")), &[], &really()).await.unwrap();
            let way = &done.remaining[0];
            assert_eq!(way.certainty, Certainty::NotKnown);
            for text in texts {
                assert!(way.detail.contains(text), "{route}: {}", way.detail);
            }
            let (_, member) = accounts(&setup.mock.account(), PRIYA);
            assert_eq!(member.is_some(), route == "members", "the rest goes on");
        }
    }
}

/// Ann in a user group that an identity provider manages, and in one that nobody does.
fn in_managed() -> Account {
    let mut account = account([]);
    account.user_groups = [("e1", true), ("e2", false)]
        .map(|(id, is_managed)| UserGroup {
            id: id.into(),
            name: id.into(),
            members: vec!["1a".into()],
            is_managed,
            ..UserGroup::default()
        })
        .into();
    account
}

#[tokio::test]
async fn a_membership_in_a_managed_user_group_goes_with_the_member() {
    for method in METHODS {
        for (keep, words) in
            [(&[][..], &["user-group:e2"][..]), (&["member"], &["user-group:e1", "user-group:e2"])]
        {
            let setup = Setup::new(in_managed()).await;
            let keep: Vec<String> = keep.iter().map(|word: &&str| (*word).to_owned()).collect();
            let mut session = setup.session(method).await;
            let done = session.offboard(&id("member:1a"), &keep, &really()).await.unwrap();
            let groups = done.parts.iter().filter(|part| part.word.starts_with("user-group:"));
            assert_eq!(groups.map(|part| part.word.as_str()).collect::<Vec<_>>(), words);
            match done.parts.iter().find(|part| part.word == "member:1a") {
                Some(removal) => {
                    let removed = &removal.outcome.as_ref().unwrap().removed;
                    let entitlements = ["role:d1:assigned", "role:d2:assigned", "user-group:e1:member"];
                    assert_eq!(*removed, entitlements);
                    assert!(done.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", done.parts);
                }
                None => {
                    let error = done.parts[0].outcome.as_ref().unwrap_err();
                    assert_eq!(error.kind, ErrorKind::Refused);
                    assert!(error.message.contains("identity provider manages"), "{}", error.message);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_policy_that_asks_the_person_for_approval_is_warned_of() {
    let mut account = account([group("a1", json!({"include": [email("bob@corp.example")]}))]);
    for (number, (approver, required)) in
        [("Ann@Corp.example", true), ("joann@corp.example", true), ("ann@corp.example", false)]
            .into_iter()
            .enumerate()
    {
        let rule = json!({"group": {"id": "a1"}});
        let mut policy = AccessPolicy::new(&format!("Policy {number}"), "allow", vec![rule]);
        let groups = json!([{"approvals_needed": 1, "email_addresses": ["root@corp.example", approver]}]);
        policy.extra.insert("approval_required".into(), json!(required));
        policy.extra.insert("approval_groups".into(), groups);
        let app = Application::new(&format!("App {number}"), "self_hosted").with_own(policy, 1);
        account.applications.push(app);
    }
    for method in METHODS {
        for options in [planning(), really()] {
            let setup = Setup::new(account.clone()).await;
            let mut session = setup.session(method).await;
            let done = session.offboard(&id("email:ann@corp.example"), &[], &options).await.unwrap();
            let told: Vec<_> = done.warnings.iter().filter(|it| it.code == "approver").collect();
            assert_eq!(told.len(), 1, "{:?}", done.warnings);
            assert!(!told[0].incomplete && told[0].about.as_ref().unwrap().kind == "policy");
            let text =
                "(\"Policy 0\") asks this person for approval (approval_groups): name somebody else there.";
            assert!(told[0].message.contains(text), "{}", told[0].message);
        }
    }
}
