//! The endpoints of the policy tester. It judges everybody who has ever logged in, by what their last
//! login showed, and tells nobody's reasons.
//! <https://developers.cloudflare.com/cloudflare-one/access-controls/policies/policy-management/>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, INVALID_BODY, Limits, Outcome, Reply, find, raw};
use crate::truth::{Kind, Lists, Principal, Shown, Tested};

use super::{AccessUser, LastLogin, TestedUser};

/// The code of a test that can't be begun (inferred: no page names one).
const INVALID_TEST: u64 = 12130;

/// `OpenAPI: POST /accounts/{account_id}/access/policy-tests`. It changes nothing. An empty list of
/// policies is refused (inferred).
pub(super) fn begin(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        policies: Vec<Value>,
    }
    let body: Body = call.json(INVALID_TEST)?;
    if body.policies.is_empty() {
        return Err(refused("policies must not be empty"));
    }
    let policies: Vec<Value> =
        body.policies.iter().map(|policy| whole_policy(account, policy)).collect::<Result<_, _>>()?;
    let results = judge(account, &policies);
    let id = account.policy_tester.begin(results);
    Ok(Reply::single(&json!({ "id": id, "status": "success" })))
}

/// `OpenAPI: GET /accounts/{account_id}/access/policy-tests/{policy_test_id}`. The counts and percentages
/// are of the users who have been judged so far.
pub(super) fn state(account: &mut Account, call: &Call) -> Outcome {
    account.policy_tester.asked(call.id);
    let tester = &account.policy_tester;
    let test = tester.test(call.id).ok_or_else(|| Failure::not_found("Policy test"))?;
    let (status, processed) = tester.progress(test);
    let count = |word: &str| processed.iter().filter(|user| user.status == word).count();
    let percent = |part: usize, whole: usize| (part * 100).checked_div(whole).unwrap_or_default();
    let [approved, blocked, errored] = ["approved", "blocked", "error"].map(count);
    Ok(Reply::single(&json!({
        "id": call.id,
        "status": status,
        "total_users": test.results.len(),
        "percent_users_processed": percent(processed.len(), test.results.len()),
        "users_approved": approved,
        "users_blocked": blocked,
        "users_errored": errored,
        "percent_approved": percent(approved, processed.len()),
        "percent_blocked": percent(blocked, processed.len()),
        "percent_errored": percent(errored, processed.len()),
    })))
}

/// `OpenAPI: GET /accounts/{account_id}/access/policy-tests/{policy_test_id}/users`. The words of the
/// filter are others than those of the answers. That there is a `result_info` is inferred from the SDKs,
/// which page through it: the document has none.
pub(super) fn users(account: &Account, call: &Call) -> Outcome {
    #[derive(Serialize)]
    struct Shown<'a> {
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        email: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        status: &'a str,
    }
    let wanted = match call.query("status") {
        None => None,
        Some("success") => Some("approved"),
        Some("fail") => Some("blocked"),
        Some("error") => Some("error"),
        Some(_) => return Err(Failure::bad_request(INVALID_BODY, "status must be success, fail or error")),
    };
    let tester = &account.policy_tester;
    let test = tester.test(call.id).ok_or_else(|| Failure::not_found("Policy test"))?;
    let (_, processed) = tester.progress(test);
    let is_wanted = |user: &&TestedUser| wanted.is_none_or(|wanted| user.status == wanted);
    let found: Vec<&TestedUser> = processed.iter().filter(is_wanted).collect();
    let write = |user: &&TestedUser| {
        let TestedUser { id, name, email, status } = user;
        raw(&Shown { id, email: email.as_deref(), name: name.as_deref(), status })
    };
    Ok(Reply::page(call.paging(Limits::TESTED_USERS)?.listing(&found, write)))
}

