//! Reads Rust source far enough to know what it imports: words and punctuation, `use` lines, and
//! paths in the code. Comments, strings and code that only tests compile don't count.

/// A path: the crate's name first.
pub type Path = Vec<String>;

/// The imports of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Every path that the file names, in `use` lines and in code. A glob ends with `*`.
    pub paths: Vec<Path>,
    /// The names that `use` lines bind in the file's module, with the path of each.
    pub bindings: Vec<(String, Path)>,
    /// The modules with a file of their own that only tests compile.
    pub for_tests: Vec<Path>,
}

/// Splits source into words, `::` and single characters.
fn tokens(source: &str) -> Vec<&str> {
    let (mut rest, mut tokens) = (source, Vec::new());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            '\'' => match character(rest) {
                Some(length) => length,
                None => 1 + word(&rest[1..]),
            },
            _ if word(rest) > 0 => {
                let length = word(rest);
                match raw_string(&rest[..length], &rest[length..]) {
                    Some(string) => length + string,
                    None => {
                        tokens.push(&rest[..length]);
                        length
                    }
                }
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
                tokens.push(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
    tokens
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of a raw string behind its prefix.
fn raw_string(prefix: &str, text: &str) -> Option<usize> {
    let hashes = text.find(|c| c != '#').unwrap_or_default();
    if !matches!(prefix, "r" | "br" | "cr") || !text[hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let inner = hashes + 1;
    Some(text[inner..].find(&end).map_or(text.len(), |at| inner + at + end.len()))
}

/// Returns the length of a character in quotes. A lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut inner = text.char_indices().skip(1);
    let (_, first) = inner.next()?;
    let (second, c) = inner.next()?;
    match first {
        '\\' => text[second + c.len_utf8()..].find('\'').map(|at| second + c.len_utf8() + at + 1),
        _ => (c == '\'').then_some(second + 1),
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Reads the imports of a file that is the module `here`. `is_module` knows the crate's modules.
pub fn imports(source: &str, here: &[String], is_module: impl Fn(&[String]) -> bool) -> Imports {
    let tokens = tokens(source);
    let mut reader = Reader { here, inner: Vec::new(), is_module, found: Imports::default() };
    reader.read(&tokens);
    reader.found
}

struct Reader<'a, F> {
    here: &'a [String],
    /// The modules in this file that are open, each with the depth of its braces.
    inner: Vec<(String, usize)>,
    is_module: F,
    found: Imports,
}

impl<F: Fn(&[String]) -> bool> Reader<'_, F> {
    fn read(&mut self, tokens: &[&str]) {
        let (mut at, mut depth) = (0, 0);
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            match (*token, rest) {
                ("#", ["#", "[", ..]) => {
                    let length = group(&rest[1..]) + 1;
                    if is_for_tests(&rest[..length]) {
                        at += length;
                        let item = item(&tokens[at..]);
                        self.leave_out(&tokens[at..at + item]);
                        at += item;
                    } else {
                        at += length;
                    }
                    continue;
                }
                // The reach of an item is no import.
                ("pub", ["pub", "(", ..]) => {
                    at += 1 + group(&rest[1..]);
                    continue;
                }
                ("mod", ["mod", name, "{", ..]) => {
                    self.inner.push(((*name).to_owned(), depth));
                    depth += 1;
                    at += 3;
                    continue;
                }
                ("use", ["use", next, ..]) if *next != "<" => {
                    let end = rest.iter().position(|token| *token == ";").unwrap_or(rest.len());
                    self.tree(&rest[1..end], &mut Vec::new());
                    at += end;
                    continue;
                }
                ("{", _) => depth += 1,
                ("}", _) => {
                    depth -= 1;
                    self.inner.pop_if(|(_, opened)| *opened == depth);
                }
                (_, [_, "::", ..]) if is_word(token) => {
                    let length = path(rest);
                    let words = rest[..length].iter().filter(|token| is_word(token));
                    let words = words.map(|word| (*word).to_owned()).collect();
                    self.found.paths.extend(self.absolute(words));
                    at += length;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Notes a module that only tests compile, where it has a file of its own.
    fn leave_out(&mut self, item: &[&str]) {
        if let Some(at) = item.iter().position(|token| *token == "mod")
            && let [name, ";", ..] = &item[at + 1..]
        {
            let module = self.module().into_iter().chain([(*name).to_owned()]);
            self.found.for_tests.push(module.collect());
        }
    }

    /// Reads one tree of a `use` line below `prefix`.
    fn tree(&mut self, tokens: &[&str], prefix: &mut Vec<String>) {
        let length = prefix.len();
        let mut rest = tokens;
        while let [word, "::", behind @ ..] = rest {
            prefix.push((*word).to_owned());
            rest = behind;
        }
        if let ["::", behind @ ..] = rest {
            rest = behind;
        }
        match rest {
            ["{", inner @ .., "}"] => {
                for branch in branches(inner) {
                    self.tree(branch, prefix);
                }
            }
            ["self"] => self.bind(prefix.last().cloned().unwrap_or_default(), prefix.clone()),
            [name] => {
                let path = prefix.iter().cloned().chain([(*name).to_owned()]);
                self.bind((*name).to_owned(), path.collect());
            }
            [name, "as", alias] => {
                let name = Some((*name).to_owned()).filter(|name| name != "self");
                self.bind((*alias).to_owned(), prefix.iter().cloned().chain(name).collect());
            }
            _ => {}
        }
        prefix.truncate(length);
    }

    fn bind(&mut self, name: String, path: Path) {
        if let Some(path) = self.absolute(path) {
            if self.inner.is_empty() {
                self.found.bindings.push((name, path.clone()));
            }
            self.found.paths.push(path);
        }
    }

    fn module(&self) -> Path {
        self.here.iter().cloned().chain(self.inner.iter().map(|(name, _)| name.clone())).collect()
    }

    /// Returns the path with the crate's name first; nothing where its first word is no module.
    fn absolute(&self, path: Path) -> Option<Path> {
        let module = self.module();
        let first = path.first()?;
        let (mut base, rest) = match first.as_str() {
            "crate" => (vec![self.here.first()?.clone()], &path[1..]),
            "self" => (module, &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                (module[..module.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            _ => {
                let child: Path = module.iter().cloned().chain([first.clone()]).collect();
                if (self.is_module)(&child) { (module, &path[..]) } else { (Vec::new(), &path[..]) }
            }
        };
        base.extend_from_slice(rest);
        Some(base)
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns how many tokens a path takes.
fn path(tokens: &[&str]) -> usize {
    let mut length = 1;
    while let ["::", next, ..] = &tokens[length..]
        && is_word(next)
    {
        length += 2;
    }
    length
}

/// Returns how many tokens a group in brackets takes, its brackets among them.
fn group(tokens: &[&str]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Returns how many tokens an item takes: to its semicolon, or to the end of its braces.
fn item(tokens: &[&str]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match *token {
            ";" => return at + 1,
            "{" if !tokens[..at].contains(&"use") => return at + group(&tokens[at..]),
            "(" | "[" | "{" => at += group(&tokens[at..]),
            _ => at += 1,
        }
    }
    at
}

/// Returns the branches of a `use` tree between its commas.
fn branches<'t, 's>(tokens: &'t [&'s str]) -> Vec<&'t [&'s str]> {
    let (mut branches, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                branches.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    branches.push(&tokens[from..]);
    branches
}

/// Whether an attribute lets only tests compile its item.
fn is_for_tests(attribute: &[&str]) -> bool {
    matches!(attribute, ["#", "[", "cfg", "(", "test", ..] | ["#", "[", "cfg", "(", "all", "(", "test", ..])
}

#[cfg(test)]
mod tests {
    use super::{Path, imports};

    fn path(text: &str) -> Path {
        text.split("::").map(str::to_owned).collect()
    }

    fn paths(source: &str) -> Vec<String> {
        let modules = ["it::sync", "it::sync::page", "it::rules"].map(path);
        let found = imports(source, &path("it::sync"), |module| modules.iter().any(|known| known == module));
        found.paths.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_lines_and_paths_in_code_are_read() {
        let source = "use crate::rules::{self, Rule as R, value::{Value, Other}};\nuse super::model::*;\n\
            pub(in crate::sync) use page::Page;\nuse std::fmt;\n\
            fn f(a: crate::json::Object) -> super::error::Result<u8> { page::new::<u8>() }";
        assert_eq!(
            paths(source),
            [
                "it::rules",
                "it::rules::Rule",
                "it::rules::value::Value",
                "it::rules::value::Other",
                "it::model::*",
                "it::sync::page::Page",
                "std::fmt",
                "it::json::Object",
                "it::error::Result",
                "it::sync::page::new"
            ]
        );
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        let source = r##"
            // use crate::comment;
            /* use crate::block; /* nested */ use crate::block; */
            const A: &str = "use crate::string; \" use crate::string;";
            const B: &str = r#"use crate::raw; " use crate::raw;"#;
            fn lifetime<'a>(quote: char) -> bool { quote == '"' || quote == '\'' || quote == '\u{22}' }
            use crate::counts;
            #[cfg(test)]
            mod tests { use crate::inner; fn f() { crate::inner::f() } }
            #[cfg(test)]
            use crate::line::{One, Two};
            #[cfg(all(test, unix))]
            pub mod samples;
            #[cfg(feature = "test")]
            use crate::feature;
        "##;
        assert_eq!(paths(source), ["it::counts", "it::feature"]);
        assert_eq!(imports(source, &path("it"), |_| false).for_tests, [path("it::samples")]);
    }

    #[test]
    fn a_module_in_a_file_has_the_file_as_its_parent() {
        let source = "mod inner { use super::page::Page; use super::super::rules;\n\
            mod two { use super::super::A; } } use super::B;";
        assert_eq!(paths(source), ["it::sync::page::Page", "it::rules", "it::sync::A", "it::B"]);
    }
}
