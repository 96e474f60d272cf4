//! The service's own interface, under `/v1`. `openapi.json` describes each route.

mod apply;
mod identities;
mod manifest;
mod offboard;
mod rate_limit;
mod report;
mod route;
mod steps;
mod stream;
mod validate;
mod wanted;

pub(super) use route::Route;

use super::body;
use super::environment::Environment;
use super::failure::{End, Failure};
use super::http::{Answer, Request};
use super::percent;
use super::reply::Reply;
use crate::cloudflare::transport::Transport;
use crate::session::Session;
use crate::settings::manifest::VERSION;

/// Answers a request. The caller has checked its token and its method.
pub(super) fn answer<T: Transport, A: Answer>(
    route: &Route<'_>,
    environment: &Environment,
    transport: T,
    request: &mut Request<'_>,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let session = || Ok::<_, Failure>(Session::new(environment.settings()?, transport));
    match route {
        Route::Manifest => Ok(reply.json(200, &manifest::json_text()?)?),
        Route::OpenApi => Ok(reply.json(200, &description())?),
        Route::Validate => {
            body::read::<validate::Body>(request)?;
            validate::answer(&mut session()?, reply)
        }
        Route::Sync => {
            let body = body::read_within(request, body::LONGEST_WITH_FACTS)?;
            stream::sync(&mut session()?, body, reply)
        }
        Route::Resource { kind, id } => {
            let (kind, id) = (percent::decoded("kind", kind)?, percent::decoded("id", id)?);
            let facts = identities::of_one(request)?;
            let mut session = session()?;
            let told = identities::tell(&mut session, facts)?;
            stream::one(told, |cursor| session.get(&kind, &id, cursor), reply)
        }
        Route::Held { kind, id } => {
            let (kind, id) = (percent::decoded("kind", kind)?, percent::decoded("id", id)?);
            let facts = identities::of_one(request)?;
            let mut session = session()?;
            let told = identities::tell(&mut session, facts)?;
            stream::one(told, |cursor| session.held(&kind, &id, cursor), reply)
        }
        Route::Wanted => wanted::answer(&mut session()?, reply),
        Route::Apply => {
            let body: apply::Body = body::read_within(request, body::LONGEST_WITH_FACTS)?;
            if !body.is_dry_run() {
                environment.check_provisioning()?;
            }
            apply::answer(&mut session()?, body, reply)
        }
        Route::Steps => {
            let steps = body::read::<steps::Body>(request)?.check(environment)?;
            steps::answer(&mut session()?, steps, reply)
        }
        Route::Offboard => {
            let body: offboard::Body = body::read_within(request, body::LONGEST_WITH_FACTS)?;
            let body = body.check(environment)?;
            offboard::answer(&mut session()?, body, reply)
        }
    }
}

/// Returns `openapi.json` with this version's number.
fn description() -> String {
    include_str!("openapi.json").replacen("{version}", VERSION, 1)
}
