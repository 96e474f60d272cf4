//! The routes of Cloudflare's API that the host allows, by the purpose of a session, and their short
//! names in figures.

use cloudflare_zero_trust::cloudflare::endpoint::{WRITES, World, Write};
use connector_host::WritableRoute;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Returns the routes that a session needs besides GETs to change who holds what: the writes that
/// the connector lists itself.
#[must_use]
pub fn writable() -> &'static [WritableRoute] {
    static ROUTES: LazyLock<Vec<WritableRoute>> = LazyLock::new(|| of(World::Connector));
    &ROUTES
}

/// Returns the routes that a session needs besides GETs for people who join and leave. An offboarding
/// also changes who holds what, so those for that are among them.
#[must_use]
pub fn for_lifecycle() -> &'static [WritableRoute] {
    static ROUTES: LazyLock<Vec<WritableRoute>> = LazyLock::new(|| of(World::Manager));
    &ROUTES
}

/// Returns the routes that a service needs besides GETs for clients of SCIM that manage people and groups.
#[must_use]
pub fn for_scim() -> &'static [WritableRoute] {
    static ROUTES: LazyLock<Vec<WritableRoute>> = LazyLock::new(|| of(World::Scim));
    &ROUTES
}

/// Returns the one route that a session needs besides GETs for a comparison with Cloudflare's own verdict. It
/// changes nothing, and no other session lets it out.
#[must_use]
pub fn for_verification() -> &'static [WritableRoute] {
    static ROUTES: LazyLock<Vec<WritableRoute>> = LazyLock::new(|| vec![route(&Write::TEST_POLICIES)]);
    &ROUTES
}

/// The routes of the writes that a component needs in this world.
fn of(world: World) -> Vec<WritableRoute> {
    WRITES.iter().filter(|write| write.world <= world).map(route).collect()
}

fn route(write: &Write) -> WritableRoute {
    WritableRoute::new(write.method.as_str(), write.route).expect("each write is a route")
}

/// Shortens the routes of a session's figures to the part below the account: `GET access/users`.
#[must_use]
pub fn below_account(by_route: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut short = BTreeMap::new();
    for (route, requests) in by_route {
        *short.entry(shortened(&route)).or_default() += requests;
    }
    short
}

fn shortened(route: &str) -> String {
    let Some((method, path)) = route.split_once(' ') else { return route.to_owned() };
    let mut segments: Vec<&str> = path.split('/').collect();
    let accounts = segments.iter().position(|segment| *segment == "accounts");
    if let Some(accounts) = accounts.filter(|accounts| segments.len() > accounts + 2) {
        segments.drain(..accounts + 2);
    } else if segments.starts_with(&["client", "v4"]) {
        segments.drain(..2);
    }
    format!("{method} {}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_is_a_route() {
        assert_eq!(for_scim().len(), WRITES.len());
    }

    #[test]
    fn only_clients_of_scim_make_and_remove_groups() {
        let more = for_scim().iter().filter(|route| !for_lifecycle().contains(route));
        let more: Vec<String> = more.map(ToString::to_string).collect();
        assert_eq!(more, ["POST accounts/{}/access/groups", "DELETE accounts/{}/access/groups/{}"]);
    }

    #[test]
    fn a_session_for_changes_brings_nobody_in_and_removes_nobody() {
        let shown: Vec<String> = writable().iter().map(ToString::to_string).collect();
        let expected = [
            "PUT accounts/{}/access/groups/{}",
            "PUT accounts/{}/members/{}",
            "POST accounts/{}/iam/user_groups/{}/members",
            "DELETE accounts/{}/iam/user_groups/{}/members/{}",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_session_for_a_comparison_sends_one_request_that_no_other_one_does() {
        let shown: Vec<String> = for_verification().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["POST accounts/{}/access/policy-tests"]);
        let others = writable().iter().chain(for_scim());
        assert!(others.into_iter().all(|route| !for_verification().contains(route)));
    }

    #[test]
    fn a_short_route_names_no_account() {
        let routes = [
            ("GET client/v4/accounts/{id}/access/users", 1),
            ("GET proxy/accounts/{id}/access/users", 2),
            ("PUT client/v4/accounts/{id}/members/{id}", 3),
            ("GET client/v4/user/tokens/verify", 4),
            ("GET accounts", 5),
            ("GET client/v4/accounts/{id}", 6),
            ("other", 7),
        ];
        let short = below_account(routes.map(|(route, requests)| (route.to_owned(), requests)).into());
        let expected = [
            ("GET access/users", 3),
            ("PUT members/{id}", 3),
            ("GET user/tokens/verify", 4),
            ("GET accounts", 5),
            ("GET accounts/{id}", 6),
            ("other", 7),
        ];
        assert_eq!(short, expected.map(|(route, requests)| (route.to_owned(), requests)).into());
    }
}
