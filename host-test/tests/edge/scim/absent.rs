//! 404 of this service, which a platform takes for the end of a person or a group: only what is known to be
//! gone is answered so, and not everything that Cloudflare doesn't find.

use super::user_groups::{SHOWN, account_with_user_groups};
use super::{ANN, BOB, CAT, EVE, Scim, account, email, encoded};
use host_test::mock::{Account, Effect, Fault, Operation, When};
use http::Method;
use serde_json::{Value, json};

fn answer(status: u16, code: u64, message: &str) -> Effect {
    Effect::Status { status, code, message: message.into(), headers: vec![] }
}

/// Returns the answers of Cloudflare to a wrong account id, without Zero Trust, and where a part of the API
/// was taken away.
fn not_found() -> [Effect; 3] {
    [
        answer(404, 7003, "Could not route to the path, perhaps your object identifier is invalid?"),
        answer(400, 9999, "access.api.error.not_enabled"),
        answer(410, 7003, "No such route any more"),
    ]
}

fn by_id(id: &str) -> String {
    format!("/Groups?filter={}", encoded(&format!("id eq \"{id}\"")))
}

fn add_cat() -> Value {
    json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": CAT}]}]})
}

fn inactive() -> Value {
    json!({"Operations": [{"op": "replace", "path": "active", "value": false}]})
}

fn with_role(role: &str) -> Value {
    json!({"Operations": [{"op": "add", "path": "roles", "value": [{"value": role}]}]})
}

/// Makes an account in which nothing but a rule lets Bob in, and that isn't the last rule of its group.
fn tidy() -> Account {
    let mut account = account();
    account.groups[2].include = Some(vec![email("bob@corp.example"), email("other@corp.example")]);
    account.users[1].access_seat = Some(true);
    account
}

#[tokio::test]
async fn where_cloudflare_finds_nothing_at_all_nobody_is_gone() {
    let rename = json!({"Operations": [{"op": "replace", "path": "displayName", "value": "Makers"}]});
    let get = |path: &str| (Method::GET, path.to_owned(), Value::Null);
    let asked = [
        get("/Users"),
        get(&format!("/Users?filter={}", encoded("userName eq \"ann@corp.example\""))),
        get(&format!("/Users/{ANN}")),
        get("/Groups"),
        get("/Groups/a1"),
        get(&by_id("a1")),
        get("/Groups/user-group-0c1"),
        get(&by_id("user-group-0c1")),
        get("/Roles"),
        get("/Roles/d1"),
        (Method::POST, "/.search".into(), json!({"count": 10})),
        (Method::POST, "/Users".into(), json!({"userName": "fay@corp.example"})),
        (Method::POST, "/Groups".into(), json!({"displayName": "Sales"})),
        (Method::PATCH, format!("/Users/{ANN}"), inactive()),
        (Method::PUT, format!("/Users/{ANN}"), json!({"userName": "ann@corp.example", "active": false})),
        (Method::DELETE, format!("/Users/{ANN}"), Value::Null),
        (Method::PATCH, "/Groups/a1".into(), add_cat()),
        (Method::PATCH, "/Groups/a1".into(), rename),
        (Method::PATCH, "/Groups/user-group-0c1".into(), add_cat()),
        (Method::PUT, "/Groups/a1".into(), json!({"displayName": "Engineers", "members": []})),
        (Method::DELETE, "/Groups/a1".into(), Value::Null),
    ];
    for effect in not_found() {
        for (method, path, body) in &asked {
            let scim = Scim::with(account_with_user_groups(), &[SHOWN]).await;
            scim.edge.mock.inject(Fault::always(effect.clone()));
            let answer = scim.ask(method.clone(), path, body).await;
            assert_eq!(answer.status, 502, "{effect:?} {method} {path}: {}", answer.body);
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.contains("Cloudflare"), "{method} {path}: {detail}");
            assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_user_groups()));
        }
    }
}

#[tokio::test]
async fn a_user_of_whom_a_part_is_not_found_is_not_gone() {
    for effect in not_found() {
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(Fault::on("GET", "access/groups", effect));
        let path = format!("/Users/{ANN}");
        let answer = scim.ask(Method::GET, &path, &Value::Null).await;
        assert_eq!(answer.status, 502, "{}", answer.body);
        let alone = scim.get(&format!("{path}?excludedAttributes=groups")).await;
        assert_eq!(alone["userName"], "ann@corp.example");
    }
}

#[tokio::test]
async fn an_object_that_its_list_has_is_not_gone() {
    for effect in not_found() {
        for (route, path) in [
            ("access/groups/{id}", "/Groups/a1".to_owned()),
            ("access/groups/{id}", by_id("a1")),
            ("iam/user_groups/{id}", "/Groups/user-group-0c1".to_owned()),
            ("iam/user_groups/{id}", by_id("user-group-0c1")),
            ("roles/{id}", "/Roles/d1".to_owned()),
        ] {
            let scim = Scim::with(account_with_user_groups(), &[SHOWN]).await;
            scim.edge.mock.inject(Fault::on("GET", route, effect.clone()));
            let answer = scim.ask(Method::GET, &path, &Value::Null).await;
            assert_eq!(answer.status, 502, "{effect:?} {path}: {}", answer.body);
            assert!(answer.json["detail"].as_str().unwrap().contains("its list of"), "{}", answer.body);
        }
        for (method, body) in [(Method::PATCH, add_cat()), (Method::DELETE, Value::Null)] {
            let scim = Scim::new(account()).await;
            scim.edge.mock.inject(Fault::on("GET", "access/groups/{id}", effect.clone()));
            let answer = scim.ask(method, "/Groups/a1", &body).await;
            assert_eq!(answer.status, 502, "{effect:?}: {}", answer.body);
            assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account()));
        }
        // The write alone isn't found.
        let scim = Scim::new(account()).await;
        scim.edge.mock.inject(Fault::on("PUT", "access/groups/{id}", effect.clone()));
        let answer = scim.ask(Method::PATCH, "/Groups/a1", &add_cat()).await;
        assert_eq!(answer.status, 502, "{effect:?}: {}", answer.body);
        assert_eq!(scim.edge.mock.account(), account());
    }
}

