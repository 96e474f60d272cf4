//! Comparisons of random accounts with a tester that judges rightly: no verdict is impossible, whatever
//! facts say. The core runs alone, in this process, so that there can be many.

use crate::common::in_process::MockInProcess;
use crate::common::random_rules::config;
use crate::common::verification::{is_known, right_facts, stale, with_logins};
use crate::facts_random::{account_with_providers, facts, in_core};
use cloudflare_zero_trust::error::ErrorKind;
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use cloudflare_zero_trust::verification::{Agreement, Compared};
use host_test::mock::{Account, DEMO_TOKEN, Options};
use host_test::truth::Fact;
use proptest::prelude::*;

/// Compares all groups and applications, each call in a session of its own where `is_forgetful`. Returns
/// each person with the subject.
fn compare_all(account: &Account, facts: &[Fact], is_forgetful: bool) -> Vec<(String, Compared)> {
    let upstream = MockInProcess::new(account.clone(), Options::default());
    let session = || {
        let settings = [
            ("account-id", account.id.as_str()),
            ("api-token", DEMO_TOKEN),
            ("max-wait-seconds", "0"),
            ("base-url", "http://127.0.0.1:1/client/v4"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut session = Session::new(Settings::parse("api-token", settings.into()).unwrap(), &upstream);
        if !facts.is_empty() {
            session.learn(&in_core(facts)).unwrap();
        }
        session
    };
    let groups = account.groups.iter().map(|group| ("group", group.id.clone()));
    let apps = account.applications.iter().map(|app| ("app", app.id.clone()));
    let (mut told, mut one) = (Vec::new(), session());
    for (kind, id) in groups.chain(apps) {
        let mut cursor = None;
        loop {
            if is_forgetful {
                one = session();
            }
            let part = match one.compare(kind, &id, cursor.as_deref()) {
                Ok(part) => part,
                Err(error) => {
                    assert_eq!((error.kind, cursor), (ErrorKind::InvalidArgument, None), "{error:?}");
                    assert!(kind == "app" && error.message.contains("nothing to test"), "{error:?}");
                    break;
                }
            };
            told.extend(part.people.into_iter().map(|person| (format!("{kind}:{id}"), person)));
            cursor = part.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn no_verdict_is_impossible_with_right_stale_and_wrong_facts(
        account in account_with_providers(),
        seed in any::<u64>(),
        wrong in facts(),
        is_forgetful in prop::bool::weighted(0.2),
    ) {
        let account = with_logins(account, seed);
        let right = right_facts(&account);
        let mut kinds = Vec::new();
        let others = [("stale", stale(right.clone())), ("wrong", wrong)];
        for (which, facts) in [("none", vec![]), ("right", right)].into_iter().chain(others) {
            let told = compare_all(&account, &facts, is_forgetful);
            for (subject, person) in &told {
                let can_be = !matches!(person.agreement, Agreement::Impossible | Agreement::Changed);
                prop_assert!(can_be, "{} facts, {}: {:?}", which, subject, person);
                // Facts about everything, and right: the verdict is what they expect.
                let is_surprise = person.agreement == Agreement::Unexpected;
                prop_assert!(
                    !(is_surprise && which == "right" && is_known(&account, &person.address)),
                    "{}: {:?}", subject, person
                );
                prop_assert!(!is_surprise || !facts.is_empty(), "{}: {:?}", subject, person);
            }
            let without_facts = |(_, it): (String, Compared)| (it.address, it.verdict, it.claim);
            kinds.push(told.into_iter().map(without_facts).collect::<Vec<_>>());
        }
        // Facts change no claim and no verdict.
        prop_assert!(kinds.iter().all(|told| *told == kinds[0]));
    }
}
