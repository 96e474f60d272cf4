//! Every link of a page to a file leads to one.

use crate::{files, read, top};

/// Returns the targets of a page's links to files, without their anchors.
fn links(page: &str) -> Vec<&str> {
    let targets = page.split("](").skip(1).filter_map(|behind| behind.split(')').next());
    let paths = targets.map(|target| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains(':')).collect()
}

#[test]
fn every_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for page in files(".", ".md") {
        let text = read(&page);
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_broken = |link: &&str| !top().join(folder).join(link).exists();
        broken.extend(links(&text).into_iter().filter(is_broken).map(|link| format!("{page}: {link}")));
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn links_to_files_are_told_from_others() {
    let page = "[a](a.md), [b](b/#part) and [`c`](../c); [d](#here), [e](https://e.example) (f).";
    assert_eq!(links(page), ["a.md", "b/", "../c"]);
}

/// A suite is `tests/<suite>/main.rs`, and the map of promises leads to it.
#[test]
fn every_suite_is_a_folder_and_on_the_map() {
    let map = read("host-test/README.md");
    for entry in std::fs::read_dir(top().join("host-test/tests")).unwrap() {
        let suite = entry.unwrap().file_name().into_string().unwrap();
        if suite != "common" {
            assert!(
                top().join("host-test/tests").join(&suite).join("main.rs").is_file(),
                "{suite} has no main.rs"
            );
            assert!(map.contains(&format!("(tests/{suite}/)")), "host-test/README.md doesn't name {suite}");
        }
    }
}
