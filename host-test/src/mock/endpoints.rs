//! The endpoints: their routes, what they ask for, and the way from a request to its handler.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::armed::Armed;
use super::auth::{Caller, Permission, TokenOwner};
use super::envelope::{Failure, Reply};
use super::paging::{Limits, Paging};
use super::{lock_read, lock_write, reads, writes};

/// What a handler needs of a request.
pub(super) struct Call<'a> {
    /// What stands in the path for the route's `{id}`.
    pub id: &'a str,
    pub query: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
    /// The server's own limit on pages of this route.
    pub max_per_page: Option<u64>,
    pub totals: bool,
    pub faults: &'a [Arc<Armed>],
}

impl Call<'_> {
    pub fn paging(&self, limits: Limits) -> Result<Paging<'_>, Failure> {
        let (page, per_page) = (self.query("page"), self.query("per_page"));
        Paging::new(page, per_page, limits, self.max_per_page, self.totals, self.faults)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body, or a refusal with this code.
    pub fn json<T: DeserializeOwned>(&self, code: u64) -> Result<T, Failure> {
        serde_json::from_slice(self.body)
            .map_err(|error| Failure::bad_request(code, format!("invalid body: {error}")))
    }
}

enum Run {
    Read(fn(&Account, &Call) -> Result<Reply, Failure>),
    Write(fn(&mut Account, &Call) -> Result<Reply, Failure>),
    Verify(TokenOwner),
}

pub(super) struct Endpoint {
    pub method: &'static str,
    /// Below `/accounts/{account_id}`, but for those of [`Endpoint::of_user`].
    pub route: &'static str,
    permission: Option<Permission>,
    run: Run,
}

const fn read(
    route: &'static str,
    permission: Permission,
    run: fn(&Account, &Call) -> Result<Reply, Failure>,
) -> Endpoint {
    Endpoint { method: "GET", route, permission: Some(permission), run: Run::Read(run) }
}

const fn write(
    method: &'static str,
    route: &'static str,
    permission: Permission,
    run: fn(&mut Account, &Call) -> Result<Reply, Failure>,
) -> Endpoint {
    Endpoint { method, route, permission: Some(permission), run: Run::Write(run) }
}

const fn verify(route: &'static str, owner: TokenOwner) -> Endpoint {
    Endpoint { method: "GET", route, permission: None, run: Run::Verify(owner) }
}

use Permission::*;

static ENDPOINTS: [Endpoint; 23] = [
    read("access/users", AuditLogsRead, reads::users),
    read("access/users/{id}", AuditLogsRead, reads::user),
    read("access/groups", AccessGroupsRead, reads::groups),
    read("access/groups/{id}", AccessGroupsRead, reads::group),
    write("POST", "access/groups", AccessGroupsEdit, writes::create_group),
    write("PUT", "access/groups/{id}", AccessGroupsEdit, writes::replace_group),
    write("DELETE", "access/groups/{id}", AccessGroupsEdit, writes::delete_group),
    read("access/keys", AccessGroupsRead, reads::keys),
    read("access/organizations", AccessGroupsRead, reads::organization),
    write("POST", "access/organizations/revoke_user", AccessGroupsEdit, writes::revoke_user),
    write("PATCH", "access/seats", SeatsWrite, writes::change_seats),
    read("members", AccountSettingsRead, reads::members),
    read("members/{id}", AccountSettingsRead, reads::member),
    write("POST", "members", AccountSettingsEdit, writes::create_member),
    write("PUT", "members/{id}", AccountSettingsEdit, writes::change_member),
    write("DELETE", "members/{id}", AccountSettingsEdit, writes::delete_member),
    read("roles", AccountSettingsRead, reads::roles),
    read("roles/{id}", AccountSettingsRead, reads::role),
    read("gateway/lists", ZeroTrustRead, reads::lists),
    read("gateway/lists/{id}", ZeroTrustRead, reads::list),
    read("gateway/lists/{id}/items", ZeroTrustRead, reads::list_items),
    verify("user/tokens/verify", TokenOwner::User),
    verify("tokens/verify", TokenOwner::Account),
];

/// Where a request goes.
pub(super) struct Target<'a> {
    pub endpoint: &'static Endpoint,
    /// `None` for what is not below an account.
    account: Option<&'a str>,
    pub id: &'a str,
}

impl<'a> Target<'a> {
    /// `path` is below `/client/v4`.
    pub fn of(method: &str, path: &'a str) -> Option<Target<'a>> {
        let path = path.strip_prefix('/')?;
        let (account, route) = match path.strip_prefix("accounts/") {
            Some(rest) => rest.split_once('/').map(|(account, route)| (Some(account), route))?,
            None => (None, path),
        };
        ENDPOINTS.iter().find_map(|endpoint| {
            if endpoint.method != method || endpoint.of_user() != account.is_none() {
                return None;
            }
            let id = endpoint.matches(route)?;
            Some(Target { endpoint, account, id })
        })
    }

    /// Carries the request out.
    pub fn run(
        &self,
        caller: &Caller,
        zero_trust: bool,
        account: &RwLock<Account>,
        call: &Call,
    ) -> Result<Reply, Failure> {
        if let Some(id) = self.account {
            check_account(id, &lock_read(account).id)?;
        }
        if let Some(permission) = self.endpoint.permission {
            caller.may(permission)?;
        }
        if !zero_trust
            && (self.endpoint.route.starts_with("access/") || self.endpoint.route.starts_with("gateway/"))
        {
            let message = "access.api.error.not_enabled: Access is not enabled. Visit the Access dashboard to enable it.";
            return Err(Failure::new(StatusCode::FORBIDDEN, 9999, message));
        }
        match self.endpoint.run {
            Run::Read(run) => run(&lock_read(account), call),
            Run::Write(run) => run(&mut lock_write(account), call),
            Run::Verify(owner) => Ok(reads::verify(caller.verify(owner)?)),
        }
    }
}

impl Endpoint {
    fn of_user(&self) -> bool {
        self.route.starts_with("user/")
    }

    /// What stands for `{id}` (empty where the route has none), if this is the endpoint's route.
    fn matches<'a>(&self, route: &'a str) -> Option<&'a str> {
        let mut id = "";
        let mut segments = route.split('/');
        for expected in self.route.split('/') {
            let segment = segments.next()?;
            if expected == "{id}" && !segment.is_empty() {
                id = segment;
            } else if expected != segment {
                return None;
            }
        }
        segments.next().is_none().then_some(id)
    }
}

fn check_account(asked: &str, ours: &str) -> Result<(), Failure> {
    if asked == ours {
        Ok(())
    } else if asked.len() == 32 && asked.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Unauthorized to access requested resource"))
    } else {
        Err(Failure::no_route(&format!("/accounts/{asked}")))
    }
}
