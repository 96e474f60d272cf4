//! The inputs that fuzzing found worth keeping, run again as tests: each file of each corpus,
//! through the entry point that it was found with.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries =
        std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_input_of_the_corpora_holds() {
    for (target, run) in fuzz::TARGETS {
        let corpus = corpora().join(target);
        let inputs = names(&corpus);
        assert!(inputs.len() >= 5, "{target} has lost its corpus");
        for input in inputs {
            let data = std::fs::read(corpus.join(&input)).unwrap();
            if let Err(panic) = std::panic::catch_unwind(|| run(&data)) {
                eprintln!("this was {target}/{input}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}

#[test]
fn no_corpus_and_no_target_is_forgotten() {
    let targets: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpora()), targets);
    let binaries: BTreeSet<String> = targets.iter().map(|target| format!("{target}.rs")).collect();
    assert_eq!(names(&corpora().with_file_name("fuzz_targets")), binaries);
}
