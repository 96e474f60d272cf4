//! A warning in one line.

use super::names::resource_name;
use super::terminal::clean;
use crate::contract::Warning;

/// Says what a warning says, whether data is missing, and whom it is about. The text is safe for a
/// terminal.
#[must_use]
pub fn warning_text(warning: &Warning) -> String {
    let Warning { code, about, message, incomplete } = warning;
    let about = about.as_ref().map_or(String::new(), |about| format!(", about {}", resource_name(about)));
    let missing = if *incomplete { " Data is missing." } else { "" };
    clean(&format!("{message}{missing} ({code}{about})")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn it_says_whom_it_is_about_and_whether_data_is_missing() {
        let mut warning = samples::warning("list-moved", false);
        assert_eq!(warning_text(&warning), "Something is off. (list-moved)");
        warning.incomplete = true;
        warning.about = Some(samples::id("group", "g1\x1b[2J"));
        assert_eq!(
            warning_text(&warning),
            "Something is off. Data is missing. (list-moved, about group:g1\u{fffd}[2J)"
        );
    }
}
