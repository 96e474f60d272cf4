//! The floor plan: no room imports one that it must not, and no files import each other in a
//! circle.

use crate::source::{Imports, Path, imports};
use crate::{read, rust_files, top};
use std::collections::{BTreeMap, BTreeSet};

/// The crates that are checked: the directory of their sources, and their name in paths.
const CRATES: [(&str, &str); 3] = [
    ("src", "cloudflare_zero_trust"),
    ("host-test/src", "host_test"),
    ("host-test/host/src", "connector_host"),
];

/// Rooms that must not import others, directly.
struct Never {
    from: &'static [&'static str],
    never: &'static [&'static str],
    because: &'static str,
}

const CONNECTOR: &str = "cloudflare_zero_trust";
const HOST: &str = "connector_host";

/// `crate::room`, or the name of a crate.
const NEVER: &[Never] = &[
    Never {
        from: &["cloudflare_zero_trust::cloudflare"],
        never: &[
            "cloudflare_zero_trust::rules",
            "cloudflare_zero_trust::roles",
            "cloudflare_zero_trust::apps",
            "cloudflare_zero_trust::records",
            "cloudflare_zero_trust::kinds",
            "cloudflare_zero_trust::sync",
            "cloudflare_zero_trust::provision",
            "cloudflare_zero_trust::settings::manifest",
        ],
        because: "the API is read the same way, whatever its answers mean to whoever asks",
    },
    Never {
        from: &["cloudflare_zero_trust::rules", "cloudflare_zero_trust::apps"],
        never: &["cloudflare_zero_trust::cloudflare"],
        because: "rules are evaluated without knowing how they were read",
    },
    Never {
        from: &["cloudflare_zero_trust::rules"],
        never: &["cloudflare_zero_trust::apps"],
        because: "policies are rule sets, and what gives a matched one its meaning is folded on top of them",
    },
    Never {
        from: &["cloudflare_zero_trust::identities"],
        never: &[
            "cloudflare_zero_trust::rules",
            "cloudflare_zero_trust::apps",
            "cloudflare_zero_trust::records",
            "cloudflare_zero_trust::sync",
            "cloudflare_zero_trust::provision",
        ],
        because: "facts are what somebody says, and others decide what follows from them",
    },
    Never {
        from: &["cloudflare_zero_trust::apps"],
        never: &[
            "cloudflare_zero_trust::records",
            "cloudflare_zero_trust::sync",
            "cloudflare_zero_trust::provision",
        ],
        because: "they all ask it who can reach an application",
    },
    Never {
        from: &["cloudflare_zero_trust::sync"],
        never: &["cloudflare_zero_trust::provision"],
        because: "the reader is built without provisioning",
    },
    Never {
        from: &["cloudflare_zero_trust::provision"],
        never: &["cloudflare_zero_trust::sync"],
        because: "a change reads what it needs, and no sync may be disturbed by it",
    },
    Never {
        from: &["cloudflare_zero_trust::sync", "cloudflare_zero_trust::provision"],
        never: &["cloudflare_zero_trust::lifecycle"],
        because: "lifecycle stands on both",
    },
    Never {
        from: &[
            "cloudflare_zero_trust::sync",
            "cloudflare_zero_trust::provision",
            "cloudflare_zero_trust::lifecycle",
        ],
        never: &["cloudflare_zero_trust::verification"],
        because: "what is judged doesn't know its judge",
    },
    Never {
        from: &["cloudflare_zero_trust::verification"],
        never: &["cloudflare_zero_trust::provision", "cloudflare_zero_trust::lifecycle"],
        because: "a comparison changes nothing",
    },
    Never {
        from: &[
            "cloudflare_zero_trust::scim::filter",
            "cloudflare_zero_trust::scim::given",
            "cloudflare_zero_trust::scim::patch",
            "cloudflare_zero_trust::scim::problem",
            "cloudflare_zero_trust::scim::projection",
            "cloudflare_zero_trust::scim::query",
            "cloudflare_zero_trust::scim::schema",
        ],
        never: &[
            "cloudflare_zero_trust::contract",
            "cloudflare_zero_trust::session",
            "cloudflare_zero_trust::output",
            "cloudflare_zero_trust::edge",
        ],
        because: "the words of a protocol mean the same, whatever answers in them",
    },
    Never {
        from: &["cloudflare_zero_trust::edge::v1"],
        never: &["cloudflare_zero_trust::edge::scim"],
        because: "two interfaces of one service change apart; what both need is in edge",
    },
    Never {
        from: &["cloudflare_zero_trust::edge::scim"],
        never: &["cloudflare_zero_trust::edge::v1"],
        because: "two interfaces of one service change apart; what both need is in edge",
    },
    Never {
        from: &["cloudflare_zero_trust::edge"],
        never: &["cloudflare_zero_trust::command", "clap"],
        because: "a service has no command line",
    },
    Never {
        from: &["cloudflare_zero_trust::output"],
        never: &["cloudflare_zero_trust::edge", "cloudflare_zero_trust::command"],
        because: "both write with it",
    },
    Never {
        from: &[
            "cloudflare_zero_trust::apps",
            "cloudflare_zero_trust::cloudflare",
            "cloudflare_zero_trust::credential",
            "cloudflare_zero_trust::digest",
            "cloudflare_zero_trust::encoding",
            "cloudflare_zero_trust::error",
            "cloudflare_zero_trust::identities",
            "cloudflare_zero_trust::json",
            "cloudflare_zero_trust::kinds",
            "cloudflare_zero_trust::lifecycle",
            "cloudflare_zero_trust::model",
            "cloudflare_zero_trust::places",
            "cloudflare_zero_trust::provision",
            "cloudflare_zero_trust::records",
            "cloudflare_zero_trust::redact",
            "cloudflare_zero_trust::roles",
            "cloudflare_zero_trust::rules",
            "cloudflare_zero_trust::session",
            "cloudflare_zero_trust::settings",
            "cloudflare_zero_trust::sorted",
            "cloudflare_zero_trust::sync",
            "cloudflare_zero_trust::validate",
            "cloudflare_zero_trust::verification",
        ],
        never: &[
            "cloudflare_zero_trust::contract",
            "cloudflare_zero_trust::wasi",
            "cloudflare_zero_trust::output",
            "cloudflare_zero_trust::edge",
            "cloudflare_zero_trust::command",
        ],
        because: "the core runs natively, with types of its own: the contract and WASI are its boundary",
    },
    Never {
        from: &[HOST],
        never: &[CONNECTOR, "host_test", "clap", "rusqlite", "axum"],
        because: "an embedder takes the host alone, for any connector",
    },
    Never {
        from: &["host_test::mock::api", "host_test::mock::faults"],
        never: &["host_test::mock::wire", "host_test::mock::routes"],
        because: "what goes wrong, and what products share, is known before anything is served",
    },
    Never {
        from: &["host_test::mock", "host_test::truth"],
        never: &[CONNECTOR, HOST],
        because: "they judge the connector, and share no mistake with it",
    },
];

