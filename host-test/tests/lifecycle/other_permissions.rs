//! The permissions that suffice in place of the smallest one.

use crate::Setup;
use crate::permissions::{steps, token};
use host_test::mock::{Account, Options, Permission, TokenOwner};

#[tokio::test]
async fn a_wider_permission_works_too_and_is_known_to() {
    use Permission::{AccessGroupsEdit, AccountSettingsEdit};
    for (permission, word) in [(AccountSettingsEdit, "invite"), (AccessGroupsEdit, "end-sessions")] {
        for owner in [TokenOwner::User, TokenOwner::Account] {
            let account = Account::company();
            let tokens = vec![token(&[permission], owner)];
            let setup = Setup::with(account.clone(), Options { tokens, ..Options::default() }).await;
            let mut session = setup.session("api-token").await;
            let checks = session.validate().await.unwrap().steps;
            let check = checks.iter().find(|check| check.step == word).unwrap();
            assert!(matches!(check.right, connector_host::contract::Right::Granted), "{word}: {check:?}");
            let steps = &steps(&account)[word];
            let planned = session.apply_steps(steps, &crate::planning()).await.unwrap();
            let report = session.apply_steps(steps, &crate::really()).await.unwrap();
            for result in planned.results.iter().chain(&report.results) {
                assert!(result.is_ok(), "{word} with {permission:?}: {result:?}");
            }
        }
    }
}
