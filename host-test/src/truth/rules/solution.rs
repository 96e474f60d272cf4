//! The values of rules and sets for somebody.

use super::kleene::Kleene::{self, No, Open, Yes};
use super::kleene::{all, any};
use super::rule::{Part, Rule};
use super::text;
use super::vocabulary::{Kind, Principal};
use super::world::World;

/// Somebody for whom rules have values.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    Person(&'a Principal),
    /// A service token, by its id.
    Token(&'a str),
    /// Somebody with neither a login nor a token.
    Nobody,
}

/// The values of sets for somebody. They rise from *no* until nothing changes.
pub(super) struct Solution<'w, 'a> {
    world: &'w World<'a>,
    pub(super) who: Who<'w>,
    /// Whether facts decide the rules that they are about.
    is_expectation: bool,
    pub(super) values: Vec<Kleene>,
    pub(super) named: Vec<bool>,
}

impl<'w, 'a> Solution<'w, 'a> {
    /// Solves everything.
    pub(super) fn of(world: &'w World<'a>, who: Who<'w>) -> Solution<'w, 'a> {
        let everything: Vec<usize> = (0..world.sets.len()).collect();
        Solution::of_some(world, who, &everything)
    }

    /// Solves everything as it is expected: where there are facts about a rule, they decide it.
    pub(super) fn expected(world: &'w World<'a>, who: Who<'w>) -> Solution<'w, 'a> {
        let everything: Vec<usize> = (0..world.sets.len()).collect();
        Solution::solve(world, who, true, &everything)
    }

    /// Solves these sets, which refer to no others.
    pub(super) fn of_some(world: &'w World<'a>, who: Who<'w>, sets: &[usize]) -> Solution<'w, 'a> {
        Solution::solve(world, who, false, sets)
    }

    fn solve(world: &'w World<'a>, who: Who<'w>, is_expectation: bool, sets: &[usize]) -> Solution<'w, 'a> {
        let count = world.sets.len();
        let (values, named) = (vec![No; count], vec![false; count]);
        let mut solution = Solution { world, who, is_expectation, values, named };
        // A set reaches everything that its references reach, and more, unless one of them leads back
        // to it. So in this order, a component is solved after everything that it refers to.
        let mut order = sets.to_vec();
        order.sort_by_key(|set| world.references.reaches(*set));
        for set in &order {
            let component: Vec<_> =
                order.iter().copied().filter(|other| world.references.together(*set, *other)).collect();
            while component.iter().any(|at| solution.raise_value(*at)) {}
        }
        // All of them each time: to begin anew at each change takes far longer.
        while order.iter().filter(|at| solution.raise_named(**at)).count() > 0 {}
        solution
    }

    /// Evaluates a set again. Returns whether its value changed.
    fn raise_value(&mut self, at: usize) -> bool {
        let set = &self.world.sets[at];
        let value = all([
            any(self.part(at, &set.include)),
            all(self.part(at, &set.require)),
            any(self.part(at, &set.exclude)).not(),
        ]
        .into_iter());
        std::mem::replace(&mut self.values[at], value) != value
    }

    /// Evaluates again whether a set names somebody. Returns whether this changed.
    fn raise_named(&mut self, at: usize) -> bool {
        let named = self.world.sets[at].include.iter().any(|(rule, _)| self.names(*rule));
        std::mem::replace(&mut self.named[at], named) != named
    }

    /// Returns the values of the rules in a part of a set.
    pub(super) fn part(&self, at: usize, part: &Part) -> impl Iterator<Item = Kleene> {
        part.iter().map(move |(rule, _)| self.rule(at, *rule))
    }

    /// Returns the value of a rule of a set.
    pub(super) fn rule(&self, at: usize, rule: Rule) -> Kleene {
        let is_person = matches!(self.who, Who::Person(_));
        // Certain, or else maybe. Only a person logs in.
        let by_address = |holds: &dyn Fn(&str) -> bool, may_hold: &dyn Fn(&str) -> bool| {
            let value = |address| if may_hold(address) { Open } else { No };
            let unknown = if is_person { Open } else { No };
            self.address().map_or(unknown, |address| if holds(address) { Yes } else { value(address) })
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
                _ if is_person => Open,
                _ => No,
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
                let is_rejected = self.is_this_account(id) && self.member_status() == Some("rejected");
                if is_rejected || !is_person { No } else { Open }
            }
            Rule::Provider(..) if is_person && self.is_expectation && !self.world.about(rule).is_empty() => {
                if self.is_told(rule) {
                    Yes
                } else {
                    No
                }
            }
            Rule::Login | Rule::Provider(..) => {
                if is_person {
                    Open
                } else {
                    No
                }
            }
            Rule::Token(id) => match self.who {
                Who::Person(_) => Open,
                Who::Token(own) if own == id => Yes,
                Who::Token(_) | Who::Nobody => No,
            },
            Rule::AnyToken => match self.who {
                Who::Person(_) => Open,
                Who::Token(_) => Yes,
                Who::Nobody => No,
            },
            Rule::Hollow => No,
            Rule::Open => Open,
        }
    }

    /// Whether an include rule names somebody.
    pub(super) fn names(&self, rule: Rule) -> bool {
        match rule {
            // Everyone is no token in particular, and nobody in particular is named by nothing.
            Rule::Everyone => matches!(self.who, Who::Person(_)),
            // Identity decides these alone, whatever set they are in.
            Rule::Email(_) | Rule::Domain(_) | Rule::List(_) => self.rule(0, rule) == Yes,
            Rule::Token(_) | Rule::AnyToken => self.rule(0, rule) == Yes,
            Rule::AccountMember(id) => self.is_this_account(id) && self.member_status() == Some("accepted"),
            Rule::Group(id) => {
                self.world.index.get(id).is_some_and(|inner| self.named[*inner] && self.values[*inner] != No)
            }
            Rule::Provider(..) => self.is_told(rule),
            Rule::Hollow | Rule::Login | Rule::Open => false,
        }
    }

    /// Whether a fact says that the person is in the group that a rule names.
    fn is_told(&self, rule: Rule) -> bool {
        self.address().is_some_and(|own| {
            let facts = self.world.about(rule);
            facts.iter().flat_map(|fact| &fact.addresses).any(|address| address.eq_ignore_ascii_case(own))
        })
    }

    fn is_this_account(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| id.eq_ignore_ascii_case(self.world.account_id))
    }

    fn member_status(&self) -> Option<&str> {
        match self.who {
            Who::Person(person) if person.kind == Kind::Member => person.status.as_deref(),
            _ => None,
        }
    }

    pub(super) fn address(&self) -> Option<&str> {
        match self.who {
            Who::Person(person) => person.address.as_deref(),
            Who::Token(_) | Who::Nobody => None,
        }
    }
}
