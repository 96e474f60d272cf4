//! Membership of groups, evaluated from the raw rules as JSON. It needs nothing else, so that the
//! fuzz targets can use it without the host.

mod rule;
mod text;

use rule::{Part, Rule, RuleSet};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The items of Zero Trust lists by id, or `None` for a list that can't be read. A list that doesn't
/// exist can't be read either.
pub type Lists = BTreeMap<String, Option<Vec<String>>>;

/// The person that groups are evaluated for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub kind: Kind,
    pub address: Option<String>,
    /// A member's status: `accepted`, `pending` or `rejected`.
    pub status: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Access user.
    User,
    /// An account member.
    Member,
    /// An address that no user and no member has.
    Email,
}

impl Kind {
    /// Returns the kind's word in a grant's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Member => "member",
            Kind::Email => "email",
        }
    }
}

/// The way in which a principal holds an entitlement.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// `None` means that the grant is certain.
    pub conditions: Option<Conditions>,
    /// Rule kinds and values as the rules spell them, sorted, each once.
    pub basis: Vec<(String, String)>,
    /// For a group: whether other rules remain without the person's own `email` rules, none of them may
    /// mean the person in another spelling, and the person is no member then. For a role: whether the
    /// member has others, and every policy mirrors a role over the whole account.
    pub revocable: bool,
}

/// A group's own open rules, raw and in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    pub any_of: Vec<Value>,
    pub all_of: Vec<Value>,
    pub none_of: Vec<Value>,
}

/// Returns a principal's membership of each group, or `None` where there is none. `groups` are as the
/// API returns them.
pub fn evaluate(
    account_id: &str,
    groups: &[Value],
    lists: &Lists,
    principal: &Principal,
) -> BTreeMap<String, Option<Held>> {
    World::new(account_id, groups, lists).holdings(principal)
}

/// Returns the groups with an include rule whose text isn't one address or one domain, and may mean
/// the principal. The rule may be in an included group.
pub fn unclear(account_id: &str, groups: &[Value], lists: &Lists, principal: &Principal) -> BTreeSet<String> {
    let world = World::new(account_id, groups, lists);
    let everything: Vec<usize> = (0..world.groups.len()).collect();
    let solution = world.solve(principal, &everything);
    let unclear = everything.iter().filter(|at| world.is_unclear(&solution, **at));
    unclear.map(|at| world.groups[*at].id.to_owned()).collect()
}

/// Kleene's truth values: *or* is the greatest of values, *and* the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kleene {
    No,
    Open,
    Yes,
}

use Kleene::{No, Open, Yes};

impl Kleene {
    fn not(self) -> Kleene {
        match self {
            No => Yes,
            Open => Open,
            Yes => No,
        }
    }
}

fn any(values: impl Iterator<Item = Kleene>) -> Kleene {
    values.max().unwrap_or(No)
}

fn all(values: impl Iterator<Item = Kleene>) -> Kleene {
    values.min().unwrap_or(Yes)
}

/// The references between groups.
struct References {
    /// `reach[a][b]`: whether a path of references leads from a to b.
    reach: Vec<Vec<bool>>,
    /// For each group, whether it is in a circle that passes through an exclude: every reference
    /// inside of its component is open then.
    unsolvable: Vec<bool>,
}

impl References {
    fn new(groups: &[Rc<RuleSet>], index: &BTreeMap<&str, usize>) -> References {
        let targets = |rules: &Part| -> Vec<usize> {
            let target = |rule: &Rule| match rule {
                Rule::Group(id) => index.get(id).copied(),
                _ => None,
            };
            rules.iter().filter_map(|(rule, _)| target(rule)).collect()
        };
        let count = groups.len();
        let excluded: Vec<Vec<usize>> = groups.iter().map(|group| targets(&group.exclude)).collect();
        let mut reach = vec![vec![false; count]; count];
        for (from, group) in groups.iter().enumerate() {
            for to in [targets(&group.include), targets(&group.require), excluded[from].clone()].concat() {
                reach[from][to] = true;
            }
        }
        for via in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][via] && reach[via][to];
                }
            }
        }
        let together = |a: usize, b: usize| a == b || (reach[a][b] && reach[b][a]);
        let excludes_within = |a: usize| excluded[a].iter().any(|b| reach[*b][a]);
        let unsolvable =
            (0..count).map(|group| (0..count).any(|a| together(group, a) && excludes_within(a))).collect();
        References { reach, unsolvable }
    }

    /// Whether both are in the same strongly connected component.
    fn together(&self, a: usize, b: usize) -> bool {
        a == b || (self.reach[a][b] && self.reach[b][a])
    }

    /// Returns the number of groups that can be reached from this one, with itself.
    fn reaches(&self, group: usize) -> usize {
        self.reach[group].iter().enumerate().filter(|(at, reached)| **reached || *at == group).count()
    }
}

#[derive(Clone)]
pub(super) struct World<'a> {
    account_id: &'a str,
    lists: &'a Lists,
    groups: Vec<Rc<RuleSet<'a>>>,
    index: Rc<BTreeMap<&'a str, usize>>,
    references: Rc<References>,
}

