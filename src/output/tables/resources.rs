//! The tables of what can be held, and of what gives it: groups and roles, applications, policies,
//! identity providers.

use super::super::application;
use super::super::asked_for::{APP, PEOPLE, TOKEN};
use super::super::conditions::alternative;
use super::super::names::resource_name;
use super::super::policy;
use super::super::rank::rank;
use super::super::rows::{Cell, cell, notable_cell};
use super::super::snapshot::HeldBy;
use super::super::words::kind;
use super::{Tables, notable_number, number};
use crate::contract::{Entitlement, Resource, ResourceId};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

const POLICY: &str = "policy";
const PROVIDER: &str = "identity-provider";

/// The columns for the numbers of those who hold something.
struct Holders {
    kinds: Vec<&'static str>,
    headings: Vec<&'static str>,
}

/// The numbers of those who hold what is on each resource, by its kind and id.
type Held<'a> = HashMap<(&'a str, &'a str), HeldBy>;

impl<'a> Tables<'a> {
    pub(super) fn write_resources(&self, to: &mut impl Write) -> io::Result<()> {
        let held = self.held_on_each();
        if self.asked_for.has_groups_or_roles() {
            self.groups_and_roles(&held, to)?;
        }
        if self.asked_for.has_apps() {
            self.applications(&held, to)?;
        }
        if self.asked_for.has(POLICY) {
            self.policies(to)?;
        }
        if self.asked_for.has(PROVIDER) {
            self.identity_providers(to)?;
        }
        Ok(())
    }

