//! Roles that members hold by policies, in an account that is kept here. Its permission groups have other
//! ids than the roles of the same names, as Cloudflare's have.

use crate::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use crate::scim::problem::Problem;
use crate::scim::projection::Projection;
use crate::scim::query::Query;
use crate::scim::schema::{Doors, USER};
use crate::scim::service::{Answer, Service, Switches, Type};
use crate::scim::user_id;
use crate::scim::version::Preconditions;
use crate::session::Session;
use crate::settings::Settings;
use serde_json::{Value as Json, json};
use std::cell::RefCell;

const ACCOUNT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BASE: &str = "https://scim.corp.example/scim/v2";

/// An account, and what was sent to it.
struct Account {
    members: RefCell<Vec<Json>>,
    /// The roles, or the status of the answers about them.
    roles: Result<Vec<Json>, u16>,
    /// A user group that gives the role `dns`, and who is in it.
    group: Vec<&'static str>,
    sent: RefCell<Vec<String>>,
}

fn policy(id: &str, group: &str, name: &str) -> Json {
    let key = format!("com.cloudflare.api.account.{ACCOUNT}");
    let whole = json!({"id": "whole", "scope": {"key": key, "objects": [{"key": "*"}]}});
    let groups = json!([{"id": group, "name": name}]);
    json!({"id": id, "access": "allow", "permission_groups": groups, "resource_groups": [whole]})
}

fn member(name: &str, roles: Json, policies: Json) -> Json {
    let email = format!("{name}@corp.example");
    json!({"id": format!("m-{name}"), "status": "accepted", "email": email, "roles": roles,
        "policies": policies})
}

impl Account {
    /// Ada is an administrator by a policy, and Cleo by a role. Bob has what no role has the name of.
    fn new() -> Self {
        let administrator = policy("f1", "p1", "Administrator");
        let members = vec![
            member("ada", json!([]), json!([administrator])),
            member("bob", json!([]), json!([policy("f2", "p9", "Beyond roles")])),
            member("cleo", json!([{"id": "admin", "name": "Administrator"}]), json!([administrator])),
        ];
        let roles = json!([{"id": "admin", "name": "Administrator"}, {"id": "dns", "name": "DNS"}]);
        Self {
            members: RefCell::new(members),
            roles: Ok(roles.as_array().unwrap().clone()),
            group: Vec::new(),
            sent: RefCell::default(),
        }
    }

    fn service(&self, lifecycle: bool) -> Service<&Self> {
        let given = [("account-id", ACCOUNT.to_owned()), ("api-token", "canary-secret".to_owned())];
        let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
        let session = Session::new(Settings::parse("api-token", given).unwrap(), self);
        Service::new(session, BASE.to_owned(), Doors { provisioning: true, lifecycle }, Switches::default())
    }

    fn user(&self, name: &str) -> Result<Json, Problem> {
        let (projection, always) = (Projection::default(), Preconditions::default());
        let answer = self.service(true).get(Type::User, &id(name), &projection, &always);
        answer.map(|answer| answer.body.unwrap())
    }

    fn patch(&self, lifecycle: bool, name: &str, operation: Json) -> Result<Json, Problem> {
        let (projection, always) = (Projection::default(), Preconditions::default());
        let body = json!({"Operations": [operation]});
        let answer = self.service(lifecycle).patch(Type::User, &id(name), &body, &projection, &always);
        answer.map(|Answer { body, .. }| body.unwrap())
    }

    /// Returns the number of requests with this method and path.
    fn sent(&self, request: &str) -> usize {
        self.sent.borrow().iter().filter(|sent| *sent == request).count()
    }

    fn writes(&self) -> Vec<String> {
        self.sent.borrow().iter().filter(|sent| !sent.starts_with("GET ")).cloned().collect()
    }

