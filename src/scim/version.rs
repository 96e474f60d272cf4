//! The version of a resource: an ETag by the digest of what was read. Cloudflare has no versions, so a
//! precondition narrows the time in which another writer's change is lost, and doesn't close it.

use super::problem::Problem;
use crate::digest::Digest;
use serde_json::Value;

/// Returns the version of what was read of a resource.
pub(super) fn of<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let digest = parts.into_iter().fold(Digest::new(), Digest::with).finish();
    // It is weak, because attributes can be left out of the same version.
    format!("W/\"{digest:016x}\"")
}

/// Returns the version that a resource shows.
pub fn shown(resource: &Value) -> Option<&str> {
    resource.get("meta")?.get("version")?.as_str()
}

/// The preconditions of a request, as its headers have them.
#[derive(Clone, Debug, Default)]
pub struct Preconditions {
    /// `If-Match`: the request is for one of these versions.
    pub if_match: Option<String>,
    /// `If-None-Match`: the client has these versions already.
    pub if_none_match: Option<String>,
}

impl Preconditions {
    /// Whether the client has the resource already.
    pub fn is_known(&self, version: &str) -> bool {
        self.if_none_match.as_deref().is_some_and(|known| has(known, version))
    }

    /// Checks that the resource still is what the client wants to change.
    ///
    /// # Errors
    /// 412: it isn't.
    pub(super) fn check(&self, version: &str) -> Result<(), Problem> {
        match &self.if_match {
            Some(wanted) if !has(wanted, version) => Err(Problem::new(
                412,
                "The resource isn't any more what this request was made for: its version is another one \
                 than that of If-Match. Nothing was written. Read it again.",
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a list of entity tags has this one, strong or weak.
fn has(list: &str, version: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|tag| plain(tag) == plain(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_all_parts_in_their_order() {
        assert_eq!(of(["a", "b"]), of(["a", "b"]));
        for other in [&["b", "a"][..], &["ab"], &["a", "b", ""], &["a"]] {
            assert_ne!(of(["a", "b"]), of(other.iter().copied()), "{other:?}");
        }
    }

    #[test]
    fn preconditions_compare_tags_and_not_their_strength() {
        let version = of(["a"]);
        let strong = version.trim_start_matches("W/");
        let with = |list: &str| Preconditions {
            if_match: Some(list.to_owned()),
            if_none_match: Some(list.to_owned()),
        };
        for list in [&version, strong, "*", &format!("\"x\", {version}")] {
            assert!(with(list).check(&version).is_ok() && with(list).is_known(&version), "{list}");
        }
        for list in ["", "\"x\"", "W/\"\"", strong.trim_matches('"')] {
            assert_eq!(with(list).check(&version).unwrap_err().status, 412, "{list}");
            assert!(!with(list).is_known(&version), "{list}");
        }
        assert!(Preconditions::default().check(&version).is_ok());
    }
}
