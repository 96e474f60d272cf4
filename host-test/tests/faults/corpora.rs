//! The inputs that fuzzing found worth keeping, run again as tests: each file of each corpus,
//! through the entry point that it was found with.

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use crate::cases::Cases;
use rand::RngExt;
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

/// The inputs of these are lines that mean something in any order.
#[test]
fn lines_of_the_corpora_put_together_anew_hold() {
    for target in ["membership", "reach"] {
        let (_, run) = fuzz::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
        let read = |input: &String| std::fs::read_to_string(corpora().join(target).join(input)).ok();
        let all: Vec<String> = names(&corpora().join(target)).iter().filter_map(read).collect();
        let lines: Vec<&str> = all.iter().flat_map(|input| input.lines()).collect();
        let count = Cases::usual(1500).run(|mut random| {
            let line = |_| lines[random.random_range(0..lines.len())];
            let input = (0..40).map(line).collect::<Vec<_>>().join("\n");
            let ran = std::panic::catch_unwind(|| run(input.as_bytes()));
            ran.is_err().then(|| format!("{target}:\n{input}\n"))
        });
        println!("{count} inputs of {target}");
    }
}

#[test]
fn no_corpus_and_no_target_is_forgotten() {
    let targets: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpora()), targets);
    let binaries: BTreeSet<String> = targets.iter().map(|target| format!("{target}.rs")).collect();
    assert_eq!(names(&corpora().with_file_name("fuzz_targets")), binaries);
}
