//! User groups, and the two views of what a member has: roles and policies.

use host_test::mock::{
    Account, Inherited, Member, Mock, Policy, ResourceGroup, SUPER_ADMINISTRATOR, Scope, UserGroup,
};
use http::Method;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{below, company, get, start};

async fn send(mock: &Mock, method: Method, path: &str, body: Value) -> Answer {
    Client::new(mock).send(method, &below(mock, path), body).await
}

fn member<'a>(account: &'a Account, local: &str) -> &'a Member {
    let email = format!("{local}@northwind.example");
    account.members.iter().find(|member| member.address() == Some(&email)).unwrap()
}

#[tokio::test]
async fn pages_of_groups_and_of_their_members_are_the_whole_list() {
    let member = |number: usize| Member { id: format!("{number:032x}"), ..Member::default() };
    let members: Vec<Member> = (0..1001).map(member).collect();
    let ids = members.iter().map(|member| member.id.clone()).collect();
    let mut groups: Vec<UserGroup> =
        (0..501).map(|number| UserGroup::new(&format!("{number}"), Vec::new())).collect();
    groups[0].members = ids;
    let mock =
        start(Account { id: "a".repeat(32), members, user_groups: groups, ..Account::default() }).await;
    let account = mock.account();
    let members = format!("iam/user_groups/{}/members", account.user_groups[0].id);
    for (list, total, pages) in [("iam/user_groups", 501, 2), (members.as_str(), 1001, 3)] {
        let mut found = Vec::new();
        for page in 1..=pages {
            let answer = get(&mock, &format!("{list}?page={page}&per_page=500")).await;
            assert_eq!(answer.json["result_info"]["total_count"], total);
            assert_eq!(answer.json["result_info"]["total_pages"], pages);
            found.extend(answer.ids());
        }
        assert_eq!(found.len(), total, "{list}");
        assert_eq!(get(&mock, &format!("{list}?per_page=9999")).await.ids().len(), 500);
        assert_eq!(get(&mock, list).await.ids().len(), 100);
    }
}

#[tokio::test]
async fn membership_of_one_is_added_and_removed_alone() {
    let mock = company().await;
    let account = mock.account();
    let (group, sofia) = (&account.user_groups[0], member(&account, "sofia.lindqvist"));
    let members = format!("iam/user_groups/{}/members", group.id);
    let one = format!("{members}/{}", sofia.id);
    assert_eq!(get(&mock, &one).await.failure(), (404, 1003));
    for _ in 0..2 {
        let added = send(&mock, Method::POST, &members, json!([{ "id": sofia.id }])).await;
        let shown = json!({ "id": sofia.id, "email": sofia.email, "status": "accepted" });
        assert_eq!(added.json["result"], json!([shown]));
        assert_eq!(get(&mock, &one).await.json["result"], shown);
        assert_eq!(get(&mock, &members).await.ids().len(), 3, "somebody who is in the group stays there");
    }
    assert_eq!(send(&mock, Method::DELETE, &one, Value::Null).await.status, 200);
    assert_eq!(send(&mock, Method::DELETE, &one, Value::Null).await.failure(), (404, 1003));
    let form = json!({ "members": [{ "id": sofia.id }] });
    assert_eq!(send(&mock, Method::POST, &members, form).await.failure(), (400, 1004));
    assert_eq!(mock.account().user_groups[0].members, group.members);
}

#[tokio::test]
async fn a_group_that_an_identity_provider_manages_refuses_changes() {
    let mock = company().await;
    let before = mock.account();
    let group = before.user_groups.iter().find(|group| group.is_managed).unwrap();
    let path = format!("iam/user_groups/{}", group.id);
    let members = format!("{path}/members");
    let one = json!([{ "id": member(&before, "sofia.lindqvist").id }]);
    let leaving = format!("{members}/{}", group.members[0]);
    for (method, path, body) in [
        (Method::POST, &members, one.clone()),
        (Method::PUT, &members, one),
        (Method::DELETE, &leaving, Value::Null),
        (Method::PUT, &path, json!({ "name": "Other" })),
        (Method::DELETE, &path, Value::Null),
    ] {
        let refused = send(&mock, method.clone(), path, body).await;
        assert_eq!(refused.status, 400, "{method} {path}");
        assert!(refused.body.contains("managed by SCIM"), "{}", refused.body);
    }
    assert!(!get(&mock, &path).await.body.contains("managed"), "nothing shows it");
    assert_eq!(mock.account(), before);
}

