//! An account that is kept here: its answers are what a call sees, and its writes are what a call does.

use crate::cloudflare::transport::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

pub const ACCOUNT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const SUPER: &str = "33666b9c79b9a5273fc7344ff42f953d";

/// The state of the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cloud {
    /// By id. `roles` are ids.
    pub members: BTreeMap<String, Json>,
    pub users: BTreeMap<String, Json>,
    pub groups: BTreeMap<String, Json>,
    pub user_groups: BTreeMap<String, (Vec<Json>, Vec<String>)>,
    pub apps: Vec<Json>,
    /// Lists of addresses, by id.
    pub lists: Vec<(&'static str, Vec<&'static str>)>,
    pub providers: Vec<Json>,
    pub ended: Vec<String>,
    /// Whether the token is the account's.
    pub is_account_token: bool,
    /// The address of the user who owns the token, if it may read that.
    pub owner: Option<&'static str>,
    /// The permission groups that the token has, if it may read itself.
    pub permissions: Option<Vec<&'static str>>,
    /// Whether a user goes only later.
    pub keeps_users: bool,
    pub managed_by: Option<Json>,
    /// A member whose removal has no certain answer, and who can't be read after it.
    pub vanishes: Option<&'static str>,
    /// The user group that an identity provider manages.
    pub managed: Option<&'static str>,
    /// The member with whom the credentials end.
    pub end_with: Option<&'static str>,
    /// The answer to credentials that have ended.
    pub at_the_end: (u16, u32),
    /// The number of times that sessions may be ended, after which that is refused.
    pub most_ended: Option<usize>,
    /// Whether the sessions of devices were ended too.
    pub ended_devices: bool,
    made: usize,
}

pub fn roles() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![(SUPER, "p0", "Super Administrator - All Privileges"), ("a1", "p1", "DNS"), ("a2", "p2", "Billing")]
}

fn role(id: &str) -> Option<Json> {
    let found = roles().into_iter().find(|(role, ..)| *role == id)?;
    Some(json!({"id": found.0, "name": found.2}))
}

fn resource(id: &str) -> Json {
    let key = match id {
        "whole" => format!("com.cloudflare.api.account.{ACCOUNT}"),
        zone => format!("com.cloudflare.api.account.zone.{zone}"),
    };
    json!({"id": id, "name": id, "scope": {"key": key, "objects": [{"key": "*"}]}})
}

/// A policy for a permission group on a resource group.
pub fn policy(id: &str, group: &str, on: &str) -> Json {
    let name = roles().into_iter().find(|(_, of, _)| *of == group).map(|found| found.2);
    json!({"id": id, "access": "allow", "permission_groups": [{"id": group, "name": name}],
        "resource_groups": [resource(on)]})
}

pub fn member(id: &str, address: &str, status: &str, roles: &[&str]) -> (String, Json) {
    let of = |role: &&str| roles_group(role);
    let policies: Vec<Json> =
        roles.iter().map(|role| policy(&format!("{id}{role}"), of(role), "whole")).collect();
    let roles: Vec<Json> = roles.iter().map(|id| role(id).unwrap()).collect();
    let json = json!({"id": id, "email": address, "status": status, "roles": roles, "policies": policies});
    (id.to_owned(), json)
}

fn roles_group(of: &str) -> &'static str {
    roles().into_iter().find(|(role, ..)| *role == of).unwrap().1
}

pub fn user(id: &str, address: &str, has_seat: bool) -> (String, Json) {
    let json = json!({"id": id, "email": address, "name": "Somebody", "seat_uid": format!("{id}-seat"),
        "access_seat": has_seat, "gateway_seat": has_seat});
    (id.to_owned(), json)
}

pub fn group(id: &str, include: Json) -> (String, Json) {
    (
        id.to_owned(),
        json!({"id": id, "name": format!("Group {id}"), "include": include, "exclude": [],
        "require": [], "is_default": null}),
    )
}

pub fn app(id: &str, policies: Json) -> Json {
    json!({"id": id, "name": format!("App {id}"), "type": "self_hosted", "policies": policies})
}

impl Cloud {
    /// Two Super Administrators, and nobody else.
    pub fn new() -> Self {
        let members = [
            member("b1", "root@corp.example", "accepted", &[SUPER]),
            member("b2", "deputy@corp.example", "accepted", &[SUPER]),
        ];
        Self { members: members.into(), ..Self::default() }
    }

