//! Changes of what members hold, in an account that is kept here: its answers are what a call sees, and
//! its writes are what a call does.

mod guard;
mod random;

use crate::cloudflare::client::Client;
use crate::cloudflare::transport::{Method, Request, Response, Transport, TransportError};
use crate::provision::{Change, Operation, Options, Report, apply};
use crate::settings::Settings;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const SUPER: &str = "33666b9c79b9a5273fc7344ff42f953d";

/// The form in which members show what their groups give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Nothing,
    Policies,
    Roles,
    /// Only the list of roles does.
    RolesAlone,
}

#[derive(Clone, Debug)]
struct Member {
    status: &'static str,
    policies: Vec<Json>,
}

#[derive(Clone, Debug)]
struct Group {
    policies: Vec<Json>,
    members: BTreeSet<String>,
}

/// An account with the roles `r1` to `r3` and the one of Super Administrators, each with a permission group
/// of its name and another id.
#[derive(Clone, Debug)]
struct Account {
    shows: Shows,
    members: BTreeMap<String, Member>,
    groups: BTreeMap<String, Group>,
    made: usize,
}

fn roles() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        (SUPER, "p0", "Super Administrator - All Privileges"),
        ("r1", "p1", "DNS"),
        ("r2", "p2", "Billing"),
        ("r3", "p3", "Audit"),
    ]
}

fn resources(id: &str) -> Json {
    let (key, name) = match id {
        "whole" => (format!("com.cloudflare.api.account.{ACCOUNT}"), "whole".to_owned()),
        zone => (format!("com.cloudflare.api.account.zone.{zone}"), format!("{zone}.example")),
    };
    json!({"id": id, "name": name, "scope": {"key": key, "objects": [{"key": "*"}]}})
}

fn policy(id: &str, groups: &[&str], on: &[&str]) -> Json {
    let named = |id: &&str| {
        let name = roles().into_iter().find(|(_, group, _)| group == id).map(|(_, _, name)| name);
        json!({"id": id, "name": name})
    };
    let groups: Vec<Json> = groups.iter().map(named).collect();
    let on: Vec<Json> = on.iter().map(|id| resources(id)).collect();
    json!({"id": id, "access": "allow", "permission_groups": groups, "resource_groups": on})
}

fn ids<'a>(policy: &'a Json, field: &str) -> Vec<&'a str> {
    policy[field].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Returns what policies give, each as an entitlement.
fn given(policies: &[Json]) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for policy in policies.iter().filter(|policy| policy["access"] == "allow") {
        for group in ids(policy, "permission_groups") {
            for on in ids(policy, "resource_groups") {
                let role = roles().into_iter().find(|(_, of, _)| *of == group).map_or(group, |(id, ..)| id);
                given.insert(match on {
                    "whole" => format!("role:{role}:assigned"),
                    zone => format!("scoped-role:{group}-{zone}:assigned"),
                });
            }
        }
    }
    given
}

impl Account {
    fn groups_of(&self, member: &str) -> impl Iterator<Item = (&String, &Group)> {
        self.groups.iter().filter(move |(_, group)| group.members.contains(member))
    }

    fn inherited(&self, member: &str) -> Vec<Json> {
        self.groups_of(member).flat_map(|(_, group)| group.policies.clone()).collect()
    }

    /// Returns everything that each member holds.
    fn held(&self) -> BTreeSet<(String, String)> {
        let mut held = BTreeSet::new();
        for (id, member) in &self.members {
            held.extend(
                self.groups_of(id).map(|(group, _)| (id.clone(), format!("user-group:{group}:member"))),
            );
            if member.status != "rejected" {
                let all = [member.policies.clone(), self.inherited(id)].concat();
                held.extend(given(&all).into_iter().map(|it| (id.clone(), it)));
            }
        }
        held
    }

