//! The roles of a sync: what it says of roles, scoped roles and user groups is the truth.

use crate::common::compare::{compare, compare_all};
use crate::common::setup::HostAndMock;
use crate::reach_random::read;
use host_test::mock::{Account, Inherited, Size};

fn generated(seed: u64, members: usize, groups: usize) -> Account {
    let size = Size { users: 3, members, groups: 2, roles: 1 + (seed % 9) as usize };
    Account::generate(seed, size).with_user_groups(seed, groups)
}

/// Reads in this process, so that there can be many.
#[test]
fn of_many_generated_accounts() {
    for seed in 0..120 {
        eprintln!("seed {seed}");
        let account = generated(seed, (seed % 70) as usize, (seed % 31) as usize);
        compare_all(&read(account.clone()), &account, true);
    }
}

#[test]
fn of_accounts_without_the_roles_api() {
    for seed in 0..60 {
        eprintln!("seed {seed}");
        let mut account = generated(seed, 30 + (seed % 40) as usize, (seed % 31) as usize);
        account.roles_gone = Some([(404, 1003), (410, 7003), (404, 7003)][(seed % 3) as usize]);
        compare_all(&read(account.clone()), &account, true);
    }
}

#[tokio::test]
async fn of_generated_accounts_through_the_front_door() {
    for seed in 1..4 {
        let setup = HostAndMock::new(generated(seed, 70, 30)).await;
        compare(&setup.read(&[]).await, &setup.mock.account());
    }
}

#[tokio::test]
async fn of_the_company_in_each_form() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        for roles_gone in [None, Some((410, 7003))] {
            let account = Account { inherited, roles_gone, ..Account::company() };
            let setup = HostAndMock::new(account).await;
            compare(&setup.read(&[]).await, &setup.mock.account());
        }
    }
}
