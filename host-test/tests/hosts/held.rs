//! The holdings of one principal, as the examples print them.

use crate::example::Example;
use crate::for_each_example;
use crate::lines::ascii;
use crate::setup::MockAndOwnHost;
use host_test::mock::{AccessUser, Account};
use host_test::truth;

for_each_example!(it_is_printed_as_our_own_host_prints_it, what_can_not_be_found_is_said);

fn it_is_printed_as_our_own_host_prints_it(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    let account = setup.mock.account();
    let member = account.members.iter().find(|member| member.status == "accepted").unwrap();
    let nobodys = truth::account(&account).emails.first().unwrap().clone();
    let with_address = |user: &&AccessUser| user.email.is_some();
    let user = account.users.iter().find(with_address).unwrap();
    let address = user.email.as_ref().unwrap();
    for (kind, id) in [("user", &user.id), ("member", &member.id), ("email", address), ("email", &nobodys)] {
        let (expected, requests) = (setup.try_held(kind, id).unwrap(), setup.requests());
        assert!(expected.contains(r#""type":"grant""#), "{expected}");
        let done = setup.command(example, &["held", &format!("{kind}:{id}")]).run();
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        assert_eq!(done.stdout, ascii(&expected));
        assert_eq!(setup.requests(), requests);
    }
}

fn what_can_not_be_found_is_said(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    for (kind, id, code) in [("user", "0123", 1), ("group", "0123", 2), ("robot", "1", 2)] {
        let expected = setup.try_held(kind, id).unwrap_err().to_string();
        let done = setup.command(example, &["held", &format!("{kind}:{id}")]).run();
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{done:?}");
        assert!(expected.contains(done.stderr.trim()), "{expected}: {done:?}");
    }
}
