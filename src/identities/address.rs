//! Addresses that are compared with those of people.

/// Returns the text if it is one plain address: ASCII, without quotes, comments, spaces or a second
/// `@`. Other forms of addresses are refused: a rule with one could match nobody, or another person.
pub fn plain_address(text: &str) -> Option<&str> {
    const LONGEST: usize = 254;
    let (local, domain) = text.split_once('@')?;
    let of_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let of_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = text.len() <= LONGEST
        && !local.is_empty()
        && local.bytes().all(of_local)
        && domain.split('.').all(of_label);
    plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::plain_address;

    #[test]
    fn plain_addresses() {
        for good in ["a@b", "Ann.Lee+x@corp.example", "o'neil@corp.example"] {
            assert!(plain_address(good).is_some(), "{good}");
        }
        let long = format!("{}@corp.example", "x".repeat(250));
        for bad in [
            "",
            "@",
            "ann",
            "ann@",
            "@corp.example",
            "a@b@c",
            "ann@corp..example",
            "ann@corp.example.",
            "ann@corp.example, bob@corp.example",
            "Ann <ann@corp.example>",
            "\"a b\"@corp.example",
            " ann@corp.example",
            "ann@corp.example\n",
            "\u{e4}nn@corp.example",
            "ann@b\u{fc}ro.example",
            "ann@[127.0.0.1]",
            "ann\0@corp.example",
            &long,
        ] {
            assert!(plain_address(bad).is_none(), "{bad}");
        }
    }
}