#[tokio::test]
async fn an_object_is_gone_if_its_list_does_not_have_it_either() {
    let scim = Scim::with(account_with_user_groups(), &[SHOWN]).await;
    for (path, name) in [("/Groups/a9", "Group"), ("/Groups/user-group-0c9", "Group"), ("/Roles/d9", "Role")]
    {
        let before = scim.edge.mock.request_count();
        let answer = scim.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert_eq!(answer.json["detail"], format!("There is no {name} with this id."));
        assert_eq!(scim.edge.mock.request_count() - before, 2, "{path}");
    }
    for id in ["a9", "user-group-0c9"] {
        assert_eq!(scim.get(&by_id(id)).await["totalResults"], 0, "{id}");
    }
    let put = json!({"displayName": "Engineers", "members": []});
    for (method, body) in [(Method::PATCH, add_cat()), (Method::PUT, put), (Method::DELETE, Value::Null)] {
        let answer = scim.ask(method.clone(), "/Groups/a9", &body).await;
        assert_eq!(answer.status, 404, "{method}: {}", answer.body);
    }
    assert_eq!((scim.writes(), scim.edge.mock.account()), (0, account_with_user_groups()));
}

#[tokio::test]
async fn an_object_is_not_gone_where_its_list_can_not_be_read() {
    let headers = vec![("retry-after".into(), "290".into())];
    let limited = Effect::Status { status: 429, code: 971, message: "wait".into(), headers };
    for (effect, expected) in [
        (answer(403, 10000, "no"), 502),
        (answer(404, 7003, "no"), 502),
        (limited, 429),
        (Effect::Html { status: 200 }, 502),
        (Effect::InsertItem { at: 0, item: json!({"name": "without an id"}) }, 502),
    ] {
        for (list, paths) in [
            ("access/groups", ["/Groups/a9".to_owned(), by_id("a9")]),
            ("iam/user_groups", ["/Groups/user-group-0c9".to_owned(), by_id("user-group-0c9")]),
            ("roles", ["/Roles/d9".to_owned(), "/Roles/d8".to_owned()]),
        ] {
            for path in paths {
                let scim = Scim::with(account_with_user_groups(), &[SHOWN]).await;
                scim.edge.mock.inject(Fault::on("GET", list, effect.clone()));
                let answer = scim.ask(Method::GET, &path, &Value::Null).await;
                assert_eq!(answer.status, expected, "{effect:?} {path}: {}", answer.body);
            }
        }
    }
}

#[tokio::test]
async fn a_part_that_is_not_found_is_no_end_of_a_leaver() {
    for effect in not_found() {
        for (method, body) in [(Method::DELETE, Value::Null), (Method::PATCH, inactive())] {
            let scim = Scim::new(tidy()).await;
            let route = "access/organizations/revoke_user";
            scim.edge.mock.inject(Fault::on("POST", route, effect.clone()));
            let answer = scim.ask(method.clone(), &format!("/Users/{BOB}"), &body).await;
            assert_eq!((answer.status.as_u16(), &answer.json["scimType"]), (409, &Value::Null), "{method}");
            let detail = answer.json["detail"].as_str().unwrap();
            assert!(detail.contains("Taken from this person: the rules"), "{method}: {detail}");
            assert!(detail.contains("Not taken, or not known to be: (1) the sessions"), "{method}: {detail}");
            // Everything else is done.
            assert_eq!(scim.includes(2), [email("other@corp.example")]);
            assert_eq!(scim.edge.mock.account().revoked, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_role_is_a_wrong_value_only_if_there_is_none() {
    for effect in not_found() {
        for (method, route, person, role) in [
            ("POST", "members", BOB, "d1"),
            ("PUT", "members/{id}", EVE, "d1"),
            ("GET", "members/{id}", EVE, "d1"),
            ("GET", "roles", EVE, "d9"),
            ("GET", "roles", BOB, "d9"),
        ] {
            let scim = Scim::new(account()).await;
            scim.edge.mock.inject(Fault::on(method, route, effect.clone()));
            let answer = scim.ask(Method::PATCH, &format!("/Users/{person}"), &with_role(role)).await;
            let told = (answer.status.as_u16(), &answer.json["scimType"]);
            assert_eq!(told, (502, &Value::Null), "{effect:?} {method} {route}: {}", answer.body);
            assert_eq!(scim.edge.mock.account(), account(), "{method} {route}");
        }
    }
}

#[tokio::test]
async fn what_is_taken_away_after_a_change_is_told_as_changed() {
    let scim = Scim::new(account()).await;
    let on = Operation::on("PUT", "access/groups/{id}");
    scim.edge.mock.meddle(on, When::After, |account| account.groups.retain(|group| group.id != "a3"));
    let answer = scim.ask(Method::PATCH, "/Groups/a3", &add_cat()).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.json["detail"].as_str().unwrap().contains("confirmed the change"), "{}", answer.body);
}
