//! Percent-encoded parts of a path.

use super::failure::Failure;

/// Decodes a part of a path. `name` is what the part is called in an error.
pub(super) fn decoded(name: &str, text: &str) -> Result<String, Failure> {
    bytes(text).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Failure::argument(name, format!("The {name} in the path isn't percent-encoded UTF-8."))
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_percent_decoded() {
        for (given, expected) in [
            ("ann@corp.example", Some("ann@corp.example")),
            ("ann%40corp.example", Some("ann@corp.example")),
            ("a+b%2Bc", Some("a+b+c")),
            ("%C3%a9%25", Some("é%")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+4", None),
            ("%ff", None),
        ] {
            assert_eq!(decoded("id", given).ok().as_deref(), expected, "{given}");
        }
        let failure = decoded("id", "%ff").unwrap_err();
        assert_eq!((failure.status, failure.error.about.as_deref()), (400, Some("id")));
    }
}
