//! An example connector, complete in one file. It reads `people.csv` below the setting `base-url`:
//! a line `id,name,email,teams`, then a line for each person: `7,Ann,ann@corp.example,Finance;Sales`.
#![cfg(target_family = "wasm")]
wit_bindgen::generate!({ path: "../../../wit", world: "reader" });
use exports::iga::connector::{connection, connection::*, identities, sync, types::Error, types::*};
use std::collections::{BTreeMap, BTreeSet};

export!(Connector);
struct Connector;
struct Settings {
    url: String,
    token: String,
}

#[derive(serde::Deserialize)]
struct Person {
    id: String,
    name: String,
    email: String,
    teams: String,
}

impl connection::Guest for Connector {
    type Session = Settings;

    fn describe() -> Manifest {
        let field = |texts: [&str; 4], secret: bool| {
            let [id, label, help, format] = texts.map(String::from);
            let (choices, default, required, operator_only) = (vec![], None, true, !secret);
            Field { id, label, help, format, choices, secret, required, default, operator_only }
        };
        let kinds = [("user", "user"), ("team", "group")].map(|(id, word)| {
            let (id, display_name, traits, permissions) = (id.into(), id.into(), vec![word.into()], vec![]);
            ResourceType {
                id,
                display_name,
                traits,
                can_sync: true,
                opt_in: false,
                can_provision: false,
                permissions,
            }
        });
        let address = field(["base-url", "Address", "The folder of people.csv: https://…", "url"], false);
        let fields = vec![field(["token", "Token", "Sent to that address alone.", "text"], true)];
        let (id, label, help) = ("token".into(), "Token".into(), "A bearer token.".into());
        Manifest {
            id: "people-csv".into(),
            display_name: "People and teams in a CSV file".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            documentation_url: String::new(),
            origins: vec![], // Requests go to the setting's address alone.
            fields: vec![address],
            auth_methods: vec![AuthMethod { id, label, help, fields }],
            resource_types: kinds.into(),
            steps: vec![],
            extra: "{}".into(),
        }
    }
}

impl GuestSession for Settings {
    fn open(_: String, settings: Vec<(String, String)>) -> Result<Session, Error> {
        let setting = |name: &str, is_sound: fn(&str) -> bool| {
            let bad = || error(ErrorKind::InvalidSettings, Some(name), format!("Give a valid {name}."));
            let setting = settings.iter().find(|(id, value)| id == name && is_sound(value));
            setting.map(|(_, value)| value.as_str()).ok_or_else(bad)
        };
        let address = setting("base-url", |address| address.contains("://"))?.trim_end_matches('/');
        let token = setting("token", |token| token.len() > 7 && token.bytes().all(|b| b.is_ascii_graphic()))?;
        Ok(Session::new(Settings { url: format!("{address}/people.csv"), token: token.into() }))
    }

    fn validate(&self) -> Result<Validation, Error> {
        let check = |kind: &str| Check { resource_type: kind.into(), read: Ok(()), change: None };
        let checks = vec![check("user"), check("team")];
        self.download().map(|_| Validation { checks, steps: vec![], warnings: vec![] })
    }
}

impl Settings {
    fn download(&self) -> Result<Vec<Person>, Error> {
        let fails = |kind, why: String| error(kind, None, format!("{} can't be read: {why}.", self.url));
        let lost = |why| fails(ErrorKind::Unavailable, format!("{why}"));
        let wrong = |why| fails(ErrorKind::InvalidResponse, why);
        let token = [("authorization", format!("Bearer {}", self.token))];
        let answer = waki::Client::new().get(&self.url).headers(token).send().map_err(lost)?;
        match answer.status_code() {
            200 => {}
            401 | 403 => return Err(fails(ErrorKind::Unauthenticated, "the token is refused".into())),
            status => return Err(fails(ErrorKind::Unavailable, format!("the server answers {status}"))),
        }
        let (mut file, mut ids) = (Vec::new(), BTreeSet::new());
        while let Some(chunk) = answer.chunk(64 * 1024).map_err(lost)? {
            file.extend(chunk);
            if file.len() > 512 * 1024 {
                return Err(wrong("it is longer than a page may be, 512 KiB".into()));
            }
        }
        let check = |line: csv::Result<Person>| match line.map_err(|why| wrong(why.to_string()))? {
            person if !person.id.is_empty() && ids.insert(person.id.clone()) => Ok(person),
            Person { id, name, .. } => Err(wrong(format!("{name} has the id {id:?}, empty or used before"))),
        };
        csv::Reader::from_reader(file.as_slice()).into_deserialize().map(check).collect()
    }