    /// Answers a request: the result of it, or a status.
    fn answer(&self, method: Method, path: &str) -> Result<Json, u16> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let by_id = |all: &[Json], id: &str| all.iter().find(|it| it["id"] == id).cloned().ok_or(404);
        match (method, &parts[..]) {
            (Method::Get, ["access", "users" | "groups"]) => Ok(json!([])),
            (Method::Get, ["members"]) => Ok(self.members.borrow().iter().cloned().collect()),
            (Method::Get, ["members", id]) => by_id(&self.members.borrow(), id),
            (Method::Delete, ["members", id]) => {
                self.members.borrow_mut().retain(|member| member["id"] != *id);
                Ok(json!({"id": id}))
            }
            (Method::Get, ["roles"]) => self.roles.clone().map(Json::from),
            (Method::Get, ["roles", id]) => by_id(self.roles.as_ref().map_err(|status| *status)?, id),
            (Method::Get, ["iam", "user_groups"]) => {
                Ok(json!([{"id": "g1", "name": "Namers", "policies": [policy("f3", "p2", "DNS")]}]))
            }
            (Method::Get, ["iam", "user_groups", "g1", "members", id]) => {
                let is_in = self.group.iter().any(|name| format!("m-{name}") == *id);
                if is_in { Ok(json!({"id": id})) } else { Err(404) }
            }
            _ => Err(404),
        }
    }
}

impl Transport for &Account {
    type Pending = Response;

    fn start(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.path_and_query.split('?').next().unwrap();
        let path = path.split_once(&format!("/accounts/{ACCOUNT}")).map_or(path, |(_, path)| path);
        self.sent.borrow_mut().push(format!("{} {path}", request.method.as_str()));
        let (status, result, errors) = match self.answer(request.method, path) {
            Ok(result) => (200, result, json!([])),
            Err(status) => (status, Json::Null, json!([{"code": 7003, "message": "no"}])),
        };
        let total = result.as_array().map(Vec::len);
        let info = total.map(|total| json!({"page": 1, "per_page": 500, "total_count": total}));
        let body = json!({"success": status == 200, "errors": errors, "result": result, "result_info": info});
        Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    }