    fn super_administrators(&self) -> usize {
        let super_administrator = format!("role:{SUPER}:assigned");
        let held = self.held();
        let is = |(id, member): &(&String, &Member)| {
            member.status == "accepted" && held.contains(&((*id).clone(), super_administrator.clone()))
        };
        self.members.iter().filter(is).count()
    }

    fn shown(&self, id: &str) -> Option<Json> {
        let member = self.members.get(id)?;
        let mut policies = member.policies.clone();
        let mut named = policies.clone();
        if matches!(self.shows, Shows::Policies | Shows::Roles) {
            policies.extend(self.inherited(id));
        }
        if matches!(self.shows, Shows::Roles | Shows::RolesAlone) {
            named.extend(self.inherited(id));
        }
        let is_given = |role: &str| given(&named).contains(&format!("role:{role}:assigned"));
        let theirs = roles().into_iter().filter(|(role, ..)| is_given(role));
        let theirs: Vec<Json> = theirs.map(|(id, _, name)| json!({"id": id, "name": name})).collect();
        Some(json!({"id": id, "status": member.status, "email": format!("{id}@corp.example"),
            "roles": theirs, "policies": policies}))
    }

    /// Completes a policy that a body names by ids.
    fn made(&mut self, body: &Json) -> Json {
        self.made += 1;
        let id = format!("made-{}", self.made);
        policy(&id, &ids(body, "permission_groups"), &ids(body, "resource_groups"))
    }

    /// Answers a request: the result of it, or nothing.
    fn answer(&mut self, method: Method, path: &str, query: &str, body: &Json) -> Option<Json> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match (method, &parts[..]) {
            (Method::Get, []) => Some(json!({"id": ACCOUNT})),
            (Method::Get, ["members"]) => Some(self.members.keys().filter_map(|id| self.shown(id)).collect()),
            (Method::Get, ["members", id]) => self.shown(id),
            (Method::Get, ["roles"]) => {
                let role = |(id, _, name)| json!({"id": id, "name": name});
                Some(roles().into_iter().map(role).collect())
            }
            (Method::Get, ["roles", id]) => {
                let role = roles().into_iter().find(|(role, ..)| role == id)?;
                Some(json!({"id": id, "name": role.2}))
            }
            (Method::Get, ["iam", "permission_groups"]) => {
                let all = roles().into_iter().map(|(_, id, name)| json!({"id": id, "name": name}));
                let name = query.split("name=").nth(1).unwrap_or_default().replace("%20", " ");
                Some(all.filter(|group| name.is_empty() || group["name"] == name.as_str()).collect())
            }
            (Method::Get, ["iam", "resource_groups"]) => {
                Some(["z1", "whole", "z2"].into_iter().map(resources).collect())
            }
            (Method::Get, ["iam", "user_groups"]) => {
                let shown = |(id, group): (&String, &Group)| {
                    let name = format!("Group {id}");
                    json!({"id": id, "name": name, "policies": group.policies})
                };
                Some(self.groups.iter().map(shown).collect())
            }
            (_, ["iam", "user_groups", group, "members", rest @ ..]) => {
                let members = &mut self.groups.get_mut(*group)?.members;
                match (method, rest) {
                    (Method::Get, []) => Some(members.iter().map(|id| json!({"id": id})).collect()),
                    (Method::Get, [id]) => members.contains(*id).then(|| json!({"id": id})),
                    (Method::Post, []) => {
                        members
                            .extend(body.as_array()?.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
                        Some(json!([]))
                    }
                    (Method::Delete, [id]) => members.remove(*id).then(|| json!({"id": id})),
                    _ => None,
                }
            }
            (Method::Put, ["members", id]) => {
                let before = self.members.get(*id)?.policies.clone();
                let after: Vec<Json> = match (&body["roles"], &body["policies"]) {
                    (Json::Array(roles_of), Json::Null) => roles_of
                        .iter()
                        .map(|role| {
                            let group = roles().into_iter().find(|(id, ..)| role["id"] == *id).unwrap().1;
                            let policy = policy("", &[group], &["whole"]);
                            let same = |other: &&Json| {
                                given(&[(*other).clone()]) == given(std::slice::from_ref(&policy))
                            };
                            before.iter().find(same).cloned().unwrap_or_else(|| self.made(&policy))
                        })
                        .collect(),
                    (Json::Null, Json::Array(policies)) => policies
                        .iter()
                        .map(|policy| match before.iter().find(|own| own["id"] == policy["id"]) {
                            Some(_) => policy.clone(),
                            None => self.made(policy),
                        })
                        .collect(),
                    _ => return None,
                };
                if after.is_empty() {
                    return None;
                }
                self.members.get_mut(*id)?.policies = after;
                self.shown(id)
            }
            _ => None,
        }
    }
}