    fn held_on_each(&self) -> Held<'a> {
        let mut held = Held::new();
        for (entitlement, by) in self.snapshot.held_by() {
            let held = held.entry((&entitlement.on.kind, &entitlement.on.id)).or_default();
            held.conditional += by.conditional;
            for (kind, count) in &by.kinds {
                *held.kinds.entry(*kind).or_default() += count;
            }
        }
        held
    }

    fn groups_and_roles(&self, held: &Held<'_>, to: &mut impl Write) -> io::Result<()> {
        let holders = self.holders();
        let mut table =
            self.table(&[&["Name", "Kind"][..], &holders.headings].concat(), &["!Id", "!Entitlement"]);
        let is_other = |kind: &str| PEOPLE.contains(&kind) || [TOKEN, APP, POLICY, PROVIDER].contains(&kind);
        let is_holdable = |kind: &str| !is_other(kind);
        for resource in self.sorted(is_holdable).into_iter().take(Self::ROWS) {
            let mut row = vec![cell(&resource.display_name), cell(kind(&resource.id.kind, false))];
            row.extend(holders.of(held, &resource.id));
            row.extend(self.id_cells(resource));
            table.add(row);
        }
        self.section(to, "Groups and roles", &table, self.count(is_holdable))
    }

    fn applications(&self, held: &Held<'_>, to: &mut impl Write) -> io::Result<()> {
        let holders = self.holders();
        let headings = [&["Name", "?Type", "+Where"][..], &holders.headings, &["Open to"]].concat();
        let mut table = self.table(&headings, &["!Id", "!Entitlement"]);
        let entitlements = self.snapshot.entitlements().iter().filter(|held| held.on.kind == APP);
        let open: BTreeMap<&str, &Entitlement> =
            entitlements.map(|held| (held.on.id.as_str(), held)).collect();
        let is_app = |kind: &str| kind == APP;
        for app in self.sorted(is_app).into_iter().take(Self::ROWS) {
            let profile = application::Profile::of(app);
            let place = profile.place(self.words().with_most(2));
            let mut row =
                vec![cell(&app.display_name), cell(profile.type_in_words()), cell(place).with_whole_items()];
            row.extend(holders.of(held, &app.id));
            let open_to = open.get(app.id.id.as_str()).map(|held| application::open_to(held));
            row.push(notable_cell(open_to.unwrap_or_default()));
            row.extend(self.id_cells(app));
            table.add(row);
        }
        self.section(to, "Applications", &table, self.count(is_app))?;
        let public: Vec<String> = self.public().map(|id| self.words().name(APP, id)).collect();
        if !public.is_empty() {
            let names = self.words().list(public.into_iter(), ", ");
            let note = format!("Anybody on the internet reaches these without a login: {names}.");
            self.write_notice(&note, to)?;
        }
        Ok(())
    }

    /// Returns the ids of the applications that are open to everybody.
    pub(super) fn public(&self) -> impl Iterator<Item = &'a str> {
        let public = self.snapshot.entitlements().iter().filter(|it| application::is_public(it));
        public.map(|entitlement| entitlement.on.id.as_str())
    }

    fn policies(&self, to: &mut impl Write) -> io::Result<()> {
        let mut table = self.table(&["Name", "Action", "Application", "+For whom"], &["!Id"]);
        let is_policy = |kind: &str| kind == POLICY;
        for policy in self.sorted(is_policy).into_iter().take(Self::ROWS) {
            let profile = policy::Profile::of(&policy.profile);
            let of = match (&policy.parent, profile.app_count()) {
                (Some(app), _) => self.snapshot.name(&app.kind, &app.id).to_owned(),
                (None, Some(1)) => "reusable, in 1 application".to_owned(),
                (None, Some(many)) => format!("reusable, in {many} applications"),
                (None, None) => "reusable".to_owned(),
            };
            let mut row = vec![
                cell(&policy.display_name),
                if profile.is_bypass() { notable_cell(profile.action()) } else { cell(profile.action()) },
                cell(of),
                cell(alternative(&profile.rules_and_approval(), self.words())),
            ];
            row.extend(self.ids.then(|| cell(resource_name(&policy.id))));
            table.add(row);
        }
        self.section(to, "Policies", &table, self.count(is_policy))
    }

    fn identity_providers(&self, to: &mut impl Write) -> io::Result<()> {
        let mut table = self.table(&["Name", "Type"], &["!Id"]);
        let is_provider = |kind: &str| kind == PROVIDER;
        for provider in self.sorted(is_provider).into_iter().take(Self::ROWS) {
            let profile: Value = serde_json::from_str(&provider.profile).unwrap_or_default();
            let kind = profile.get("type").and_then(Value::as_str).unwrap_or_default();
            let mut row = vec![cell(&provider.display_name), cell(kind)];
            row.extend(self.ids.then(|| cell(resource_name(&provider.id))));
            table.add(row);
        }
        self.section(to, "Identity providers", &table, self.count(is_provider))
    }

    /// Returns the columns for the holders that were asked for.
    fn holders(&self) -> Holders {
        let columns = [
            ("user", ">Users"),
            ("member", ">Members"),
            ("email", ">Unmatched emails"),
            (TOKEN, ">Service tokens"),
        ];
        let (kinds, mut headings): (Vec<_>, Vec<_>) =
            columns.into_iter().filter(|(kind, _)| self.asked_for.has(kind)).unzip();
        if !kinds.is_empty() {
            headings.push(">Of these with conditions");
        }
        Holders { kinds, headings }
    }

    fn id_cells(&self, resource: &Resource) -> Vec<Cell> {
        if !self.ids {
            return Vec::new();
        }
        let entitlements: Vec<&str> = self.snapshot.held_on_it(&resource.id).collect();
        vec![cell(resource_name(&resource.id)), cell(entitlements.join(" "))]
    }
}

impl Holders {
    fn of(&self, held: &Held<'_>, on: &ResourceId) -> Vec<Cell> {
        let none = HeldBy::default();
        let held = held.get(&(on.kind.as_str(), on.id.as_str())).unwrap_or(&none);
        let by = |kind: &str| held.kinds.get(&rank(kind)).copied().unwrap_or_default();
        let mut cells: Vec<Cell> = (self.kinds.iter())
            .map(|&kind| if kind == "email" { notable_number(by(kind)) } else { number(by(kind)) })
            .collect();
        cells.extend((!self.kinds.is_empty()).then(|| notable_number(held.conditional)));
        cells
    }
}
