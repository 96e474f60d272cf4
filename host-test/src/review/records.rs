//! The records of a read, kept as a review needs them: each grant in four bytes, and grants that are alike
//! together.

use super::kinds::{self, KINDS, TOKEN, kind};
use super::thing::Thing;
use cloudflare_zero_trust::contract::{Basis, Entitlement, Grant, Page, Resource, ResourceId, Warning};
use cloudflare_zero_trust::output::{Names, Sink, SinkError};
use std::collections::HashMap;
use std::io;

/// Everything that was read.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) things: Vec<Thing>,
    /// The places of things, by kind and id.
    places: [HashMap<Box<str>, u32>; KINDS.len()],
    pub(crate) entitlements: Vec<Entitlement>,
    entitlements_by_id: HashMap<String, u32>,
    /// The parts that grants have in common, apart from the entitlement: grants without principals.
    pub(crate) shapes: Vec<Grant>,
    shapes_by_text: HashMap<String, u32>,
    /// The holders of an entitlement for the same reasons, by the places of both.
    pub(crate) held: Vec<Held>,
    held_by_parts: HashMap<(u32, u32), usize>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) names: Names,
    /// The resources whose parents are named by their ids.
    parents: Vec<(u32, ResourceId)>,
}

/// The holders of an entitlement who hold it for the same reasons.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) entitlement: u32,
    pub(crate) shape: u32,
    /// The places of things.
    pub(crate) principals: Vec<u32>,
}

impl Records {
    pub(crate) fn place(&self, kind: u8, id: &str) -> Option<u32> {
        self.places.get(usize::from(kind))?.get(id).copied()
    }

    /// Returns the place of a resource.
    pub(crate) fn place_of(&self, id: &ResourceId) -> Option<u32> {
        self.place(kinds::number(&id.kind)?, &id.id)
    }

    /// Whether an entitlement was read.
    pub(crate) fn has_entitlement(&self, id: &str) -> bool {
        self.entitlements_by_id.contains_key(id)
    }

    fn resource(&mut self, resource: &Resource) -> Result<(), SinkError> {
        let thing = Thing::of(resource, number_of(&resource.id)?);
        let number = thing.kind;
        if !kind(number).is_person {
            self.names.learn_resource(resource);
        }
        let place = self.put(thing);
        if let Some(parent) = &resource.parent {
            self.parents.push((place, parent.clone()));
        }
        Ok(())
    }

    /// Adds a thing. One that comes again replaces the earlier one.
    fn put(&mut self, thing: Thing) -> u32 {
        let next = super::columns::number(self.things.len());
        let Some(places) = self.places.get_mut(usize::from(thing.kind)) else { return next };
        let place = *places.entry(thing.id.clone()).or_insert(next);
        match self.things.get_mut(place as usize) {
            Some(known) => *known = thing,
            None => self.things.push(thing),
        }
        place
    }

    /// Returns the place of a principal. One that no resource stands for is known by its id alone.
    fn principal(&mut self, id: &ResourceId) -> Result<u32, SinkError> {
        let number = number_of(id)?;
        Ok(match self.place(number, &id.id) {
            Some(place) => place,
            None => self.put(Thing::unknown(number, &id.id)),
        })
    }

    fn entitlement(&mut self, entitlement: &Entitlement) -> Result<(), SinkError> {
        self.principal(&entitlement.on)?;
        let next = super::columns::number(self.entitlements.len());
        let place = *self.entitlements_by_id.entry(entitlement.id.clone()).or_insert(next);
        match self.entitlements.get_mut(place as usize) {
            Some(known) => known.clone_from(entitlement),
            None => self.entitlements.push(entitlement.clone()),
        }
        Ok(())
    }

