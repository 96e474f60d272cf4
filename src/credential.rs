//! The form of Cloudflare's credentials. A secret can stand in the place of an id or a name by
//! mistake, and messages and reports go where others read them: a text of this form isn't repeated.

/// The form of a credential, as far as it tells what the credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A Global API key.
    Key,
    /// An API token.
    Token,
    /// Something stands around it: quotes, brackets, a name, or the word that goes before a token in a
    /// header.
    Surrounded,
    /// It has no form that says what it is.
    Unknown,
}

impl Form {
    /// Returns the form of a credential. Source of the prefixes:
    /// <https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/>; for the older
    /// forms see [`is_like_one`].
    pub fn of(secret: &str) -> Self {
        let begins =
            |prefix: &str| secret.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
        if !secret.chars().all(is_sign) || begins("bearer") {
            return Form::Surrounded;
        }
        if begins("cfk_") {
            return Form::Key;
        }
        if begins("cfut_") || begins("cfat_") {
            return Form::Token;
        }
        match secret.len() {
            37 if secret.bytes().all(|byte| byte.is_ascii_hexdigit()) => Form::Key,
            40 if secret.chars().all(is_sign) => Form::Token,
            _ => Form::Unknown,
        }
    }
}

/// Whether a text looks like one of Cloudflare's tokens or keys. A Global API key has 37 hexadecimal
/// digits, and a token has 40 letters, digits, - and _, or more with a prefix (both inferred from
/// the examples on developers.cloudflare.com/fundamentals/api/get-started/). Cloudflare's ids are
/// shorter: they have 32 hexadecimal digits, or are UUIDs.
pub fn is_like_one(text: &str) -> bool {
    const SHORTEST: usize = 37;
    const LONGEST: usize = 200;
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    (SHORTEST..=LONGEST).contains(&text.len())
        && text.chars().all(is_sign)
        && (has(u8::is_ascii_digit) || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
        // As `is_made_of_words` would say it, without the tables of Unicode: all signs are in ASCII here.
        && !text.split(['-', '_']).all(is_word)
        && !is_uuid_among_words(text)
        && !is_made_of_ids(text)
}

/// Whether a part of an argument, an id or a path looks like a token or a key. Within paths and
/// addresses of servers only what has exactly a credential's length does: the names of directories
/// may be long and random.
pub fn is_in(text: &str) -> bool {
    let has_its_length = |part: &str| match part.len() {
        37 => part.bytes().all(|byte| byte.is_ascii_hexdigit()),
        40 => [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit]
            .iter()
            .all(|is: &fn(&u8) -> bool| part.as_bytes().iter().any(is)),
        _ => false,
    };
    text.split([':', '@', '=', ',']).any(|part| {
        // `./` says that a path is meant, and an absolute one is no slip.
        if part.starts_with(['/', '.']) && !part.starts_with("//") {
            return false;
        }
        let mut names = part.split(|sign| !is_sign(sign));
        is_like_one(part) || names.any(|name| is_like_one(name) && has_its_length(name))
    })
}

const fn is_sign(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_')
}

/// Whether a text is made of words and short numbers, as names that people give are. Cloudflare's
/// tokens and keys are random signs, and don't pass.
pub fn is_made_of_words(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).all(is_word)
}

/// Whether a text is letters with a short number behind them, a date, or as short as the ending of a
/// file's name.
fn is_word(text: &str) -> bool {
    const SHORT: usize = 4;
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let (letters, digits) = (name.chars().count(), text.len() - name.len());
    let is_number_behind_letters = letters <= 20
        && digits <= if letters == 0 { 8 } else { SHORT }
        && !name.chars().any(|c| c.is_ascii_digit());
    text.len() <= SHORT || is_number_behind_letters
}

/// Whether a text is the id of a scoped role: ids of 32 hexadecimal digits, or digests of 16, with a dash
/// between them. The form of no credential is so.
fn is_made_of_ids(text: &str) -> bool {
    let is_id =
        |part: &str| matches!(part.len(), 16 | 32) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').all(is_id)
}

