//! Users, groups and roles as they are read.

use super::{ANN, BOB, CAT, DEE, EVE, GROUP, Scim, USER, account, each, email, encoded};
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn everything_under_one_address_is_one_user() {
    let scim = Scim::new(account()).await;
    let users = scim.get("/Users").await;
    let expected = [
        "ann@corp.example",
        "bob@corp.example",
        "cat@corp.example",
        "dee@partner.example",
        "eve@corp.example",
    ];
    assert_eq!(each(&users, "userName"), expected);
    assert_eq!(each(&users, "id"), [ANN, BOB, CAT, DEE, EVE]);
    assert_eq!((&users["totalResults"], &users["startIndex"]), (&json!(5), &json!(1)));
    let active: Vec<bool> =
        users["Resources"].as_array().unwrap().iter().map(|user| user["active"].as_bool().unwrap()).collect();
    // A rule names Bob, and Cat can log in for the first time.
    assert_eq!(active, [true; 5]);
    let ann = &users["Resources"][0];
    let known = json!({"accessUserId": "0a", "membershipId": "e1", "accessSeat": true});
    for (field, value) in known.as_object().unwrap() {
        assert_eq!(ann[USER][field], *value, "{ann}");
    }
    assert_eq!(ann["roles"][0]["value"], "d1");
    assert_eq!(ann["groups"], Value::Null, "groups of all people cost more, and nobody asked for them");
    assert_eq!(users["Resources"][3][USER], Value::Null, "nobody but a rule knows Dee");
}

#[tokio::test]
async fn without_the_door_of_roles_members_are_no_users() {
    let scim = Scim::with(account(), &[("CONNECTOR_PROVISIONING", "false")]).await;
    let users = scim.get("/Users").await;
    assert_eq!(each(&users, "id"), [ANN, BOB, CAT, DEE]);
    assert_eq!(users["Resources"][0]["roles"], Value::Null);
}

#[tokio::test]
async fn one_user_shows_the_groups_that_they_are_in() {
    let scim = Scim::new(account()).await;
    let ann = scim.get(&format!("/Users/{ANN}")).await;
    let host = scim.edge.server.address;
    let uri = format!("http://{host}/scim/v2/Groups/a1");
    let engineers = json!({"value": "a1", "$ref": uri, "display": "Engineers", "type": "direct"});
    assert_eq!(ann["groups"], json!([engineers]));
    assert_eq!(ann["meta"]["location"], format!("http://{host}/scim/v2/Users/{ANN}"));
    assert_eq!(ann["meta"]["resourceType"], "User");
    assert_eq!(ann["emails"], json!([{"value": "ann@corp.example", "type": "work", "primary": true}]));
    let without = scim.get(&format!("/Users/{ANN}?excludedAttributes=groups")).await;
    assert_eq!((&without["groups"], &without["meta"]), (&Value::Null, &ann["meta"]));
    let bob = scim.get(&format!("/Users/{BOB}?attributes=groups")).await;
    assert_eq!((bob["groups"][0]["value"].as_str(), &bob["active"]), (Some("a3"), &Value::Null));
}

