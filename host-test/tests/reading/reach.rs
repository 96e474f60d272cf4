//! What a sync says of applications is the truth: every application, policy, identity provider and service
//! token, and every grant on an application with its basis and its alternatives.

use crate::common::compare::{compare, compare_all};
use crate::common::setup::HostAndMock;
use host_test::mock::{AccessSize, Account, SECRET_INSIDE, Size};

/// All kinds, also those that have to be named.
pub const ALL: [&str; 11] = [
    "identity-provider",
    "group",
    "policy",
    "app",
    "role",
    "user-group",
    "scoped-role",
    "service-token",
    "member",
    "user",
    "email",
];

const SIZE: Size = Size { users: 60, members: 30, groups: 30, roles: 5 };
const ACCESS: AccessSize =
    AccessSize { applications: 45, policies: 25, identity_providers: 5, service_tokens: 10 };

async fn check(account: Account) {
    let setup = HostAndMock::new(account).await;
    let account = setup.mock.account();
    let whole = setup.read(&ALL).await;
    compare_all(&whole, &account, true);
    let facts: String = whole.facts().into_iter().collect();
    let warnings: String = whole.warnings.iter().map(|it| format!("{it:?}")).collect();
    assert!(!facts.contains(SECRET_INSIDE) && !warnings.contains(SECRET_INSIDE), "a secret is given");
    compare(&setup.read(&[]).await, &account);
}

#[tokio::test]
async fn of_a_company() {
    check(Account::company()).await;
}

#[tokio::test]
async fn of_generated_accounts() {
    for seed in 0..4 {
        check(Account::generate(seed, SIZE).with_access(seed, ACCESS)).await;
    }
}

#[tokio::test]
async fn of_accounts_with_little_in_them() {
    for (seed, [applications, policies, identity_providers, service_tokens]) in
        [(1, [1, 0, 0, 0]), (2, [5, 0, 1, 2]), (3, [0, 4, 0, 3]), (4, [30, 2, 2, 1]), (5, [12, 12, 1, 0])]
    {
        let access = AccessSize { applications, policies, identity_providers, service_tokens };
        for people in [Size::default(), Size { users: 5, members: 5, groups: 3, roles: 1 }] {
            check(Account::generate(seed, people).with_access(seed, access)).await;
        }
    }
}
