//! An endpoint as data: its route, the permission that it asks for, and its function.

use std::sync::RwLock;

use http::StatusCode;

use crate::mock::account::Account;
use crate::mock::lock::{lock_read, lock_write};

use super::auth::{Caller, Permission};
use super::call::Call;
use super::envelope::{Failure, Outcome};

/// The endpoints of one product of Cloudflare's.
pub(crate) struct Product {
    /// Whether the product belongs to Zero Trust, which an account may not have set up.
    pub is_zero_trust: bool,
    pub endpoints: &'static [Endpoint],
}

pub(crate) struct Endpoint {
    pub method: &'static str,
    /// Below `/accounts/{account_id}`. Only routes about the caller's own user stand alone.
    pub route: &'static str,
    permission: Option<Permission>,
    /// Whether it manages members, so that a permission doesn't suffice.
    manages_members: bool,
    run: Run,
}

enum Run {
    Read(fn(&Account, &Call) -> Outcome),
    ReadThen(fn(&Account, &Call) -> Outcome, fn(&RwLock<Account>)),
    Write(fn(&mut Account, &Call) -> Outcome),
    OfCaller(fn(&Caller, &Account, &Call) -> Outcome),
}

/// Makes an endpoint that reads the account.
pub(crate) const fn read(
    route: &'static str,
    permission: Permission,
    run: fn(&Account, &Call) -> Outcome,
) -> Endpoint {
    Endpoint::new("GET", route, Some(permission), Run::Read(run))
}

/// Makes an endpoint that reads the account, and lets something happen to it afterwards.
pub(crate) const fn read_then(
    route: &'static str,
    permission: Permission,
    run: fn(&Account, &Call) -> Outcome,
    then: fn(&RwLock<Account>),
) -> Endpoint {
    Endpoint::new("GET", route, Some(permission), Run::ReadThen(run, then))
}

/// Makes an endpoint that changes the account.
pub(crate) const fn write(
    method: &'static str,
    route: &'static str,
    permission: Permission,
    run: fn(&mut Account, &Call) -> Outcome,
) -> Endpoint {
    Endpoint::new(method, route, Some(permission), Run::Write(run))
}

/// Makes an endpoint that reads the caller's own credentials.
pub(crate) const fn of_caller(
    route: &'static str,
    permission: Option<Permission>,
    run: fn(&Caller, &Account, &Call) -> Outcome,
) -> Endpoint {
    Endpoint::new("GET", route, permission, Run::OfCaller(run))
}

impl Product {
    /// Refuses a call where Zero Trust isn't set up (inferred from issue trackers).
    pub fn check_enabled(&self, has_zero_trust: bool) -> Result<(), Failure> {
        if self.is_zero_trust && !has_zero_trust {
            let message = "access.api.error.not_enabled: Access is not enabled. \
                Visit the Access dashboard to enable it.";
            return Err(Failure::new(StatusCode::FORBIDDEN, 9999, message));
        }
        Ok(())
    }
}

impl Endpoint {
    const fn new(
        method: &'static str,
        route: &'static str,
        permission: Option<Permission>,
        run: Run,
    ) -> Endpoint {
        Endpoint { method, route, permission, manages_members: false, run }
    }

    /// Returns the endpoint as one that manages members.
    pub const fn managing_members(self) -> Endpoint {
        Endpoint { manages_members: true, ..self }
    }

    pub fn is_below_account(&self) -> bool {
        self.route != "user"
            && !self.route.starts_with("user/")
            && !["accounts", "accounts/{id}", "memberships"].contains(&self.route)
    }

    /// Returns the segments for the two `{id}` if `route` is this endpoint's. One that the endpoint's
    /// route doesn't have is empty.
    pub fn matches<'a>(&self, route: &'a str) -> Option<[&'a str; 2]> {
        let mut ids = [""; 2];
        let mut free = ids.iter_mut();
        let mut segments = route.split('/');
        for expected in self.route.split('/') {
            let segment = segments.next()?;
            if expected == "{id}" && !segment.is_empty() {
                *free.next()? = segment;
            } else if expected != segment {
                return None;
            }
        }
        segments.next().is_none().then_some(ids)
    }

    pub fn check_permission(&self, caller: &Caller) -> Result<(), Failure> {
        self.permission.map_or(Ok(()), |permission| caller.may(permission))?;
        if self.manages_members { caller.may_manage_members() } else { Ok(()) }
    }

    pub fn run(&self, caller: &Caller, account: &RwLock<Account>, call: &Call) -> Outcome {
        match self.run {
            Run::Read(run) => run(&lock_read(account), call),
            Run::ReadThen(run, then) => {
                let outcome = run(&lock_read(account), call);
                then(account);
                outcome
            }
            Run::Write(run) => run(&mut lock_write(account), call),
            Run::OfCaller(run) => run(caller, &lock_read(account), call),
        }
    }
}
