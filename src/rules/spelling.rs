//! Texts that people write where one address or one domain belongs: with spaces around it, with
//! several addresses, or in the form that a mail program shows.
//!
//! Cloudflare doesn't document whether it repairs such a text before it compares. So the parts of a
//! text are read as a person would read them, and are left open.

/// One of the things that a text seems to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// One address.
    Address(&'t str),
    /// All addresses of one domain.
    Domain(&'t str),
    /// All addresses of every domain below one.
    Below(&'t str),
}

impl Part<'_> {
    /// Whether the part names an address.
    fn names(self, address: &str) -> bool {
        let domain = || address.rsplit_once('@').map(|(_, domain)| domain);
        match self {
            Part::Address(named) => named.eq_ignore_ascii_case(address),
            Part::Domain(named) => domain().is_some_and(|domain| domain.eq_ignore_ascii_case(named)),
            Part::Below(named) => domain().is_some_and(|domain| {
                let end = domain.len().checked_sub(named.len()).and_then(|at| domain.split_at_checked(at));
                end.is_some_and(|(start, end)| start.ends_with('.') && end.eq_ignore_ascii_case(named))
            }),
        }
    }
}

/// Whether a text that isn't one address may mean one of these addresses.
pub fn may_mean<'a>(text: &str, mut addresses: impl Iterator<Item = &'a str>) -> bool {
    let parts = of_address(text).unwrap_or_default();
    !parts.is_empty() && addresses.any(|address| parts.iter().any(|part| part.names(address)))
}

/// Returns what a text seems to mean where an address belongs: nothing, if there is nothing like an
/// address in it; `None`, if it is one address, and so means exactly what it says.
pub(super) fn of_address(text: &str) -> Option<Vec<Part<'_>>> {
    if text.is_empty() || is_address(text) {
        return None;
    }
    let mut parts = Vec::new();
    // An address can have no colon, but "mailto:" and other words stand in front of one.
    for word in pieces(text).flat_map(|piece| piece.split(':')) {
        add_addresses(word.trim_matches(surrounds), &mut parts);
    }
    Some(parts)
}

/// Returns what a text seems to mean where a domain belongs: nothing, if there is nothing like a domain
/// in it; `None`, if it is one domain, with or without the sign in front.
pub(super) fn of_domain(text: &str) -> Option<Vec<Part<'_>>> {
    let text = domain(text);
    if text.is_empty() || is_domain(text) {
        return None;
    }
    let mut parts = Vec::new();
    for piece in pieces(text) {
        for word in host(piece).split(is_sign) {
            add_domains(word.rsplit_once('@').map_or(word, |(_, domain)| domain), &mut parts);
        }
    }
    Some(parts)
}

/// Whether what is read in a text with [parts](of_address) has characters beyond ASCII, and not only
/// what is around it.
pub(super) fn is_beyond_ascii(text: &str, is_domain: bool) -> bool {
    let mut pieces = pieces(text).filter(|piece| !piece.is_ascii());
    pieces.any(|piece| is_domain || piece.contains(['@', '\u{fe6b}', '\u{ff20}']))
}

/// Returns the domain that an `email_domain` rule means: one sign in front doesn't belong to it.
/// Cloudflare's pages show the selector's value with the sign
/// (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>), and its API
/// without it (`OpenAPI: GET /accounts/{account_id}/access/groups`).
pub(super) fn domain(text: &str) -> &str {
    without_sign(text).filter(|domain| !domain.is_empty()).unwrap_or(text)
}

/// Whether a text is one address. Its local part can have signs that also stand between addresses
/// (RFC 5322, section 3.2.3), but no address has a second `@`.
pub fn is_address(text: &str) -> bool {
    if is_plain_address(text) {
        return true;
    }
    let of_local = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c),
        false => is_foreign_letter(c),
    };
    text.split_once('@').is_some_and(|(local, domain)| {
        let is_local = !local.is_empty() && local != "*" && !local.starts_with('\'');
        is_local && is_domain(domain) && local.chars().all(of_local)
    })
}