impl<'a> World<'a> {
    pub(super) fn new(account_id: &'a str, groups: &'a [Value], lists: &'a Lists) -> World<'a> {
        let groups: Vec<_> = groups.iter().filter_map(RuleSet::read).map(Rc::new).collect();
        let index: BTreeMap<_, _> = groups.iter().enumerate().map(|(at, group)| (group.id, at)).collect();
        let references = References::new(&groups, &index);
        World { account_id, lists, groups, index: Rc::new(index), references: Rc::new(references) }
    }

    /// Returns the addresses, in lower case, that an include rule names one by one, directly or
    /// through a list that can be read.
    pub(super) fn included_addresses(&self) -> BTreeSet<String> {
        let mut addresses = BTreeSet::new();
        for (rule, _) in self.groups.iter().flat_map(|group| &group.include) {
            match *rule {
                Rule::Email(address) => addresses.extend([address.to_ascii_lowercase()]),
                Rule::List(id) => {
                    let items = self.lists.get(id).and_then(Option::as_ref).into_iter().flatten();
                    addresses
                        .extend(items.filter(|item| !item.is_empty()).map(|item| item.to_ascii_lowercase()));
                }
                _ => {}
            }
        }
        addresses.retain(|address| text::is_address(address));
        addresses
    }

    pub(super) fn holdings(&self, principal: &Principal) -> BTreeMap<String, Option<Held>> {
        let everything: Vec<usize> = (0..self.groups.len()).collect();
        let solution = self.solve(principal, &everything);
        let held = |at: usize| (self.groups[at].id.to_owned(), self.held(&solution, at));
        everything.iter().map(|at| held(*at)).collect()
    }

    /// Solves these groups, which refer to no others.
    fn solve<'w>(&'w self, principal: &'w Principal, groups: &[usize]) -> Solution<'w, 'a> {
        let count = self.groups.len();
        let mut solution =
            Solution { world: self, principal, values: vec![No; count], named: vec![false; count] };
        // A group reaches everything that its references reach, and more, unless one of them leads back
        // to it. So in this order, a component is solved after everything that it refers to.
        let mut order = groups.to_vec();
        order.sort_by_key(|group| self.references.reaches(*group));
        for group in &order {
            let component: Vec<_> =
                order.iter().copied().filter(|other| self.references.together(*group, *other)).collect();
            while component.iter().any(|at| solution.raise_value(*at)) {}
        }
        while order.iter().any(|at| solution.raise_named(*at)) {}
        solution
    }

    fn held(&self, solution: &Solution, at: usize) -> Option<Held> {
        let value = solution.values[at];
        if !solution.named[at] || value == No {
            return None;
        }
        let rules = &self.groups[at];
        let open = |part: &Part| -> Vec<Value> {
            part.iter()
                .filter(|(rule, _)| solution.rule(at, *rule) == Open)
                .map(|(_, raw)| (*raw).clone())
                .collect()
        };
        let included = any(solution.part(at, &rules.include));
        let conditions = Conditions {
            any_of: if included == Yes { Vec::new() } else { open(&rules.include) },
            all_of: open(&rules.require),
            none_of: open(&rules.exclude),
        };
        let naming = rules.include.iter().filter(|(rule, _)| solution.names(*rule));
        let basis: BTreeSet<_> = naming.map(|(rule, _)| rule.basis()).collect();
        Some(Held {
            conditions: (value == Open).then_some(conditions),
            basis: basis.into_iter().collect(),
            revocable: self.revocable(solution.principal, at),
        })
    }

    /// Whether an include rule of a group, or of a group that it includes and that isn't *no*, has a text
    /// that may mean the principal.
    fn is_unclear(&self, solution: &Solution, at: usize) -> bool {
        let mut included = BTreeSet::from([at]);
        loop {
            let rules = included.iter().flat_map(|at| &self.groups[*at].include);
            let inner = rules.filter_map(|(rule, _)| match rule {
                Rule::Group(id) => self.index.get(id).copied(),
                _ => None,
            });
            let more: BTreeSet<usize> = inner.filter(|inner| solution.values[*inner] != No).collect();
            if more.is_subset(&included) {
                return included.iter().any(|at| self.has_unclear(solution, *at));
            }
            included.extend(more);
        }
    }

    /// Whether an include rule of a group itself has a text that may mean the principal.
    fn has_unclear(&self, solution: &Solution, at: usize) -> bool {
        let decided = |rule| match rule {
            Rule::Email(_) | Rule::Domain(_) => true,
            Rule::List(id) => matches!(self.lists.get(id), Some(Some(_))),
            _ => false,
        };
        let mut include = self.groups[at].include.iter();
        let is_open = |rule| decided(rule) && solution.rule(at, rule) == Open;
        solution.principal.address.is_some() && include.any(|(rule, _)| is_open(*rule))
    }

