//! SCIM 2.0 under `/scim/v2`: thin routes over [`crate::scim`], with a token of their own.

mod base;
mod once;
mod openapi;
mod route;

pub(super) use openapi::document as description;
pub(super) use route::{Route, below};

use super::authentication;
use super::body;
use super::environment::Environment;
use super::failure::{End, Failure};
use super::http::{Answer, Request};
use super::percent;
use super::reply::{Reply, json};
use crate::cloudflare::cached::Cached;
use crate::cloudflare::transport::Transport;
use crate::contract::ErrorKind;
use crate::scim::query::{ListResponse, has_filter, projection_of_url};
use crate::scim::schema::Documents;
use crate::scim::{self, Preconditions, Problem, Query, Remains, ScimType, Service};
use crate::session::Session;
use once::Once;
use serde_json::Value;

/// Checks that the operator has switched SCIM on, and that the client knows its token.
pub(super) fn check(environment: &Environment, headers: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    if environment.scim_token().is_none() {
        let message = "SCIM isn't switched on at this service: its operator hasn't set SCIM_TOKEN.";
        return Err(Failure::new(501, ErrorKind::Unsupported, message));
    }
    if environment.scim_token() == environment.token() {
        let message = "SCIM isn't switched on at this service: its operator has set SCIM_TOKEN to the token \
                       of CONNECTOR_TOKEN, which opens /v1 too. SCIM needs one of its own.";
        return Err(Failure::new(501, ErrorKind::Unsupported, message));
    }
    authentication::check(&authentication::SCIM, environment.scim_token(), headers)
}

/// Answers a request. The caller has checked its token and its method. `remains` is set to what still lets
/// in somebody who was deactivated or deleted.
pub(super) fn answer<T: Transport, A: Answer>(
    route: &Route<'_>,
    environment: &Environment,
    transport: Cached<T>,
    query: Option<&str>,
    request: &mut Request<'_>,
    reply: &mut Reply<'_, A>,
    remains: &mut Option<Remains>,
) -> Result<(), End> {
    let cache = transport.cache();
    let answered = answered(route, environment, transport, query, request, remains);
    // A name in the account can be one of the operator's secrets by mistake.
    let sentences = remains.iter_mut().flat_map(|remains| &mut remains.about_person);
    sentences.for_each(|sentence| *sentence = environment.redacted(sentence));
    let answered = answered.map_err(|mut failure| {
        if failure.status == 429 || failure.status >= 500 {
            // Cloudflare failed, or its lists don't fit together: the next request reads them again.
            cache.take();
        }
        // A client can have put one of the operator's secrets into its request.
        failure.error.message = environment.redacted(&failure.error.message);
        failure
    })?;
    send(answered, reply)
}

fn answered<T: Transport>(
    route: &Route<'_>,
    environment: &Environment,
    transport: Cached<T>,
    query: Option<&str>,
    request: &mut Request<'_>,
    remains: &mut Option<Remains>,
) -> Result<scim::Answer, Failure> {
    let base = base::of(environment, request.headers)?;
    let doors = environment.doors();
    let documents = Documents { base: &base, doors };
    let preconditions = Preconditions {
        if_match: header(request.headers, "if-match"),
        if_none_match: header(request.headers, "if-none-match"),
    };
    let only_reads = route.only_reads(request.method);
    let service = || -> Result<Service<Cached<T>>, Failure> {
        let seconds = environment.scim_cache_seconds()?;
        let transport = if only_reads { transport.reuse_for(seconds) } else { transport };
        let session = Session::new(environment.settings()?, transport);
        Ok(Service::new(session, base.clone(), doors, environment.scim_switches()))
    };
    let is_told_whole = matches!(route, Route::ServiceProviderConfig | Route::ResourceTypes | Route::Schemas);
    if is_told_whole && has_filter(query) {
        // RFC 7644, 4: or else a client could take all of it for what fits.
        let message = "What the service tells of itself can't be filtered: the answer always has all of it. \
                       Ask again without the filter.";
        return Err(failure(Problem::new(403, message)));
    }
    Ok(match *route {
        Route::OpenApi => whole(description()),
        Route::ServiceProviderConfig => whole(documents.service_provider_config()),
        Route::ResourceTypes => whole(ListResponse::whole(documents.resource_types()).into_json()),
        Route::ResourceType(id) => whole(known(documents.resource_type(&decoded(id)?))?),
        Route::Schemas => whole(ListResponse::whole(documents.schemas()).into_json()),
        Route::Schema(id) => whole(known(documents.schema(&decoded(id)?))?),
        Route::All(of) if request.method == "POST" => {
            let asked = projection_of_url(query, of.schema()).map_err(failure)?;
            let body: Value = read(request)?;
            service()?.post(of, &body, &asked).map_err(failure)?
        }
        Route::All(of) => {
            let asked = Query::of_url(query, of.schema()).map_err(failure)?;
            whole(service()?.list(of, &asked).map_err(failure)?)
        }
        Route::SearchOf(of) => {
            let asked = Query::of_search(&read(request)?, of.schema()).map_err(failure)?;
            whole(service()?.list(of, &asked).map_err(failure)?)
        }
        Route::Search => {
            let body = read(request)?;
            whole(service()?.search(&body).map_err(failure)?)
        }
        Route::One(of, id) => {
            let asked = projection_of_url(query, of.schema()).map_err(failure)?;
            let id = decoded(id)?;
            match request.method {
                "PUT" => {
                    let body: Value = read(request)?;
                    changed(service()?, remains, |it| it.put(of, &id, &body, &asked, &preconditions))?
                }
                "PATCH" => {
                    let body: Value = read(request)?;
                    changed(service()?, remains, |it| it.patch(of, &id, &body, &asked, &preconditions))?
                }
                "DELETE" => changed(service()?, remains, |it| it.delete(of, &id, &preconditions))?,
                _ => service()?.get(of, &id, &asked, &preconditions).map_err(failure)?,
            }
        }
        Route::Me => return Err(not_offered(ME)),
        Route::Bulk => return Err(not_offered(BULK)),
        Route::Unknown => return Err(no_such_path()),
    })
}

