//! The boundary to a WASI host: the contract's exports, and HTTP through wasi:http. The core decides
//! everything; this module only converts.

#[cfg(feature = "standalone")]
mod edge;
mod transport;

#[cfg(feature = "lifecycle")]
use crate::contract::lifecycle;
use crate::contract::{self, connection, identities, sync, types};
#[cfg(feature = "provision")]
use crate::contract::{provision, verification};
use crate::error::Error;
use crate::identities::GroupFacts;
use crate::model;
use crate::session::Session;
use crate::settings::Settings;
use std::cell::RefCell;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use transport::WasiHttp;

/// The transport of sessions. It is the one of the HTTP service, so that their code is there once for both.
#[cfg(feature = "standalone")]
type Http = crate::cloudflare::cached::Cached<WasiHttp>;
#[cfg(not(feature = "standalone"))]
type Http = WasiHttp;

#[cfg(feature = "standalone")]
fn http() -> Http {
    Http::fresh(WasiHttp)
}

#[cfg(not(feature = "standalone"))]
const fn http() -> Http {
    WasiHttp
}

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

struct Component;

#[allow(unsafe_code, reason = "generated: the canonical ABI's entry points")]
mod export {
    use super::Component;
    use crate::contract::bindings;
    bindings::export!(Component with_types_in bindings);
}

/// Runs the command line of this process: `wasi:cli/run`.
#[cfg(feature = "standalone")]
pub fn command() -> std::process::ExitCode {
    crate::command::run(WasiHttp).into()
}

/// The contract's `session`.
pub struct SessionResource(RefCell<Session<Http>>);

impl connection::Guest for Component {
    type Session = SessionResource;

    fn describe() -> connection::Manifest {
        contract::manifest()
    }
}

impl connection::GuestSession for SessionResource {
    fn open(
        auth_method: String,
        settings: Vec<(String, String)>,
    ) -> Result<connection::Session, types::Error> {
        let settings = Settings::parse(&auth_method, settings)?;
        let session = Session::new(settings, http());
        Ok(connection::Session::new(SessionResource(RefCell::new(session))))
    }

    fn validate(&self) -> Result<connection::Validation, types::Error> {
        Ok(self.0.borrow_mut().validate()?.into())
    }
}

impl sync::Guest for Component {
    fn read(
        session: connection::SessionBorrow<'_>,
        kinds: Vec<String>,
        cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        handed_over(session.get::<SessionResource>().0.borrow_mut().read(&kinds, cursor.as_deref()))
    }

    fn get(
        session: connection::SessionBorrow<'_>,
        id: types::ResourceId,
        cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        let mut session = session.get::<SessionResource>().0.borrow_mut();
        handed_over(session.get(&id.kind, &id.id, cursor.as_deref()))
    }

    fn held(
        session: connection::SessionBorrow<'_>,
        principal: types::ResourceId,
        cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        let types::ResourceId { kind, id } = principal;
        handed_over(session.get::<SessionResource>().0.borrow_mut().held(&kind, &id, cursor.as_deref()))
    }
}

impl identities::Guest for Component {
    fn wanted(session: connection::SessionBorrow<'_>) -> Result<identities::Demand, types::Error> {
        Ok(session.get::<SessionResource>().0.borrow_mut().wanted()?.into())
    }

    fn learn(
        session: connection::SessionBorrow<'_>,
        facts: Vec<identities::GroupFacts>,
    ) -> Result<(), types::Error> {
        let of_group = |(n, given): (usize, identities::GroupFacts)| {
            given.try_into().map_err(|error: Error| error.about(format!("facts[{n}]")))
        };
        let facts: Vec<GroupFacts> = facts.into_iter().enumerate().map(of_group).collect::<Result<_, _>>()?;
        Ok(session.get::<SessionResource>().0.borrow_mut().learn(&facts)?)
    }

    fn pushed(session: connection::SessionBorrow<'_>) -> Result<identities::PushedFacts, types::Error> {
        Ok(session.get::<SessionResource>().0.borrow_mut().pushed()?.into())
    }
}

/// Returns a page in the contract's types. Inlined, its conversion would be there once for each function.
#[inline(never)]
fn handed_over(page: crate::error::Result<model::Page>) -> Result<sync::Page, types::Error> {
    Ok(page?.into())
}

#[cfg(feature = "provision")]
impl provision::Guest for Component {
    fn apply(
        session: connection::SessionBorrow<'_>,
        changes: Vec<provision::Change>,
        options: provision::Options,
    ) -> provision::Report {
        let changes: Vec<_> = changes.into_iter().map(Into::into).collect();
        session.get::<SessionResource>().0.borrow_mut().apply(&changes, &options.into()).into()
    }
}

#[cfg(feature = "provision")]
impl verification::Guest for Component {
    fn compare(
        session: connection::SessionBorrow<'_>,
        subject: types::ResourceId,
        cursor: Option<String>,
    ) -> Result<verification::Comparison, types::Error> {
        let mut session = session.get::<SessionResource>().0.borrow_mut();
        Ok(session.compare(&subject.kind, &subject.id, cursor.as_deref())?.into())
    }
}

#[cfg(feature = "lifecycle")]
impl lifecycle::Guest for Component {
    fn apply(
        session: connection::SessionBorrow<'_>,
        steps: Vec<lifecycle::Step>,
        options: lifecycle::Options,
    ) -> lifecycle::Report {
        let steps: Vec<_> = steps.into_iter().map(Into::into).collect();
        session.get::<SessionResource>().0.borrow_mut().apply_steps(&steps, &options.into()).into()
    }

    fn offboard(
        session: connection::SessionBorrow<'_>,
        person: types::ResourceId,
        keep: Vec<String>,
        options: lifecycle::Options,
    ) -> Result<lifecycle::Offboarding, types::Error> {
        let mut session = session.get::<SessionResource>().0.borrow_mut();
        Ok(session.offboard(&person.kind, &person.id, &keep, &options.into())?.into())
    }
}
