//! The mock through real HTTP, and the accounts that the generators make.

mod applications;
mod client;
#[path = "../common"]
mod common {
    pub mod cloudflare_openapi;
    pub mod http;
    pub mod openapi;
}
mod connections;
mod documented;
mod documented_access;
mod documented_iam;
mod documented_lifecycle;
mod faults;
mod fields;
mod generated_apps;
mod generated_policies;
mod generators;
mod joiners;
mod leavers;
mod lifecycle_faults;
mod lifecycle_rights;
mod logins;
mod meddling;
mod policy_tests;
mod reach;
mod truth;
mod user_groups;
mod writes;

use std::time::{Duration, Instant};

use client::{Answer, Client};
use host_test::mock::{
    Account, DEMO_EMAIL, DEMO_KEY, DEMO_TOKEN, Mock, Options, Permission, RateLimit, Size, Token, TokenOwner,
    TokenStatus,
};
use http::{Method, Version};
use serde_json::{Value, json};

async fn start(account: Account) -> Mock {
    Mock::start(account, Options::default()).await.unwrap()
}

async fn company() -> Mock {
    start(Account::company()).await
}

fn below(mock: &Mock, path: &str) -> String {
    format!("/accounts/{}/{path}", mock.read(|account| account.id.clone()))
}

async fn get(mock: &Mock, path: &str) -> Answer {
    Client::new(mock).get(&below(mock, path)).await
}

/// Makes an account of these sizes, with small groups.
fn generated(users: usize, members: usize, groups: usize, roles: usize) -> Account {
    Account::generate(1, Size { users, members, groups, roles })
}

#[tokio::test]
async fn pages_together_are_the_whole_list_in_its_order() {
    let mock = start(generated(2345, 121, 30, 103)).await;
    let account = mock.account();
    let expected: [(&str, u64, Vec<String>); 4] = [
        ("access/users", 1000, account.users.iter().map(|user| user.id.clone()).collect()),
        ("access/groups", 7, account.groups.iter().map(|group| group.id.clone()).collect()),
        ("members", 50, account.members.iter().map(|member| member.id.clone()).collect()),
        ("roles", 50, account.roles.iter().map(|role| role.id.clone()).collect()),
    ];
    for (list, per_page, all) in expected {
        let pages = (all.len() as u64).div_ceil(per_page);
        let mut found = Vec::new();
        for page in 1..=pages {
            let answer = get(&mock, &format!("{list}?page={page}&per_page={per_page}")).await;
            let ids = answer.ids();
            let info = json!({
                "page": page, "per_page": per_page, "count": ids.len(),
                "total_count": all.len(), "total_pages": pages,
            });
            assert_eq!(answer.json["result_info"], info);
            found.extend(ids);
        }
        assert_eq!(found, all, "{list}");
        let past = get(&mock, &format!("{list}?page={}&per_page={per_page}", pages + 1)).await;
        assert!(past.ids().is_empty());
        assert_eq!(past.json["result_info"]["total_count"], all.len());
    }
}

#[tokio::test]
async fn page_lengths_have_defaults_and_bounds() {
    let mock = start(generated(2345, 121, 30, 103)).await;
    let list =
        mock.read(|account| account.lists.iter().find(|list| list.items.len() > 1000).unwrap().id.clone());
    let items = format!("gateway/lists/{list}/items");
    let length = async |path: &str| {
        let answer = get(&mock, path).await;
        assert_eq!(answer.json["result_info"]["per_page"], answer.ids().len());
        answer.ids().len()
    };
    assert_eq!(length("access/users").await, 1000);
    assert_eq!(length("access/users?per_page=5000").await, 1000);
    assert_eq!(length("access/users?per_page=0").await, 1);
    assert_eq!(length("members").await, 20);
    assert_eq!(length("roles?per_page=5").await, 5);
    assert_eq!(length(&items).await, 50);
    assert_eq!(length(&format!("{items}?per_page=2000")).await, 1000);
    for refused in [
        "members?per_page=51",
        "members?per_page=4",
        "roles?per_page=1000",
        "roles?per_page=many",
        "roles?page=0",
    ] {
        assert_eq!(get(&mock, refused).await.failure(), (400, 1004), "{refused}");
    }

    mock.configure(|options| {
        options.max_per_page = [("access/users".to_owned(), 100), ("members".to_owned(), 10)].into();
        options.totals = false;
    });
    assert_eq!(length("access/users?per_page=1000").await, 100);
    assert_eq!(length("members?per_page=50").await, 10);
    let info = get(&mock, "roles?per_page=50").await.json["result_info"].take();
    assert_eq!(info, json!({ "page": 1, "per_page": 50, "count": 50 }));
}

