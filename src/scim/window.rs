//! The part of a list that an answer has: by numbers (RFC 7644, 3.4.2.4), or by a cursor (RFC 9865). A cursor
//! is the key of the last resource that was given, so that nobody is left out or comes twice when somebody
//! else comes or goes. It belongs to one list: in another one it would leave resources out.

use super::problem::Problem;
use super::user_id::{decode, encode};
use serde_json::Value;

/// The beginning of a cursor before it is encoded: its form can change.
const FORM: &str = "2:";

/// The resources of an answer, as they are collected from a list in the order of its keys.
#[derive(Debug)]
pub(super) struct Window {
    /// The resources before the first one that is given.
    skip: usize,
    /// The most resources that are given.
    most: usize,
    /// The key behind which the answer begins.
    after: Option<String>,
    is_by_cursor: bool,
    /// The list that a cursor belongs to.
    list: String,
    last: Option<String>,
    has_more: bool,
    /// The number of all resources that fit.
    pub total: usize,
    /// The resources that are given.
    pub resources: Vec<Value>,
}

impl Window {
    /// Begins an answer with the resource of this number, from 1.
    pub fn from_number(start: usize, most: usize) -> Self {
        Self {
            skip: start.saturating_sub(1),
            most,
            after: None,
            is_by_cursor: false,
            list: String::new(),
            last: None,
            has_more: false,
            total: 0,
            resources: Vec::new(),
        }
    }

    /// Begins an answer behind a cursor of this list, which is named without a colon. An empty cursor is that
    /// of the first page.
    ///
    /// # Errors
    /// `invalidCursor`.
    pub fn from_cursor(cursor: &str, most: usize, list: &str) -> Result<Self, Problem> {
        let bad = || Problem::invalid_cursor("This is no cursor of this service. Begin without one.");
        let after = match cursor {
            "" => None,
            cursor => {
                let bytes = decode(cursor).filter(|bytes| encode(bytes) == cursor).ok_or_else(bad)?;
                let text = String::from_utf8(bytes).map_err(|_| bad())?;
                let (of, after) =
                    text.strip_prefix(FORM).and_then(|text| text.split_once(':')).ok_or_else(bad)?;
                if of != list {
                    return Err(Problem::invalid_cursor(
                        "This cursor belongs to another list, or to the same list with another filter. Begin \
                         without one.",
                    ));
                }
                Some(after.to_owned())
            }
        };
        Ok(Self { after, is_by_cursor: true, list: list.to_owned(), ..Self::from_number(1, most) })
    }

    /// Counts a resource that fits. Returns whether it belongs to the answer.
    pub fn counts(&mut self, key: &str) -> bool {
        self.total += 1;
        let is_before = match &self.after {
            Some(after) => key <= after.as_str(),
            None => self.total <= self.skip,
        };
        if is_before {
            return false;
        }
        let is_in = self.resources.len() < self.most;
        self.has_more |= !is_in;
        is_in
    }

    /// Gives a resource for which [`Window::counts`] has just said so.
    pub fn give(&mut self, key: &str, resource: Value) {
        self.last = Some(key.to_owned());
        self.resources.push(resource);
    }

    /// Returns the cursor of the next page, if pages are read by cursors and there is one.
    pub fn next_cursor(&self) -> Option<String> {
        let last = self.last.as_deref().or(self.after.as_deref()).unwrap_or_default();
        (self.is_by_cursor && self.has_more).then(|| encode(format!("{FORM}{}:{last}", self.list).as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn given(mut window: Window, keys: &[&str]) -> (usize, Vec<String>, Option<String>) {
        for key in keys {
            if window.counts(key) {
                window.give(key, Value::from(*key));
            }
        }
        let resources = window.resources.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        (window.total, resources, window.next_cursor())
    }

    #[test]
    fn numbers_begin_with_one() {
        for (start, most, expected) in [
            (0, 2, &["a", "b"][..]),
            (1, 2, &["a", "b"]),
            (2, 2, &["b", "c"]),
            (5, 2, &["e"]),
            (6, 2, &[]),
            (1, 0, &[]),
            (1, 9, &KEYS),
        ] {
            let (total, resources, next) = given(Window::from_number(start, most), &KEYS);
            assert_eq!(
                (total, resources.as_slice(), next),
                (5, &expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..], None),
                "{start} {most}"
            );
        }
    }

    #[test]
    fn cursors_go_on_whoever_comes_and_goes() {
        let (_, first, next) = given(Window::from_cursor("", 2, "list").unwrap(), &KEYS);
        assert_eq!(first, ["a", "b"]);
        // Somebody comes before, and the last one that was given goes.
        let window = Window::from_cursor(&next.unwrap(), 2, "list").unwrap();
        let (total, second, next) = given(window, &["0", "a", "c", "d", "e"]);
        assert_eq!((total, second), (5, vec!["c".to_owned(), "d".to_owned()]));
        let window = Window::from_cursor(&next.unwrap(), 2, "list").unwrap();
        assert_eq!(given(window, &KEYS), (5, vec!["e".to_owned()], None));
    }

    #[test]
    fn nothing_is_given_twice_where_nothing_is_asked_for() {
        let (total, none, next) = given(Window::from_cursor("", 0, "list").unwrap(), &KEYS);
        assert_eq!((total, none.len()), (5, 0));
        let (_, first, _) = given(Window::from_cursor(&next.unwrap(), 1, "list").unwrap(), &KEYS);
        assert_eq!(first, ["a"]);
    }

    #[test]
    fn another_text_is_no_cursor() {
        for cursor in ["x", "YUBi", "====", "MQ", "ä"] {
            let problem = Window::from_cursor(cursor, 1, "list").unwrap_err();
            assert_eq!(problem.scim_type.map(|it| it.word()), Some("invalidCursor"), "{cursor}");
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_list_and_to_its_letters() {
        let (_, _, next) = given(Window::from_cursor("", 2, "list").unwrap(), &KEYS);
        let next = next.unwrap();
        for (cursor, list) in [(next.as_str(), "other"), (next.as_str(), "")] {
            let problem = Window::from_cursor(cursor, 2, list).unwrap_err();
            assert!(problem.detail.contains("belongs to another list"), "{}", problem.detail);
        }
        for cursor in [format!("{next}A"), format!("{next}AA"), next[..next.len() - 1].to_owned()] {
            let after = Window::from_cursor(&cursor, 2, "list").map(|window| window.after);
            assert_ne!(after.ok().flatten().as_deref(), Some("b"), "{cursor}");
        }
    }
}