    pub fn with_member(mut self, address: &str, status: &str, roles: &[&str]) -> Self {
        self.members.extend([member("b9", address, status, roles)]);
        self
    }

    pub fn with_user(mut self, address: &str) -> Self {
        self.users.extend([user("c9", address, true)]);
        self
    }

    fn shown(&self, id: &str) -> Option<Json> {
        self.members.get(id).cloned()
    }

    /// Answers a request: the status and the result of it.
    pub fn answer(&mut self, method: Method, path: &str, query: &str, body: &Json) -> (u16, Json) {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let found = |value: Option<Json>| value.map_or((404, json!("there is none")), |it| (200, it));
        match (method, &parts[..]) {
            _ if self.end_with.is_some_and(|id| !self.members.contains_key(id)) => {
                let (status, code) = self.at_the_end;
                (status, json!({"code": code, "message": "Authentication error"}))
            }
            (Method::Get, []) => (200, json!({"id": ACCOUNT, "managed_by": self.managed_by})),
            (Method::Get, ["tokens", "verify"]) if self.is_account_token => {
                (200, json!({"id": "d1", "status": "active"}))
            }
            (Method::Get, ["tokens", "d1"]) if self.permissions.is_some() => {
                let groups = self.permissions.iter().flatten();
                let groups: Vec<Json> = groups.map(|name| json!({"id": "e1", "name": name})).collect();
                let resources = json!({format!("com.cloudflare.api.account.{ACCOUNT}"): "*"});
                (
                    200,
                    json!({"id": "d1", "status": "active", "policies": [{"id": "f1", "effect": "allow",
                    "permission_groups": groups, "resources": resources}]}),
                )
            }
            (Method::Get, ["members"]) => (200, self.members.values().cloned().collect()),
            (Method::Get | Method::Delete, ["members", id])
                if self.vanishes == Some(id) && (method == Method::Delete || self.shown(id).is_none()) =>
            {
                self.members.remove(*id);
                (500, json!({"code": 1, "message": "fails"}))
            }
            (Method::Get, ["members", id]) => found(self.shown(id)),
            (Method::Post, ["members"]) => self.invite(body),
            (Method::Delete, ["members", id]) => {
                self.user_groups.values_mut().for_each(|(_, members)| members.retain(|member| member != id));
                found(self.members.remove(*id).map(|_| json!({"id": id})))
            }
            (Method::Get, ["roles"]) => (200, roles().iter().filter_map(|(id, ..)| role(id)).collect()),
            (Method::Get, ["roles", id]) => found(role(id)),
            (Method::Get, ["iam", "permission_groups"]) => {
                let name = query.split("name=").nth(1).unwrap_or_default().replace("%20", " ");
                let all = roles().into_iter().map(|(_, id, name)| json!({"id": id, "name": name}));
                (200, all.filter(|group| group["name"] == name.as_str()).collect())
            }
            (Method::Get, ["iam", "resource_groups"]) => (200, json!([resource("z1"), resource("whole")])),
            (Method::Get, ["iam", "user_groups"]) => {
                let shown = |(id, (policies, _)): (&String, &(Vec<Json>, Vec<String>))| {
                    let name = format!("User group {id}");
                    json!({"id": id, "name": name, "policies": policies})
                };
                (200, self.user_groups.iter().map(shown).collect())
            }
            (_, ["iam", "user_groups", group, "members", rest @ ..]) => {
                let Some((_, members)) = self.user_groups.get_mut(*group) else { return found(None) };
                let has = |id: &str| members.iter().any(|member| member == id);
                match (method, rest) {
                    (Method::Get, []) => (200, members.iter().map(|id| json!({"id": id})).collect()),
                    (Method::Get, [id]) => found(has(id).then(|| json!({"id": id}))),
                    (Method::Delete, [_]) if self.managed == Some(group) => {
                        let message = "user group is managed by SCIM and cannot be modified";
                        (400, json!({"code": 1020, "message": message}))
                    }
                    (Method::Delete, [id]) if has(id) => {
                        members.retain(|member| member != id);
                        (200, json!({"id": id}))
                    }
                    _ => found(None),
                }
            }
            (Method::Get, ["access", "users"]) => {
                let of = query.split("email=").nth(1).map(|of| of.replace("%40", "@"));
                let is_it = |user: &&Json| of.as_ref().is_none_or(|of| user["email"].as_str() == Some(of));
                (200, self.users.values().filter(is_it).cloned().collect())
            }
            (Method::Get, ["access", "users", id]) => found(self.users.get(*id).cloned()),
            (Method::Post, ["access", "users"]) => {
                self.made += 1;
                let id = format!("c{}", self.made);
                let user = json!({"id": id, "email": body["email"], "name": body["name"]});
                self.users.insert(id, user.clone());
                (201, user)
            }
            (Method::Delete, ["access", "users", id]) => {
                let is_there = self.users.contains_key(*id);
                if !self.keeps_users {
                    self.users.remove(*id);
                }
                found(is_there.then(|| json!({"id": id})))
            }
            (Method::Patch, ["access", "seats"]) => {
                for seat in body.as_array().unwrap() {
                    let is_free = seat["access_seat"] == false && seat["gateway_seat"] == false;
                    for user in self.users.values_mut().filter(|user| user["seat_uid"] == seat["seat_uid"]) {
                        assert!(is_free, "a seat is only freed");
                        (user["access_seat"], user["gateway_seat"]) = (json!(false), json!(false));
                    }
                }
                (200, body.clone())
            }
            (Method::Post, ["access", "organizations", "revoke_user"])
                if self.most_ended.is_some_and(|most| self.ended.len() >= most) =>
            {
                (403, json!({"code": 10000, "message": "Authentication error"}))
            }
            (Method::Post, ["access", "organizations", "revoke_user"]) => {
                self.ended_devices |= body["devices"] == true;
                self.ended.push(body["email"].as_str().unwrap().to_owned());
                (200, json!(true))
            }
            (Method::Get, ["access", "groups"]) => (200, self.groups.values().cloned().collect()),
            (Method::Get, ["access", "groups", id]) => found(self.groups.get(*id).cloned()),
            (Method::Put, ["access", "groups", id]) => {
                let mut group = body.clone();
                group["id"] = json!(id);
                self.groups.insert((*id).to_owned(), group.clone());
                (200, group)
            }
            (Method::Get, ["gateway", "lists", id, "items"]) => {
                let list = self.lists.iter().find(|(of, _)| of == id);
                found(list.map(|(_, items)| items.iter().map(|value| json!({"value": value})).collect()))
            }
            (Method::Get, ["access", "apps"]) => (200, self.apps.clone().into()),
            (Method::Get, ["access", "identity_providers"]) => (200, self.providers.clone().into()),
            _ => found(None),
        }
    }

