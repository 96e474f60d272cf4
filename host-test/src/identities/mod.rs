//! Facts about the groups of identity providers, from the files of other programs. CSV and JSON
//! Lines are read by the connector's `cloudflare_zero_trust::command::identities_file`.

#![warn(missing_docs)]

pub mod c1z;

use std::path::{Path, PathBuf};

/// Whether a file is a c1z, by its name.
#[must_use]
pub fn is_c1z(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("c1z"))
}

/// Finds the provider that is given for each file. Each of `given` is `NAME=FILE`, as the values of
/// `--provider` are, and both parts may have a `=`.
///
/// # Errors
/// Fails with a sentence for a person if one of them names none of the files, or the same as
/// another.
pub fn given_for<'g>(files: &[PathBuf], given: &'g [String]) -> Result<Vec<Option<&'g str>>, String> {
    let mut found = vec![None; files.len()];
    for text in given {
        let names = files.iter().zip(&mut found).filter_map(|(file, found)| {
            let name = text.strip_suffix(file.to_str()?)?.strip_suffix('=')?;
            (!name.is_empty()).then_some((name, found))
        });
        match names.min_by_key(|(name, _)| name.len()) {
            None => return Err("it is no NAME=FILE with one of the files of --identities".to_owned()),
            Some((_, Some(_))) => return Err("the same file is given twice".to_owned()),
            Some((name, found)) => *found = Some(name),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_the_provider_that_is_given_for_it() {
        let files: Vec<PathBuf> = ["okta.c1z", "x/okta.c1z", "a=b.c1z", "b.c1z"].map(PathBuf::from).to_vec();
        let of = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            given_for(&files, &given).map(|found| {
                found.into_iter().map(|name| name.unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" ")
            })
        };
        for (given, found) in [
            (&[][..], "- - - -"),
            (&["Okta=okta.c1z"], "Okta - - -"),
            (&["Okta=x/okta.c1z", "entra=okta.c1z"], "entra Okta - -"),
            (&["Okta=a=b.c1z"], "- - Okta -"),
            (&["O=k=b.c1z"], "- - - O=k"),
            (&["O=k=a=b.c1z", "b=b.c1z"], "- - O=k b"),
        ] {
            assert_eq!(of(given).as_deref(), Ok(found), "{given:?}");
        }
        for given in ["", "okta.c1z", "=okta.c1z", "Okta", "Okta=", "Okta=y/okta.c1z", "okta.c1z=Okta"] {
            assert!(of(&[given]).unwrap_err().contains("no NAME=FILE"), "{given}");
        }
        assert!(of(&["a=okta.c1z", "b=okta.c1z"]).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_c1z_is_known_by_its_name() {
        for (file, is_one) in
            [("x.c1z", true), ("./a/X.C1Z", true), ("c1z", false), ("x.c1z.csv", false), ("-", false)]
        {
            assert_eq!(is_c1z(Path::new(file)), is_one, "{file}");
        }
    }
}
