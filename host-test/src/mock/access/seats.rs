//! The endpoint of seats.

use serde::Deserialize;
use serde_json::json;

use crate::mock::account::Account;
use crate::mock::api::{Call, INVALID_BODY, Outcome, Reply, now, position};

/// `OpenAPI: PATCH /accounts/{account_id}/access/seats`. Both flags are required. They free the
/// seat only when both are false; one that is true keeps a part of the seat, and never gives one
/// (inferred: the page says only how to remove it). A body with one unknown seat changes none
/// (inferred).
/// <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/seat-management/>
pub(super) fn change(account: &mut Account, call: &Call) -> Outcome {
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
        let access = seat.access_seat && user.access_seat == Some(true);
        let gateway = seat.gateway_seat && user.gateway_seat == Some(true);
        if !seat.access_seat && !seat.gateway_seat {
            user.free_seat();
        } else if access || gateway {
            (user.access_seat, user.gateway_seat) = (Some(access), Some(gateway));
        }
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