#[tokio::test]
async fn lists_can_be_filtered_and_sorted() {
    let mock = company().await;
    let count = async |path: &str| get(&mock, path).await.ids().len();
    assert_eq!(count("access/users?email=kim.larsen@northwind.example").await, 1);
    assert_eq!(count("access/users?email=kim.larsen").await, 0);
    assert_eq!(count("access/users?name=kim%20larsen").await, 1);
    assert_eq!(count("access/users?search=mail.example").await, 1);
    assert_eq!(count("access/groups?name=Finance").await, 1);
    assert_eq!(count("access/groups?search=team").await, 1);
    assert_eq!(count("members?status=pending").await, 2);
    assert_eq!(count("members?status=rejected").await, 1);
    assert_eq!(count("gateway/lists?type=EMAIL").await, 1);

    let emails = async |query: &str| {
        let answer = get(&mock, &format!("members?per_page=50&order=user.email{query}")).await;
        let members = answer.json["result"].as_array().unwrap().clone();
        members.iter().map(|member| member["email"].as_str().unwrap().to_lowercase()).collect::<Vec<_>>()
    };
    let mut ascending = emails("").await;
    assert!(ascending.is_sorted());
    ascending.reverse();
    assert_eq!(emails("&direction=desc").await, ascending);
    assert_eq!(get(&mock, "members?order=age").await.failure(), (400, 1004));
}

#[tokio::test]
async fn a_member_shows_its_roles_as_policies() {
    let mock = company().await;
    let members = get(&mock, "members?per_page=50").await.json["result"].take();
    let wide = format!("com.cloudflare.api.account.{}", mock.account().id);
    let of =
        |email: &str| members.as_array().unwrap().iter().find(|member| member["email"] == email).unwrap();

    let sofia = of("sofia.lindqvist@northwind.example");
    for (role, policy) in sofia["roles"].as_array().unwrap().iter().zip(sofia["policies"].as_array().unwrap())
    {
        let [group] = policy["permission_groups"].as_array().unwrap().as_slice() else { panic!("{policy}") };
        assert_eq!(group["name"], role["name"]);
        assert_ne!(group["id"], role["id"], "a permission group has an id of its own");
        let scope = json!({ "key": wide, "objects": [{ "key": "*" }] });
        assert_eq!(policy["resource_groups"][0]["scope"], scope);
    }
    let agency = of("ops@harbor-msp.example");
    let zone = &agency["policies"][0]["resource_groups"][0]["scope"];
    assert!(zone["key"].as_str().unwrap().starts_with("com.cloudflare.api.account.zone."));
    assert_eq!((&zone["objects"], &agency["roles"]), (&json!([{ "key": "*" }]), &json!([])));
    let mei = of("mei.chen@northwind.example");
    assert_eq!(mei["policies"].as_array().unwrap().len(), mei["roles"].as_array().unwrap().len() + 1);
    let pending = of("auditor@brightline-audit.example");
    assert!(pending["user"].get("id").is_none() && pending["status"] == "pending");
}

#[tokio::test]
async fn credentials_are_refused_as_cloudflare_does() {
    let mock = company().await;
    let bearer = format!("Bearer {DEMO_TOKEN}");
    let roles = below(&mock, "roles");
    let send =
        async |headers: &[(&str, &str)], path: &str| Client::with_headers(&mock, headers).get(path).await;
    let token = ("authorization", bearer.as_str());
    let (email, key) = (("x-auth-email", DEMO_EMAIL), ("x-auth-key", DEMO_KEY));
    assert_eq!(send(&[token], &roles).await.status, 200);
    assert_eq!(send(&[email, key], &roles).await.status, 200);

    let refused = async |headers: &[(&str, &str)]| {
        let answer = send(headers, &roles).await;
        let (status, code) = answer.failure();
        (status, code, answer.json["errors"][0]["error_chain"][0]["code"].as_u64())
    };
    assert_eq!(refused(&[("authorization", "Bearer nobodys")]).await, (401, 1000, None));
    assert_eq!(refused(&[("authorization", "Bearer two words")]).await, (400, 6003, Some(6111)));
    assert_eq!(refused(&[("authorization", DEMO_TOKEN)]).await, (400, 6003, Some(6111)));
    assert_eq!(refused(&[("x-auth-email", "nobody"), key]).await, (400, 6003, Some(6102)));
    assert_eq!(refused(&[email, ("x-auth-key", "a b")]).await, (400, 6003, Some(6103)));
    assert_eq!(refused(&[email]).await, (400, 6003, Some(6103)));
    assert_eq!(refused(&[token, email, key]).await, (400, 6003, Some(6111)));
    assert_eq!(refused(&[email, ("x-auth-key", "nobodys")]).await, (403, 9103, None));
    assert_eq!(refused(&[]).await, (400, 9106, None));
}

