//! Compares what README and the pages show of the demo with what it prints.

use super::{assert_exit, host_test, text};
use std::path::Path;

fn page(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join("pages").join(path)).unwrap()
}

fn demo() -> String {
    let output = host_test(&[]).output().unwrap();
    assert_exit(&output, 0);
    text(&output.stdout).to_owned()
}

/// Returns the texts of a picture that aren't commands or its title.
fn texts(svg: &str) -> Vec<String> {
    let texts = svg.lines().filter(|line| line.starts_with("<text"));
    let texts = texts.filter(|line| !line.contains("class=\"cmd\"") && !line.contains("class=\"bar\""));
    let inside = |line: &str| line.split_once('>')?.1.split_once("</text>").map(|(text, _)| text.to_owned());
    let unescaped = |text: String| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    texts.map(|line| unescaped(inside(line).unwrap_or_else(|| panic!("{line}")))).collect()
}

#[test]
fn the_picture_of_the_demo_and_the_pages_table_are_what_it_prints() {
    let demo = demo();
    let texts = texts(&page("images/demo.svg"));
    assert!(texts.len() > 40, "{texts:?}");
    for text in texts {
        assert!(
            demo.contains(&text),
            "the picture shows {text:?}: host-test/pages/images/demo.py draws it again"
        );
    }
    let reach = page("who-can-reach-an-application.md");
    let (_, table) = reach.split_once("```text\n").unwrap();
    let (table, _) = table.split_once("```").unwrap();
    assert!(table.starts_with("Application  Who") && demo.contains(table), "{table}");
    let verify = page("verify.md");
    let (_, example) = verify.split_once("```text\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert!(example.starts_with("Sales\ngroup:") && demo.contains(example), "{example}");
}