#[tokio::test]
async fn a_login_without_dsr_takes_neither_groups_nor_parts_of_the_account() {
    let mock = company().await;
    let sofia = mock.change(|account| {
        let id = member(account, "sofia.lindqvist").id.clone();
        account.members.iter_mut().filter(|member| member.id == id).for_each(|it| it.has_no_dsr = true);
        member(account, "sofia.lindqvist").clone()
    });
    let before = mock.account();
    let group = &before.user_groups[0];
    let members = format!("iam/user_groups/{}/members", group.id);
    let refused = send(&mock, Method::POST, &members, json!([{ "id": sofia.id }])).await;
    assert!(refused.body.contains("do not have DSR enabled"), "{}", refused.body);
    let zone = &before.user_groups[1].policies.as_ref().unwrap()[0];
    let body = json!({ "policies": [zone] });
    let refused = send(&mock, Method::PUT, &format!("members/{}", sofia.id), body).await;
    assert!(refused.body.contains("do not have DSR enabled"), "{}", refused.body);
    assert_eq!(mock.account(), before);
}

#[tokio::test]
async fn members_show_the_policies_of_their_groups_or_not() {
    let mock = company().await;
    let account = mock.account();
    let yuki = member(&account, "yuki.tanaka");
    let policy = &account.user_groups[0].policies.as_ref().unwrap()[0];
    let path = format!("members/{}", yuki.id);
    for (inherited, policies, roles) in
        [(Inherited::Hidden, 1, 1), (Inherited::InPolicies, 2, 1), (Inherited::InRoles, 2, 2)]
    {
        mock.change(|account| account.inherited = inherited);
        let shown = get(&mock, &path).await.json["result"].take();
        assert_eq!(shown["policies"].as_array().unwrap().len(), policies, "{inherited:?}");
        assert_eq!(shown["roles"].as_array().unwrap().len(), roles, "{inherited:?}");
        assert_eq!(shown["policies"].as_array().unwrap().contains(&json!(policy)), policies == 2);
    }
    assert_eq!(mock.account().members, account.members);
}

#[tokio::test]
async fn roles_and_policies_are_two_views_of_one_assignment() {
    let mock = company().await;
    let account = mock.account();
    let daniel = member(&account, "daniel.osei");
    let path = format!("members/{}", daniel.id);
    let zone = &account.user_groups[1].policies.as_ref().unwrap()[0];
    let before = get(&mock, &path).await.json["result"].take();
    // A policy that was there keeps its id; a new one gets one, even if the body has another's.
    let body = json!({ "policies": [before["policies"][0], zone] });
    let put = send(&mock, Method::PUT, &path, body).await.json["result"].take();
    assert_eq!(put["policies"][0], before["policies"][0]);
    assert_eq!(put["policies"][1]["resource_groups"], json!(zone.resource_groups));
    assert_ne!(put["policies"][1]["id"], json!(zone.id));
    assert_eq!(put["roles"], before["roles"], "the zone adds no role");
    let body = json!({ "policies": [put["policies"][1]] });
    let put = send(&mock, Method::PUT, &path, body).await.json["result"].take();
    assert_eq!((&put["roles"], put["policies"].as_array().unwrap().len()), (&json!([]), 1));
    let body = json!({ "roles": [{ "id": account.roles[1].id }] });
    let put = send(&mock, Method::PUT, &path, body).await.json["result"].take();
    assert_eq!(put["policies"][0]["permission_groups"][0]["name"], json!(account.roles[1].name));
    for nothing in [json!({ "policies": [] }), json!({ "roles": [] }), json!({})] {
        assert_eq!(send(&mock, Method::PUT, &path, nothing).await.failure(), (400, 1001));
    }
}