    fn grant(&mut self, grant: &Grant) -> Result<(), SinkError> {
        let Some(entitlement) = self.entitlements_by_id.get(&grant.entitlement).copied() else {
            let problem = format!("there is a grant of {}, and no such entitlement", grant.entitlement);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem).into());
        };
        let shape = self.shape(grant);
        let place = *self.held_by_parts.entry((entitlement, shape)).or_insert_with(|| {
            self.held.push(Held { entitlement, shape, principals: Vec::new() });
            self.held.len() - 1
        });
        for id in &grant.principals {
            let principal = self.principal(id)?;
            if let Some(held) = self.held.get_mut(place) {
                held.principals.push(principal);
            }
        }
        Ok(())
    }

    fn shape(&mut self, grant: &Grant) -> u32 {
        let Grant { basis, conditions, revocable, extra, .. } = grant;
        let mut text = String::with_capacity(256);
        for Basis { rule, value, through } in basis {
            let through = through.as_ref().map_or("", |through| through.id.as_str());
            for part in [rule, own(rule, value), through] {
                text.push_str(part);
                text.push('\u{1f}');
            }
        }
        text.push(if *revocable { '\u{1e}' } else { '\u{1d}' });
        for way in conditions {
            for rules in [&way.any_of, &way.all_of, &way.none_of] {
                for rule in rules {
                    text.push_str(rule);
                    text.push('\u{1f}');
                }
                text.push('\u{1e}');
            }
        }
        text.push_str(extra);
        if let Some(known) = self.shapes_by_text.get(&text) {
            return *known;
        }
        let basis = basis.iter().map(|of| Basis { value: own(&of.rule, &of.value).to_owned(), ..of.clone() });
        let mut basis: Vec<Basis> = basis.collect();
        // Several addresses of one person are named by one word.
        basis.dedup_by(|one, other| is_same(one, other));
        let place = super::columns::number(self.shapes.len());
        self.shapes.push(Grant {
            entitlement: String::new(),
            principals: Vec::new(),
            basis,
            conditions: conditions.clone(),
            revocable: *revocable,
            extra: extra.clone(),
        });
        self.shapes_by_text.insert(text, place);
        place
    }

    /// Puts things before people, and each grant in its place. Holders stand in their order, each once.
    pub(crate) fn settle(&mut self) {
        let mut order: Vec<u32> = (0..super::columns::number(self.things.len())).collect();
        order.sort_by_key(|place| self.things.get(*place as usize).map(|thing| thing.kind));
        let mut new = vec![0_u32; order.len()];
        for (to, from) in (0..).zip(&order) {
            if let Some(slot) = new.get_mut(*from as usize) {
                *slot = to;
            }
        }
        let moved = |place: &u32| new.get(*place as usize).copied().unwrap_or_default();
        let mut things: Vec<Option<Thing>> = std::mem::take(&mut self.things).into_iter().map(Some).collect();
        self.things = order.iter().filter_map(|from| things.get_mut(*from as usize)?.take()).collect();
        self.places.iter_mut().flat_map(HashMap::values_mut).for_each(|place| *place = moved(place));
        for (thing, parent) in std::mem::take(&mut self.parents) {
            let parent = self.place_of(&parent);
            if let Some(thing) = self.things.get_mut(moved(&thing) as usize) {
                thing.parent = parent;
            }
        }
        for held in &mut self.held {
            held.principals.iter_mut().for_each(|place| *place = moved(place));
            held.principals.sort_unstable();
            held.principals.dedup();
        }
        // A grant that came again, with the page that it is on, has the reason that came last.
        self.held.sort_by_key(|held| held.entitlement);
        let mut seen = vec![0_u32; self.things.len()];
        let alike = self.held.chunk_by_mut(|one, other| one.entitlement == other.entitlement);
        for (mark, alike) in (1..).zip(alike).filter(|(_, alike)| alike.len() > 1) {
            for held in alike.iter_mut().rev() {
                held.principals.retain(|place| {
                    seen.get_mut(*place as usize).is_some_and(|seen| std::mem::replace(seen, mark) != mark)
                });
            }
        }
        self.held.retain(|held| !held.principals.is_empty());
        // Each holder of an entitlement is at one reason, so the order is the same for the same records.
        self.held.sort_by_key(|held| (held.entitlement, held.principals.first().copied()));
    }

    /// Whether something of a kind was read.
    pub(crate) fn has(&self, kind: u8) -> bool {
        self.places.get(usize::from(kind)).is_some_and(|places| !places.is_empty())
    }

    /// Guesses which kinds were read, where nobody says it. A kind of which there is something was; and where
    /// there is something of all kinds that every account has, all were that are read without being named.
    pub(crate) fn guess_read(&self) -> [bool; KINDS.len()] {
        const EVERYWHERE: [u8; 5] = [kinds::GROUP, kinds::APP, kinds::ROLE, kinds::MEMBER, kinds::USER];
        let is_whole = EVERYWHERE.iter().all(|kind| self.has(*kind));
        let mut read = [false; KINDS.len()];
        for (number, read) in (0..).zip(&mut read) {
            *read = self.has(number) || (is_whole && number != TOKEN);
        }
        read
    }
}

fn number_of(id: &ResourceId) -> Result<u8, SinkError> {
    kinds::number(&id.kind).ok_or_else(|| {
        let problem = format!("there is no kind {:?}", id.kind.chars().take(40).collect::<String>());
        io::Error::new(io::ErrorKind::InvalidData, problem).into()
    })
}

/// Returns the value of a rule, unless the rule names the holder: then it is the holder's own, and would keep
/// apart grants that are alike.
fn own<'v>(rule: &str, value: &'v str) -> &'v str {
    if ["email", "service_token", "member", "policy"].contains(&rule) { "" } else { value }
}

fn is_same(one: &Basis, other: &Basis) -> bool {
    let through = |of: &Basis| of.through.as_ref().map(|id| (id.kind.clone(), id.id.clone()));
    (&one.rule, &one.value, through(one)) == (&other.rule, &other.value, through(other))
}

