//! Whole syncs of random applications, policies and groups are the truth. The core runs alone, in this
//! process, so that there can be many.

use crate::common::compare::compare_all;
use crate::common::in_process::MockInProcess;
use crate::common::random_rules::{ACCOUNT, ADDRESSES, config, rule};
use crate::common::whole::Whole;
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::identities::GroupFacts;
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use host_test::contract::Translate;
use host_test::mock::{
    AccessPolicy, AccessUser, Account, Application, Attached, AttachedPolicy, DEMO_TOKEN, Embedding, Group,
    IdentityProvider, List, Member, Options, ServiceToken,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn rules() -> impl Strategy<Value = Vec<Value>> {
    let known = rule('g', &["readable", "unclear", "empty", "gone"]);
    let others = prop::sample::select(vec![
        json!({ "service_token": { "token_id": "t0" } }),
        json!({ "service_token": { "token_id": "t1" } }),
        json!({ "service_token": { "token_id": "t3" } }),
        json!({ "service_token": { "token_id": null } }),
        json!({ "any_valid_service_token": {} }),
        json!({ "login_method": { "id": "i0" } }),
        json!({ "login_method": { "id": "" } }),
        json!({ "device_posture": { "integration_uid": "d" } }),
        json!({ "linked_app_token": { "app_uid": "a0" } }),
        json!({ "auth_method": { "auth_method": "mfa" } }),
        json!({ "saml": { "attribute_name": "group", "attribute_value": "devs" } }),
    ]);
    prop::collection::vec(prop_oneof![20 => known, 12 => others, 1 => Just(json!(null))], 0..4)
}

/// Makes the include, require and exclude of a set. Most companies exclude little.
fn sections() -> impl Strategy<Value = [Vec<Value>; 3]> {
    let seldom = || prop_oneof![2 => Just(Vec::new()), 1 => rules()];
    (rules(), seldom(), seldom()).prop_map(|(include, require, exclude)| [include, require, exclude])
}

fn groups() -> impl Strategy<Value = Vec<Group>> {
    prop::collection::vec(sections(), 0..6).prop_map(|groups| {
        let group = |(number, [include, require, exclude]): (usize, [Vec<Value>; 3])| Group {
            id: format!("g{number}"),
            name: format!("Group {number}"),
            include: Some(include),
            require: Some(require),
            exclude: Some(exclude),
            ..Group::default()
        };
        groups.into_iter().enumerate().map(group).collect()
    })
}

/// Makes a policy without an id.
fn policy() -> impl Strategy<Value = AccessPolicy> {
    let decision = prop_oneof![
        6 => Just(Some("allow")),
        2 => Just(Some("deny")),
        3 => Just(Some("non_identity")),
        1 => Just(Some("bypass")),
        1 => Just(Some("quarantine")),
        1 => Just(None),
    ];
    let approvers = json!([{ "approvals_needed": 1, "email_addresses": ["boss@corp.example"] }]);
    let approval = prop_oneof![
        6 => Just(None),
        1 => Just(Some((json!(true), approvers))),
        1 => Just(Some((json!(true), Value::Null))),
        1 => Just(Some((json!(false), json!([])))),
    ];
    (sections(), decision, approval).prop_map(|([include, require, exclude], decision, approval)| {
        let mut policy = AccessPolicy {
            decision: decision.map(str::to_owned),
            include: Some(include),
            require: Some(require),
            exclude: Some(exclude),
            ..AccessPolicy::default()
        };
        if let Some((required, groups)) = approval {
            policy = policy.with("approval_required", required).with("approval_groups", groups);
        }
        policy
    })
}

/// Makes an application whose own policies have no ids yet.
fn application() -> impl Strategy<Value = Application> {
    let attached = prop_oneof![
        3 => policy().prop_map(AttachedPolicy::Own),
        2 => (0..3).prop_map(|number| AttachedPolicy::Reusable(format!("r{number}"))),
    ];
    let precedence = prop_oneof![1 => Just(None), 4 => (-1..4i64).prop_map(Some)];
    let attached = (attached, precedence).prop_map(|(policy, precedence)| Attached { policy, precedence });
    let kinds =
        ["self_hosted", "self_hosted", "saas", "infrastructure", "bookmark", "mcp", "end_user", "odd"];
    let accepted: Vec<Option<&[&str]>> = vec![
        None,
        None,
        Some(&[]),
        Some(&["i0"]),
        Some(&["i1", "i0"]),
        Some(&["i0", "i1", "gone"]),
        Some(&["gone"]),
    ];
    let embedding = prop::sample::select(vec![
        Embedding::Whole,
        Embedding::Whole,
        Embedding::Whole,
        Embedding::ById,
        Embedding::Absent,
        Embedding::Null,
    ]);
    let kind = prop::sample::select(kinds.to_vec());
    (prop::collection::vec(attached, 0..5), kind, prop::sample::select(accepted), embedding).prop_map(
        |(mut policies, kind, accepted, embedding)| {
            let mut seen = Vec::new();
            policies.retain(|attached| match &attached.policy {
                AttachedPolicy::Own(_) => true,
                AttachedPolicy::Reusable(id) => {
                    let is_new = !seen.contains(id);
                    seen.push(id.clone());
                    is_new
                }
            });
            Application {
                kind: Some(kind.to_owned()),
                allowed_idps: accepted.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
                policies,
                embedding,
                ..Application::default()
            }
        },
    )
}

pub fn account() -> impl Strategy<Value = Account> {
    let reusable = prop::collection::vec(policy(), 0..4);
    let applications = prop::collection::vec(application(), 1..5);
    (groups(), reusable, applications).prop_map(|(groups, policies, applications)| {
        let numbered =
            |policy: (usize, AccessPolicy)| AccessPolicy { id: format!("r{}", policy.0), ..policy.1 };
        let policies = policies.into_iter().enumerate().map(numbered).collect();
        let mut applications = applications;
        for (at, application) in applications.iter_mut().enumerate() {
            application.id = format!("a{at}");
            for (number, attached) in application.policies.iter_mut().enumerate() {
                if let AttachedPolicy::Own(policy) = &mut attached.policy {
                    policy.id = format!("a{at}p{number}");
                }
            }
        }
        Account { groups, policies, applications, ..people() }
    })
}

/// Returns an account with people and tokens of every sort.
pub fn people() -> Account {
    let user = |(number, email): (usize, Option<&str>)| AccessUser {
        id: format!("u{number}"),
        email: email.map(str::to_owned),
        ..AccessUser::default()
    };
    let emails = ADDRESSES.into_iter().skip(1).map(Some).chain([None]);
    let member = |(number, status): (usize, &str)| Member {
        id: format!("m{number}"),
        status: status.to_owned(),
        email: Some(ADDRESSES[number].to_owned()),
        ..Member::default()
    };
    let list = |(id, items): (&str, &[&str])| List {
        id: id.to_owned(),
        kind: "EMAIL".to_owned(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        ..List::default()
    };
    let lists: [(&str, &[&str]); 3] = [
        ("readable", &["ANN@corp.example", "ann@corp.example", "eve@other.example", "new@corp.example"]),
        ("unclear", &[" bob@corp.example", "bob@corp.example", "Kim@other.example;ANN@corp.example"]),
        ("empty", &[]),
    ];
    let token = |(number, enabled, expires): (usize, Option<bool>, Option<&str>)| ServiceToken {
        id: format!("t{number}"),
        enabled,
        expires_at: expires.map(str::to_owned),
        ..ServiceToken::default()
    };
    let tokens = [
        (0, Some(true), Some("2124-01-01T00:00:00Z")),
        (1, None, None),
        (2, Some(false), Some("2124-01-01T00:00:00Z")),
        (3, Some(true), Some("2020-01-01T00:00:00Z")),
    ];
    let provider = |id: &str| IdentityProvider { id: id.to_owned(), ..IdentityProvider::default() };
    Account {
        id: ACCOUNT.to_owned(),
        users: emails.enumerate().map(user).collect(),
        members: ["accepted", "pending", "rejected"].into_iter().enumerate().map(member).collect(),
        lists: lists.into_iter().map(list).collect(),
        service_tokens: tokens.into_iter().map(token).collect(),
        identity_providers: ["i0", "i1"].map(provider).into(),
        ..Account::default()
    }
}

/// Reads all kinds in this process.
pub fn read(account: Account) -> Whole {
    read_with(account, &[])
}

/// Reads all kinds in this process, in a session that was told facts.
pub fn read_with(account: Account, facts: &[GroupFacts]) -> Whole {
    let id = account.id.clone();
    let upstream = MockInProcess::new(account, Options::default());
    let settings = [
        ("account-id", id.as_str()),
        ("api-token", DEMO_TOKEN),
        ("max-wait-seconds", "0"),
        ("base-url", "http://127.0.0.1:1/client/v4"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut session = Session::new(Settings::parse("api-token", settings.into()).unwrap(), &upstream);
    if !facts.is_empty() {
        session.learn(facts).unwrap();
    }
    let kinds = crate::reach::ALL.map(str::to_owned);
    let (mut whole, mut cursor) = (Whole::default(), None);
    loop {
        let page = session.read(&kinds, cursor.as_deref()).unwrap();
        cursor = whole.take(Page::from(page).translate());
        if cursor.is_none() {
            return whole;
        }
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_sync_of_random_applications_is_the_truth(account in account()) {
        compare_all(&read(account.clone()), &account, true);
    }
}