#[tokio::test]
async fn tokens_are_verified_where_they_belong_and_only_active_ones_work() {
    let mock = company().await;
    let client = Client::new(&mock);
    let account_verify = below(&mock, "tokens/verify");
    let user_verify = "/user/tokens/verify";
    for status in [TokenStatus::Active, TokenStatus::Disabled, TokenStatus::Expired] {
        for owner in [TokenOwner::User, TokenOwner::Account] {
            mock.configure(|options| {
                options.tokens = vec![Token { status, owner, ..Token::new(DEMO_TOKEN) }]
            });
            let (right, wrong) = match owner {
                TokenOwner::User => (user_verify, account_verify.as_str()),
                TokenOwner::Account => (account_verify.as_str(), user_verify),
            };
            let verified = client.get(right).await;
            assert_eq!(verified.json["result"]["status"], format!("{status:?}").to_lowercase());
            assert_eq!(verified.json["messages"][0]["code"], 10000);
            assert_eq!(client.get(wrong).await.failure(), (401, 1000));
            let used = client.get(&below(&mock, "roles")).await;
            match status {
                TokenStatus::Active => assert_eq!(used.status, 200),
                _ => assert_eq!(used.failure(), (403, 9109)),
            }
        }
    }
    let key = Client::with_headers(&mock, &[("x-auth-email", DEMO_EMAIL), ("x-auth-key", DEMO_KEY)]);
    assert_eq!(key.get(user_verify).await.failure(), (400, 6003));
}

