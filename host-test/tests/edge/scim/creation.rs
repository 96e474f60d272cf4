//! Groups that clients make, and the address that keeps an empty one.

use super::dialects::id_of;
use super::{ANN, CAT, GROUP, Scim, account, each, email, encoded};
use host_test::mock::{Account, Effect, Fault};
use http::Method;
use serde_json::{Value, json};

const NOBODY: &str = "nobody@empty-group.invalid";

fn named(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name})
}

fn with_members(ids: &[&str]) -> Value {
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    json!({"displayName": "Sales", "members": members})
}

impl Scim {
    /// Returns the number of requests to make a group that Cloudflare got.
    fn posts(&self) -> usize {
        self.edge.mock.requests().iter().filter(|request| request.method == "POST").count()
    }

    /// Returns the names of the groups at Cloudflare.
    fn names(&self) -> Vec<String> {
        self.edge.mock.read(|account| account.groups.iter().map(|group| group.name.clone()).collect())
    }
}

#[tokio::test]
async fn a_new_group_lets_nobody_in_and_shows_nobody() {
    let scim = Scim::new(account()).await;
    let answer = scim.ask(Method::POST, "/Groups", &named(" Sales ")).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["location"], answer.json["meta"]["location"]);
    assert_eq!(answer.headers["etag"], answer.json["meta"]["version"]);
    assert_eq!((&answer.json["displayName"], &answer.json["members"]), (&json!("Sales"), &Value::Null));
    assert_eq!((scim.includes(3), scim.writes()), (vec![email(NOBODY)], 1));
    let path = format!("/Groups/{}", answer.json["id"].as_str().unwrap());
    assert_eq!(scim.get(&path).await, answer.json);
    let asked = scim.get(&format!("{path}?attributes={GROUP}")).await;
    assert_eq!(asked[GROUP]["rules"], json!([]), "{asked}");
    let counted = scim.get(&format!("{path}?attributes={GROUP}:effectiveMembers")).await;
    assert_eq!(counted[GROUP]["effectiveMembers"], 0, "{counted}");
}

#[tokio::test]
async fn the_address_that_nobody_has_is_no_user_and_no_member() {
    let mut account = account();
    account.groups[2].include = Some(vec![email(&NOBODY.to_uppercase()), email("bob@corp.example")]);
    account.users[2].email = Some(NOBODY.into());
    let scim = Scim::new(account.clone()).await;
    let members = &scim.get("/Groups/a3").await["members"];
    assert_eq!(members.as_array().unwrap().len(), 1, "{members}");
    let everybody = scim.get("/Users?attributes=groups").await;
    assert_eq!(everybody["totalResults"], 4, "{everybody}");
    let nobody = id_of(NOBODY);
    for filter in [format!("userName eq \"{NOBODY}\""), format!("id eq \"{nobody}\"")] {
        assert_eq!(scim.get(&format!("/Users?filter={}", encoded(&filter))).await["totalResults"], 0);
    }
    let filter = encoded(&format!("members.value eq \"{nobody}\""));
    assert_eq!(scim.get(&format!("/Groups?filter={filter}")).await["totalResults"], 0);
    let user = format!("/Users/{nobody}");
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        assert_eq!(scim.ask(method, &user, &json!({})).await.status, 404);
    }
    let (status, body) = scim
        .patch("/Groups/a3", json!([{"op": "add", "path": "members", "value": [{"value": nobody}]}]))
        .await;
    assert_eq!((status, body["scimType"].as_str()), (400, Some("invalidValue")), "{body}");
    for (path, body) in [("/Groups", with_members(&[&nobody])), ("/Users", json!({"userName": NOBODY}))] {
        let answer = scim.ask(Method::POST, path, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json["scimType"].as_str()), (400, Some("invalidValue")));
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
}

