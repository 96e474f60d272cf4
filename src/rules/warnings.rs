//! Warnings about rules, and about the items of lists that rules name.

use super::rule::Rule;
use super::rule_set::RuleSet;
use super::spelling::{self, Part};
use crate::model::{Warning, WarningCode};
use crate::sorted::Set;

/// The most texts of one group, policy or list that are warned of one by one. A list can have 100,000.
const MOST: usize = 20;
/// The most characters of a text that a warning quotes.
const LONGEST: usize = 120;
/// The most parts of a text that a warning lists.
const MOST_PARTS: usize = 5;

/// Whether a warning is about a text that isn't what Cloudflare's API documents.
pub(super) fn is_of_text(warning: &Warning) -> bool {
    matches!(warning.code, WarningCode::AddressUnclear | WarningCode::DomainWithSign)
}

/// Returns the warnings about the rules of a group or a policy. `is_listed` says whether a group is there.
pub(super) fn of_rules(set: &RuleSet, is_listed: impl Fn(&str) -> bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (mut unclear, mut signs) = (Texts::default(), Texts::default());
    let warning = |code, message| Warning::new(code, Some(set.resource().clone()), message);
    for (section, position, entry) in set.rules() {
        let place = || {
            let resource = set.resource();
            format!("{section:?} rule {} of {} {}", position + 1, resource.kind, resource.id)
        };
        match &entry.rule {
            Rule::Group(id) if !is_listed(id) => {
                let message = format!(
                    "{} names a group that isn't there ({id}): whether it holds is left open. Take the rule \
                     out, or name another group.",
                    place()
                );
                warnings.push(warning(WarningCode::GroupNotListed, message));
            }
            Rule::NotAscii(text) => {
                let message = format!(
                    "{} has the text {}, with characters beyond ASCII: how Cloudflare compares them isn't \
                     known, so it is left open.",
                    place(),
                    quoted(text)
                );
                warnings.push(warning(WarningCode::RuleNotAscii, message));
            }
            Rule::NoSelector(_) => {
                let message = format!(
                    "{} has an empty selector, and so doesn't say what to match: whom it matches isn't \
                     known, so it is left open. Fill the selector in, or take the rule out.",
                    place()
                );
                warnings.push(warning(WarningCode::SelectorEmpty, message));
            }
            Rule::NotUnderstood(fault) => {
                let message =
                    format!("{} isn't understood ({fault}): whether it holds is left open.", place());
                warnings.push(warning(WarningCode::RuleNotUnderstood, message));
            }
            Rule::Email(text) | Rule::EmailDomain(text) => {
                let parts = entry.rule.parts();
                let is_domain = matches!(entry.rule, Rule::EmailDomain(_));
                let domain = spelling::domain(text);
                if let Some(parts) = parts {
                    if unclear.wants(text) {
                        let what = if is_domain { "domain" } else { "address" };
                        let meaning = meaning(text, what, &parts);
                        let message = format!("{} has the text {meaning}.", place());
                        warnings.push(warning(WarningCode::AddressUnclear, message));
                    }
                } else if is_domain && domain.len() < text.len() && signs.wants(text) {
                    let message = format!(
                        "{} has the domain {}. It counts as {}, because Cloudflare's own pages write the \
                         sign; whether Cloudflare takes it so isn't known. Write the domain alone.",
                        place(),
                        quoted(text),
                        quoted(domain)
                    );
                    warnings.push(warning(WarningCode::DomainWithSign, message));
                }
            }
            _ => {}
        }
    }
    for (code, texts) in [(WarningCode::AddressUnclear, unclear), (WarningCode::DomainWithSign, signs)] {
        let more = texts.more();
        if more > 0 {
            let resource = set.resource();
            let message = format!("{more} more texts of {} {} are like these.", resource.kind, resource.id);
            warnings.push(warning(code, message));
        }
    }
    warnings
}

/// Returns the warnings about items that aren't one address. Each item comes with its list, list by
/// list.
pub(super) fn of_items<'a>(items: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |message| warnings.push(Warning::new(WarningCode::AddressUnclear, None, message));
    let items: Vec<(&str, &str)> = items.collect();
    for of_list in items.chunk_by(|(a, _), (b, _)| a == b) {
        for (list, item) in of_list.iter().take(MOST) {
            let meaning = meaning(item, "address", &spelling::of_address(item).unwrap_or_default());
            warn(format!("The list {list:?} that rules name has the item {meaning}."));
        }
        if let Some(((list, _), more)) = of_list.first().zip(of_list.len().checked_sub(MOST + 1)) {
            warn(format!("{} more items of the list {list:?} that rules name are like these.", more + 1));
        }
    }
    warnings
}

/// Returns the warning about groups that refer to each other in a circle through an exclude. Only
/// groups are in circles, because rules refer to nothing else.
pub(super) fn of_cycle<'a>(sets: impl Iterator<Item = &'a RuleSet> + Clone) -> Warning {
    let ids: Vec<&str> = sets.clone().map(RuleSet::id).collect();
    let message = format!(
        "These groups refer to each other in a circle that passes through an exclude ({}): what they say \
         of each other is left open. Take one of the references out.",
        ids.join(", ")
    );
    let about = sets.map(RuleSet::resource).next().cloned();
    Warning::new(WarningCode::CycleThroughExclude, about, message)
}

/// The odd texts of one group or policy.
#[derive(Default)]
struct Texts<'t> {
    all: Vec<&'t str>,
    /// Those that are warned of one by one, each once.
    told: Vec<&'t str>,
}

impl<'t> Texts<'t> {
    /// Notes a text. Returns whether it is warned of.
    fn wants(&mut self, text: &'t str) -> bool {
        self.all.push(text);
        let is_told = self.told.len() < MOST && !self.told.contains(&text);
        if is_told {
            self.told.push(text);
        }
        is_told
    }

    /// Counts the texts that aren't warned of one by one.
    fn more(self) -> usize {
        let distinct: Set<&str> = self.all.into_iter().collect();
        distinct.len() - self.told.len()
    }
}

/// Quotes a text that should be one address or one domain, and says for whom it is left open.
fn meaning(text: &str, what: &str, parts: &[Part<'_>]) -> String {
    let text = quoted(text);
    if parts.is_empty() {
        return format!(
            "{text}, which isn't one plain {what}, and has none in it. So it counts for nobody. Correct it, \
             or take it out"
        );
    }
    let shown = parts.iter().take(MOST_PARTS).map(|part| match part {
        Part::Address(address) => quoted(address),
        Part::Domain(domain) => format!("everybody at {}", quoted(domain)),
        Part::Below(domain) => format!("everybody below {}", quoted(domain)),
    });
    let shown: Vec<String> = shown.collect();
    let rest = match parts.len() - shown.len() {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!(
        "{text}, which isn't one plain {what}. Whether Cloudflare matches anybody by it isn't known, so it \
         is left open for {}{rest}, and counts for nobody else. Write each {what} by itself, with nothing \
         around it",
        shown.join(", ")
    )
}

/// Quotes a text, without its end if it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