#[tokio::test]
async fn somebody_whom_another_rule_lets_in_is_in_a_group_indirectly() {
    let mut account = account();
    account.groups[1].include = Some(vec![json!({"email_domain": {"domain": "corp.example"}})]);
    let scim = Scim::new(account).await;
    let cat = scim.get(&format!("/Users/{CAT}")).await;
    let groups: Vec<_> =
        cat["groups"].as_array().unwrap().iter().map(|it| (&it["value"], &it["type"])).collect();
    let indirect = json!("indirect");
    assert_eq!(groups, [(&json!("a1"), &indirect), (&json!("a2"), &indirect)]);
    let engineers = scim.get("/Groups/a1").await;
    let members: Vec<_> =
        engineers["members"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
    assert_eq!(members, [ANN, DEE, "a2"], "who can't be removed is no member");
}

#[tokio::test]
async fn somebody_without_seat_and_rule_is_inactive() {
    let mut account = account();
    account.groups[2].include = Some(vec![super::email("other@corp.example")]);
    let scim = Scim::new(account).await;
    for path in [format!("/Users/{BOB}"), format!("/Users/{BOB}?excludedAttributes=groups")] {
        assert_eq!(scim.get(&path).await["active"], false, "{path}");
    }
    let filter = encoded("active eq false");
    assert_eq!(each(&scim.get(&format!("/Users?filter={filter}")).await, "id"), [BOB]);
}

#[tokio::test]
async fn groups_show_the_members_that_they_name_themselves() {
    let mut account = account();
    account.groups[2].exclude = Some(vec![json!({"group": {"id": "a1"}})]);
    let scim = Scim::new(account).await;
    let host = scim.edge.server.address;
    let groups = scim.get("/Groups").await;
    assert_eq!(each(&groups, "displayName"), ["Engineers", "Corp", "Auditors"]);
    let user = |id: &str, address: &str| {
        let uri = format!("http://{host}/scim/v2/Users/{id}");
        json!({"value": id, "$ref": uri, "display": address, "type": "User"})
    };
    let nested = json!({"value": "a2", "$ref": format!("http://{host}/scim/v2/Groups/a2"), "type": "Group"});
    let members = json!([user(ANN, "ann@corp.example"), user(DEE, "dee@partner.example"), nested]);
    assert_eq!(groups["Resources"][0]["members"], members);
    assert_eq!(groups["Resources"][0][GROUP], Value::Null, "rules are told to who asks");
    assert_eq!(groups["Resources"][1]["members"], Value::Null);
    assert_eq!(scim.get("/Groups/a1").await, groups["Resources"][0]);
    let rules = scim.get(&format!("/Groups/a3?attributes={GROUP}:rules")).await;
    assert_eq!(rules[GROUP]["rules"][0]["section"], "exclude");
    assert_eq!(rules[GROUP]["rules"][0]["type"], "group");
}

#[tokio::test]
async fn filters_find_what_fits_and_nothing_else() {
    let scim = Scim::new(account()).await;
    for (path, filter, expected) in [
        ("/Users", r#"userName eq "ANN@corp.example""#, &[ANN][..]),
        ("/Users", r#"userName eq "nobody@corp.example""#, &[]),
        ("/Users", r#"userName eq "nobody""#, &[]),
        ("/Users", r#"userName eq "dee@partner.example""#, &[DEE]),
        ("/Users", &format!("id eq \"{EVE}\""), &[EVE]),
        ("/Users", r#"emails[value eq "bob@corp.example"]"#, &[BOB]),
        ("/Users", r#"userName sw "c" or displayName eq "bob""#, &[BOB, CAT]),
        ("/Users", r#"userName eq "ann@corp.example" and active eq false"#, &[]),
        ("/Users", r#"not (userName co "corp")"#, &[DEE]),
        ("/Users", r#"groups.value eq "a3""#, &[BOB]),
        ("/Users", "roles pr", &[ANN, EVE]),
        ("/Groups", r#"displayName eq "auditors""#, &["a3"]),
        ("/Groups", r#"displayName eq "Nobody""#, &[]),
        ("/Groups", r#"id eq "a2""#, &["a2"]),
        ("/Groups", r#"id eq "a9""#, &[]),
        ("/Groups", &format!("members[value eq \"{DEE}\"]"), &["a1"]),
        ("/Groups", &format!("members.value eq \"{BOB}\""), &["a3"]),
        ("/Roles", r#"displayName sw "bill""#, &["d1"]),
    ] {
        let found = scim.get(&format!("{path}?filter={}", encoded(filter))).await;
        assert_eq!(each(&found, "id"), expected, "{filter}");
        assert_eq!(found["totalResults"], expected.len(), "{filter}");
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": filter,
        });
        let searched = scim.ask(Method::POST, &format!("{path}/.search"), &body).await;
        assert_eq!(each(&searched.json, "id"), expected, "{filter}");
    }
    for filter in [r#"nickname eq "x""#, r#"userName xx "a""#, "userName eq", r#"meta.created gt "2026""#] {
        let answer = scim.ask(Method::GET, &format!("/Users?filter={}", encoded(filter)), &Value::Null).await;
        let told = (answer.status.as_u16(), answer.json["scimType"].as_str());
        assert_eq!(told, (400, Some("invalidFilter")), "{filter}: {}", answer.body);
    }
}

#[tokio::test]
async fn pages_by_number_and_by_cursor_have_everybody_once() {
    let scim = Scim::new(account()).await;
    let page = scim.get("/Users?startIndex=2&count=2").await;
    assert_eq!(each(&page, "id"), [BOB, CAT]);
    let told = [&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]];
    assert_eq!(told, [&json!(5), &json!(2), &json!(2)]);
    let none = scim.get("/Users?count=0").await;
    assert_eq!(none["totalResults"], 5);
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let page = scim.get(&format!("/Users?count=2&cursor={cursor}")).await;
        all.extend(each(&page, "id").into_iter().map(str::to_owned));
        let Some(next) = page["nextCursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(all, [ANN, BOB, CAT, DEE, EVE]);
}

#[tokio::test]
async fn a_search_of_all_types_has_those_that_fit() {
    let scim = Scim::new(account()).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "displayName co \"n\"",
    });
    let found = scim.ask(Method::POST, "/.search", &body).await.json;
    assert_eq!(each(&found, "id"), [ANN, "a1", "d1", "d2"]);
}

#[tokio::test]
async fn a_version_stays_until_something_changes() {
    let scim = Scim::new(account()).await;
    let ann = format!("/Users/{ANN}?excludedAttributes=groups");
    for path in [&ann, "/Groups/a1", "/Roles/d1"] {
        let first = scim.ask(Method::GET, path, &Value::Null).await;
        let version = first.headers["etag"].clone();
        assert_eq!(first.json["meta"]["version"], version);
        let known = [("if-none-match", version.as_str())];
        let again = scim.ask_with(&known, Method::GET, path, &Value::Null).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path}");
        scim.edge.mock.change(|account| {
            account.users[0].name = Some("Ann Lee".into());
            account.groups[0].name = "Engineering".into();
            account.roles[0].description = "Bills".into();
        });
        let changed = scim.ask_with(&known, Method::GET, path, &Value::Null).await;
        assert_eq!(changed.status, 200, "{path}");
        scim.edge.mock.change(|account| *account = super::account());
    }
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let scim = Scim::new(account()).await;
    for path in [
        "/Users/bm9ib2R5QGNvcnAuZXhhbXBsZQ",
        "/Users/fake",
        "/Users/ann@corp.example",
        "/Groups/a9",
        "/Groups/x%2Fy",
        "/Roles/d9",
        "/Nothing",
        "",
        "/Schemas/urn:x",
    ] {
        let answer = scim.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn discovery_tells_what_the_operator_allows() {
    let scim = Scim::new(account()).await;
    let config = scim.get("/ServiceProviderConfig").await;
    assert_eq!(config["patch"]["supported"], true);
    assert_eq!(config["bulk"]["supported"], false);
    let types = scim.get("/ResourceTypes").await;
    assert_eq!(each(&types, "id"), ["User", "Group", "Role"]);
    assert_eq!(scim.get("/ResourceTypes/Group").await["endpoint"], "/Groups");
    let schemas = scim.get("/Schemas").await;
    assert!(each(&schemas, "id").contains(&USER));
    assert_eq!(scim.get(&format!("/Schemas/{GROUP}")).await["id"], GROUP);
    assert_eq!(scim.edge.mock.request_count(), 0, "what is known asks nothing");
}

/// A person's groups change with rules of groups, of which the person's own version knows nothing.
#[tokio::test]
async fn what_rests_on_rules_is_always_told_anew() {
    let scim = Scim::new(account()).await;
    let counted = format!("/Groups/a3?attributes={GROUP}:effectiveMembers");
    let path = format!("/Users/{CAT}");
    let before = [scim.get(&path).await, scim.get(&counted).await];
    assert_eq!((&before[0]["groups"], &before[1][GROUP]["effectiveMembers"]), (&Value::Null, &json!(1)));
    let version = |of: &Value| of["meta"]["version"].as_str().unwrap().to_owned();
    let group = scim.get("/Groups/a3").await;
    let versions = [version(&before[0]), version(&group)];
    scim.edge.mock.change(|account| {
        account.groups[1].include.as_mut().unwrap().push(email("cat@corp.example"));
        account.groups[2].include.as_mut().unwrap().push(json!({"group": {"id": "a2"}}));
    });
    let ask = async |path: &str, version: &str| {
        let answer = scim.ask_with(&[("if-none-match", version)], Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json
    };
    let groups = ask(&path, &versions[0]).await["groups"].clone();
    assert_eq!(groups.as_array().unwrap().len(), 3, "{groups}");
    assert_eq!(ask(&counted, "*").await[GROUP]["effectiveMembers"], 2);
}

/// Whoever is listed can be asked for, whatever letters the address has.
#[tokio::test]
async fn an_address_with_letters_beyond_ascii_is_found() {
    let mut foreign = account();
    foreign.users[2].email = Some("änn@corp.example".into());
    let scim = Scim::new(foreign).await;
    let id = super::dialects::id_of("änn@corp.example");
    let all = scim.get("/Users").await;
    assert!(each(&all, "id").contains(&id.as_str()), "{all}");
    assert_eq!(scim.get(&format!("/Users/{id}")).await["userName"], "änn@corp.example");
    for filter in [r#"userName eq "änn@corp.example""#.to_owned(), format!("id eq \"{id}\"")] {
        let found = scim.get(&format!("/Users?filter={}", encoded(&filter))).await;
        assert_eq!(each(&found, "id"), [id.as_str()], "{filter}");
    }
}
