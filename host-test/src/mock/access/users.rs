//! The endpoints of Access users.

use std::sync::RwLock;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, contains, equals, find, now, position, raw};
use crate::mock::ids::uuid;
use crate::mock::lock::{lock_read, lock_write};

use super::AccessUser;

/// The code for a user that can't be made or changed so (inferred: no page names one).
const INVALID_USER: u64 = 12130;

/// `OpenAPI: GET /accounts/{account_id}/access/users`.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (name, email, search) = (call.query("name"), call.query("email"), call.query("search"));
    let paging = call.paging(Limits::ACCESS)?;
    // Nothing is copied for a plain list: it can have 50,000 users.
    if name.or(email).or(search).is_none() {
        return Ok(Reply::page(paging.listing(&account.users, raw)));
    }
    let is_wanted = |user: &&AccessUser| {
        equals(name, user.name.as_deref())
            && equals(email, user.email.as_deref())
            && contains(search, &[user.name.as_deref(), user.email.as_deref()])
    };
    let found: Vec<_> = account.users.iter().filter(is_wanted).collect();
    Ok(Reply::page(paging.listing(&found, raw)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/users/{user_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    find(&account.users, |user| user.id == call.id, "User").map(Reply::single)
}

/// Counts a read of users, after which deleted ones may be gone.
pub(super) fn seen(account: &RwLock<Account>) {
    if lock_read(account).is_deleting() {
        lock_write(account).users_were_read();
    }
}

/// `OpenAPI: GET /accounts/{account_id}/access/users/{user_id}/active_sessions`. It has no pages.
pub(super) fn active_sessions(account: &Account, call: &Call) -> Outcome {
    let user = find(&account.users, |user| user.id == call.id, "User")?;
    let application = |id: &str| account.applications.iter().find(|application| application.id == id);
    let sessions = account.sessions.iter().filter(|session| session.user == user.id);
    let shown: Vec<Value> =
        sessions.map(|session| session.shown(application(&session.application))).collect();
    Ok(Reply::single(&shown))
}

/// `OpenAPI: POST /accounts/{account_id}/access/users`; it answers with 201. There is no seat until
/// the person logs in (inferred). An address that a user has already is refused (inferred).
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
        name: Option<String>,
    }
    let Body { email, name } = call.json(INVALID_USER)?;
    if !email.contains('@') {
        return Err(refused("email is invalid"));
    }
    if account.user_at(&email).is_some() {
        return Err(refused("user already exists"));
    }
    let user = AccessUser { name, ..account.new_user(&email) };
    account.users.push(user.clone());
    Ok(Reply::single(&user).with_status(StatusCode::CREATED))
}

/// `OpenAPI: PUT /accounts/{account_id}/access/users/{user_id}`. The name alone changes: the
/// address only confirms who is meant.
pub(super) fn rename(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
        name: String,
    }
    let at = position(&account.users, |user| user.id == call.id, "User")?;
    let body: Body = call.json(INVALID_USER)?;
    let user = &mut account.users[at];
    if !user.has_address(&body.email) {
        return Err(refused("email does not match the user"));
    }
    user.name = Some(body.name);
    user.updated_at = Some(now());
    Ok(Reply::single(user))
}

/// `OpenAPI: DELETE /accounts/{account_id}/access/users/{user_id}`; it answers with 202, since the
/// record is deleted later. Seat and sessions end at once (`description`: *This will also revoke
/// any active seats and tokens for the user*). To delete a user twice is no error before the record
/// is gone (inferred).
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let at = position(&account.users, |user| user.id == call.id, "User")?;
    account.users[at].free_seat();
    account.end_sessions(|user| user.id == call.id);
    account.begin_deletion(call.id);
    Ok(Reply::single(&Value::Null).with_status(StatusCode::ACCEPTED))
}

fn refused(why: &str) -> Failure {
    Failure::bad_request(INVALID_USER, format!("access.api.error.invalid_request: {why}"))
}

impl Account {
    /// Returns a user with this address and without a seat, who isn't among the account's users
    /// yet.
    pub(crate) fn new_user(&mut self, email: &str) -> AccessUser {
        let id = uuid(&self.fresh_id());
        AccessUser {
            uid: Some(id.clone()),
            id,
            email: Some(email.to_owned()),
            access_seat: Some(false),
            gateway_seat: Some(false),
            active_device_count: Some(0),
            created_at: Some(now()),
            updated_at: Some(now()),
            ..AccessUser::default()
        }
    }
}
