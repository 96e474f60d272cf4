//! The endpoints of the Zero Trust organization: its keys, seats, and sessions.

use serde::Deserialize;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, INVALID_BODY, Outcome, Reply, now, position};

/// `OpenAPI: GET /accounts/{account_id}/access/keys`.
pub(super) fn keys(_: &Account, _: &Call) -> Outcome {
    Ok(Reply::single(&json!({
        "key_rotation_interval_days": 30,
        "last_key_rotation_at": "2026-10-28T05:20:00.12345Z",
        "days_until_next_rotation": 11,
    })))
}

/// `OpenAPI: GET /accounts/{account_id}/access/organizations`.
pub(super) fn get(account: &Account, _: &Call) -> Outcome {
    let team: String = account.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(Reply::single(&json!({
        "name": account.name,
        "auth_domain": format!("{team}.cloudflareaccess.com"),
        "is_ui_read_only": false,
        "session_duration": "24h",
        "created_at": "2021-03-02T09:14:00Z",
        "updated_at": "2026-09-30T15:02:11.5Z",
    })))
}

/// `OpenAPI: PATCH /accounts/{account_id}/access/seats`. A body with one unknown seat changes none
/// (inferred).
pub(super) fn change_seats(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Seat {
        seat_uid: String,
        access_seat: bool,
        gateway_seat: bool,
    }
    let seats: Vec<Seat> = call.json(INVALID_BODY)?;
    let owner = |seat: &Seat| {
        position(&account.users, |user| user.seat_uid.as_deref() == Some(&seat.seat_uid), "Seat")
    };
    let owners: Vec<usize> = seats.iter().map(owner).collect::<Result<_, _>>()?;
    let mut changed = Vec::new();
    for (seat, owner) in seats.iter().zip(owners) {
        let user = &mut account.users[owner];
        user.access_seat = Some(seat.access_seat);
        user.gateway_seat = Some(seat.gateway_seat);
        user.updated_at = Some(now());
        changed.push(json!({
            "seat_uid": user.seat_uid,
            "access_seat": user.access_seat,
            "gateway_seat": user.gateway_seat,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
        }));
    }
    Ok(Reply::single(&changed))
}

/// `OpenAPI: POST /accounts/{account_id}/access/organizations/revoke_user`. An unknown address is no
/// error (inferred).
pub(super) fn revoke_user(account: &mut Account, call: &Call) -> Outcome {
    #[derive(Deserialize)]
    struct Body {
        email: String,
    }
    let body: Body = call.json(INVALID_BODY)?;
    account.revoked.push(body.email);
    Ok(Reply::single(&true))
}
