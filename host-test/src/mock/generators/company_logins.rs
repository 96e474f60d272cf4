//! The last logins of the small company's people, as far as they showed more than an address.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::mock::access::LastLogin;
use crate::mock::account::Account;

use super::company_names::{DOMAIN, address, identity_provider, list_id, mfa, one_time_pin, posture};

/// People whose last login had a second factor.
const WITH_A_FACTOR: [&str; 9] = [
    "ingrid.solheim",
    "helena.brandt",
    "priya.raman",
    "yuki.tanaka",
    "daniel.osei",
    "sofia.lindqvist",
    "kim.larsen",
    "amara.nwosu",
    "elif.kaya",
];
/// People whose last device was encrypted.
const ON_A_GOOD_DEVICE: [&str; 6] = [
    "priya.raman",
    "yuki.tanaka",
    "sofia.lindqvist",
    "kim.larsen",
    "helena.brandt",
    "raj.mehta.dev@mail.example",
];
const IN_THE_OFFICE: [&str; 3] = ["grace.whitfield", "chiara.conti", "kim.larsen"];
/// People whom the identity provider has in a group. Jonas has left his since.
const GROUPS: [(&str, &[&str]); 3] = [
    ("marcus.adeyemi", &["Sales EMEA"]),
    ("samuel.ortiz", &["Sales Americas"]),
    ("rosa.jimenez", &["Sales Americas"]),
];
const RISKY: &str = "liam.oconnor";

/// Adds what the last logins showed. Whoever has no address of the company logs in with a PIN.
pub(super) fn add(account: &mut Account) {
    let login = |email: &str| {
        let is = |local: &&str| address(local).eq_ignore_ascii_case(email);
        let provider =
            if email.to_ascii_lowercase().ends_with(DOMAIN) { identity_provider() } else { one_time_pin() };
        let mut meets: Vec<Value> = Vec::new();
        meets.extend(WITH_A_FACTOR.iter().any(is).then(mfa));
        meets.extend(ON_A_GOOD_DEVICE.iter().any(is).then(posture));
        let office = || json!({ "ip_list": { "id": list_id("Office networks") } });
        meets.extend(IN_THE_OFFICE.iter().any(is).then(office));
        let groups = GROUPS.iter().filter(|(local, _)| is(local)).flat_map(|(_, groups)| groups.iter());
        let okta = |name| json!({ "okta": { "name": name, "identity_provider_id": identity_provider() } });
        meets.extend(groups.map(okta));
        let risk = || json!({ "user_risk_score": { "user_risk_score": ["high"] } });
        meets.extend(is(&RISKY).then(risk));
        LastLogin { provider, meets }
    };
    let have_logged_in = account.users.iter().filter(|user| user.last_successful_login.is_some());
    let logins = have_logged_in.filter_map(|user| Some((user.id.clone(), login(user.email.as_deref()?))));
    account.last_logins = logins.collect::<BTreeMap<_, _>>();
}
