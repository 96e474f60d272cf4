//! Changes of an account that happen to people, by a request or without one.

use std::collections::BTreeSet;
use std::time::Duration;

use time::OffsetDateTime;

use crate::mock::access::{AccessUser, Session};
use crate::mock::account::Account;
use crate::mock::api::now;
use crate::mock::iam::Member;
use crate::mock::ids::uuid;

use super::state::INVITATION_LASTS;

impl Account {
    /// Lets time pass. Invitations that are too old vanish, and deletions come to their end. A
    /// pending member that no request made was invited when the account was made.
    pub fn pass(&mut self, time: Duration) {
        self.lifecycle.clock += time;
        let now = self.lifecycle.clock;
        let is_over = |invited: Duration| now.saturating_sub(invited) >= INVITATION_LASTS;
        let expired =
            self.members.iter().filter(|member| member.status == "pending" && is_over(member.invited));
        for id in expired.map(|member| member.id.clone()).collect::<Vec<_>>() {
            self.remove_member(&id);
        }
        self.finish_deletions();
    }

    /// Returns the time on the account's clock.
    pub(crate) fn clock(&self) -> Duration {
        self.lifecycle.clock
    }

    /// Accepts the pending invitation of this address. Returns whether there was one.
    pub fn accept_invitation(&mut self, address: &str) -> bool {
        let is_it = |member: &Member| {
            member.status == "pending" && member.address().is_some_and(|it| it.eq_ignore_ascii_case(address))
        };
        let Some(at) = self.members.iter().position(is_it) else { return false };
        let id = self.fresh_id();
        let member = &mut self.members[at];
        member.status = "accepted".to_owned();
        if let Some(user) = &mut member.user {
            user.id = Some(id);
        }
        true
    }

    /// Whether somebody has a Cloudflare user with this address.
    pub(crate) fn has_login(&self, address: &str) -> bool {
        self.lifecycle.logins.contains(&address.to_ascii_lowercase()) || self.is_accepted_member(address)
    }

    /// Whether an accepted member has this address.
    pub(crate) fn is_accepted_member(&self, address: &str) -> bool {
        let mut members = self.members.iter().filter(|member| member.status == "accepted");
        members.any(|member| member.address().is_some_and(|it| it.eq_ignore_ascii_case(address)))
    }

    /// Removes a membership, or an invitation, with its place in user groups (inferred: no page
    /// says that a membership that ends leaves its user groups).
    pub(crate) fn remove_member(&mut self, id: &str) {
        self.members.retain(|member| member.id != id);
        for group in &mut self.user_groups {
            group.members.retain(|member| member != id);
        }
    }

    /// Ends the deletions that are under way: their users are gone.
    pub fn finish_deletions(&mut self) {
        let deleting = std::mem::take(&mut self.lifecycle.deleting);
        self.users.retain(|user| !deleting.contains_key(&user.id));
    }

    /// Returns the ids of the users who are being deleted and still show.
    pub fn deleting(&self) -> impl Iterator<Item = &str> {
        self.lifecycle.deleting.keys().map(String::as_str)
    }

    pub(crate) fn is_deleting(&self) -> bool {
        !self.lifecycle.deleting.is_empty()
    }

    /// Begins to delete a user. Whoever is being deleted already isn't shown for longer.
    pub(crate) fn begin_deletion(&mut self, id: &str) {
        let reads = self.lifecycle.deleted_users_show;
        if reads == Some(0) {
            self.users.retain(|user| user.id != id);
        } else {
            self.lifecycle.deleting.entry(id.to_owned()).or_insert(reads);
        }
    }

    /// Counts a read of users, after which some who are being deleted may be gone.
    pub(crate) fn users_were_read(&mut self) {
        let mut gone = BTreeSet::new();
        self.lifecycle.deleting.retain(|id, reads| {
            *reads = reads.map(|reads| reads.saturating_sub(1));
            let stays = *reads != Some(0);
            if !stays {
                gone.insert(id.clone());
            }
            stays
        });
        self.users.retain(|user| !gone.contains(&user.id));
    }

    /// Returns the place of the user with this address, unless that user is being deleted.
    pub(crate) fn user_at(&self, address: &str) -> Option<usize> {
        let is_it =
            |user: &AccessUser| user.has_address(address) && !self.lifecycle.deleting.contains_key(&user.id);
        self.users.iter().position(is_it)
    }

    /// Returns the sessions of the users with this address.
    pub fn sessions_of(&self, address: &str) -> Vec<&Session> {
        let users: Vec<&str> =
            self.users.iter().filter(|user| user.has_address(address)).map(|user| user.id.as_str()).collect();
        self.sessions.iter().filter(|session| users.contains(&session.user.as_str())).collect()
    }

    /// Ends the sessions of these users.
    pub(crate) fn end_sessions(&mut self, is_meant: impl Fn(&AccessUser) -> bool) {
        let users: BTreeSet<&str> =
            self.users.iter().filter(|user| is_meant(user)).map(|user| user.id.as_str()).collect();
        self.sessions.retain(|session| !users.contains(session.user.as_str()));
    }

    /// Lets a person in to an application, whatever its policies say: there is a session, a seat,
    /// and a user, a new one if there was none. Returns the user's id.
    ///
    /// [`log_in`](crate::truth::log_in) asks the policies first. A login to enrol a device takes a
    /// Gateway seat, and each other login an Access seat.
    /// <https://developers.cloudflare.com/cloudflare-one/team-and-resources/users/seat-management/>
    pub fn let_in(&mut self, address: &str, application: &str) -> String {
        let is_device =
            self.applications.iter().any(|it| it.id == application && it.kind.as_deref() == Some("warp"));
        let at = self.user_at(address).unwrap_or_else(|| {
            let user = self.new_user(address);
            self.users.push(user);
            self.users.len() - 1
        });
        let (seat, nonce) = (uuid(&self.fresh_id()), self.fresh_id());
        let user = &mut self.users[at];
        user.seat_uid.get_or_insert(seat);
        if is_device {
            user.gateway_seat = Some(true);
            user.active_device_count = Some(user.active_device_count.unwrap_or_default() + 1);
        } else {
            user.access_seat = Some(true);
        }
        user.last_successful_login = Some(now());
        user.updated_at = Some(now());
        let user = user.id.clone();
        self.sessions.push(Session {
            nonce: nonce[..16].to_owned(),
            user: user.clone(),
            application: application.to_owned(),
            began: OffsetDateTime::now_utc().unix_timestamp(),
        });
        user
    }
}
