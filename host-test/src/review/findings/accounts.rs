//! Findings about people and their logins.

use super::check::{Check, DAY, Level, Table};
use crate::review::kinds::{EMAIL, MEMBER, USER};
use crate::review::review::{Person, Review};
use crate::review::thing::{Known, Status, Thing};

/// The days without a login after which an account is looked at.
const IDLE: i64 = 90;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "never-logged-in",
        title: "Addresses that never logged in",
        why: "A rule or a list gives something to these people, and nobody has ever logged in to Access \
              with their address. It may be mistyped, or somebody else may get the address one day. Take \
              away what isn't needed.",
        level: Level::Medium,
        table: Table::Person,
        needs: &[USER, MEMBER, EMAIL],
        rows: never_logged_in,
    },
    Check {
        id: "idle-accounts",
        title: "No login for 90 days",
        why: "These people hold something, and their last login to Access was more than 90 days before \
              this review. The last login is one to Access only: they may use what asks for no new login. \
              Ask whether they still need it.",
        level: Level::Medium,
        table: Table::Person,
        needs: &[USER],
        rows: |review| people(review, |person| is_idle(review, person)),
    },
    Check {
        id: "idle-seats",
        title: "Seats without use",
        why: "These accounts take a paid seat, and had no login to Access for 90 days, or never. The \
              command free-seat gives the seat back, and the account stays.",
        level: Level::Low,
        table: Table::Resource,
        needs: &[USER],
        rows: idle_seats,
    },
    Check {
        id: "open-invitations",
        title: "Open invitations",
        why: "These invitations to the account aren't accepted. Cloudflare doesn't say when one was sent: \
              an invitation that an earlier review also shows is old. Whoever reads that mail becomes a \
              member, so remove those that are no longer meant.",
        level: Level::Medium,
        table: Table::Resource,
        needs: &[MEMBER],
        rows: open_invitations,
    },
];

/// Returns the people who hold something, and of whom this is so.
fn people(review: &Review, is_so: impl Fn(&Person) -> bool) -> Vec<u32> {
    let holds = review.holds_something();
    let all = (0..).zip(&review.people).filter(|(_, person)| {
        person.accounts.iter().any(|place| holds.get(*place as usize) == Some(&true)) && is_so(person)
    });
    all.map(|(place, _)| place).collect()
}

fn accounts<'r>(review: &'r Review, person: &'r Person) -> impl Iterator<Item = &'r Thing> {
    person.accounts.iter().filter_map(|place| review.thing(*place))
}

fn never_logged_in(review: &Review) -> Vec<u32> {
    people(review, |person| {
        // A member may use the dashboard alone, and Access knows nothing of that login.
        accounts(review, person).all(|account| account.kind != MEMBER && account.last_login == 0)
    })
}

/// Whether a login is so long ago that the account is looked at.
fn is_long_ago(review: &Review, login: u32) -> bool {
    review.time - i64::from(login) > IDLE * DAY
}

fn is_idle(review: &Review, person: &Person) -> bool {
    let last = accounts(review, person).map(|account| account.last_login).max().unwrap_or(0);
    last > 0 && is_long_ago(review, last)
}

fn idle_seats(review: &Review) -> Vec<u32> {
    let users = review.of_kind(USER);
    let idle = users.filter(|(_, user)| user.seat == Known::Yes && is_long_ago(review, user.last_login));
    idle.map(|(place, _)| place).collect()
}

fn open_invitations(review: &Review) -> Vec<u32> {
    review.of_kind(MEMBER).filter(|(_, it)| it.status == Status::Pending).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{named, rows};
    use crate::review::review::Review;
    use crate::review::samples::{account, basis, entitlement, grant, person, resource, review};

    /// 91 and 89 days before the tests' time.
    const LONG_AGO: &str = "2026-08-30T09:00:00Z";
    const LATELY: &str = "2026-09-01T10:00:00Z";

    fn with(accounts: &[String], holders: &[&str]) -> Review {
        let mut lines = vec![resource("group", "g", "G", "{}"), entitlement("group", "g", "member", "{}")];
        lines.extend_from_slice(accounts);
        let grants = holders.iter().map(|to| grant("group:g:member", to, &basis("email", ""), "null", true));
        lines.extend(grants);
        review(&lines)
    }

    fn people(id: &str, review: &Review) -> Vec<String> {
        rows(id, review).into_iter().map(|row| review.people[row as usize].address.clone()).collect()
    }

    #[test]
    fn an_address_nobody_has_ever_logged_in_with() {
        let accounts = [
            account("email", "a@x", "a@x", "a@x", ""),
            account("user", "u1", "B", "b@x", ""),
            account("user", "u2", "C", "c@x", LATELY),
            account("user", "u3", "Nothing", "d@x", ""),
            account("member", "m1", "E", "e@x", ""),
            account("user", "u5", "E", "e@x", ""),
        ];
        let holders = ["email:a@x", "user:u1", "user:u2", "member:m1", "user:u5"];
        assert_eq!(people("never-logged-in", &with(&accounts, &holders)), ["b@x", "a@x"]);
    }

    #[test]
    fn a_last_login_long_ago() {
        let accounts = [
            account("user", "u1", "A", "a@x", LONG_AGO),
            account("user", "u2", "B", "b@x", LATELY),
            account("user", "u3", "C", "c@x", ""),
            account("user", "u4", "Nothing", "d@x", LONG_AGO),
            account("user", "u5", "E", "e@x", LONG_AGO),
            account("user", "u6", "E", "E@x", LATELY),
        ];
        let holders = ["user:u1", "user:u2", "user:u3", "user:u5", "user:u6"];
        assert_eq!(people("idle-accounts", &with(&accounts, &holders)), ["a@x"]);
    }

    #[test]
    fn a_seat_that_nobody_uses() {
        let user = |id: &str, login: &str, seat: &str| {
            person(
                "user",
                id,
                id,
                &format!("{id}@x"),
                "enabled",
                login,
                &format!(r#"{{"access_seat":{seat}}}"#),
            )
        };
        let accounts = [
            user("idle", LONG_AGO, "true"),
            user("never", "", "true"),
            user("used", LATELY, "true"),
            user("free", LONG_AGO, "false"),
            user("unknown", LONG_AGO, "null"),
        ];
        assert_eq!(named("idle-seats", &with(&accounts, &[])), ["idle", "never"]);
    }

    #[test]
    fn an_invitation_that_is_not_accepted() {
        let member = |id: &str, status: &str| person("member", id, id, &format!("{id}@x"), status, "", "{}");
        let accounts = [member("open", "pending"), member("in", "enabled"), member("declined", "disabled")];
        assert_eq!(named("open-invitations", &with(&accounts, &[])), ["open"]);
    }
}
