//! The tables of who holds what and why, and of who reaches which application.

use super::super::application::{self, Opening, Profile};
use super::super::asked_for::{APP, PEOPLE, TOKEN};
use super::super::conditions::only_if;
use super::super::expected;
use super::super::names::resource_name;
use super::super::rank::rank;
use super::super::rows::{Cell, Rows, cell, notable_cell};
use super::super::snapshot::Held;
use super::super::words::kind;
use super::Tables;
use crate::contract::{Grant, Resource, ResourceId, Warning};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// The cells that principals share who hold the same thing for the same reason.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reason<'a> {
    kind: usize,
    kind_name: &'a str,
    why: String,
    only_if: String,
    revocable: bool,
}

/// Something that is held, in the order of the table: the rank of its resource's kind, the
/// resource's name, and the id of the entitlement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Holdable<'a> {
    rank: usize,
    name: &'a str,
    entitlement: &'a str,
}

/// Everybody and everything that has access to one thing.
#[derive(Default)]
struct Ways<'a> {
    openings: Vec<Opening>,
    reasons: BTreeMap<Reason<'a>, Holders<'a>>,
}

/// The note that one person may be in several rows.
const SEVERAL_ACCOUNTS: &str = "One person can be several accounts, and be in several rows: as a user, who \
                                logs in; as a member, who manages this Cloudflare account; and by an \
                                unmatched email, an address that a rule names and no account has.";

/// Those who hold something for the same reason: those who are known, and the number of all.
#[derive(Default)]
struct Holders<'a> {
    known: Vec<Holder<'a>>,
    count: u64,
}

/// Somebody who holds it.
struct Holder<'a> {
    name: &'a str,
    id: &'a ResourceId,
}

/// A table, and what is left out of it.
struct Growing {
    table: Rows,
    rows: usize,
    is_cut: bool,
}

