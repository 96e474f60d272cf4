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
    /// All addresses of one domain; with a full stop in front, of every domain below it.
    Domain(&'t str),
}

impl Part<'_> {
    /// Whether the part names an address.
    fn names(self, address: &str) -> bool {
        match self {
            Part::Address(named) => named.eq_ignore_ascii_case(address),
            Part::Domain(named) => address.rsplit_once('@').is_some_and(|(_, domain)| {
                let above = domain.len().checked_sub(named.len()).filter(|_| named.starts_with('.'));
                let compared = above.and_then(|above| domain.get(above..)).unwrap_or(domain);
                compared.eq_ignore_ascii_case(named)
            }),
        }
    }
}

/// Whether a list's item that isn't one address may mean one of these addresses.
pub fn may_mean<'a>(item: &str, mut addresses: impl Iterator<Item = &'a str>) -> bool {
    let parts = of_address(item);
    !parts.is_empty() && addresses.any(|address| parts.iter().any(|part| part.names(address)))
}

/// Returns what a text seems to mean where an address belongs. Of a text that is one address, or
/// that has nothing like one, nothing is returned: it means exactly what it says.
pub(super) fn of_address(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    if text.bytes().all(is_usual) && !text.starts_with(['@', '*', '\'']) && !text.ends_with(['.', '\'']) {
        return parts;
    }
    for piece in pieces(text) {
        match without_sign(piece) {
            Some(domain) => add_domains(domain, &mut parts),
            None if is_address(piece) => parts.push(Part::Address(piece)),
            None => {}
        }
    }
    parts.retain(|part| *part != Part::Address(text));
    parts
}

/// Returns what a text seems to mean where a domain belongs. Of a text that is one domain, with or
/// without the sign in front, nothing is returned.
pub(super) fn of_domain(text: &str) -> Vec<Part<'_>> {
    let (text, mut parts) = (domain(text), Vec::new());
    let is_usual = |byte| is_usual(byte) && byte != b'@';
    if text.bytes().all(is_usual) && !text.starts_with(['.', '*', '\'']) && !text.ends_with(['.', '\'']) {
        return parts;
    }
    for piece in pieces(text) {
        add_domains(piece.rsplit_once('@').map_or(piece, |(_, domain)| domain), &mut parts);
    }
    // Whatever is below a domain isn't compared with the text itself.
    parts.retain(|part| *part != Part::Domain(text) || text.starts_with('.'));
    parts
}

/// Returns the domain that an `email_domain` rule means: one sign in front doesn't belong to it.
/// Cloudflare's pages show the selector's value with the sign
/// (<https://developers.cloudflare.com/cloudflare-one/access-controls/policies/>), and its API
/// without it (`OpenAPI: GET /accounts/{account_id}/access/groups`).
pub(super) fn domain(text: &str) -> &str {
    without_sign(text).filter(|domain| !domain.is_empty()).unwrap_or(text)
}

/// Whether a text can be an address. A list may have other items, and a rule a misspelt one.
pub(super) fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    parts && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn without_sign(text: &str) -> Option<&str> {
    text.strip_prefix("*@").or_else(|| text.strip_prefix('@'))
}

/// Whether an address can have this byte, and no text around an address has it.
fn is_usual(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-'..=b'9' | b'=' | b'?'..=b'Z' | b'^'..=b'~')
}

/// Returns the pieces of a text between separators, without what surrounds an address in prose.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    const INVISIBLE: [char; 2] = ['\u{200b}', '\u{feff}'];
    let separates =
        |c: char| c.is_whitespace() || c.is_control() || ",;()<>[]".contains(c) || INVISIBLE.contains(&c);
    let pieces = text.split(separates).map(|piece| {
        let piece = piece.trim_matches(['"', '\'']);
        let of_link = piece.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"));
        let piece = of_link.map_or(piece, |(_, link)| link.split('?').next().unwrap_or(link));
        piece.trim_end_matches('.')
    });
    pieces.filter(|piece| !piece.is_empty())
}

/// Adds a domain; for `*.corp.example` and `.corp.example` also everything below it.
fn add_domains<'t>(domain: &'t str, parts: &mut Vec<Part<'t>>) {
    let below = domain.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(domain);
    let itself = below.strip_prefix('.').unwrap_or(below);
    if itself.is_empty() {
        return;
    }
    parts.push(Part::Domain(itself));
    if itself.len() < below.len() {
        parts.push(Part::Domain(below));
    }
}

#[cfg(test)]
mod tests {
    use super::Part::{Address, Domain};
    use super::*;

    #[test]
    fn what_means_exactly_what_it_says() {
        for text in [
            "ann@corp.example",
            "Ann.O'Neil+x@CORP.example",
            "x@corp.example@other.example",
            "*ann@corp.example",
            "m\u{fc}ller@corp.example",
            "kim",
            "",
            "not an address",
            "10.0.0.0/8",
            "https://corp.example/?to=",
            "mailto:",
            "@",
            ", ;",
        ] {
            assert_eq!(of_address(text), [], "{text:?}");
        }
        for text in ["corp.example", "CORP.example", "@corp.example", "*@corp.example", "", "@", "*@", " "] {
            assert_eq!(of_domain(text), [], "{text:?}");
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
            ("ann@corp.example,bob@corp.example", vec![ann, bob]),
            ("ann@corp.example; bob@corp.example;", vec![ann, bob]),
            ("ann@corp.example\tbob@corp.example", vec![ann, bob]),
            ("mailto:ann@corp.example", vec![ann]),
            ("MAILTO:ann@corp.example?subject=Hello", vec![ann]),
            ("Ann Lee <ann@corp.example>", vec![ann]),
            ("\"Lee, Ann\" <ann@corp.example>, (bob@corp.example)", vec![ann, bob]),
            ("'ann@corp.example'", vec![ann]),
            ("ann@corp.example.", vec![ann]),
            ("*@corp.example", vec![Domain("corp.example")]),
            ("ann@corp.example, @else.example", vec![ann, Domain("else.example")]),
            ("*@*.corp.example", vec![Domain("corp.example"), Domain(".corp.example")]),
        ] {
            assert_eq!(of_address(text), parts, "{text:?}");
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
            ("corp.example, @else.example", vec![corp, Domain("else.example")]),
            ("*.corp.example", vec![corp, Domain(".corp.example")]),
            (".corp.example", vec![corp, Domain(".corp.example")]),
            ("ann@corp.example", vec![corp]),
        ] {
            assert_eq!(of_domain(text), parts, "{text:?}");
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
}
