//! Authentication: a client must know the token that the operator set.

use super::failure::Failure;
use crate::contract::ErrorKind;
use crate::settings::copied;
use std::hint::black_box;

/// A token that opens something, and the texts about it.
pub(super) struct Token {
    message: &'static str,
    not_set: &'static str,
    is_another: &'static str,
    has_signs: &'static str,
}

/// The token of `/v1`.
pub(super) const CONNECTOR: Token = Token {
    message: "This needs the connector's token, as Authorization: Bearer.",
    not_set: "CONNECTOR_TOKEN is not set, so nobody can be let in.",
    is_another: "The token that was sent is not that of CONNECTOR_TOKEN.",
    has_signs: "The token that was sent is not that of CONNECTOR_TOKEN, which has quotation marks, a blank, \
                a line break or a byte order mark around it.",
};

/// The token of SCIM.
pub(super) const SCIM: Token = Token {
    message: "This needs SCIM's token, as Authorization: Bearer.",
    not_set: "SCIM_TOKEN is not set, so nobody can be let in.",
    is_another: "The token that was sent is not that of SCIM_TOKEN.",
    has_signs: "The token that was sent is not that of SCIM_TOKEN, which has quotation marks, a blank, a \
                line break or a byte order mark around it.",
};

/// Checks that these headers carry the token, as `Authorization: Bearer …`.
pub(super) fn check(of: &Token, token: Option<&str>, headers: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let refused = |reason| {
        let message = of.message;
        let failure = Failure::new(401, ErrorKind::Unauthenticated, message);
        Err(failure.header("www-authenticate", "Bearer").because(reason))
    };
    let Some(token) = token else {
        return refused(of.not_set);
    };
    let mut given =
        headers.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value.as_slice());
    match (given.next(), given.next()) {
        (None, _) => refused("No token was sent."),
        (Some(_), Some(_)) => refused("More than one Authorization header was sent."),
        (Some(value), None) => match bearer(value) {
            None => refused("What was sent as Authorization is no bearer token."),
            Some(given) if is_same(token.as_bytes(), given) => Ok(()),
            Some(_) if copied::around(token).is_some() => refused(of.has_signs),
            Some(_) => refused(of.is_another),
        },
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// Compares two tokens. The time depends on the given one alone: neither on the expected one, nor on
/// the place of the first difference.
fn is_same(expected: &[u8], given: &[u8]) -> bool {
    let mut differences = expected.len() ^ given.len();
    for (expected, given) in expected.iter().cycle().zip(given) {
        differences |= usize::from(black_box(expected ^ given));
    }
    black_box(differences) == 0 && !expected.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(token: Option<&str>, sent: &[&str]) -> Option<&'static str> {
        let headers: Vec<_> =
            sent.iter().map(|value| ("authorization".to_owned(), value.as_bytes().to_vec())).collect();
        match check(&CONNECTOR, token, &headers) {
            Ok(()) => None,
            Err(failure) => {
                assert_eq!((failure.status, failure.error.kind), (401, ErrorKind::Unauthenticated));
                assert_eq!(failure.header, Some(("www-authenticate", "Bearer".to_owned())));
                failure.reason
            }
        }
    }

    #[test]
    fn the_token_opens() {
        for sent in ["Bearer s3cret", "bearer s3cret", "BEARER   s3cret "] {
            assert_eq!(reason(Some("s3cret"), &[sent]), None, "{sent}");
        }
    }

    #[test]
    fn nothing_else_does_and_the_log_hears_why() {
        for (sent, expected) in [
            (&[][..], "No token"),
            (&["Bearer s3cret", "Bearer s3cret"], "More than one"),
            (&["s3cret"], "no bearer"),
            (&["Basic s3cret"], "no bearer"),
            (&["Bearer"], "no bearer"),
            (&["Bearers3cret "], "no bearer"),
            (&["Bearer "], "is not that"),
            (&["Bearer S3cret"], "is not that"),
            (&["Bearer s3cre"], "is not that"),
            (&["Bearer s3crets3cret"], "is not that"),
            (&["Bearer s3cret s3cret"], "is not that"),
        ] {
            assert!(reason(Some("s3cret"), sent).is_some_and(|reason| reason.contains(expected)), "{sent:?}");
        }
    }

    #[test]
    fn a_token_that_was_copied_with_signs_around_it_is_told_to_the_log() {
        for token in ["\"s3cret\"", "s3cret\r", "s3cret ", "\u{feff}s3cret"] {
            let reason = reason(Some(token), &["Bearer s3cret"]).unwrap();
            assert!(reason.contains("is not that of CONNECTOR_TOKEN, which has quotation marks"), "{reason}");
        }
    }

    #[test]
    fn without_a_token_to_compare_with_nobody_is_let_in() {
        for sent in [&[][..], &["Bearer "], &["Bearer x"]] {
            assert!(
                reason(None, sent).is_some_and(|reason| reason.contains("CONNECTOR_TOKEN is not set")),
                "{sent:?}"
            );
        }
        assert!(!is_same(b"", b""));
    }
}
