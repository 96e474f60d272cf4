//! Logins: who comes in, who comes back, and who doesn't.

use host_test::mock::{AccessUser, Account, Application};
use host_test::truth::{Entry, Visitor, log_in};
use serde_json::{Value, json};

const PRIYA: &str = "priya.raman@northwind.example";
const STRANGER: &str = "stranger@elsewhere.example";

fn id_of(name: &str) -> String {
    Application::new(name, "").id
}

fn okta(account: &Account) -> String {
    account.identity_providers[0].id.clone()
}

/// Returns somebody who logs in with Okta.
fn visitor(account: &Account, address: &str) -> Visitor {
    Visitor { address: address.into(), provider: okta(account), ..Visitor::default() }
}

fn enter(account: &mut Account, name: &str, address: &str) -> Entry {
    let visitor = visitor(account, address);
    log_in(account, &id_of(name), &visitor)
}

fn is_in(entry: &Entry) -> bool {
    matches!(entry, Entry::LetIn { .. })
}

fn user<'a>(account: &'a Account, address: &str) -> Option<&'a AccessUser> {
    account.users.iter().find(|user| user.email.as_deref() == Some(address))
}

/// Deletes the user with everything that the user has in Access.
fn delete(account: &mut Account, address: &str) {
    let id = user(account, address).unwrap().id.clone();
    account.users.retain(|user| user.id != id);
    account.sessions.retain(|session| session.user != id);
}

#[test]
fn a_removed_user_comes_back_at_the_next_login_that_a_policy_allows() {
    let mut account = Account::company();
    let before = user(&account, PRIYA).unwrap().clone();
    delete(&mut account, PRIYA);
    let Entry::LetIn { user: id } = enter(&mut account, "Git", PRIYA) else { panic!("a policy lets her in") };
    let after = user(&account, PRIYA).unwrap();
    assert_eq!(
        (after.id.as_str(), after.access_seat, after.gateway_seat),
        (id.as_str(), Some(true), Some(false))
    );
    assert!(after.id != before.id && after.seat_uid.is_some() && after.seat_uid != before.seat_uid);
    assert!(after.last_successful_login.is_some());
    let [session] = account.sessions_of(PRIYA)[..] else { panic!("one session") };
    assert_eq!((&session.user, &session.application), (&id, &id_of("Git")));
}

#[test]
fn a_removed_user_whom_no_policy_lets_in_doesn_t_come_back() {
    let mut account = Account::company();
    delete(&mut account, PRIYA);
    let own = json!({ "email": { "email": PRIYA } });
    for group in &mut account.groups {
        group.include.as_mut().unwrap().retain(|rule| *rule != own);
    }
    let before = account.clone();
    assert_eq!(enter(&mut account, "Git", PRIYA), Entry::Refused);
    assert_eq!(account, before, "nothing is left of a refused login");
    assert!(is_in(&enter(&mut account, "Wiki", PRIYA)), "the domain is still a way in");
    account
        .groups
        .iter_mut()
        .find(|group| group.name == "Leavers")
        .unwrap()
        .include
        .as_mut()
        .unwrap()
        .push(own);
    let before = account.clone();
    for name in ["Git", "Wiki"] {
        assert_eq!(enter(&mut account, name, PRIYA), Entry::Refused, "{name}");
    }
    assert_eq!(account, before);
}

#[test]
fn a_login_keeps_the_record_and_takes_the_seat_again() {
    let mut account = Account::company();
    let at = account.users.iter().position(|user| user.email.as_deref() == Some(PRIYA)).unwrap();
    account.users[at].access_seat = Some(false);
    account.users[at].gateway_seat = Some(false);
    let (id, seat, users) =
        (account.users[at].id.clone(), account.users[at].seat_uid.clone(), account.users.len());
    assert_eq!(enter(&mut account, "Git", &PRIYA.to_uppercase()), Entry::LetIn { user: id });
    let user = &account.users[at];
    assert_eq!((user.access_seat, user.gateway_seat, &user.seat_uid), (Some(true), Some(false), &seat));
    assert_eq!((account.users.len(), account.sessions_of(PRIYA).len()), (users, 4));
}

#[test]
fn a_device_takes_a_gateway_seat() {
    let mut account = Account::company();
    let address = "new.starter@northwind.example";
    assert!(is_in(&enter(&mut account, "Warp Login App", address)));
    let user = user(&account, address).unwrap();
    assert_eq!(
        (user.access_seat, user.gateway_seat, user.active_device_count),
        (Some(false), Some(true), Some(1))
    );
}