#[tokio::test]
async fn every_permission_opens_its_own_endpoints() {
    let mock = company().await;
    let list = mock.read(|account| account.lists[0].id.clone());
    let items = format!("gateway/lists/{list}/items");
    let endpoints = [
        (Method::GET, "access/users", Permission::AuditLogsRead),
        (Method::GET, "access/groups", Permission::AccessGroupsRead),
        (Method::GET, "access/keys", Permission::AccessGroupsRead),
        (Method::POST, "access/groups", Permission::AccessGroupsEdit),
        (Method::GET, "members", Permission::AccountSettingsRead),
        (Method::GET, "roles", Permission::AccountSettingsRead),
        (Method::POST, "members", Permission::AccountSettingsEdit),
        (Method::GET, items.as_str(), Permission::ZeroTrustRead),
        (Method::PATCH, "access/seats", Permission::SeatsWrite),
    ];
    let client = Client::new(&mock);
    for (method, path, permission) in endpoints {
        let answer = async |token: Token| {
            mock.configure(|options| options.tokens = vec![token.clone()]);
            client.send(method.clone(), &below(&mock, path), json!({})).await
        };
        let without = answer(Token::new(DEMO_TOKEN).without(permission)).await;
        assert_eq!(without.failure(), (403, 10000), "{method} {path}");
        let with = answer(Token::new(DEMO_TOKEN).with_permissions([permission])).await;
        assert_ne!(with.status, 403, "{method} {path}");
    }
    let edit_reads = Token::new(DEMO_TOKEN).with_permissions([Permission::AccountSettingsEdit]);
    mock.configure(|options| options.tokens = vec![edit_reads]);
    assert_eq!(get(&mock, "members").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let mock = company().await;
    let client = Client::new(&mock);
    let other = "f".repeat(32);
    assert_eq!(client.get(&format!("/accounts/{other}/roles")).await.failure(), (403, 9109));
    assert_eq!(client.get("/accounts/me/roles").await.failure(), (404, 7003));
    for path in [
        "people",
        "access",
        "access/groups/a/b",
        "access/groups/",
        "access/groups/../../members",
        "access/groups/..%2Fmembers/x/y",
    ] {
        assert_eq!(get(&mock, path).await.failure(), (404, 7003), "{path}");
    }
    for kind in ["access/users", "access/groups", "members", "roles", "gateway/lists"] {
        assert_eq!(get(&mock, &format!("{kind}/{other}")).await.failure(), (404, 1003), "{kind}");
    }
    mock.configure(|options| options.zero_trust = false);
    for path in ["access/users", "access/groups", "access/keys", "gateway/lists"] {
        let answer = get(&mock, path).await;
        assert_eq!(answer.failure(), (403, 9999));
        assert!(
            answer.json["errors"][0]["message"].as_str().unwrap().starts_with("access.api.error.not_enabled")
        );
    }
    assert_eq!(get(&mock, "members").await.status, 200);
}

#[tokio::test]
async fn requests_are_counted_and_recorded_without_their_credentials() {
    let mock = company().await;
    let bearer = format!("Bearer {DEMO_TOKEN}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-auth-email", DEMO_EMAIL),
        ("x-auth-key", DEMO_KEY),
        ("user-agent", "t/1"),
    ];
    let client = Client::with_headers(&mock, &headers);
    let path = below(&mock, "access/groups/some-id");
    client.send(Method::PUT, &format!("{path}?a=b"), json!({ "name": "x" })).await;
    let bytes = client.get(&path).await.body.len() + client.get(&path).await.body.len();
    client.get("/elsewhere").await;

    let expected = [("GET ?", 1), ("GET access/groups/{id}", 2), ("PUT access/groups/{id}", 1)];
    assert_eq!(mock.requests_by_route(), expected.map(|(route, count)| (route.to_owned(), count)).into());
    assert_eq!(mock.request_count(), 4);
    assert!(mock.bytes_out() > bytes as u64);
    let first = &mock.requests()[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("PUT", format!("/client/v4{path}").as_str()));
    assert_eq!((first.query.as_deref(), first.body.as_str()), (Some("a=b"), r#"{"name":"x"}"#));
    assert_eq!(first.header("user-agent"), Some("t/1"));
    for name in ["authorization", "x-auth-email", "x-auth-key"] {
        assert!(first.headers.contains(&(name.to_owned(), None)));
    }
    let all = format!("{:?} {:?}", mock.requests(), Options::default());
    assert!(![DEMO_TOKEN, DEMO_KEY].iter().any(|secret| all.contains(secret)), "{all}");

    mock.forget_requests();
    assert_eq!((mock.request_count(), mock.bytes_out(), mock.requests().len()), (0, 0, 0));
    mock.configure(|options| options.log = 2);
    for _ in 0..3 {
        client.get(&path).await;
    }
    assert_eq!((mock.request_count(), mock.requests().len()), (3, 2));
}

#[tokio::test]
async fn every_answer_has_a_ray_and_the_rate_limit_where_it_is_told() {
    let mock = company().await;
    let first = get(&mock, "roles").await;
    assert!(!first.headers.contains_key("ratelimit"));
    let second = Client::with_headers(&mock, &[]).get("/nowhere").await;
    assert!(first.headers["cf-ray"].ends_with("-AMS") && first.headers["cf-ray"].len() == 20);
    assert_ne!(first.headers["cf-ray"], second.headers["cf-ray"]);

    mock.forget_requests();
    mock.configure(|options| options.rate_limit = Some(RateLimit { quota: 3, ..RateLimit::CLOUDFLARE }));
    let mut told = Vec::new();
    for _ in 0..4 {
        let answer = get(&mock, "roles").await;
        assert_eq!(answer.headers["ratelimit-policy"], "\"default\";q=3;w=300");
        told.push(answer.headers["ratelimit"].clone());
    }
    assert_eq!(told, [2, 1, 0, 2].map(|left| format!("\"default\";r={left};t=300")));
}

#[tokio::test]
async fn http_2_works_with_prior_knowledge() {
    let mock = company().await;
    let (old, new) = (Client::new(&mock), Client::new(&mock).http2());
    let path = below(&mock, "access/users");
    assert_eq!(old.get(&path).await.json, new.get(&path).await.json);
    assert_eq!(mock.requests()[1].version, Version::HTTP_2);
    mock.forget_requests();
    let begin =
        async |client: &Client| client.begin(Method::GET, &path, String::new()).await.unwrap().version();
    assert_eq!((begin(&old).await, begin(&new).await), (Version::HTTP_11, Version::HTTP_2));
    assert_eq!(mock.requests()[1].version, Version::HTTP_2);
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let options = Options { latency: Duration::from_millis(120), ..Options::default() };
    let mock = Mock::start(Account::company(), options).await.unwrap();
    let start = Instant::now();
    get(&mock, "roles").await;
    assert!(start.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn what_changes_elsewhere_is_seen_by_the_next_request() {
    let mock = company().await;
    let removed = mock.change(|account| account.roles.pop().unwrap().id);
    assert!(!get(&mock, "roles?per_page=50").await.ids().contains(&removed));
}

#[tokio::test]
async fn a_mock_ends_when_it_is_stopped_or_dropped() {
    for dropped in [false, true] {
        let mock = company().await;
        let address = mock.address();
        assert!(address.ip().is_loopback());
        // The client keeps its connection open.
        let client = Client::new(&mock);
        client.get(&below(&mock, "roles")).await;
        if dropped {
            drop(mock)
        } else {
            mock.stop().await
        }
        let refused = async {
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), refused).await.expect("nobody listens any more");
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let mock = company().await;
    let options = Options { port: mock.address().port(), ..Options::default() };
    assert!(Mock::start(Account::company(), options).await.is_err());
}

#[tokio::test]
async fn an_empty_account_has_one_empty_page_of_each() {
    let mock = start(generated(0, 0, 0, 0)).await;
    for list in ["access/users", "access/groups", "members", "roles"] {
        let answer = get(&mock, list).await;
        assert_eq!(
            (answer.json["result"].clone(), answer.json["result_info"]["total_count"].clone()),
            (json!([]), json!(0))
        );
    }
    assert_eq!(get(&mock, "gateway/lists").await.json["result"], Value::Array(Vec::new()));
}
