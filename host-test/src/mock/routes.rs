//! All routes of the mock, and the way from a request's path to its endpoint.

use std::sync::RwLock;

use http::StatusCode;

use super::access::ACCESS;
use super::account::Account;
use super::api::{Call, Caller, Endpoint, Failure, Outcome, Product};
use super::gateway::GATEWAY;
use super::iam::IAM;
use super::lock::lock_read;

static PRODUCTS: [Product; 3] = [ACCESS, IAM, GATEWAY];

/// The endpoint that a request is for.
pub(super) struct Target<'a> {
    product: &'static Product,
    pub endpoint: &'static Endpoint,
    /// `None` for a path that isn't below an account.
    account: Option<&'a str>,
    pub id: &'a str,
    pub inner: &'a str,
}

impl<'a> Target<'a> {
    /// Finds the endpoint of a path below `/client/v4`.
    pub fn of(method: &str, path: &'a str) -> Option<Target<'a>> {
        let path = path.strip_prefix('/')?;
        let below = path.strip_prefix("accounts/").and_then(|rest| rest.split_once('/'));
        let (account, route) = below.map_or((None, path), |(account, route)| (Some(account), route));
        let all = PRODUCTS.iter().flat_map(|product| product.endpoints.iter().map(move |it| (product, it)));
        all.filter(|(_, endpoint)| {
            endpoint.method == method && endpoint.is_below_account() == account.is_some()
        })
        .find_map(|(product, endpoint)| {
            let [id, inner] = endpoint.matches(route)?;
            // The account itself is below no account.
            let account = account.or((endpoint.route == "accounts/{id}").then_some(id));
            Some(Target { product, endpoint, account, id, inner })
        })
    }

    /// Carries the request out.
    pub fn run(
        &self,
        caller: &Caller,
        has_zero_trust: bool,
        account: &RwLock<Account>,
        call: &Call,
    ) -> Outcome {
        if let Some(id) = self.account {
            check_account(id, &lock_read(account).id)?;
        }
        self.endpoint.check_permission(caller)?;
        self.product.check_enabled(has_zero_trust)?;
        self.endpoint.run(caller, account, call)
    }
}

/// Refuses another account than the mock's. Source of the codes:
/// <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>.
fn check_account(asked: &str, ours: &str) -> Result<(), Failure> {
    if asked == ours {
        Ok(())
    } else if asked.len() == 32 && asked.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Err(Failure::new(StatusCode::FORBIDDEN, 9109, "Unauthorized to access requested resource"))
    } else {
        Err(Failure::no_route(&format!("/accounts/{asked}")))
    }
}

#[cfg(test)]
mod tests {
    use super::{PRODUCTS, Target};

    /// Without this, a row could be hidden by another one, for example of another product.
    #[test]
    fn every_endpoint_is_found_by_its_route() {
        for endpoint in PRODUCTS.iter().flat_map(|product| product.endpoints) {
            let below = if endpoint.is_below_account() { "/accounts/1/" } else { "/" };
            let path = format!("{below}{}", endpoint.route.replace("{id}", "2"));
            let target = Target::of(endpoint.method, &path).unwrap();
            assert_eq!(target.endpoint.route, endpoint.route);
            assert!(std::ptr::eq(target.endpoint, endpoint), "{} {path} is there twice", endpoint.method);
        }
    }
}