/// Returns the policy that an item of a test means: the id of a reusable one, or a copy of a policy.
fn whole_policy(account: &Account, item: &Value) -> Result<Value, Failure> {
    let policy = match item {
        Value::String(id) => return find(&account.policies, |it| it.id == *id, "Policy").map(|it| json!(it)),
        Value::Object(policy) => policy,
        _ => return Err(refused("a policy must be an id or an object")),
    };
    if policy.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(refused("name is required"));
    }
    if !matches!(
        policy.get("decision").and_then(Value::as_str),
        Some("allow" | "deny" | "non_identity" | "bypass")
    ) {
        return Err(refused("decision must be allow, deny, non_identity or bypass"));
    }
    for part in ["include", "exclude", "require"] {
        match policy.get(part) {
            Some(Value::Array(rules)) if rules.iter().all(Value::is_object) => {}
            None if part != "include" => {}
            _ => return Err(refused(&format!("{part} must be an array of rules"))),
        }
    }
    Ok(item.clone())
}

fn refused(why: &str) -> Failure {
    Failure::bad_request(INVALID_TEST, format!("access.api.error.invalid_request: {why}"))
}

/// Returns the groups that policies refer to, also through other groups, or perhaps do: it is their ids
/// that are looked for. The evaluator needs far longer for all of them.
fn concerned(account: &Account, policies: &[Value]) -> Vec<Value> {
    let mut texts: Vec<String> = policies.iter().map(Value::to_string).collect();
    let mut rest: Vec<Value> = account.groups.iter().map(|group| json!(group)).collect();
    let mut found = Vec::new();
    loop {
        let is_named = |group: &mut Value| {
            let id = group["id"].as_str().unwrap_or_default();
            texts.iter().any(|text| text.contains(id))
        };
        let more: Vec<Value> = rest.extract_if(.., is_named).collect();
        if more.is_empty() {
            return found;
        }
        texts = more.iter().map(Value::to_string).collect();
        found.extend(more);
    }
}

/// Judges everybody who has logged in. Approvals are outside a test, and so is everything that an
/// application asks for beside its policies; policies for nobody in particular decide nothing (all
/// inferred: the document has only the answer).
fn judge(account: &Account, policies: &[Value]) -> Vec<TestedUser> {
    let unseen = LastLogin::default();
    let has_logged_in = |user: &&AccessUser| {
        user.last_successful_login.is_some() || account.last_logins.contains_key(&user.id)
    };
    let people: Vec<&AccessUser> = account.users.iter().filter(has_logged_in).collect();
    // Whoever's requests show the same are judged together: rules are read once for them.
    let mut alike: BTreeMap<(&str, String, bool), Vec<usize>> = BTreeMap::new();
    let login = |user: &AccessUser| account.last_logins.get(&user.id).unwrap_or(&unseen);
    for (at, user) in people.iter().enumerate() {
        let LastLogin { provider, meets } = login(user);
        let is_member = user.email.as_deref().is_some_and(|address| account.is_accepted_member(address));
        alike.entry((provider, json!(meets).to_string(), is_member)).or_default().push(at);
    }
    let groups = concerned(account, policies);
    let lists: Lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    let mut is_in = vec![false; people.len()];
    for ((provider, _, is_member), places) in alike {
        let meets = &login(people[places[0]]).meets;
        let tested = Tested::new(&groups, policies, Shown { provider, meets, is_member });
        let principal =
            |at: &usize| Principal { kind: Kind::User, address: people[*at].email.clone(), status: None };
        let principals: Vec<Principal> = places.iter().map(principal).collect();
        for (at, answer) in places.into_iter().zip(tested.let_in(&account.id, &lists, &principals)) {
            is_in[at] = answer;
        }
    }
    let result = |(user, is_in): (&AccessUser, bool)| {
        let right = if is_in { "approved" } else { "blocked" };
        let status = account.policy_tester.lies.get(&user.id).map_or(right, String::as_str).to_owned();
        TestedUser { id: user.id.clone(), name: user.name.clone(), email: user.email.clone(), status }
    };
    people.into_iter().zip(is_in).map(result).collect()
}