impl<'a> Tables<'a> {
    /// Writes the tables of grants on all that is there.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_grants(&self, to: &mut impl Write) -> io::Result<()> {
        let entitlements = || self.snapshot.entitlements().iter();
        if entitlements().any(|entitlement| entitlement.on.kind != APP) {
            self.write_held(to)?;
        }
        if entitlements().any(|entitlement| entitlement.on.kind == APP) {
            self.write_reach(to)?;
        }
        Ok(())
    }

    /// Writes the table of grants on groups and roles, with a row for all principals that share a
    /// reason.
    pub(super) fn write_held(&self, to: &mut impl Write) -> io::Result<()> {
        let headings = ["Group or role", "+Who", "+Why", "+Only if", "Revocable"];
        let mut growing = Growing { table: self.table(&headings, &["!Entitlement"]), rows: 0, is_cut: false };
        for (holdable, ways) in self.ways(|kind| kind != APP) {
            let mut first = [cell(self.words().in_brief(holdable.name)), cell(holdable.entitlement)];
            for (reason, holders) in ways.reasons {
                self.add(&mut growing, &mut first, |is_cut| {
                    let revocable = cell(if reason.revocable { "yes" } else { "no" });
                    [&self.reason_cells(&reason, holders, is_cut)[..], &[revocable]].concat()
                });
            }
        }
        self.finish("Who holds what, and why", &growing, to)?;
        self.write_expected(|kind| kind != APP, to)
    }

    /// Writes the table of who reaches which application. What opens one to nobody in particular comes
    /// before all principals.
    pub(super) fn write_reach(&self, to: &mut impl Write) -> io::Result<()> {
        let headings = ["Application", "+Who", "+Why", "+Only if"];
        let mut growing = Growing { table: self.table(&headings, &["!Entitlement"]), rows: 0, is_cut: false };
        let mut people = BTreeSet::new();
        for (holdable, ways) in self.ways(|kind| kind == APP) {
            people.extend(ways.reasons.keys().map(|of| of.kind_name).filter(|kind| PEOPLE.contains(kind)));
            let mut first = [cell(holdable.name), cell(holdable.entitlement)];
            for Opening { who, why, only_if } in ways.openings {
                let cells = |_: &mut bool| vec![notable_cell(who), cell(why), notable_cell(only_if)];
                self.add(&mut growing, &mut first, cells);
            }
            for (reason, holders) in ways.reasons {
                let cells = |is_cut: &mut bool| self.reason_cells(&reason, holders, is_cut).to_vec();
                self.add(&mut growing, &mut first, cells);
            }
        }
        // Without those who can hold something, nothing can be said of nobody.
        if growing.rows == 0 && !self.asked_for.has_holders() {
            return Ok(());
        }
        self.finish("Who can reach which application, and why", &growing, to)?;
        self.write_expected(|kind| kind == APP, to)?;
        if people.len() > 1 {
            for line in self.terminal.paragraph(SEVERAL_ACCOUNTS, 0).lines() {
                writeln!(to, "{}", self.terminal.faint(line))?;
            }
            writeln!(to)?;
        }
        match self.without_tokens() {
            Some(note) => self.write_notice(&note, to),
            None => Ok(()),
        }
    }

    /// Says which applications service tokens may reach, if tokens weren't read.
    fn without_tokens(&self) -> Option<String> {
        let is_for_tokens = |app: &&Resource| app.id.kind == APP && Profile::of(app).is_for_services();
        let apps = self.sorted(|kind| kind == APP).into_iter().filter(is_for_tokens);
        let names: Vec<String> = apps.map(|app| self.words().name(APP, &app.id.id)).collect();
        let is_told = names.is_empty() || self.asked_for.has(TOKEN);
        (!is_told).then(|| {
            format!(
                "Service tokens weren't read, and a Service Auth policy lets some of them reach {}: sync \
                 --kinds app,service-token shows which.",
                self.words().list(names.into_iter(), ", ")
            )
        })
    }

    /// Adds a row, unless there are too many. Only the first row of something has its name and id.
    fn add(&self, growing: &mut Growing, first: &mut [Cell; 2], cells: impl FnOnce(&mut bool) -> Vec<Cell>) {
        growing.rows += 1;
        if growing.rows <= Self::ROWS {
            let [name, entitlement] = std::mem::replace(first, [Cell::as_above(), Cell::as_above()]);
            let mut row = vec![name];
            row.extend(cells(&mut growing.is_cut));
            row.extend(self.ids.then_some(entitlement));
            growing.table.add(row);
        }
    }

    fn finish(&self, title: &str, growing: &Growing, to: &mut impl Write) -> io::Result<()> {
        self.section(to, title, &growing.table, growing.rows as u64)?;
        if growing.is_cut {
            let note = "Not everybody is named here: --format jsonl names them all.";
            writeln!(to, "{}\n", self.terminal.faint(note))?;
        }
        Ok(())
    }

    /// Says what the marks in front of conditions mean, where there are some.
    fn write_expected(&self, wanted: fn(&str) -> bool, to: &mut impl Write) -> io::Result<()> {
        let is_of_it = |entitlement| wanted(self.snapshot.held_on(entitlement).map_or("", |on| &on.kind));
        let grants = self.snapshot.held().iter().map(|held| &held.grant);
        let Some(note) = expected::note(grants.filter(|grant| is_of_it(&grant.entitlement))) else {
            return Ok(());
        };
        for line in self.terminal.paragraph(&note, 0).lines() {
            writeln!(to, "{}", self.terminal.faint(line))?;
        }
        writeln!(to)
    }

    /// Returns everything that is held on resources of these kinds, in the order of the names of the
    /// resources, with those who have access.
    fn ways(&self, wanted: fn(&str) -> bool) -> BTreeMap<Holdable<'a>, Ways<'a>> {
        let snapshot = self.snapshot;
        let mut all: BTreeMap<Holdable<'a>, Ways<'a>> = BTreeMap::new();
        let holdable = |on: Option<&'a ResourceId>, entitlement: &'a str| {
            let (kind, id) = on.map_or(("", entitlement), |on| (&on.kind, &on.id));
            Holdable { rank: rank(kind), name: snapshot.name(kind, id), entitlement }
        };
        for Held { grant, count } in snapshot.held() {
            let Some(first) = grant.principals.first() else { continue };
            let on = snapshot.held_on(&grant.entitlement);
            if !wanted(on.map_or("", |on| &on.kind)) {
                continue;
            }
            let ways = all.entry(holdable(on, &grant.entitlement)).or_default();
            let holders = ways.reasons.entry(self.reason(grant, first)).or_default();
            holders.count += count;
            holders.known.extend(
                grant.principals.iter().map(|id| Holder { name: snapshot.name(&id.kind, &id.id), id }),
            );
        }
        for entitlement in snapshot.entitlements().iter().filter(|of| of.on.kind == APP && wanted(APP)) {
            let profile = snapshot.resource(&entitlement.on).map(Profile::of).unwrap_or_default();
            let mut openings = application::openings(entitlement, &profile, self.words());
            openings.extend(application::known_at_login(&profile, self.words(), |id| snapshot.policy(id)));
            let is_of_it = |of: &Warning| {
                let about = of.about.as_ref().map(|about| (&about.kind, &about.id));
                of.code == "app-not-understood" && about == Some((&entitlement.on.kind, &entitlement.on.id))
            };
            if snapshot.warnings().iter().any(is_of_it) {
                openings.push(application::not_known());
            }
            let of_it = holdable(Some(&entitlement.on), &entitlement.id);
            if openings.is_empty() && !all.contains_key(&of_it) && self.asked_for.has_people() {
                openings.extend(application::nobody_by_name(&profile, self.words()));
            }
            if !openings.is_empty() {
                all.entry(of_it).or_default().openings = openings;
            }
        }
        all
    }

    fn reason(&self, grant: &'a Grant, principal: &'a ResourceId) -> Reason<'a> {
        Reason {
            kind: rank(&principal.kind),
            kind_name: &principal.kind,
            why: self.words().basis(&grant.basis),
            only_if: only_if(grant, self.words()),
            revocable: grant.revocable,
        }
    }

    /// Returns the cells for who, why and only if. Tells `is_cut` if not everybody is named.
    fn reason_cells(&self, reason: &Reason<'_>, mut holders: Holders<'_>, is_cut: &mut bool) -> [Cell; 3] {
        holders.known.sort_unstable_by_key(|holder| (holder.name, &holder.id.id));
        let shown = |&Holder { name, id }: &Holder<'_>| {
            let mark = self.snapshot.mark_of(id);
            let of_id = (self.ids && *name != *id.id).then(|| resource_name(id));
            let name = if self.ids && of_id.is_none() { resource_name(id) } else { name.to_owned() };
            match (mark, of_id) {
                (Some(mark), Some(of_id)) => format!("{name} ({mark}: {of_id})"),
                (Some(mark), None) => format!("{name} ({mark})"),
                (None, Some(of_id)) => format!("{name} ({of_id})"),
                (None, None) => name,
            }
        };
        let mut who: Vec<String> = holders.known.iter().take(self.names).map(shown).collect();
        let more = holders.count - who.len() as u64;
        if more > 0 {
            who.push(format!("and {more} more"));
            *is_cut = true;
        }
        let kind = kind(reason.kind_name, holders.count != 1);
        let who = format!("{} {kind}: {}", holders.count, who.join(", "));
        [
            if reason.kind_name == "email" { notable_cell(who) } else { cell(who) }.with_whole_items(),
            cell(&reason.why),
            notable_cell(&reason.only_if),
        ]
    }
}