    fn invite(&mut self, body: &Json) -> (u16, Json) {
        let address = body["email"].as_str().unwrap();
        if self.members.values().any(|member| member["email"].as_str() == Some(address)) {
            return (400, json!({"code": 1008, "message": "already exists"}));
        }
        self.made += 1;
        let id = format!("ab{}", self.made);
        let status = body["status"].as_str().unwrap_or("pending");
        let mut made = match (&body["roles"], &body["policies"]) {
            (Json::Array(roles), Json::Null) => {
                let roles: Vec<&str> = roles.iter().map(|role| role.as_str().unwrap()).collect();
                member(&id, address, status, &roles).1
            }
            (Json::Null, Json::Array(policies)) => {
                let mut made = member(&id, address, status, &[]).1;
                let completed = policies.iter().enumerate().map(|(at, given)| {
                    let id = |field: &str| given[field][0]["id"].as_str().unwrap();
                    policy(&format!("{at}"), id("permission_groups"), id("resource_groups"))
                });
                let completed: Vec<Json> = completed.collect();
                let whole = completed.iter().filter(|it| it["resource_groups"][0]["id"] == "whole");
                let ids = whole.map(|it| it["permission_groups"][0]["id"].as_str().unwrap());
                let named = ids.map(|group| roles().into_iter().find(|(_, of, _)| *of == group).unwrap().0);
                made["roles"] = named.map(|id| role(id).unwrap()).collect();
                made["policies"] = completed.into();
                made
            }
            _ => return (400, json!({"code": 1001, "message": "roles or policies"})),
        };
        self.members.insert(id.clone(), made.clone());
        // The answer lacks them.
        made.as_object_mut().unwrap().remove("roles");
        (200, made)
    }
}