#[tokio::test]
async fn policies_that_make_no_sense_are_refused() {
    let mock = company().await;
    let account = mock.account();
    let wide = &account.members[0].policies[0];
    let of_zones = &account.permission_groups[0].id;
    let path = format!("members/{}", member(&account, "daniel.osei").id);
    let policy = |access: &str, permissions: &str, resources: Value| {
        json!({ "policies": [{
            "access": access, "permission_groups": [{ "id": permissions }], "resource_groups": [resources],
        }] })
    };
    let resources = json!({ "id": wide.resource_groups[0].id });
    let (permissions, nowhere) = (&wide.permission_groups[0].id, "0".repeat(32));
    for (body, code) in [
        (policy("allow", of_zones, resources.clone()), 1006),
        (policy("allow", &nowhere, resources.clone()), 1001),
        (policy("perhaps", permissions, resources), 1004),
        (policy("allow", permissions, json!({ "id": nowhere })), 1004),
        (policy("allow", permissions, json!({ "scope": "account" })), 1004),
        (policy("allow", permissions, json!({})), 1004),
    ] {
        assert_eq!(send(&mock, Method::PUT, &path, body.clone()).await.failure(), (400, code), "{body}");
    }
    let name = json!({ "name": "CF administrators" });
    assert_eq!(send(&mock, Method::POST, "iam/user_groups", name).await.failure(), (400, 1004));
    assert_eq!(Account { created: account.created, ..mock.account() }, account);
}

#[tokio::test]
async fn scopes_in_place_are_taken_in_both_forms() {
    let mock = company().await;
    let account = mock.account();
    let group = format!("iam/user_groups/{}", account.user_groups[0].id);
    let permissions = account.permission_group(account.role(SUPER_ADMINISTRATOR).unwrap()).id;
    let scope =
        json!({ "key": format!("com.cloudflare.api.account.{}", account.id), "objects": [{ "key": "*" }] });
    for form in [json!([scope]), scope] {
        let policy = json!({
            "access": "allow",
            "permission_groups": [{ "id": permissions }],
            "resource_groups": [{ "scope": form }],
        });
        let put = send(&mock, Method::PUT, &group, json!({ "policies": [policy] })).await;
        assert_eq!(put.json["result"]["policies"][0]["resource_groups"], json!([{ "scope": form }]));
        assert_eq!(put.json["result"]["name"], "Platform administrators");
    }
}

#[tokio::test]
async fn answers_can_lack_what_is_empty() {
    let scope = Scope::new("com.cloudflare.api.account.zone.1", &["*"]);
    let shown = |group: ResourceGroup| json!(Policy { resource_groups: vec![group], ..Policy::default() });
    let inline = ResourceGroup { scope: scope.clone(), ..ResourceGroup::default() };
    let one = json!({ "key": scope.key, "objects": [{ "key": "*" }] });
    assert_eq!(shown(inline.clone())["resource_groups"], json!([{ "scope": one }]));
    let list = ResourceGroup { more_scopes: Some(vec![scope]), ..inline };
    assert_eq!(shown(list)["resource_groups"], json!([{ "scope": [one, one] }]));
    assert_eq!(shown(ResourceGroup::default())["resource_groups"], json!([{}]));

    let mock = company().await;
    let id = mock.change(|account| {
        account.members[0].without = &["policies"];
        account.user_groups[0].policies = None;
        account.members[0].id.clone()
    });
    assert!(get(&mock, &format!("members/{id}")).await.json["result"].get("policies").is_none());
    let group = get(&mock, "iam/user_groups").await.json["result"][0].take();
    assert!(group.get("policies").is_none() && group.get("members").is_none());
}