/// Rooms of [`NEVER`] that don't exist yet. A room that is built has to be taken from this list.
const NOT_BUILT: &[&str] = &[];

/// Files that import each other in a circle, with the reason why they may.
const CIRCLES: &[(&[&str], &str)] = &[];

/// The imports of every file that isn't for tests alone, by module. Files are named by their path.
struct Plan {
    modules: BTreeMap<Path, String>,
    imports: BTreeMap<Path, Imports>,
}

/// Returns the module of a file below a crate's sources.
fn module(name: &str, below: &str) -> Path {
    let below = below.strip_suffix(".rs").unwrap_or(below);
    let words = [name].into_iter().chain(below.split('/'));
    let mut module: Path = words.map(str::to_owned).collect();
    module.pop_if(|last| matches!(last.as_str(), "mod" | "lib"));
    module
}

impl Plan {
    /// Reads sources: the name of their crate, their path below its root, and their text.
    fn of<'s>(files: impl Iterator<Item = (&'s str, String, String)>) -> Plan {
        let files: Vec<_> = files.map(|(name, below, text)| (module(name, &below), below, text)).collect();
        let mut modules: BTreeMap<Path, String> =
            files.iter().map(|(module, below, _)| (module.clone(), below.clone())).collect();
        let read = |(module, _, text): &(Path, String, String)| {
            (module.clone(), imports(text, module, |module| modules.contains_key(module)))
        };
        let mut imports: BTreeMap<Path, Imports> = files.iter().map(read).collect();
        let for_tests: Vec<Path> = imports.values().flat_map(|imports| imports.for_tests.clone()).collect();
        let is_left = |module: &Path| !for_tests.iter().any(|test| module.starts_with(test));
        modules.retain(|module, _| is_left(module));
        imports.retain(|module, _| is_left(module));
        Plan { modules, imports }
    }

    fn of_this_repository() -> Plan {
        Plan::of(CRATES.into_iter().flat_map(|(directory, name)| {
            let below = move |file: String| file.strip_prefix(&format!("{directory}/")).map(str::to_owned);
            let files = rust_files(directory).into_iter();
            files.map(move |file| (name, below(file.clone()).expect("it is below"), read(&file)))
        }))
    }

    /// Returns the module with a file that a path leads to, through what `use` lines bind on the way.
    fn target(&self, path: &[String]) -> Option<Path> {
        let mut path = path.to_vec();
        // As many names as could follow each other; more would be a name that leads to itself.
        for _ in 0..8 {
            let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
            let (module, rest) = path.split_at(length);
            let bindings = self.imports.get(module).map(|imports| imports.bindings.as_slice());
            let bound = rest.first().and_then(|name| {
                bindings.unwrap_or_default().iter().find(|(bound, _)| bound == name).map(|(_, path)| path)
            });
            match bound {
                Some(bound) if !path.starts_with(bound) && self.target_is_ours(bound) => {
                    path = bound.iter().chain(&rest[1..]).cloned().collect();
                }
                _ => return Some(module.to_vec()),
            }
        }
        None
    }

    fn target_is_ours(&self, path: &[String]) -> bool {
        path.first().is_some_and(|name| self.modules.contains_key(std::slice::from_ref(name)))
    }

    /// Returns each file with the files that it imports.
    fn edges(&self) -> BTreeMap<Path, BTreeSet<Path>> {
        let targets = |module: &Path, imports: &Imports| -> BTreeSet<Path> {
            let targets = imports.paths.iter().filter_map(|path| self.target(path));
            targets.filter(|target| target != module).collect()
        };
        self.imports.iter().map(|(module, imports)| (module.clone(), targets(module, imports))).collect()
    }

    /// Returns the imports that a row of the table forbids, each for a person.
    fn forbidden(&self, row: &Never) -> Vec<String> {
        let Never { from, never, because } = row;
        let mut found = Vec::new();
        for (module, imports) in &self.imports {
            let is_from = from.iter().any(|room| is_in(module, room));
            for path in imports.paths.iter().filter(|_| is_from) {
                let target = self.target(path).unwrap_or_else(|| path.clone());
                if let Some(room) = never.iter().find(|room| is_in(path, room) || is_in(&target, room)) {
                    let (module, path) = (module.join("::"), path.join("::"));
                    found.push(format!("{module} imports {path}; never {room}: {because}"));
                }
            }
        }
        found
    }

    /// Returns the circles of files, each in order.
    fn circles(&self) -> BTreeSet<BTreeSet<Path>> {
        let edges = self.edges();
        let reach = |from: &Path| {
            let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(next) = open.pop().and_then(|module| edges.get(module)) {
                open.extend(next.iter().filter(|target| reached.insert((*target).clone())));
            }
            reached
        };
        let reached: BTreeMap<&Path, BTreeSet<Path>> =
            edges.keys().map(|module| (module, reach(module))).collect();
        let in_circle = |module: &Path| -> BTreeSet<Path> {
            let back = |other: &&Path| reached.get(other).is_some_and(|reached| reached.contains(module));
            reached[module].iter().filter(back).cloned().collect()
        };
        edges.keys().map(in_circle).filter(|circle| circle.len() > 1).collect()
    }
}

