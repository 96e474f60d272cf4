//! The sentences that say what was done, what wasn't, and what to do then.

use super::calls::*;
use super::cloud::*;
use crate::lifecycle::Options;

const ANN: &str = "ann@corp.example";

fn person() -> String {
    format!("email:{ANN}")
}

fn whole() -> Cloud {
    Cloud::new().with_user(ANN).with_member(ANN, "accepted", &["a1"])
}

#[test]
fn an_offboarding_that_fails_as_a_whole_says_once_that_nothing_was_written() {
    let mut told = 0;
    let check = |message: &str| {
        assert!(message.ends_with(" Nothing was written."), "{message}");
        assert_eq!(message.matches("Nothing was written").count(), 1, "{message}");
    };
    for at in 0..12 {
        for fault in FAULTS {
            let done = leave_with(&whole(), &person(), &[], &Options::default(), Some((at, fault)));
            if let Err(error) = &done.result {
                assert!(done.writes().is_empty(), "{:?}", done.sent);
                check(&error.message);
                told += 1;
            }
        }
    }
    assert!(told > 5, "{told}");
    for (person, keep) in [("user:c8", ""), ("email:ann", ""), ("user:../x", ""), ("member:b9", "group:1")] {
        let keep: Vec<&str> = Some(keep).into_iter().filter(|word| !word.is_empty()).collect();
        check(&leave(&whole(), person, &keep).result.unwrap_err().message);
    }
}