/// Makes a change, and notes what still lets in somebody who leaves by it.
fn changed<T: Transport>(
    mut service: Service<T>,
    remains: &mut Option<Remains>,
    change: impl FnOnce(&mut Service<T>) -> Result<scim::Answer, Problem>,
) -> Result<scim::Answer, Failure> {
    let done = change(&mut service);
    *remains = service.take_remains();
    done.map_err(failure)
}

fn whole(body: Value) -> scim::Answer {
    scim::Answer { status: 200, body: Some(body), version: None, location: None }
}

fn send<A: Answer>(answered: scim::Answer, reply: &mut Reply<'_, A>) -> Result<(), End> {
    let scim::Answer { status, body, version, location } = answered;
    let headers = [("etag", version), ("location", location)];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let body = body.map(|body| json(&body)).transpose()?;
    Ok(reply.scim(status, headers, body.as_deref())?)
}

fn known(found: Option<Value>) -> Result<Value, Failure> {
    found.ok_or_else(|| Failure::new(404, ErrorKind::NotFound, "There is none with this id."))
}

fn no_such_path() -> Failure {
    let message =
        "There is no such path in this service. GET /scim/v2/ResourceTypes tells those that there are.";
    Failure::new(404, ErrorKind::NotFound, message)
}

const ME: &str = "This service has no /Me: its token is a platform's, and belongs to no person. GET /Users \
    tells all people, and with a filter for userName one of them.";
const BULK: &str = "This service has no /Bulk, as /ServiceProviderConfig tells. Send each request alone. One \
    PATCH of a group can have 1,000 members.";

fn not_offered(message: &str) -> Failure {
    Failure::new(501, ErrorKind::Unsupported, message)
}

fn decoded(id: &str) -> Result<String, Failure> {
    percent::decoded("id", id)
}

/// Reads a body. One that can't be read is a fault of the syntax.
fn read(request: &mut Request<'_>) -> Result<Value, Failure> {
    body::read_scim(request).map(|Once(body)| body).map_err(|failure| {
        let scim_type = (failure.status == 400).then_some(ScimType::InvalidSyntax);
        Failure { scim_type, ..failure }
    })
}

/// Returns the value of a header that can stand in a request once.
fn header(headers: &[(String, Vec<u8>)], wanted: &str) -> Option<String> {
    let mut found = headers.iter().filter(|(name, _)| name == wanted);
    found.next().and_then(|(_, value)| String::from_utf8(value.clone()).ok())
}

/// Returns the failure that tells a problem. The log doesn't repeat what a client asked for: people stand in
/// it.
fn failure(problem: Problem) -> Failure {
    let kind = match problem.status {
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        500 => ErrorKind::Internal,
        501 => ErrorKind::Unsupported,
        502 => ErrorKind::InvalidResponse,
        503 => ErrorKind::Unavailable,
        504 => ErrorKind::Indeterminate,
        _ => ErrorKind::InvalidArgument,
    };
    let told = Failure::new(problem.status, kind, problem.detail);
    let told = match problem.retry_after {
        Some(wait) => told.header("retry-after", wait.to_string()),
        None => told,
    };
    let told = Failure { scim_type: problem.scim_type, ..told };
    let reason = problem.scim_type.map_or("The answer says why.", ScimType::word);
    if matches!(problem.status, 400 | 404 | 409 | 412) { told.because(reason) } else { told }
}
