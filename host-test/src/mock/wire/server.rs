//! The server without a network: from a request to its answer.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use axum::extract::Query;
use http::{HeaderMap, Uri};

use crate::mock::account::Account;
use crate::mock::api::{Answer, Call, Caller, Failure};
use crate::mock::faults::{Armed, Faults, Meddlers, RequestLine, When};
use crate::mock::ids::hex_id;
use crate::mock::lock::lock_read;
use crate::mock::options::Options;
use crate::mock::routes::Target;

use super::play::is_accident;
use super::spoil::{instead, spoil};
use super::traffic::Traffic;

/// The end of all base URLs.
const PREFIX: &str = "/client/v4";

pub(crate) struct Server {
    pub account: RwLock<Account>,
    pub options: RwLock<Options>,
    pub faults: Faults,
    pub meddlers: Meddlers,
    pub traffic: Traffic,
}

impl Server {
    pub fn new(account: Account, mut options: Options) -> Server {
        let faults = Faults::default();
        options.faults.drain(..).for_each(|fault| faults.add(fault));
        Server {
            account: RwLock::new(account),
            options: RwLock::new(options),
            faults,
            meddlers: Meddlers::default(),
            traffic: Traffic::default(),
        }
    }

    /// Returns the answer to a request, and the fault that prevents the answer from being sent.
    pub fn answer(
        &self,
        method: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> (Answer, Option<Arc<Armed>>) {
        let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let target = Target::of(method, path);
        let route = target.as_ref().map_or("?", |target| target.endpoint.route);
        self.traffic.routed(method, route);

        let query = parse_query(uri);
        let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let line = RequestLine { method, route, path, page };
        self.meddlers.meddle(&line, When::Before, &self.account);
        let faults = self.faults.of(&line);
        let another = |fault: &Arc<Armed>| instead(fault.effect());
        let deciding = faults.iter().find(|fault| another(fault).is_some() || is_accident(fault.effect()));
        let instead = deciding.and_then(another);
        let is_carried_out = match deciding {
            Some(fault) => fault.carries_out(),
            None => faults.iter().all(|fault| fault.carries_out()),
        };
        // Without this, a fault would count as fired by a page that isn't sent.
        let bending = if instead.is_some() { &[] } else { &faults[..] };
        let options = lock_read(&self.options);
        let carry_out = |account: &RwLock<Account>| {
            let reply = Caller::of(headers, &options.tokens, &options.keys).and_then(|caller| {
                let target = target.as_ref().ok_or_else(|| Failure::no_route(path))?;
                let call = Call {
                    id: target.id,
                    inner: target.inner,
                    query: &query,
                    body,
                    max_per_page: options.max_per_page.get(route).copied(),
                    totals: options.totals,
                    faults: bending,
                };
                target.run(&caller, options.zero_trust, account, &call)
            });
            reply.map_or_else(Answer::from, Answer::from)
        };
        let outcome = match (instead, is_carried_out) {
            (Some(instead), false) => Err(instead),
            (Some(instead), true) => {
                carry_out(&self.account);
                Err(instead)
            }
            (None, true) => Ok(carry_out(&self.account)),
            // The right answer is needed, since a part of it may be sent.
            (None, false) => Ok(carry_out(&RwLock::new(lock_read(&self.account).clone()))),
        };
        self.meddlers.meddle(&line, When::After, &self.account);
        if let Some(fault) = deciding {
            fault.fire();
        }
        match outcome {
            Err(instead) => (instead, None),
            Ok(mut answer) => {
                faults.iter().for_each(|fault| spoil(fault, &mut answer));
                (answer, deciding.cloned())
            }
        }
    }

    /// Returns the headers that all answers on the wire have. Their sources:
    /// <https://developers.cloudflare.com/fundamentals/reference/http-headers/> and
    /// <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.
    pub(super) fn common_headers(&self, number: u64) -> Vec<(String, String)> {
        let ray = hex_id(&["ray", &number.to_string()]);
        let mut headers = vec![("cf-ray".to_owned(), format!("{}-AMS", &ray[..16]))];
        if let Some(limit) = lock_read(&self.options).rate_limit {
            let left = limit.quota.saturating_sub(1).saturating_sub((number - 1) % limit.quota.max(1));
            headers.push(("ratelimit".into(), format!("\"default\";r={left};t={}", limit.window)));
            headers.push((
                "ratelimit-policy".into(),
                format!("\"default\";q={};w={}", limit.quota, limit.window),
            ));
        }
        headers
    }
}

/// Reads the parameters of a query. The last value of a repeated one counts.
fn parse_query(uri: &Uri) -> BTreeMap<String, String> {
    Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map(|Query(pairs)| pairs.into_iter().collect())
        .unwrap_or_default()
}