/// The account, and what was sent.
struct Kept {
    account: RefCell<Account>,
    sent: RefCell<Vec<String>>,
}

impl Transport for &Kept {
    type Pending = Response;

    fn start(&self, request: Request) -> Result<Response, TransportError> {
        let (path, query) = request.path_and_query.split_once('?').unwrap_or((&request.path_and_query, ""));
        let path = path.split_once(&format!("/accounts/{ACCOUNT}")).unwrap().1;
        self.sent.borrow_mut().push(format!("{} {path}", request.method.as_str()));
        let body = request.body.as_deref().map_or(Json::Null, |body| serde_json::from_str(body).unwrap());
        let found = self.account.borrow_mut().answer(request.method, path, query, &body);
        let errors: Vec<Json> =
            found.is_none().then(|| json!({"code": 1, "message": "no"})).into_iter().collect();
        let status = if found.is_some() { 200 } else { 404 };
        let total = found.as_ref().and_then(Json::as_array).map(Vec::len);
        let info = total.map(|total| json!({"page": 1, "per_page": 500, "total_count": total}));
        let body =
            json!({"success": found.is_some(), "errors": errors, "result": found, "result_info": info});
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

/// Applies changes to an account. Returns the report, the account after it, and what was sent.
fn run(account: &Account, changes: &[Change], dry_run: bool) -> (Report, Account, Vec<String>) {
    let kept = Kept { account: RefCell::new(account.clone()), sent: RefCell::default() };
    let given = [("account-id", ACCOUNT.to_owned()), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    let mut client = Client::new(Settings::parse("api-token", given).unwrap(), &kept);
    let options = Options { dry_run, ..Options::default() };
    let report = apply(&mut client, &std::rc::Rc::default(), changes, &options);
    (report, kept.account.into_inner(), kept.sent.into_inner())
}

fn change(operation: Operation, entitlement: &str, member: &str) -> Change {
    Change {
        operation,
        entitlement: entitlement.to_owned(),
        principal_kind: "member".to_owned(),
        principal_id: member.to_owned(),
    }
}

#[test]
fn a_role_and_a_scoped_role_are_given_in_one_write() {
    let policies = vec![policy("own", &["p1"], &["whole"])];
    let member = Member { status: "accepted", policies };
    let members = BTreeMap::from([("m1".to_owned(), member)]);
    let account = Account { shows: Shows::Nothing, members, groups: BTreeMap::new(), made: 0 };
    let grant = |entitlement| change(Operation::Grant, entitlement, "m1");
    let (report, after, sent) =
        run(&account, &[grant("role:r2:assigned"), grant("scoped-role:p3-z1:assigned")], false);
    assert!(report.results.iter().all(Result::is_ok), "{:?}", report.results);
    let held: Vec<String> = after.held().into_iter().map(|(_, held)| held).collect();
    assert_eq!(held, ["role:r1:assigned", "role:r2:assigned", "scoped-role:p3-z1:assigned"]);
    assert_eq!(sent.iter().filter(|sent| sent.starts_with("PUT ")).count(), 1);
}
