//! The page of errors has these words, and no others in its section.

use super::*;
use crate::settings::Settings;

const PAGE: &str = include_str!("../../../host-test/pages/errors.md");
const HEADING: &str = "## The credentials as a whole\n";

fn credentials(method: &str) -> Credentials {
    let email = (method == "api-key").then_some(("email", "ann@corp.example"));
    let given = [("account-id", "0123456789abcdef0123456789abcdef"), (method, "canary-5f3e")];
    let given = given.into_iter().chain(email).map(|(id, value)| (id.to_owned(), value.to_owned()));
    Settings::parse(method, given.collect()).unwrap().credentials
}

/// Returns every sentence, with “…” for what differs.
fn every() -> Vec<String> {
    let [token, key] = ["api-token", "api-key"].map(credentials);
    let other = || Reason::OtherAccounts(vec!["…".to_owned()]);
    let account = |has_filter| Reason::Account { has_filter };
    let mut found = vec![
        format!("Cloudflare says that this API token is … {RENEW}"),
        format!("Cloudflare's own check says that the token is active: {JUST_CHANGED}"),
        STATUS_IS_ODD.to_owned(),
        NOT_VERIFIED.to_owned(),
        OR_ACCOUNT_OR_OWNER.to_owned(),
    ];
    found.extend(
        [
            (other(), &token, true),
            (other(), &key, false),
            (Reason::NotForAccount, &token, true),
            (account(Some(true)), &token, true),
            (account(Some(false)), &token, true),
            (account(None), &token, true),
            (account(None), &key, false),
            (Reason::Unknown, &token, true),
            (Reason::Unknown, &key, false),
        ]
        .map(|(reason, credentials, of_a_user)| reason.advice(credentials, "“…”", of_a_user)),
    );
    found
}

#[test]
fn the_page_of_errors_has_these_words() {
    let (_, section) = PAGE.split_once(HEADING).expect("the section");
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what is "));
    let said: Vec<&str> = rows.map(|row| row.trim_end_matches(" |").rsplit("| ").next().unwrap()).collect();
    assert_eq!(said, every());
}

#[test]
fn a_key_is_told_nothing_of_a_token() {
    let key = credentials("api-key");
    let reasons = [Reason::OtherAccounts(vec![]), Reason::Account { has_filter: None }, Reason::Unknown];
    for said in reasons.iter().map(|reason| reason.advice(&key, "“…”", false)) {
        assert!(!said.contains("token"), "{said}");
    }
    assert!(!or_account_or_more(&key).contains("token"));
    assert!(or_account_or_more(&credentials("api-token")).contains("token's Client IP Address Filtering"));
}

#[test]
fn few_of_many_accounts_are_named() {
    let ids = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let said = Reason::OtherAccounts(ids).advice(&credentials("api-token"), "", true);
    assert!(said.starts_with("The token is for another account (a, b, c, …): correct"), "{said}");
}
