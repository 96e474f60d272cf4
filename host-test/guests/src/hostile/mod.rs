//! The contract's exports. Each misbehaves as a word asks.
//!
//! The word comes from the component's own bytes in `describe`, the auth method in `open`, the
//! setting `validate` in `validate`, the first of the kinds in `read`, the kind of the id in `get`,
//! the source of the first fact in `learn`, the kind of the subject in `compare`, and the first change's
//! entitlement in `apply`. The words of [`anywhere`] work in all of them. The other words are for `read`
//! alone, with the other kinds as arguments. The guest reports its findings in a page's warnings.

mod http;
mod hunger;
mod pages;
mod surroundings;

/// The bindings that wit-bindgen makes from `wit/`.
#[allow(missing_docs, unsafe_code, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "connector" });
}

use bindings::exports::iga::connector::{connection, identities, provision, sync, types, verification};
use std::hint::black_box;

struct Component;

#[allow(unsafe_code, reason = "generated: the canonical ABI's entry points")]
mod export {
    use super::{Component, bindings};
    bindings::export!(Component with_types_in bindings);
}

/// A session, with the word for its `validate`.
pub struct SessionResource {
    in_validate: String,
}

impl connection::Guest for Component {
    type Session = SessionResource;

    fn describe() -> connection::Manifest {
        let how = str::from_utf8(black_box(&crate::IN_DESCRIBE)).unwrap_or_default().trim_end();
        anywhere(how);
        connection::Manifest {
            id: "hostile".to_owned(),
            display_name: "A connector that misbehaves".to_owned(),
            version: "0.0.0".to_owned(),
            documentation_url: String::new(),
            origins: how.strip_prefix("origin ").map(str::to_owned).into_iter().collect(),
            fields: Vec::new(),
            auth_methods: Vec::new(),
            resource_types: Vec::new(),
            steps: Vec::new(),
            extra: "{}".to_owned(),
        }
    }
}

impl connection::GuestSession for SessionResource {
    fn open(
        auth_method: String,
        settings: Vec<(String, String)>,
    ) -> Result<connection::Session, types::Error> {
        anywhere(&auth_method);
        let in_validate = settings.into_iter().find(|(name, _)| name == "validate").map(|(_, how)| how);
        Ok(connection::Session::new(SessionResource { in_validate: in_validate.unwrap_or_default() }))
    }

    fn validate(&self) -> Result<connection::Validation, types::Error> {
        anywhere(&self.in_validate);
        Ok(connection::Validation { checks: Vec::new(), steps: Vec::new(), warnings: Vec::new() })
    }
}

impl sync::Guest for Component {
    fn read(
        _session: connection::SessionBorrow<'_>,
        kinds: Vec<String>,
        cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let Some((&how, arguments)) = kinds.split_first() else { return Ok(pages::empty()) };
        anywhere(how);
        match how {
            "http" => http::one(arguments),
            "http-ended" => http::ended(arguments),
            "http-at-once" => http::at_once(arguments),
            "http-in-turn" => http::in_turn(arguments),
            "http-body" => http::body(arguments),
            "grow-to" => hunger::grow_to(number(arguments)),
            "keep" => hunger::keep(arguments),
            "surroundings" => Ok(surroundings::look_around()),
            _ => pages::page(how, arguments, cursor),
        }
    }

    fn get(
        _session: connection::SessionBorrow<'_>,
        id: types::ResourceId,
        _cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        anywhere(&id.kind);
        Ok(pages::empty())
    }

    fn held(
        _session: connection::SessionBorrow<'_>,
        principal: types::ResourceId,
        _cursor: Option<String>,
    ) -> Result<sync::Page, types::Error> {
        anywhere(&principal.kind);
        Ok(pages::empty())
    }
}

impl identities::Guest for Component {
    fn wanted(_session: connection::SessionBorrow<'_>) -> Result<identities::Demand, types::Error> {
        Ok(identities::Demand { groups: Vec::new(), warnings: Vec::new(), requests: 0, rate_limit: None })
    }

    fn learn(
        _session: connection::SessionBorrow<'_>,
        facts: Vec<identities::GroupFacts>,
    ) -> Result<(), types::Error> {
        if let Some(fact) = facts.first() {
            anywhere(&fact.source);
        }
        Ok(())
    }

    fn pushed(_session: connection::SessionBorrow<'_>) -> Result<identities::PushedFacts, types::Error> {
        let (facts, warnings, rate_limit) = (Vec::new(), Vec::new(), None);
        Ok(identities::PushedFacts { facts, warnings, more: false, requests: 0, rate_limit })
    }
}

impl provision::Guest for Component {
    fn apply(
        _session: connection::SessionBorrow<'_>,
        changes: Vec<provision::Change>,
        _options: provision::Options,
    ) -> provision::Report {
        if let Some(change) = changes.first() {
            anywhere(&change.entitlement);
        }
        provision::Report {
            results: Vec::new(),
            writes: Vec::new(),
            warnings: Vec::new(),
            requests: 0,
            rate_limit: None,
        }
    }
}

impl verification::Guest for Component {
    /// The subject's id is the cursor.
    fn compare(
        _session: connection::SessionBorrow<'_>,
        subject: types::ResourceId,
        _cursor: Option<String>,
    ) -> Result<verification::Comparison, types::Error> {
        anywhere(&subject.kind);
        Ok(verification::Comparison {
            people: Vec::new(),
            wait_ms: None,
            total: None,
            warnings: Vec::new(),
            requests: 0,
            rate_limit: None,
            next: Some(subject.id),
        })
    }
}

/// Misbehaves in a way that any function can. Other words do nothing.
fn anywhere(how: &str) {
    match how {
        "unreachable" => std::arch::wasm32::unreachable(),
        "panic" => panic!("a guest's own words"),
        "exit" => std::process::exit(0),
        "recurse" => drop(black_box(hunger::recurse(1))),
        "loop" => hunger::compute(),
        "call-host" => hunger::call_host(),
        "sleep" => hunger::sleep(),
        "grow" => hunger::grow(),
        "print" => hunger::print(),
        "files" => surroundings::read_files(),
        "sockets" => surroundings::connect(),
        _ => {}
    }
}

fn number(arguments: &[&str]) -> usize {
    arguments.first().and_then(|number| number.parse().ok()).unwrap_or_default()
}