#[test]
fn a_request_decides_what_identity_does_not() {
    let mut account = Account::company();
    let with =
        |account: &Account, address: &str, meets: Vec<Value>| Visitor { meets, ..visitor(account, address) };
    let sales = json!({ "okta": { "name": "Sales EMEA", "identity_provider_id": okta(&account) } });
    let desk = id_of("Support desk");
    assert_eq!(enter(&mut account, "Support desk", STRANGER), Entry::Refused);
    let of_sales = with(&account, STRANGER, vec![sales]);
    assert!(is_in(&log_in(&mut account, &desk, &of_sales)), "the group at Okta says so");

    let on_call = vec![json!({ "auth_method": { "auth_method": "mfa" } })];
    assert_eq!(enter(&mut account, "Production servers", PRIYA), Entry::Refused, "without a second factor");
    let careful = with(&account, PRIYA, on_call);
    assert!(is_in(&log_in(&mut account, &id_of("Production servers"), &careful)));

    let grace = "amara.nwosu@northwind.example";
    let mfa = json!({ "auth_method": { "auth_method": "mfa" } });
    let abroad = json!({ "geo": { "country_code": "KP" } });
    let here = with(&account, grace, vec![mfa.clone()]);
    assert!(is_in(&log_in(&mut account, &id_of("Payroll"), &here)));
    let there = with(&account, grace, vec![mfa, abroad]);
    assert_eq!(log_in(&mut account, &id_of("Payroll"), &there), Entry::Refused, "a deny policy comes first");
}

#[test]
fn an_application_takes_only_its_own_identity_providers() {
    let mut account = Account::company();
    let break_glass = "helena.brandt@northwind.example";
    assert!(is_in(&enter(&mut account, "Admin console", break_glass)));
    let pin = account.identity_providers[1].id.clone();
    let by_pin = Visitor { provider: pin, ..visitor(&account, break_glass) };
    assert_eq!(log_in(&mut account, &id_of("Admin console"), &by_pin), Entry::Refused);
    assert!(is_in(&log_in(&mut account, &id_of("Wiki"), &by_pin)), "it takes all of them");
}

#[test]
fn an_approval_is_waited_for() {
    let mut account = Account::company();
    let auditor = "external.audit@brightline-audit.example";
    // The address is in a group of another policy, from the office alone.
    assert_eq!(enter(&mut account, "Payroll", auditor), Entry::Refused);
    let approved = Visitor { is_approved: true, ..visitor(&account, auditor) };
    assert!(is_in(&log_in(&mut account, &id_of("Payroll"), &approved)));
}

#[test]
fn nobody_logs_in_where_everybody_comes_in() {
    let mut account = Account::company();
    let before = account.clone();
    for open in ["Status page", "Staff handbook"] {
        assert_eq!(enter(&mut account, open, STRANGER), Entry::Open, "{open}");
    }
    assert_eq!(enter(&mut account, "No such application", PRIYA), Entry::Refused);
    assert_eq!(account, before);
    assert!(is_in(&enter(&mut account, "App Launcher", STRANGER)), "everyone who logs in");
}

#[test]
fn an_account_member_is_one_who_has_accepted() {
    let mut account = Account::company();
    let group =
        account.groups.iter().find(|group| group.name == "Cloudflare administrators").unwrap().id.clone();
    let rule = json!({ "group": { "id": group } });
    let policy = host_test::mock::AccessPolicy::new("Administrators", "allow", vec![rule]);
    account.applications.push(Application::new("Dashboard", "self_hosted").with_own(policy, 1));
    assert!(is_in(&enter(&mut account, "Dashboard", "Ops@harbor-msp.example")));
    for no_member in ["samuel.ortiz@northwind.example", STRANGER] {
        assert_eq!(enter(&mut account, "Dashboard", no_member), Entry::Refused, "{no_member}");
    }
}

/// Without this, a login in the meantime would be deleted with the old record.
#[test]
fn whoever_comes_back_while_being_deleted_has_a_new_record() {
    let mut account = Account::company();
    account.lifecycle.deleted_users_show = None;
    let mock = host_test::mock::Direct::new(account, Default::default());
    let old = user(&mock.account(), PRIYA).unwrap().id.clone();
    let uri = format!("/client/v4/accounts/{}/access/users/{old}", mock.account().id).parse().unwrap();
    let token = format!("Bearer {}", host_test::mock::DEMO_TOKEN).parse().unwrap();
    let headers = http::HeaderMap::from_iter([(http::header::AUTHORIZATION, token)]);
    assert_eq!(mock.answer("DELETE", &uri, &headers, b"").status, 202);
    let Entry::LetIn { user: new } = mock.change(|account| enter(account, "Git", PRIYA)) else { panic!() };
    assert_ne!(new, old);
    mock.change(Account::finish_deletions);
    assert_eq!(user(&mock.account(), PRIYA).unwrap().id, new);
    assert_eq!(mock.account().sessions_of(PRIYA).len(), 1);
}
