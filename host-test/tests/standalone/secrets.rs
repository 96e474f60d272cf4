//! A secret that an operator typed into the wrong place: nothing of it is repeated.
//!
//! The options are those of the help, so that a new one is tried too.

use super::support::{CANARY, Process, company};

/// A text of the form that Cloudflare's tokens have.
const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";

/// The arguments that a command can't go without.
fn required(command: &str) -> &'static [&'static str] {
    match command {
        "get" => &["group:00000000-0000-4000-8000-000000000000"],
        "held" => &["user:00000000-0000-4000-8000-000000000000"],
        "grant" | "revoke" => &["--entitlement", "group:g:member", "--principal", "email:a@corp.example"],
        "apply" => &["--file", "-"],
        _ => &[],
    }
}

/// Returns the words at the beginning of the lines of a part of a help.
fn beginnings(help: &str, part: &str) -> Vec<String> {
    let (_, lines) = help.split_once(part).unwrap();
    let lines = lines.split("\n\n").next().unwrap().lines();
    let first = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    first.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Returns the long options of a command.
async fn options(command: &str) -> Vec<String> {
    let help = Process::new(&[command, "--help"]).run().await.stdout;
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let long = |line: &str| line.split(' ').find(|word| word.starts_with("--")).map(str::to_owned);
    lines.filter_map(long).filter(|long| long != "--help").collect()
}

#[tokio::test]
async fn nothing_that_stands_in_a_wrong_place_is_repeated() {
    let mock = company().await;
    let help = Process::new(&["--help"]).run().await.stdout;
    let mut tried = 0;
    for command in beginnings(&help, "Commands:\n") {
        for secret in [CANARY, TOKEN] {
            let (flag, set) = (format!("--{secret}"), format!("--{secret}=1"));
            let mut wrong: Vec<Vec<String>> = [secret, &flag, &set].map(|text| vec![text.to_owned()]).into();
            for option in options(&command).await {
                wrong.push(vec![format!("{option}={secret}")]);
                wrong.push(vec![option, secret.to_owned()]);
            }
            for wrong in wrong {
                // An option that is given already gets the new value.
                let required = required(&command).chunks(2).filter(|given| !wrong[0].starts_with(given[0]));
                let mut arguments: Vec<&str> = vec![&command];
                arguments.extend(required.flatten());
                arguments.extend(wrong.iter().map(String::as_str));
                let output = Process::new(&arguments).of(&mock).run().await;
                tried += 1;
                let said = format!("{}{}", output.stdout, output.stderr);
                assert!(!said.contains(secret), "{arguments:?}:\n{said}");
            }
        }
    }
    assert!(tried > 150, "only {tried} command lines were tried");
}
