//! Texts where an address or a domain belongs, read as a person reads them.

/// Something that a person reads in a text.
enum Reading {
    Address(String),
    /// A domain, and whether everything below it is meant as well.
    Domain(String, bool),
}

impl Reading {
    fn is_of(&self, address: &str) -> bool {
        match self {
            Reading::Address(one) => one.eq_ignore_ascii_case(address),
            Reading::Domain(..) => address.rfind('@').is_some_and(|at| self.covers(&address[at + 1..])),
        }
    }

    fn covers(&self, wanted: &str) -> bool {
        let Reading::Domain(domain, with_below) = self else { return false };
        let (domain, wanted) = (domain.to_ascii_lowercase(), wanted.to_ascii_lowercase());
        wanted == domain || *with_below && wanted.ends_with(&format!(".{domain}"))
    }
}

/// Whether a text that isn't just one address may mean this address among others.
pub(super) fn may_mean(text: &str, address: &str) -> bool {
    !is_address(text) && addresses(text).iter().any(|reading| reading.is_of(address))
}

/// Whether the text of a rule for a domain, which isn't just one domain, may mean this one.
pub(super) fn may_mean_domain(text: &str, wanted: &str) -> bool {
    let text = domain(text);
    !is_domain(text) && domains(text).iter().any(|reading| reading.covers(wanted))
}

/// Whether it isn't known how a text is compared: there are characters beyond ASCII in what it means.
pub(super) fn is_open(text: &str, of_domain: bool) -> bool {
    if text.is_ascii() {
        return false;
    }
    let (is_one, readings) = match of_domain {
        true => (is_domain(domain(text)), domains(domain(text))),
        false => (is_address(text), addresses(text)),
    };
    let is_odd = |word: &String| {
        !word.is_ascii() && (of_domain || word.chars().any(|c| matches!(c, '@' | '﹫' | '＠')))
    };
    is_one || readings.is_empty() || words(text, "").iter().any(is_odd)
}

/// Returns the domain that a rule for a domain means: `@corp.example` means `corp.example`.
pub(super) fn domain(text: &str) -> &str {
    match after_sign(text) {
        Some(domain) if !domain.is_empty() => domain,
        _ => text,
    }
}

/// Whether a text has one local part and one domain, and nothing that no address has.
pub(super) fn is_address(text: &str) -> bool {
    let halves: Vec<&str> = text.split('@').collect();
    let [local, domain] = halves[..] else { return false };
    let fits = |c: char| match c {
        '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '[' | '\\' | ']' | ' ' => false,
        c if c.is_ascii() => !c.is_ascii_control(),
        c => is_letter(c),
    };
    !matches!(local, "" | "*") && !local.starts_with('\'') && local.chars().all(fits) && is_domain(domain)
}

fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
        && text.chars().all(|c| c == '.' || is_letter(c))
}

/// Whether the name of a domain can have this character, beside the full stop.
fn is_letter(c: char) -> bool {
    match c {
        '-' | '_' => true,
        '﹫' | '＠' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !stands_between(c) && !is_unseen(c),
    }
}

fn is_unseen(c: char) -> bool {
    let code = u32::from(c);
    code == 0xad
        || code == 0xfeff
        || (0x200b..=0x200f).contains(&code)
        || (0x202a..=0x202e).contains(&code)
        || (0x2060..=0x206f).contains(&code)
}

fn stands_between(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || r#"(),;<>[]""#.contains(c)
        || "“”„«»•،؛、〈〉《》「」『』【】＆｜（），／：；＜＞［］､".contains(c)
}

/// Whether a sign that a local part can have may also stand between two addresses.
fn may_stand_between(c: char) -> bool {
    "!\"#$%&(),/:;<=>?[\\]^`{|}~".contains(c)
}

/// Returns the words of a text, without the marks around them. `more` are characters between words.
fn words(text: &str, more: &str) -> Vec<String> {
    let apart = |c: char| if stands_between(c) || more.contains(c) { ' ' } else { c };
    let apart: String = text.chars().map(apart).collect();
    let around = |c: char| "'`‘’‚".contains(c) || is_unseen(c);
    let words = apart.split(' ').map(|word| word.trim_start_matches(around).trim_end_matches(around));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn after_sign(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('*').unwrap_or(text);
    rest.strip_prefix('@')
}

fn addresses(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    for word in words(text, ":") {
        let mut unsigned = word.as_str();
        while let Some(rest) = after_sign(unsigned) {
            unsigned = rest;
        }
        if !unsigned.contains('@') {
            if unsigned.len() < word.len() {
                found.extend(domain_of(unsigned));
            }
        } else if word.matches('@').count() == 1 {
            found.extend(address_of(&word));
        } else {
            for part in word.split(may_stand_between).filter(|part| part.matches('@').count() == 1) {
                match after_sign(part) {
                    Some(domain) => found.extend(domain_of(domain)),
                    None => found.extend(address_of(part)),
                }
            }
        }
    }
    found
}

/// Reads a word with one `@`. What stands in front of a sign may belong to the address, or not.
fn address_of(word: &str) -> Vec<Reading> {
    let (local, rest) = word.split_once('@').expect("it has a sign");
    let domain = leading_name(rest);
    let mut locals = vec![local];
    locals.extend(local.rfind(may_stand_between).map(|at| &local[at + 1..]));
    let addresses = locals.into_iter().map(|local| format!("{local}@{domain}"));
    addresses.filter(|address| is_address(address)).map(Reading::Address).collect()
}

fn domains(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    for word in words(text, "") {
        let mut host = word.as_str();
        if let Some(at) = host.find("://") {
            host = &host[at + 3..];
            host = &host[..host.find(['/', '?', '#']).unwrap_or(host.len())];
        }
        if let Some((before, behind)) = host.split_once(':') {
            let is_port = behind.chars().all(|c| c.is_ascii_digit());
            host = if is_port { before } else { behind };
        }
        for part in host.split(may_stand_between) {
            found.extend(domain_of(part.rsplit('@').next().unwrap_or_default()));
        }
    }
    found
}

fn domain_of(word: &str) -> Option<Reading> {
    let rest = word.trim_start_matches('*').trim_start_matches('.');
    let name = leading_name(rest);
    is_domain(name).then(|| Reading::Domain(name.to_owned(), rest.len() < word.len()))
}

fn leading_name(text: &str) -> &str {
    let end = text.find(|c| c != '.' && !is_letter(c)).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}
