//! The id of a SCIM user: the address in base64url (RFC 4648, section 5) without padding. It needs no store,
//! and can stand in any path.

use crate::lifecycle::groups::is_nobodys;
use crate::rules::is_address;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the id of the user with this address, which is in lower case.
pub fn of_address(address: &str) -> String {
    encode(address.as_bytes())
}

/// Returns the address whose id this is: one address in lower case, and no other spelling of the id. The
/// address that nobody has, with which a group is empty, has none.
pub fn address_of(id: &str) -> Option<String> {
    let address = String::from_utf8(decode(id)?).ok()?;
    let is_one = is_address(&address) && address == address.to_ascii_lowercase();
    (is_one && !is_nobodys(&address) && of_address(&address) == id).then_some(address)
}

/// Returns bytes in base64url.
pub(super) fn encode(bytes: &[u8]) -> String {
    let digit = |bits: u32, place: u32| {
        let digit = DIGITS.get((bits >> (18 - 6 * place) & 63) as usize);
        char::from(digit.copied().unwrap_or(b'A'))
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..).zip(chunk).fold(0, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        text.extend((0..=chunk.len() as u32).map(|place| digit(bits, place)));
    }
    text
}

/// Returns the bytes that a text in base64url stands for.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (place, sign) in (0..).zip(chunk) {
            let digit = DIGITS.iter().position(|digit| digit == sign)?;
            bits |= (digit as u32) << (18 - 6 * place);
        }
        let whole = chunk.len().checked_sub(1).filter(|whole| *whole > 0)?;
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(whole));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_address() {
        for (address, id) in [
            ("a@b", "YUBi"),
            ("ann@corp.example", "YW5uQGNvcnAuZXhhbXBsZQ"),
            ("o'neil+x@corp.example", "byduZWlsK3hAY29ycC5leGFtcGxl"),
            ("änn@corp.example", "w6RubkBjb3JwLmV4YW1wbGU"),
        ] {
            assert_eq!(of_address(address), id);
            assert_eq!(address_of(id).as_deref(), Some(address));
        }
    }

    #[test]
    fn bytes_of_every_length_come_back() {
        for length in 0..40 {
            let bytes: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(37).wrapping_add(201)).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn another_text_is_no_id() {
        for id in [
            "",
            "fake-member-id",
            "YW5uQGNvcnAuZXhhbXBsZQ==",
            "YW5uQGNvcnAuZXhhbXBsZR",
            "YW5uQGNvcnAuZXhhbXBsZQA",
            "YW5u",
            "QW5uQGNvcnAuZXhhbXBsZQ",
            "ann@corp.example",
            "_w",
            &of_address(crate::lifecycle::groups::NOBODY),
            "Y",
        ] {
            assert_eq!(address_of(id), None, "{id}");
        }
    }
}