/// Whether a text is one address without rare signs: one pass over its bytes tells it of nearly all.
fn is_plain_address(text: &str) -> bool {
    let (mut signs, mut is_after_letter) = (0, false);
    for byte in text.bytes() {
        let is_letter = byte.is_ascii_alphanumeric() || byte == b'-';
        let separates = is_after_letter && (byte == b'.' || byte == b'@');
        if !is_letter && !separates {
            return false;
        }
        signs += usize::from(byte == b'@');
        is_after_letter = is_letter;
    }
    signs == 1 && is_after_letter
}

/// Whether a text is one domain. Names of one label are domains, too.
fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| !label.is_empty() && label.chars().all(is_of_label))
}

/// Whether a domain's label can have this character.
fn is_of_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_' || is_foreign_letter(c)
}

/// Whether a character beyond ASCII can belong to an address or a domain.
fn is_foreign_letter(c: char) -> bool {
    !c.is_ascii() && !separates(c) && !is_invisible(c) && !matches!(c, '\u{fe6b}' | '\u{ff20}')
}

/// Whether a character is shown as nothing, as copied texts often have some.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || c == '\u{feff}'
}

/// Whether a character separates addresses and domains, and can't belong to one.
fn separates(c: char) -> bool {
    let is_mark = ",;\"()<>[]\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}\u{2022}\u{60c}\u{61b}".contains(c);
    // Signs of East Asian texts: the ideographic comma, brackets, and full-width ( ) , / : ; < > [ ] |.
    let is_wide = |c| {
        matches!(c, '\u{3001}' | '\u{3008}'..='\u{3011}' | '\u{ff06}' | '\u{ff5c}')
            || matches!(
                c,
                '\u{ff08}' | '\u{ff09}' | '\u{ff0c}' | '\u{ff0f}' | '\u{ff1a}'..='\u{ff1c}' | '\u{ff1e}'
            )
            || matches!(c, '\u{ff3b}' | '\u{ff3d}' | '\u{ff64}')
    };
    is_mark || c.is_whitespace() || c.is_control() || !c.is_ascii() && is_wide(c)
}

/// Whether a character in front of a word or behind it doesn't belong to it.
fn surrounds(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{2018}'..='\u{201a}') || is_invisible(c)
}

/// Whether a sign can stand between two addresses, though the local part of one can have it.
fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation() && !"@.-_+'*".contains(c)
}

fn without_sign(text: &str) -> Option<&str> {
    text.strip_prefix("*@").or_else(|| text.strip_prefix('@'))
}

/// Returns the pieces of a text between separators, without what surrounds them in prose.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(separates).map(|piece| piece.trim_matches(surrounds)).filter(|piece| !piece.is_empty())
}

/// Adds the addresses, and the signs with a domain, that a word has.
fn add_addresses<'t>(word: &'t str, parts: &mut Vec<Part<'t>>) {
    match word.matches('@').count() {
        0 => {}
        1 => add_address(word, parts),
        _ => {
            let mut domain = word;
            while let Some(rest) = without_sign(domain) {
                domain = rest;
            }
            match domain.contains('@') {
                false => add_domains(domain, parts),
                true => {
                    let words = word.split(is_sign).filter(|word| word.matches('@').count() == 1);
                    words.for_each(|word| add_address(word, parts));
                }
            }
        }
    }
}

/// Adds the address of a word with one `@`, or its domain if there is nothing else.
fn add_address<'t>(word: &'t str, parts: &mut Vec<Part<'t>>) {
    if let Some(domain) = without_sign(word) {
        return add_domains(domain, parts);
    }
    let Some((local, rest)) = word.split_once('@') else { return };
    let end = local.len() + 1 + name(rest).len();
    let Some(address) = word.get(..end) else { return };
    // A sign in front can belong to the local part, or not.
    let behind_sign = address.rsplit_once(is_sign).map(|(_, address)| address);
    parts.extend(
        [Some(address), behind_sign].into_iter().flatten().filter(|it| is_address(it)).map(Part::Address),
    );
}