    /// Returns the wanted resources, and the grants on the teams among them.
    fn page(&self, is_wanted: impl Fn(&ResourceId) -> bool, with_grants: bool) -> Result<sync::Page, Error> {
        let people = self.download()?;
        let id = |kind: &str, id: &str| ResourceId { kind: kind.into(), id: id.into() };
        let resource = |id, name: &str, account| {
            let (display_name, profile) = (name.into(), "{}".into());
            Resource { id, parent: None, display_name, account, profile }
        };
        let (mut resources, mut entitlements, mut grants) = (vec![], vec![], vec![]);
        let mut teams = BTreeMap::<&str, BTreeSet<&str>>::new();
        for person in &people {
            let (email, status) = (Some(person.email.clone()), AccountStatus::Enabled);
            let account = Account { email, login: None, status, last_login: None };
            resources.push(resource(id("user", &person.id), &person.name, Some(account)));
            for team in person.teams.split(';').map(str::trim).filter(|team| !team.is_empty()) {
                teams.entry(team).or_default().insert(&person.id);
            }
        }
        for (team, members) in teams.into_iter().filter(|(team, _)| is_wanted(&id("team", team))) {
            resources.push(resource(id("team", team), team, None));
            let principals = members.iter().map(|member| id("user", member)).collect();
            let (entitlement, on, slug) = (format!("team:{team}:member"), id("team", team), "member".into());
            let (id, display_name, description) = (entitlement.clone(), format!("In {team}"), "".into());
            let (grantable_to, extra) = (vec!["user".into()], "{}".into());
            entitlements.push(Entitlement { id, on, slug, display_name, description, grantable_to, extra });
            let (basis, extra) =
                (vec![Basis { rule: "team".into(), value: team.into(), through: None }], "{}".into());
            grants.push(Grant {
                entitlement,
                principals,
                basis,
                conditions: vec![],
                revocable: false,
                extra,
            });
        }
        resources.retain(|resource| is_wanted(&resource.id));
        grants.retain(|_| with_grants);
        let progress = sync::Progress { phase: "people".into(), done: people.len() as u32, total: None };
        let (warnings, requests, rate_limit, next) = (vec![], 1, None, None);
        Ok(sync::Page { resources, entitlements, grants, warnings, progress, requests, rate_limit, next })
    }
}

impl sync::Guest for Connector {
    fn read(session: SessionBorrow<'_>, kinds: Vec<String>, _: Option<String>) -> Result<sync::Page, Error> {
        let is_wanted = |kind: &str| kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind);
        session.get::<Settings>().page(|id| is_wanted(&id.kind), is_wanted("user"))
    }

    fn get(session: SessionBorrow<'_>, id: ResourceId, _: Option<String>) -> Result<sync::Page, Error> {
        let page = session.get::<Settings>().page(|it| it.kind == id.kind && it.id == id.id, true)?;
        let missing = || error(ErrorKind::NotFound, Some("id"), "There is no such person or team.".into());
        if page.resources.is_empty() { Err(missing()) } else { Ok(page) }
    }

    fn held(session: SessionBorrow<'_>, who: ResourceId, _: Option<String>) -> Result<sync::Page, Error> {
        let is_it = |it: &ResourceId| it.kind == who.kind && it.id == who.id;
        let mut page = session.get::<Settings>().page(|_| true, true)?;
        page.grants.retain_mut(|grant| {
            grant.principals.retain(is_it);
            !grant.principals.is_empty()
        });
        let is_held = |id: &String| page.grants.iter().any(|grant| grant.entitlement == *id);
        page.entitlements.retain(|entitlement| is_held(&entitlement.id));
        let is_on = |id: &ResourceId| {
            page.entitlements
                .iter()
                .any(|entitlement| entitlement.on.kind == id.kind && entitlement.on.id == id.id)
        };
        page.resources.retain(|resource| is_it(&resource.id) || is_on(&resource.id));
        let missing = || error(ErrorKind::NotFound, Some("principal"), "There is no such person.".into());
        if page.resources.iter().any(|it| is_it(&it.id)) { Ok(page) } else { Err(missing()) }
    }
}

impl identities::Guest for Connector {
    fn wanted(_: SessionBorrow<'_>) -> Result<identities::Demand, Error> {
        Err(error(
            ErrorKind::Unsupported,
            None,
            "A file of teams has no groups of identity providers.".into(),
        ))
    }

    fn learn(session: SessionBorrow<'_>, _: Vec<identities::GroupFacts>) -> Result<(), Error> {
        Self::wanted(session).map(|_| ())
    }

    fn pushed(_: SessionBorrow<'_>) -> Result<identities::PushedFacts, Error> {
        Err(error(ErrorKind::Unsupported, None, "Nobody pushes anything into a file of teams.".into()))
    }
}

fn error(kind: ErrorKind, about: Option<&str>, message: String) -> Error {
    let (retryable, about) = (kind == ErrorKind::Unavailable, about.map(str::to_owned));
    let (code, http_status, retry_after_ms, details) = (None, None, None, "{}".into());
    Error { kind, message, code, http_status, retryable, retry_after_ms, about, details }
}