    /// Whether other include rules remain without the principal's own `email` rules, and the principal
    /// is no member then.
    fn revocable(&self, principal: &Principal, at: usize) -> bool {
        let is_own = |rule: Rule| match (rule, &principal.address) {
            (Rule::Email(rule), Some(own)) => rule.eq_ignore_ascii_case(own),
            _ => false,
        };
        let group = &self.groups[at];
        let left: Vec<_> = group.include.iter().copied().filter(|(rule, _)| !is_own(*rule)).collect();
        if left.is_empty() || left.len() == group.include.len() {
            return false;
        }
        let (exclude, require) = (group.exclude.clone(), group.require.clone());
        let mut changed = self.clone();
        changed.groups[at] = Rc::new(RuleSet { id: group.id, include: left, exclude, require });
        // No other group can have an influence.
        let reached = |other: &usize| *other == at || self.references.reach[at][*other];
        let concerned: Vec<_> = (0..self.groups.len()).filter(reached).collect();
        let solution = changed.solve(principal, &concerned);
        (!solution.named[at] || solution.values[at] == No) && !changed.is_unclear(&solution, at)
    }
}

/// The values of groups for a principal. They rise from *no* until nothing changes.
struct Solution<'w, 'a> {
    world: &'w World<'a>,
    principal: &'w Principal,
    values: Vec<Kleene>,
    named: Vec<bool>,
}

impl Solution<'_, '_> {
    /// Evaluates a group again. Returns whether its value changed.
    fn raise_value(&mut self, at: usize) -> bool {
        let group = &self.world.groups[at];
        let value = all([
            any(self.part(at, &group.include)),
            all(self.part(at, &group.require)),
            any(self.part(at, &group.exclude)).not(),
        ]
        .into_iter());
        std::mem::replace(&mut self.values[at], value) != value
    }

    /// Evaluates again whether a group names the principal. Returns whether this changed.
    fn raise_named(&mut self, at: usize) -> bool {
        let named = self.world.groups[at].include.iter().any(|(rule, _)| self.names(*rule));
        std::mem::replace(&mut self.named[at], named) != named
    }

    /// Returns the values of the rules in a part of a group.
    fn part(&self, at: usize, part: &Part) -> impl Iterator<Item = Kleene> {
        part.iter().map(move |(rule, _)| self.rule(at, *rule))
    }

    /// Returns the value of a rule of a group.
    fn rule(&self, at: usize, rule: Rule) -> Kleene {
        let address = self.principal.address.as_deref();
        // Certain, or else maybe.
        let by_address = |holds: &dyn Fn(&str) -> bool, may_hold: &dyn Fn(&str) -> bool| {
            let value = |address| if may_hold(address) { Open } else { No };
            address.map_or(Open, |address| if holds(address) { Yes } else { value(address) })
        };
        match rule {
            Rule::Everyone => Yes,
            Rule::Email(wanted) => by_address(&|address| address.eq_ignore_ascii_case(wanted), &|address| {
                text::may_mean(wanted, address)
            }),
            Rule::Domain(wanted) => {
                let of = |address: &str, is_it: &dyn Fn(&str) -> bool| {
                    address.rsplit_once('@').is_some_and(|(_, domain)| is_it(domain))
                };
                by_address(
                    &|address| of(address, &|domain| domain.eq_ignore_ascii_case(text::domain(wanted))),
                    &|address| of(address, &|domain| text::may_mean_domain(wanted, domain)),
                )
            }
            Rule::List(id) => match self.world.lists.get(id) {
                Some(Some(items)) => by_address(
                    &|address| items.iter().any(|item| item.eq_ignore_ascii_case(address)),
                    &|address| items.iter().any(|item| text::may_mean(item, address)),
                ),
                _ => Open,
            },
            Rule::Group(id) => match self.world.index.get(id) {
                None => Open,
                Some(inner) => {
                    let references = &self.world.references;
                    let open = references.together(at, *inner) && references.unsolvable[at];
                    if open { Open } else { self.values[*inner] }
                }
            },
            Rule::AccountMember(id) => {
                if self.is_this_account(id) && self.member_status() == Some("rejected") { No } else { Open }
            }
            Rule::Hollow => No,
            Rule::Open => Open,
        }
    }

    /// Whether an include rule names the principal.
    fn names(&self, rule: Rule) -> bool {
        match rule {
            // Identity decides these alone, whatever group they are in.
            Rule::Everyone | Rule::Email(_) | Rule::Domain(_) | Rule::List(_) => self.rule(0, rule) == Yes,
            Rule::AccountMember(id) => self.is_this_account(id) && self.member_status() == Some("accepted"),
            Rule::Group(id) => {
                self.world.index.get(id).is_some_and(|inner| self.named[*inner] && self.values[*inner] != No)
            }
            Rule::Hollow | Rule::Open => false,
        }
    }

    fn is_this_account(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| id.eq_ignore_ascii_case(self.world.account_id))
    }

    fn member_status(&self) -> Option<&str> {
        self.principal.status.as_deref().filter(|_| self.principal.kind == Kind::Member)
    }
}