    fn finish(&self, answer: Response, _limit: usize) -> Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

fn id(name: &str) -> String {
    user_id::of_address(&format!("{name}@corp.example"))
}

fn administrator() -> Json {
    json!([{"value": "admin", "$ref": format!("{BASE}/Roles/admin"), "display": "Administrator"}])
}

fn remove(role: &str) -> Json {
    json!({"op": "remove", "path": format!("roles[value eq \"{role}\"]")})
}

fn add(role: &str) -> Json {
    json!({"op": "add", "path": "roles", "value": [{"value": role}]})
}

#[test]
fn a_permission_group_is_shown_as_the_role_of_its_name() {
    let account = Account::new();
    assert_eq!(account.user("ada").unwrap()["roles"], administrator());
    assert_eq!(account.user("cleo").unwrap()["roles"], administrator());
    // There is no such role that a client could read.
    let beyond = json!([{"value": "p9", "display": "Beyond roles"}]);
    assert_eq!(account.user("bob").unwrap()["roles"], beyond);
    for (filter, names) in [
        (r#"roles.value eq "admin""#, &["ada", "cleo"][..]),
        (r#"roles[display eq "Administrator"]"#, &["ada", "cleo"]),
        (r#"roles.value eq "p1""#, &[]),
        (r#"roles.value eq "p9""#, &["bob"]),
    ] {
        let query = Query::of_search(&json!({"filter": filter}), &USER).unwrap();
        let list = account.service(true).list(Type::User, &query).unwrap();
        let found = list["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found: Vec<&str> = found.iter().map(|user| user["id"].as_str().unwrap()).collect();
        assert_eq!(found, names.iter().map(|name| id(name)).collect::<Vec<_>>(), "{filter}");
    }
}

#[test]
fn the_roles_are_read_once_and_only_for_those_who_need_them() {
    let account = Account::new();
    account.user("cleo").unwrap();
    assert_eq!(account.sent("GET /roles"), 0);
    let query = Query::of_url(None, &USER).unwrap();
    let list = account.service(true).list(Type::User, &query).unwrap();
    assert_eq!((&list["totalResults"], account.sent("GET /roles")), (&json!(3), 1));
    assert_eq!(account.sent("GET /members"), 2);
    account.members.borrow_mut().truncate(0);
    account.members.borrow_mut().push(member("cleo", json!([{"id": "admin"}]), json!([])));
    account.service(true).list(Type::User, &query).unwrap();
    assert_eq!(account.sent("GET /roles"), 1);
}

#[test]
fn without_all_roles_nobody_is_shown_who_needs_them() {
    let strange = vec![json!({"id": "admin", "name": "Administrator"}), json!({"name": "no id"})];
    for roles in [Err(403), Ok(strange)] {
        let account = Account { roles, ..Account::new() };
        let problem = account.user("ada").unwrap_err();
        assert_eq!(problem.status, 502, "{}", problem.detail);
        assert!(account.patch(true, "ada", remove("admin")).is_err());
        let query = Query::of_url(None, &USER).unwrap();
        assert_eq!(account.service(true).list(Type::User, &query).unwrap_err().status, 502);
        assert_eq!(account.user("cleo").unwrap()["roles"], administrator());
        assert!(account.writes().is_empty());
    }
}

#[test]
fn the_members_tell_the_roles_where_cloudflare_lists_none() {
    let account = Account { roles: Err(410), ..Account::new() };
    assert_eq!(account.user("ada").unwrap()["roles"], administrator());
    account.members.borrow_mut().truncate(2);
    let own = json!([{"value": "p1", "display": "Administrator"}]);
    assert_eq!(account.user("ada").unwrap()["roles"], own, "as in a sync");
}

#[test]
fn a_role_by_a_policy_is_held_when_roles_change() {
    let account = Account::new();
    let user = account.patch(false, "ada", add("admin")).unwrap();
    assert_eq!(user["roles"], administrator());
    for operation in [remove("admin"), json!({"op": "replace", "path": "roles", "value": []})] {
        let problem = account.patch(false, "ada", operation).unwrap_err();
        assert_eq!((problem.status, problem.scim_type.unwrap().word()), (400, "mutability"));
        assert!(problem.detail.contains("all roles of this person"), "{}", problem.detail);
    }
    assert!(account.writes().is_empty(), "{:?}", account.writes());
    assert_eq!(account.user("ada").unwrap()["roles"], administrator());
    let user = account.patch(true, "ada", remove("admin")).unwrap();
    assert_eq!((&user["active"], &user["roles"]), (&json!(false), &Json::Null));
    assert_eq!(account.writes(), ["DELETE /members/m-ada"]);
}

#[test]
fn a_role_that_a_user_group_gives_is_not_taken_in_silence() {
    let account = Account { group: vec!["cleo"], ..Account::new() };
    let problem = account.patch(true, "cleo", remove("dns")).unwrap_err();
    assert_eq!((problem.status, problem.scim_type.unwrap().word()), (400, "mutability"));
    assert!(problem.detail.contains("the user group \"Namers\""), "{}", problem.detail);
    let both = json!({"op": "remove", "path": "roles", "value": [{"value": "admin"}, {"value": "dns"}]});
    let problem = account.patch(true, "cleo", both).unwrap_err();
    assert!(problem.detail.contains("the user group \"Namers\""), "{}", problem.detail);
    // Nobody gives it to Ada, and nothing has to be taken. What is no id is nobody's role.
    for role in ["dns", "no id", "p1"] {
        assert_eq!(account.patch(true, "ada", remove(role)).unwrap()["roles"], administrator(), "{role}");
    }
    assert!(account.writes().is_empty(), "{:?}", account.writes());
}

#[test]
fn who_has_declined_the_invitation_has_no_role_to_lose() {
    let account = Account { group: vec!["cleo"], ..Account::new() };
    account.members.borrow_mut()[2]["status"] = json!("rejected");
    for role in ["admin", "dns"] {
        let user = account.patch(true, "cleo", remove(role)).map_err(|problem| problem.detail).unwrap();
        assert_eq!(user["roles"], Json::Null);
    }
    assert!(account.writes().is_empty());
}