#[tokio::test]
async fn a_new_group_with_members_can_be_emptied_again() {
    let scim = Scim::new(account()).await;
    let answer = scim.ask(Method::POST, "/Groups", &with_members(&[ANN, CAT, ANN])).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let expected = [email(NOBODY), email("ann@corp.example"), email("cat@corp.example")];
    assert_eq!((scim.includes(3), scim.writes()), (expected.to_vec(), 1));
    let shown: Vec<_> = answer.json["members"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
    assert_eq!(shown, [ANN, CAT]);
    let path = format!("/Groups/{}", answer.json["id"].as_str().unwrap());
    let (status, body) = scim.patch(&path, json!([{"op": "replace", "path": "members", "value": []}])).await;
    assert_eq!((status, scim.includes(3)), (204, vec![email(NOBODY)]), "{body}");
}

#[tokio::test]
async fn members_of_a_new_group_take_the_switch_for_members() {
    let scim = Scim::with(account(), &[("CONNECTOR_PROVISIONING", "false")]).await;
    let answer = scim.ask(Method::POST, "/Groups", &with_members(&[ANN])).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.json["detail"].as_str().unwrap().contains("CONNECTOR_PROVISIONING"), "{}", answer.body);
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
    assert_eq!(scim.ask(Method::POST, "/Groups", &with_members(&[])).await.status, 201);
}

#[tokio::test]
async fn what_can_not_be_made_is_refused() {
    let scim = Scim::new(account()).await;
    for (body, status, kind, why) in [
        (named("engineers"), 409, Some("uniqueness"), "Its id is a1."),
        (named(""), 400, Some("invalidValue"), "needs displayName"),
        (json!({"members": []}), 400, Some("invalidValue"), "needs displayName"),
        (with_members(&["fake-member-id"]), 400, Some("invalidValue"), "is no id of a user"),
        (
            json!({"displayName": "Sales", "members": [{"value": "a2", "type": "Group"}]}),
            400,
            Some("mutability"),
            "Groups become members",
        ),
    ] {
        let answer = scim.ask(Method::POST, "/Groups", &body).await;
        let told = (answer.status.as_u16(), answer.json["scimType"].as_str());
        assert_eq!(told, (status, kind), "{body}: {}", answer.body);
        assert!(answer.json["detail"].as_str().unwrap().contains(why), "{}", answer.body);
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
}

#[tokio::test]
async fn cloudflares_limits_are_kept() {
    let mut full = account();
    let last = full.groups[2].clone();
    let more = (3..300).map(|number| {
        let (id, name) = (format!("f{number}"), format!("Group {number}"));
        host_test::mock::Group { id, name, ..last.clone() }
    });
    full.groups.extend(more);
    let ids: Vec<String> = (0..1000).map(|number| id_of(&format!("p{number}@corp.example"))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let cases: [(Account, Value, &str); 2] = [
        (full, named("Sales"), "300 Access groups"),
        (account(), with_members(&ids), "would have 1001 rules"),
    ];
    for (account, body, why) in cases {
        let scim = Scim::new(account.clone()).await;
        let answer = scim.ask(Method::POST, "/Groups", &body).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(answer.json["detail"].as_str().unwrap().contains(why), "{}", answer.body);
        assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account));
    }
    let scim = Scim::new(account()).await;
    assert_eq!(scim.ask(Method::POST, "/Groups", &with_members(&ids[1..])).await.status, 201);
    assert_eq!(scim.includes(3).len(), 1000);
}

