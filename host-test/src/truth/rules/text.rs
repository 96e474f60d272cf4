//! Texts where an address or a domain belongs, read as a person reads them.

/// Whether a text that isn't just one address may mean this address among others.
pub(super) fn may_mean(text: &str, address: &str) -> bool {
    is_unclear(text) && words(text).iter().any(|word| word_means(word, address))
}

/// Whether a text has something like an address in it, and isn't just one address.
pub(super) fn is_unclear(text: &str) -> bool {
    words(text).iter().any(|word| match scope(word) {
        Some(domain) => !matches!(domain, "" | "." | "*."),
        None => is_address(word) && word != text,
    })
}

/// Returns the domain that a rule for a domain means: `@corp.example` means `corp.example`.
pub(super) fn domain(text: &str) -> &str {
    match scope(text) {
        Some(domain) if !domain.is_empty() => domain,
        _ => text,
    }
}

/// Whether the text of a rule for a domain, which isn't just one domain, may mean this one.
pub(super) fn may_mean_domain(text: &str, wanted: &str) -> bool {
    let text = domain(text);
    let words = words(text);
    let domains = words.iter().map(|word| word.rsplit('@').next().unwrap_or_default());
    let covers_more = text.starts_with('.') || text.starts_with("*.");
    domains.filter(|domain| *domain != text || covers_more).any(|domain| covers(domain, wanted))
}

/// Whether a text has a local part and a domain, and nothing that no address has.
pub(super) fn is_address(text: &str) -> bool {
    let at = text.rfind('@');
    let has_parts = at.is_some_and(|at| at > 0 && at + 1 < text.len());
    has_parts && text.chars().all(|c| !c.is_control() && !c.is_whitespace())
}

fn word_means(word: &str, address: &str) -> bool {
    match (scope(word), address.rfind('@')) {
        (Some(domain), Some(at)) => covers(domain, &address[at + 1..]),
        (Some(_), None) => false,
        (None, _) => is_address(word) && word.eq_ignore_ascii_case(address),
    }
}

/// Returns the domain of a word that means everybody there: `@corp.example` or `*@corp.example`.
fn scope(word: &str) -> Option<&str> {
    let (local, domain) = word.split_once('@')?;
    (local.is_empty() || local == "*").then_some(domain)
}

/// Whether a domain, or `*.` or `.` and a domain, means this domain.
fn covers(domain: &str, wanted: &str) -> bool {
    let (domain, wanted) = (domain.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let above = domain.strip_prefix("*.").or_else(|| domain.strip_prefix('.'));
    match above {
        Some("") => false,
        Some(above) => wanted == above || wanted.ends_with(&format!(".{above}")),
        None => !domain.is_empty() && wanted == domain,
    }
}

/// Returns the words of a text, without the marks around them.
fn words(text: &str) -> Vec<String> {
    let apart = |c: char| if c.is_control() || ",;()<>[]\u{200b}\u{feff}".contains(c) { ' ' } else { c };
    let apart: String = text.chars().map(apart).collect();
    let mut words = Vec::new();
    for word in apart.split_whitespace() {
        let mut word = word.trim_start_matches(['"', '\'']).trim_end_matches(['"', '\'']);
        if word.to_ascii_lowercase().starts_with("mailto:") {
            word = word["mailto:".len()..].split('?').next().unwrap_or_default();
        }
        let word = word.trim_end_matches('.');
        if !word.is_empty() {
            words.push(word.to_owned());
        }
    }
    words
}
