//! Applications, policies, identity providers and service tokens through real HTTP.

use host_test::mock::{
    AccessPolicy, AccessSize, Account, Application, Attached, DEMO_TOKEN, Embedding, Mock, Options,
    Permission, Size, Token,
};
use serde_json::{Value, json};

use crate::{client::Answer, company, get, start};

fn generated() -> Account {
    let access = AccessSize { applications: 35, policies: 123, identity_providers: 9, service_tokens: 12 };
    Account::generate(1, Size { users: 30, members: 5, groups: 24, roles: 3 }).with_access(1, access)
}

#[tokio::test]
async fn pages_together_are_the_whole_list_in_its_order() {
    let mock = start(generated()).await;
    let account = mock.account();
    let ids: [(&str, Vec<String>); 4] = [
        ("access/apps", account.applications.iter().map(|it| it.id.clone()).collect()),
        ("access/policies", account.policies.iter().map(|it| it.id.clone()).collect()),
        ("access/identity_providers", account.identity_providers.iter().map(|it| it.id.clone()).collect()),
        ("access/service_tokens", account.service_tokens.iter().map(|it| it.id.clone()).collect()),
    ];
    for (list, all) in ids {
        let pages = (all.len() as u64).div_ceil(7);
        let mut found = Vec::new();
        for page in 1..=pages {
            let answer = get(&mock, &format!("{list}?page={page}&per_page=7")).await;
            assert_eq!(answer.json["result_info"]["total_count"], all.len());
            assert_eq!(answer.json["result_info"]["total_pages"], pages);
            found.extend(answer.ids());
        }
        assert_eq!(found, all, "{list}");
        for id in &all {
            assert_eq!(get(&mock, &format!("{list}/{id}")).await.json["result"]["id"], **id);
        }
    }
}

#[tokio::test]
async fn a_list_without_a_size_has_cloudflares_own() {
    let mut account = generated();
    let many = (0..250).map(|number| AccessPolicy::new(&format!("{number}"), "allow", Vec::new()));
    account.applications[0].policies = many
        .map(|policy| Application::default().with_own(policy, 1).policies.remove(0))
        .collect::<Vec<Attached>>();
    let app = account.applications[0].id.clone();
    let mock = start(account).await;
    for (list, count) in [
        ("access/apps".to_owned(), 35),
        ("access/policies".to_owned(), 100),
        ("access/policies?per_page=5000".to_owned(), 123),
        (format!("access/apps/{app}/policies"), 200),
        (format!("access/apps/{app}/policies?per_page=1000"), 250),
    ] {
        assert_eq!(get(&mock, &list).await.ids().len(), count, "{list}");
    }
}

#[tokio::test]
async fn queries_choose_applications_and_tokens() {
    let mock = company().await;
    let names = async |query: &str| -> Vec<String> {
        let found = get(&mock, query).await.json["result"].take();
        found.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("access/apps?name=PAYROLL").await, ["Payroll"]);
    assert_eq!(names("access/apps?domain=git.northwind.example").await, ["Git"]);
    assert_eq!(names("access/apps?search=northwind.example&per_page=2").await, ["Payroll", "Wiki"]);
    assert_eq!(names("access/service_tokens?search=backup").await, ["Old backup job"]);
    assert_eq!(names("access/service_tokens?name=nothing").await, [] as [&str; 0]);
}

fn policies(answer: &Answer) -> &Value {
    &answer.json["result"]["policies"]
}

#[tokio::test]
async fn an_application_embeds_its_policies_in_the_way_that_is_set() {
    let reusable = AccessPolicy::new("Staff", "allow", vec![json!({ "everyone": {} })]);
    let application = Application::new("Wiki", "self_hosted")
        .with_reusable(&reusable.id, 3)
        .with_own(AccessPolicy::new("Own", "deny", Vec::new()), None)
        .with_reusable("nowhere", 7);
    let path = format!("access/apps/{}", application.id);
    let id = reusable.id.clone();
    let account = Account {
        id: "a".repeat(32),
        applications: vec![application],
        policies: vec![reusable],
        ..Account::default()
    };
    let mock = start(account).await;

    let whole = get(&mock, &path).await;
    let whole = policies(&whole).clone();
    assert_eq!(whole[0]["include"], json!([{ "everyone": {} }]));
    assert_eq!((&whole[0]["precedence"], &whole[0]["decision"]), (&json!(3), &json!("allow")));
    assert!(whole[0].get("reusable").is_none() && whole[1].get("precedence").is_none());
    assert_eq!(whole[2], json!({ "id": "nowhere", "precedence": 7 }), "all that is known of it");

    let embed = |embedding| mock.change(|account| account.applications[0].embedding = embedding);
    embed(Embedding::ById);
    let by_id = get(&mock, &path).await;
    let nowhere = json!({ "id": "nowhere", "precedence": 7 });
    let expected = json!([{ "id": id, "precedence": 3 }, { "id": whole[1]["id"] }, nowhere]);
    assert_eq!(*policies(&by_id), expected);
    embed(Embedding::Null);
    assert_eq!(get(&mock, &path).await.json["result"].get("policies"), Some(&Value::Null));
    embed(Embedding::Absent);
    assert_eq!(get(&mock, &path).await.json["result"].get("policies"), None);
    assert_eq!(get(&mock, &format!("{path}/policies")).await.json["result"], whole, "always whole");

    let listed = get(&mock, "access/policies").await;
    assert_eq!(listed.json["result"][0]["app_count"], 1);
    assert_eq!(listed.json["result"][0]["reusable"], true);
    assert!(listed.json["result"][0].get("precedence").is_none(), "it belongs to the pair of both");
    assert_eq!(listed.ids(), [id]);
    let own = whole[1]["id"].as_str().unwrap();
    assert_eq!(get(&mock, &format!("access/policies/{own}")).await.status, 404, "it isn't reusable");
}

#[tokio::test]
async fn each_route_asks_for_its_permission() {
    let mock = company().await;
    let statuses = async |permissions: &[Permission]| {
        let token = Token::new(DEMO_TOKEN).with_permissions(permissions.iter().copied());
        mock.configure(|options| options.tokens = vec![token]);
        let mut statuses = Vec::new();
        for list in ["apps", "policies", "identity_providers", "service_tokens", "groups"] {
            statuses.push(get(&mock, &format!("access/{list}")).await.status);
        }
        statuses
    };
    use Permission as P;
    for (permissions, expected) in [
        (P::AppsRead, [200, 200, 403, 403, 403]),
        (P::AppsEdit, [200, 200, 403, 403, 403]),
        (P::ServiceTokensRead, [403, 403, 403, 200, 403]),
        (P::ServiceTokensEdit, [403, 403, 403, 200, 403]),
        (P::AccessGroupsRead, [403, 403, 200, 403, 200]),
        (P::AccessGroupsEdit, [403, 403, 200, 403, 200]),
        (P::ProvidersRead, [403, 403, 200, 403, 403]),
        (P::GroupsRead, [403, 403, 403, 403, 200]),
    ] {
        assert_eq!(statuses(&[permissions]).await, expected, "{permissions:?}");
    }
}

#[tokio::test]
async fn without_zero_trust_there_are_none() {
    let mock =
        Mock::start(Account::company(), Options { zero_trust: false, ..Options::default() }).await.unwrap();
    for list in ["apps", "policies", "identity_providers", "service_tokens"] {
        assert_eq!(get(&mock, &format!("access/{list}")).await.json["errors"][0]["code"], 9999, "{list}");
    }
}
