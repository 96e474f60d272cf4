//! The issuer's name in a certificate, for a message. rustls says that an authority is unknown, and
//! not which one it is.

/// The tags of DER (X.690) that lead to the name.
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
/// The identifiers of a name's parts (RFC 5280, appendix A.1).
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];

/// Returns the common name of a certificate's issuer, or that of its organization. `None` if there is
/// neither, or the certificate isn't well formed.
pub(crate) fn issuer(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, fields, _) = element(certificate)?;
    let (tag, _, rest) = element(fields)?;
    // The version stands first, and may be left out.
    let after_serial = if tag == VERSION { element(rest)?.2 } else { rest };
    let (_, _, after_algorithm) = element(after_serial)?;
    let (_, name, _) = element(after_algorithm)?;
    part(name, COMMON_NAME).or_else(|| part(name, ORGANIZATION))
}

/// The first part of a name with this identifier.
fn part(mut name: &[u8], wanted: [u8; 3]) -> Option<String> {
    while let Some((SET, mut parts, rest)) = element(name) {
        name = rest;
        while let Some((SEQUENCE, part, rest)) = element(parts) {
            parts = rest;
            let (_, identifier, value) = element(part)?;
            let (_, text, _) = element(value)?;
            if identifier == wanted {
                return Some(String::from_utf8_lossy(text).into_owned());
            }
        }
    }
    None
}

/// Splits off an element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&short, bytes) = bytes.split_first()?;
    let (length, bytes) = match short {
        0..=0x7f => (usize::from(short), bytes),
        // A certificate is shorter than 64 KiB.
        0x81..=0x82 => {
            let (long, bytes) = bytes.split_at_checked(usize::from(short & 0x7f))?;
            (long.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), bytes)
        }
        _ => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn name(parts: &[([u8; 3], &str)]) -> Vec<u8> {
        let part = |(identifier, text): &([u8; 3], &str)| {
            der(SET, &der(SEQUENCE, &[der(0x06, identifier), der(0x0c, text.as_bytes())].concat()))
        };
        der(SEQUENCE, &parts.iter().flat_map(part).collect::<Vec<u8>>())
    }

    fn certificate(version: bool, issuer: &[u8]) -> Vec<u8> {
        let version = if version { der(VERSION, &[2, 1, 2]) } else { Vec::new() };
        let fields = [version, der(0x02, &[7]), der(SEQUENCE, &[]), issuer.to_vec()].concat();
        der(SEQUENCE, &der(SEQUENCE, &fields))
    }

    #[test]
    fn the_common_name_counts_and_then_the_organization() {
        let country = [0x55, 0x04, 0x06];
        for version in [true, false] {
            let of = |parts: &[([u8; 3], &str)]| issuer(&certificate(version, &name(parts)));
            let all = [(country, "NL"), (ORGANIZATION, "Northwind"), (COMMON_NAME, "Northwind Root")];
            assert_eq!(of(&all).as_deref(), Some("Northwind Root"));
            assert_eq!(of(&all[..2]).as_deref(), Some("Northwind"));
            assert_eq!(of(&all[..1]), None);
        }
    }

    #[test]
    fn what_is_cut_off_has_no_issuer() {
        let whole = certificate(true, &name(&[(COMMON_NAME, "Northwind Root")]));
        assert!((0..whole.len()).all(|length| issuer(&whole[..length]).is_none()));
        assert_eq!(issuer(&[0xff; 64]), None);
        assert_eq!(issuer(&[0x30; 64]), None);
    }
}
