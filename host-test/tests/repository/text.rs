//! How the sources read: no line is too wide, and doc comments are sentences.

use crate::{read, rust_files, wit_files};

/// The most columns of a line.
const COLUMNS: usize = 110;

/// The most doc comments of a thousand that may open with one of [`HEADLESS`].
const HEADLESS_PER_MILLE: usize = 20;

/// Words that open half a sentence: a doc comment opens with a verb or a noun.
const HEADLESS: [&str; 8] = ["What", "That", "Where", "Who", "Whom", "Whose", "Why", "Of"];

fn sources() -> Vec<String> {
    [rust_files("src"), rust_files("host-test"), wit_files("wit"), wit_files("host-test")].concat()
}

/// Returns the numbers of the lines that are too wide.
fn wide(source: &str) -> Vec<usize> {
    let wide = |(_, line): &(usize, &str)| line.chars().count() > COLUMNS;
    source.lines().enumerate().filter(wide).map(|(at, _)| at + 1).collect()
}

/// Returns the first line of each doc comment, with its number.
fn openings(source: &str) -> Vec<(usize, &str)> {
    let (mut openings, mut is_inside) = (Vec::new(), false);
    for (at, line) in source.lines().enumerate() {
        let line = line.trim();
        let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let text = text.filter(|text| text.is_empty() || text.starts_with(' '));
        if let Some(text) = text.filter(|_| !is_inside) {
            openings.push((at + 1, text.trim_start()));
        }
        is_inside = text.is_some();
    }
    openings
}

fn is_headless(opening: &str) -> bool {
    let first = opening.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    HEADLESS.contains(&first)
}

#[test]
fn no_line_is_too_wide() {
    let wide_in = |file: String| {
        let lines = wide(&read(&file));
        lines.into_iter().map(move |line| format!("{file}:{line}"))
    };
    let found: Vec<String> = sources().into_iter().flat_map(wide_in).collect();
    assert!(
        found.is_empty(),
        "{} lines have more than {COLUMNS} columns:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn doc_comments_open_with_a_verb_or_a_noun() {
    let (mut all, mut headless) = (0, Vec::new());
    for file in sources() {
        for (line, opening) in openings(&read(&file)) {
            all += 1;
            if is_headless(opening) {
                headless.push(format!("{file}:{line}: {opening}"));
            }
        }
    }
    assert!(all > 1000, "the doc comments aren't found any more");
    assert!(
        headless.len() * 1000 < all * HEADLESS_PER_MILLE,
        "{} of {all} doc comments open with {HEADLESS:?}:\n{}",
        headless.len(),
        headless.join("\n")
    );
}

#[test]
fn wide_lines_and_headless_openings_are_found() {
    let line = |columns: usize| "é".repeat(columns);
    assert_eq!(wide(&format!("{}\n{}\n{}", line(110), line(111), line(3))), [2]);
    let source = "//! Of one.\n//! What goes on.\n\n/// Returns it.\nfn f() {}\n\n    /// Whatever\n\
        // What no doc is\n//// nor this\n///\n";
    assert_eq!(openings(source), [(1, "Of one."), (4, "Returns it."), (7, "Whatever"), (10, "")]);
    assert!(is_headless("Of one.") && is_headless("What's this") && is_headless("Where"));
    assert!(
        !is_headless("Whatever") && !is_headless("Whether it is") && !is_headless("Returns what is there")
    );
}