/// A second request could make a second group.
#[tokio::test]
async fn a_lost_answer_is_looked_after_and_never_followed_by_a_second_group() {
    let page = Effect::Html { status: 502 };
    let own = Effect::Status { status: 500, code: 1, message: "no".into(), headers: vec![] };
    for (effect, attempt, carried_out, status, posts, is_there) in [
        // The answer was lost, and the group is there.
        (page.clone(), None, true, 201, 1, true),
        // It isn't there, and may still come.
        (page, None, false, 504, 1, false),
        // The API itself says that it failed.
        (own.clone(), Some(1), false, 201, 2, true),
        (own, Some(1), true, 201, 1, true),
    ] {
        let scim = Scim::new(account()).await;
        let fault = Fault::on("POST", "access/groups", effect).carried_out(carried_out);
        scim.edge.mock.inject(attempt.into_iter().fold(fault, Fault::at_attempt));
        let answer = scim.ask(Method::POST, "/Groups", &with_members(&[ANN])).await;
        assert_eq!((answer.status.as_u16(), scim.posts()), (status, posts), "{}", answer.body);
        let names = scim.names();
        assert_eq!(names.iter().filter(|name| *name == "Sales").count(), usize::from(is_there));
        if status == 504 {
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.contains("may or may not") && !detail.contains("Nothing was"), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_group_of_somebody_elses_is_not_taken_for_the_new_one() {
    let scim = Scim::new(account()).await;
    let fault = Fault::on("POST", "access/groups", Effect::Html { status: 502 }).carried_out(false);
    scim.edge.mock.inject(fault);
    let on = host_test::mock::Operation::on("POST", "access/groups");
    scim.edge.mock.meddle(on, host_test::mock::When::Before, |account| {
        let theirs =
            host_test::mock::Group { id: "b1".into(), name: "Sales".into(), ..account.groups[0].clone() };
        account.groups.push(theirs);
    });
    let answer = scim.ask(Method::POST, "/Groups", &named("Sales")).await;
    assert_eq!((answer.status.as_u16(), scim.posts()), (409, 1), "{}", answer.body);
    assert!(answer.json["detail"].as_str().unwrap().contains("Somebody else"), "{}", answer.body);
}

#[tokio::test]
async fn faults_of_cloudflare_make_nothing_and_are_told() {
    let status = |status, code| Effect::Status {
        status,
        code,
        message: "no".into(),
        headers: vec![("retry-after".into(), "290".into())],
    };
    for (method, effect, expected) in [
        ("POST", status(403, 10000), 502),
        ("POST", status(404, 1003), 502),
        ("POST", status(429, 971), 429),
        ("POST", status(400, 12130), 400),
        ("POST", status(500, 1), 503),
        ("GET", status(403, 10000), 502),
        ("GET", status(404, 7003), 502),
        ("GET", Effect::InsertItem { at: 1, item: json!(7) }, 502),
        ("GET", status(503, 1), 503),
    ] {
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(Fault::on(method, "access/groups", effect.clone()));
        let answer = scim.ask(Method::POST, "/Groups", &named("Sales")).await;
        assert_eq!(answer.status, expected, "{method} {effect:?}: {}", answer.body);
        assert_eq!(scim.edge.mock.account(), account(), "{method} {effect:?}");
    }
}

#[tokio::test]
async fn a_group_that_is_not_as_it_was_made_is_no_success() {
    let scim = Scim::new(account()).await;
    let other = Effect::SetField { pointer: "/result/include".into(), value: json!([{"everyone": {}}]) };
    scim.edge.mock.inject(Fault::on("GET", "access/groups/{id}", other));
    let answer = scim.ask(Method::POST, "/Groups", &named("Sales")).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.json["detail"].as_str().unwrap().contains("not what was written"), "{}", answer.body);
}

#[tokio::test]
async fn what_can_not_be_read_back_is_told_as_cloudflares_answer_showed_it() {
    let scim = Scim::new(account()).await;
    scim.edge.mock.inject(Fault::on("GET", "access/groups/{id}", Effect::Html { status: 502 }));
    let answer = scim.ask(Method::POST, "/Groups", &named("Sales")).await;
    assert_eq!((answer.status.as_u16(), &answer.json["displayName"]), (201, &json!("Sales")));
    scim.edge.mock.end_faults();
    assert_eq!(each(&scim.get("/Groups").await, "displayName").len(), 4);
}