/// Adds a domain; for `*.corp.example`, `*corp.example` and `.corp.example` also everything below it.
fn add_domains<'t>(word: &'t str, parts: &mut Vec<Part<'t>>) {
    let rest = word.trim_start_matches('*').trim_start_matches('.');
    let domain = name(rest);
    if is_domain(domain) {
        parts.push(Part::Domain(domain));
        parts.extend((rest.len() < word.len()).then_some(Part::Below(domain)));
    }
}

/// Returns what a text begins with, as far as a domain can have it.
fn name(text: &str) -> &str {
    let is_outside = |c: char| c != '.' && !is_of_label(c);
    text.split(is_outside).next().unwrap_or_default().trim_end_matches('.')
}

/// Returns a piece without a scheme or another word in front, and without a port; of a URL only the
/// host.
fn host(piece: &str) -> &str {
    let host =
        piece.split_once("://").map_or(piece, |(_, url)| url.split(['/', '?', '#']).next().unwrap_or(url));
    match host.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some((_, rest)) => rest,
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::Part::{Address, Below, Domain};
    use super::*;

    #[test]
    fn what_means_exactly_what_it_says() {
        for text in [
            "ann@corp.example",
            "Ann.O'Neil+x@CORP.example",
            "*ann@corp.example",
            "ann/bob@corp.example",
            "ann|bob&co@corp.example",
            "ann=corp.example#ext#@other.example",
            "m\u{fc}ller@b\u{fc}ro.example",
            "mu\u{308}ller@corp.example",
            "a@b",
            "",
        ] {
            assert_eq!(of_address(text), None, "{text:?}");
        }
        for text in ["corp.example", "CORP.example", "@corp.example", "*@corp.example", "example", ""] {
            assert_eq!(of_domain(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_plain_address_is_an_address() {
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            let longer = |text: &String| ["a", "-", ".", "@", "*", "\u{fc}"].map(|c| text.clone() + c);
            let of_text: Vec<String> = texts.iter().flat_map(longer).collect();
            texts = of_text;
            for text in texts.iter().filter(|text| is_plain_address(text)) {
                let (local, domain) = text.split_once('@').unwrap();
                assert!(!local.is_empty() && is_domain(domain), "{text}");
            }
        }
        assert!(is_plain_address("ann.b-c@corp.example") && is_plain_address("a@b"));
    }

    #[test]
    fn what_can_be_no_address_and_no_domain() {
        for text in [
            "x@corp.example@other.example",
            "ann@*.corp.example",
            "ann@corp..example",
            "ann@",
            "an\u{200b}n@corp\u{200b}.example@",
            "ann\u{ff20}corp.example",
            "ann",
            "corp.example",
            "not an address",
            "10.0.0.0/8",
            "https://corp.example/?to=",
            "mailto:",
            "@",
            ", ;",
        ] {
            assert_eq!(of_address(text), Some(Vec::new()), "{text:?}");
        }
        for text in ["@", "*@", " ", "*", "corp..example", "https://", "/"] {
            assert_eq!(of_domain(text), Some(Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn what_a_person_reads_in_an_address() {
        let ann = Address("ann@corp.example");
        let bob = Address("bob@corp.example");
        for (text, parts) in [
            (" ann@corp.example", vec![ann]),
            ("ann@corp.example\n", vec![ann]),
            ("\u{feff}ann@corp.example\u{a0}", vec![ann]),
            ("\u{202a}ann@corp.example\u{202c}", vec![ann]),
            ("\u{201c}ann@corp.example\u{201d}", vec![ann]),
            ("ann@corp.example,bob@corp.example", vec![ann, bob]),
            ("ann@corp.example; bob@corp.example;", vec![ann, bob]),
            ("ann@corp.example\u{ff0c}bob@corp.example", vec![ann, bob]),
            ("ann@corp.example\u{3001}bob@corp.example\u{ff1b}", vec![ann, bob]),
            ("ann@corp.example\tbob@corp.example", vec![ann, bob]),
            ("ann@corp.example/bob@corp.example", vec![ann, bob]),
            ("ann@corp.example|bob@corp.example", vec![ann, bob]),
            ("ann@corp.example&bob@corp.example", vec![ann, bob]),
            ("ann@corp.example#bob@corp.example=", vec![ann, bob]),
            ("ann@corp.example/", vec![ann]),
            ("/ann@corp.example/bob", vec![Address("/ann@corp.example"), ann]),
            ("mailto:ann@corp.example", vec![ann]),
            ("MAILTO:ann@corp.example?subject=Hello", vec![ann]),
            ("mailto:ann@corp.example?cc=bob@corp.example", vec![ann, bob]),
            ("email:ann@corp.example", vec![ann]),
            ("SMTP:ann@corp.example", vec![ann]),
            ("i:0#.f|membership|ann@corp.example", vec![Address("0#.f|membership|ann@corp.example"), ann]),
            ("Ann Lee <ann@corp.example>", vec![ann]),
            ("Ann L\u{e9} <ann@corp.example>", vec![ann]),
            ("\"Lee, Ann\" <ann@corp.example>, (bob@corp.example)", vec![ann, bob]),
            ("'ann@corp.example'", vec![ann]),
            ("'ann@corp.example", vec![ann]),
            ("ann@corp.example.", vec![ann]),
            ("*@corp.example", vec![Domain("corp.example")]),
            ("@@corp.example", vec![Domain("corp.example")]),
            ("ann@corp.example, @else.example", vec![ann, Domain("else.example")]),
            ("@corp.example/@else.example", vec![Domain("corp.example"), Domain("else.example")]),
            ("*@*.corp.example", vec![Domain("corp.example"), Below("corp.example")]),
        ] {
            assert_eq!(of_address(text), Some(parts), "{text:?}");
        }
    }

    #[test]
    fn what_a_person_reads_in_a_domain() {
        let corp = Domain("corp.example");
        for (text, parts) in [
            (" corp.example", vec![corp]),
            ("@ corp.example", vec![corp]),
            ("@@corp.example", vec![corp]),
            ("corp.example.", vec![corp]),
            ("corp.example/", vec![corp]),
            ("corp.example\u{a0}", vec![corp]),
            ("https://corp.example", vec![corp]),
            ("https://ann@corp.example:443/a?b=c", vec![corp]),
            ("corp.example:443", vec![corp]),
            ("domain:corp.example", vec![corp]),
            ("corp.example, @else.example", vec![corp, Domain("else.example")]),
            ("corp.example|else.example", vec![corp, Domain("else.example")]),
            ("corp.example\u{ff0c}else.example", vec![corp, Domain("else.example")]),
            ("*corp.example", vec![corp, Below("corp.example")]),
            ("*.corp.example", vec![corp, Below("corp.example")]),
            (".corp.example", vec![corp, Below("corp.example")]),
            ("ann@corp.example", vec![corp]),
        ] {
            assert_eq!(of_domain(text), Some(parts), "{text:?}");
        }
        for (text, meant) in [
            ("corp.example", "corp.example"),
            ("@corp.example", "corp.example"),
            ("*@corp.example", "corp.example"),
            ("@@corp.example", "@corp.example"),
            ("@", "@"),
        ] {
            assert_eq!(domain(text), meant);
        }
    }

    #[test]
    fn whether_what_is_read_is_beyond_ascii() {
        for (text, is_domain, expected) in [
            ("\u{a0}ann@corp.example", false, false),
            ("ann@corp.example\u{ff0c}bob@corp.example", false, false),
            ("Ann L\u{e9} <ann@corp.example>", false, false),
            ("ann@corp.example, m\u{fc}ller@corp.example", false, true),
            ("ann@corp.example, an\u{200b}n@corp.example", false, true),
            ("ann@corp.example, bob\u{ff20}corp.example", false, true),
            ("\u{200b}corp.example\u{3001}else.example", true, false),
            ("corp.example, b\u{fc}ro.example", true, true),
        ] {
            assert_eq!(is_beyond_ascii(text, is_domain), expected, "{text:?}");
        }
    }
}