fn is_in(path: &[String], room: &str) -> bool {
    path.iter().map(String::as_str).zip(room.split("::")).all(|(word, of_room)| word == of_room)
        && path.len() >= room.split("::").count()
}

fn shown(circle: &BTreeSet<Path>) -> BTreeSet<String> {
    circle.iter().map(|module| module.join("::")).collect()
}

/// A plan of one crate named `it`.
#[cfg(test)]
fn planted(files: &[(&str, &str)]) -> Plan {
    Plan::of(files.iter().map(|(below, text)| ("it", (*below).to_owned(), (*text).to_owned())))
}

#[test]
fn no_room_imports_what_it_must_not() {
    let plan = Plan::of_this_repository();
    let found: Vec<String> = NEVER.iter().flat_map(|row| plan.forbidden(row)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_forbidden_import_is_found() {
    let row = Never { from: &["it::sync"], never: &["it::provision", "clap"], because: "of a test" };
    let found = |text: &str| {
        let files = [
            ("lib.rs", ""),
            ("sync/mod.rs", ""),
            ("sync/load.rs", text),
            ("provision.rs", ""),
            ("model.rs", ""),
        ];
        planted(&files).forbidden(&row).len()
    };
    assert_eq!(found("use crate::model::Kind;\nuse super::page;"), 0);
    assert_eq!(found("use crate::provision::Change;"), 1);
    assert_eq!(found("use crate::{model, provision};"), 1);
    assert_eq!(found("fn f() { crate::provision::apply() }"), 1);
    assert_eq!(found("use super::super::provision;"), 1);
    assert_eq!(found("use clap::Parser;"), 1);
    assert_eq!(found("// use crate::provision;\n#[cfg(test)]\nmod tests { use crate::provision; }"), 0);
}

#[test]
fn an_import_through_another_name_is_found() {
    let row = Never { from: &["it::sync"], never: &["it::provision"], because: "of a test" };
    let files = [
        ("lib.rs", "pub use provision::Change;"),
        ("sync.rs", "use crate::Change;"),
        ("provision.rs", "pub struct Change;"),
    ];
    assert_eq!(planted(&files).forbidden(&row).len(), 1);
}

/// Without this a misspelt room would be kept by everything.
#[test]
fn every_room_of_the_list_is_there_or_not_built_yet() {
    let plan = Plan::of_this_repository();
    let lock = read("Cargo.lock");
    for row in NEVER {
        for room in row.from.iter().chain(row.never) {
            let (is_built, is_later) = (exists(&plan, &lock, room), NOT_BUILT.contains(room));
            assert!(is_built || is_later, "{room} doesn't exist");
            assert!(!(is_built && is_later), "{room} is built: take it from the list");
        }
    }
    for room in NOT_BUILT {
        assert!(NEVER.iter().any(|row| row.from.iter().chain(row.never).any(|it| it == room)), "{room}");
    }
    assert!(CRATES.iter().all(|(directory, _)| top().join(directory).is_dir()));
}

/// Whether there is such a module, or such a crate among the dependencies.
fn exists(plan: &Plan, lock: &str, room: &str) -> bool {
    let path: Path = room.split("::").map(str::to_owned).collect();
    plan.modules.contains_key(&path) || lock.contains(&format!("\nname = \"{room}\"\n"))
}

#[test]
fn files_import_each_other_in_no_circle() {
    let found: BTreeSet<BTreeSet<String>> = Plan::of_this_repository().circles().iter().map(shown).collect();
    let allowed: BTreeSet<BTreeSet<String>> =
        CIRCLES.iter().map(|(files, _)| files.iter().map(|file| (*file).to_owned()).collect()).collect();
    let new: Vec<_> = found.difference(&allowed).collect();
    assert!(new.is_empty(), "files in a circle: {new:#?}");
    let gone: Vec<_> = allowed.difference(&found).collect();
    assert!(gone.is_empty(), "circles that are open now, to take from the list: {gone:#?}");
}

#[test]
fn a_circle_is_found() {
    let circles = |a: &str, b: &str, face: &str| {
        let files = [("lib.rs", "mod x;"), ("x/mod.rs", face), ("x/a.rs", a), ("x/b.rs", b)];
        let circles = planted(&files).circles();
        circles
            .iter()
            .map(|circle| shown(circle).into_iter().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert!(circles("use super::b::B;", "", "mod a; mod b; pub use a::A;").is_empty());
    assert_eq!(circles("use super::b::B;", "use super::a::A;", ""), ["it::x::a it::x::b"]);
    // The face only hands on a name: `b` imports `a`, not the face.
    assert!(circles("", "use super::A;", "mod a; mod b; pub use a::A;").is_empty());
    assert_eq!(
        circles("use super::B;", "use super::A;", "pub use a::A; pub use b::B;"),
        ["it::x::a it::x::b"]
    );
    // The face has a name of its own.
    assert_eq!(circles("use super::Own;", "", "mod a; use a::A; pub struct Own(A);"), ["it::x it::x::a"]);
    assert!(
        circles("#[cfg(test)]\nmod tests { use super::super::b::B; }", "use super::a::A;", "").is_empty()
    );
}