impl Sink for Records {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        page.resources.iter().try_for_each(|resource| self.resource(resource))?;
        page.entitlements.iter().try_for_each(|entitlement| self.entitlement(entitlement))?;
        page.grants.iter().try_for_each(|grant| self.grant(grant))?;
        self.warnings.extend(page.warnings.iter().cloned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::page_of;
    use super::super::samples::{account, basis, entitlement, grant, resource};
    use super::*;

    fn records(lines: &[String]) -> Records {
        let mut records = Records::default();
        for line in lines {
            records.page(&page_of(line.as_bytes()).unwrap()).unwrap();
        }
        records.settle();
        records
    }

    fn group() -> Vec<String> {
        vec![
            account("user", "u1", "Ann", "ann@x", ""),
            account("member", "m1", "Ann", "ann@x", ""),
            resource("group", "g", "Staff", "{}"),
            entitlement("group", "g", "member", "{}"),
        ]
    }

    fn to(holder: &str, rule: &str) -> String {
        grant("group:g:member", holder, &basis(rule, "x"), "null", true)
    }

    /// Returns each reason's rule, and the ids of its holders.
    fn held(records: &Records) -> Vec<(&str, Vec<&str>)> {
        let id = |place: &u32| &*records.things[*place as usize].id;
        let rule = |held: &Held| records.shapes[held.shape as usize].basis[0].rule.as_str();
        records.held.iter().map(|held| (rule(held), held.principals.iter().map(id).collect())).collect()
    }

    #[test]
    fn things_come_before_people_and_grants_that_are_alike_stand_together() {
        let mut lines = group();
        lines.extend([to("user:u1", "email_domain"), to("member:m1", "email_domain")]);
        let records = records(&lines);
        let ids: Vec<&str> = records.things.iter().map(|thing| &*thing.id).collect();
        assert_eq!(ids, ["g", "m1", "u1"]);
        assert_eq!(held(&records), [("email_domain", vec!["m1", "u1"])]);
        assert_eq!((records.place(kinds::USER, "u1"), records.place(kinds::USER, "u2")), (Some(2), None));
    }

    #[test]
    fn what_comes_again_is_there_once_and_as_it_came_last() {
        let mut lines = group();
        lines.extend([to("user:u1", "email"), to("member:m1", "email"), to("user:u1", "email")]);
        lines.push(to("user:u1", "everyone"));
        lines.extend([account("user", "u1", "Ann Lee", "ann@x", ""), resource("group", "g", "All", "{}")]);
        let records = records(&lines);
        assert_eq!(held(&records), [("email", vec!["m1"]), ("everyone", vec!["u1"])]);
        let names: Vec<&str> = records.things.iter().map(|thing| &*thing.name).collect();
        assert_eq!(names, ["All", "Ann", "Ann Lee"]);
    }

    #[test]
    fn a_parent_may_come_later_and_a_holder_may_never_come() {
        let own = resource("policy", "p", "Own", "{}")
            .replace(r#""parent":null"#, r#""parent":{"kind":"app","id":"a"}"#);
        let mut lines = vec![own, resource("app", "a", "Wiki", "{}")];
        lines.extend(group());
        lines.push(to("email:bo@x", "email"));
        let records = records(&lines);
        let thing = |kind, id| &records.things[records.place(kind, id).unwrap() as usize];
        assert_eq!(thing(kinds::POLICY, "p").parent, records.place(kinds::APP, "a"));
        assert_eq!(&*thing(kinds::EMAIL, "bo@x").name, "bo@x");
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        let mut records = Records::default();
        let unknown = grant("group:gone:member", "user:u1", &basis("email", ""), "null", true);
        for (line, problem) in [
            (unknown, "there is a grant of group:gone:member, and no such entitlement"),
            (resource("new", "n", "N", "{}"), "there is no kind \"new\""),
        ] {
            let error = records.page(&page_of(line.as_bytes()).unwrap()).unwrap_err().to_string();
            assert_eq!(error, problem);
        }
    }

    #[test]
    fn what_was_read_is_guessed_only_from_what_is_there() {
        let read = |lines: &[String]| {
            let read = records(lines).guess_read();
            let names = KINDS.iter().zip(read).filter(|(_, read)| *read).map(|(kind, _)| kind.id);
            names.collect::<Vec<_>>().join(" ")
        };
        let mut lines = group();
        assert_eq!(read(&lines), "group member user");
        lines.push(resource("role", "r", "DNS", "{}"));
        lines.push(resource("app", "a", "Wiki", "{}"));
        let whole = "identity-provider group policy app role user-group scoped-role member user email";
        assert_eq!(read(&lines), whole, "but for tokens, which are read only when they are named");
        lines.push(resource("service-token", "t", "CI", "{}"));
        assert!(read(&lines).contains("service-token"));
    }
}