/// Whether a text is a UUID with words before or behind it.
fn is_uuid_among_words(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split(['-', '_']).collect();
    let is_uuid = |parts: &[&str]| {
        let is_part = |(part, length): (&&str, usize)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        parts.iter().zip(LENGTHS).all(is_part)
    };
    let Some(at) = parts.windows(LENGTHS.len()).position(is_uuid) else { return false };
    let mut others = parts.iter().take(at).chain(parts.iter().skip(at + LENGTHS.len()));
    others.all(|part| is_word(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    const SIMPLE: &str = "Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy1234";
    const KEY: &str = "c2547eb745079dac9320b638f5e225cf483cc";

    #[test]
    fn a_credential_is_known_by_its_form() {
        for text in [TOKEN, SIMPLE, KEY, "cfut_Xk39dQzT7aaBcD0eFgHiJkLmNoPqRsTuVwXy12abcdef"] {
            assert!(is_like_one(text) && is_in(text), "{text}");
        }
        for text in [
            "0123456789abcdef0123456789abcdef",
            "f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11",
            "group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member",
            "cloudflare-token-for-production-readonly-2026",
            "a-very-long-address-indeed@department.corp.example",
            "--max-wait-seconds",
            "customersupportescalationsofnorthamerica",
            "nightly-sync_f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11",
            "debba696543beca003f371124544c060-4d056dca4dbbeca681cb223fc3932965",
            "debba696543beca003f371124544c060-0123456789abcdef",
        ] {
            assert!(!is_like_one(text), "{text}");
        }
    }

    #[test]
    fn the_form_tells_what_it_is() {
        let with = |before: &str, after: &str| format!("{before}{TOKEN}{after}");
        for (text, form) in [
            (KEY.to_owned(), Form::Key),
            (with("cfk_", "0a1b2c3d"), Form::Key),
            (TOKEN.to_owned(), Form::Token),
            (with("cfut_", "0a1b2c3d"), Form::Token),
            (with("CFAT_", ""), Form::Token),
            (with("\"", "\""), Form::Surrounded),
            (with("<", ">"), Form::Surrounded),
            (with("CLOUDFLARE_API_TOKEN=", ""), Form::Surrounded),
            (with("", ","), Form::Surrounded),
            (with("Bearer", ""), Form::Surrounded),
            (KEY[1..].to_owned(), Form::Unknown),
            (with("", "x"), Form::Unknown),
            ("ü".to_owned(), Form::Surrounded),
            (String::new(), Form::Unknown),
        ] {
            assert_eq!(Form::of(&text), form, "{text}");
        }
    }

    #[test]
    fn each_part_of_a_text_is_judged() {
        for credential in [TOKEN, SIMPLE, KEY] {
            for text in [
                "user:*",
                "group:*:member",
                "email:*@corp.example",
                "email:ann@*",
                "group,*",
                "--principal=member:*",
                "https://user:*@corp.example/client/v4",
                "out/*.jsonl",
                "https://api.corp.example/*?x",
            ] {
                let text = text.replace('*', credential);
                assert!(is_in(&text), "{text}");
            }
            for text in ["./*", "--output=./*/x", "/builds/*/x"] {
                let text = text.replace('*', credential);
                assert!(!is_in(&text), "{text}");
            }
        }
        for text in [
            "",
            "group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member",
            "--entitlement=role:33666b9c79b9a5273fc7344ff42f953d:assigned",
            "scoped-role:debba696543beca003f371124544c060-4d056dca4dbbeca681cb223fc3932965:assigned",
            "email:bounces-f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11@corp.example",
            "email:customersupportescalationsofnorthamerica@corp.example",
            "email:group:colon:member@corp.example",
            "group,role,member,user,email",
            "https://api.cloudflare.com/client/v4",
            "http://127.0.0.1:8787/client/v4",
            "/nix/store/0c5b8vw40dy178xlpddw65q9gf1h2186-cloudflare-secrets/token",
            "/var/lib/docker/overlay2/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/x",
            "objects/da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/out.jsonl",
            "./Reports/Quarterly-Access-Review-Of-Everyone-2026",
            "/tmp/f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11/out",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }
}
