//! The end of a process by a signal: it tidies up, or the next one does.

use super::setup::{MockAndFolder, wait_for_changes};
use super::{assert_exit, formats, host_test, names, text, written};
use host_test::mock::{Account, Options, Size};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SIGNALS: [(Signal, i32, &str); 3] = [
    (Signal::INT, 130, "interrupted\n"),
    (Signal::TERM, 143, "interrupted by SIGTERM"),
    (Signal::HUP, 129, "interrupted by SIGHUP"),
];

/// Whether this process, and so each that it starts, ignores a signal: then nothing can be tested.
fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0").trim();
    let is_ignored = u64::from_str_radix(mask, 16).unwrap() & (1 << (signal.as_raw() - 1)) != 0;
    if is_ignored {
        println!("skipped: this process ignores {signal:?}");
    }
    is_ignored
}

fn send(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

fn partial(setup: &MockAndFolder) -> Vec<String> {
    names(setup.place.path()).into_iter().filter(|name| name.contains(".partial")).collect()
}

/// Starts a sync, and stops all answers when its output is under way.
fn under_way(setup: &MockAndFolder, arguments: &[&str]) -> Child {
    setup.mock.configure(|options| options.latency = Duration::from_millis(5));
    setup.mock.forget_requests();
    let mut process = setup.sync(arguments).spawn().unwrap();
    while partial(setup).is_empty() || setup.mock.request_count() < 4 {
        assert!(process.try_wait().unwrap().is_none(), "it ended before its output was under way");
        std::thread::sleep(Duration::from_millis(1));
    }
    setup.freeze();
    process
}

fn setup() -> MockAndFolder {
    let account = Account::generate(11, Size { users: 400, members: 110, groups: 26, roles: 60 });
    let max_per_page =
        ["access/users", "members", "roles", "access/groups"].map(|route| (route.to_owned(), 10));
    MockAndFolder::with(account, Options { max_per_page: max_per_page.into(), ..Options::default() })
}

#[test]
fn each_signal_leaves_what_was_there_and_nothing_else() {
    for (signal, code, said) in SIGNALS {
        if is_ignored(signal) {
            continue;
        }
        let setup = setup();
        for format in formats() {
            let process = under_way(&setup, &["--format", format, "--output", "out", "--stats", "stats"]);
            send(&process, signal);
            let output = process.wait_with_output().unwrap();
            assert_exit(&output, code);
            assert!(text(&output.stderr).contains(said), "{format}: {}", written(&output));
            assert!(names(setup.place.path()).is_empty(), "{format}: {:?}", names(setup.place.path()));
        }
    }
}

#[test]
fn sigterm_leaves_a_cursor_file_that_the_next_process_goes_on_from() {
    let setup = MockAndFolder::new();
    let expected = fs::read_to_string(setup.undisturbed("jsonl")).unwrap();
    let arguments = ["--format", "jsonl", "--output", "out", "--cursor-file", "cursor"];
    let mut process = setup.sync(&arguments).spawn().unwrap();
    assert!(wait_for_changes(&setup.path("cursor"), &mut process, 2));
    setup.freeze();
    send(&process, Signal::TERM);
    let output = process.wait_with_output().unwrap();
    assert_exit(&output, 143);
    assert!(text(&output.stderr).contains("the same command goes on from there"), "{}", text(&output.stderr));
    setup.thaw();
    let output = setup.sync(&arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
    assert!(setup.read("out") == expected, "the outputs differ");
    assert!(partial(&setup).is_empty());
}

#[test]
fn sigterm_says_of_a_change_that_it_may_have_been_written() {
    let setup = MockAndFolder::company();
    let group = setup.mock.read(|account| account.groups[0].id.clone());
    setup.freeze();
    let entitlement = format!("group:{group}:member");
    let arguments = ["grant", "--entitlement", &entitlement, "--principal", "email:ann@corp.example"];
    let process = setup.command(&arguments).spawn().unwrap();
    while setup.mock.request_count() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    send(&process, Signal::TERM);
    let output = process.wait_with_output().unwrap();
    assert_exit(&output, 143);
    assert!(text(&output.stderr).contains("may or may not have been written"), "{}", text(&output.stderr));
}

#[test]
fn each_signal_ends_the_mock_as_ctrl_c_does() {
    for (signal, ..) in SIGNALS {
        if is_ignored(signal) {
            continue;
        }
        let mut mock = host_test(&["mock"]).stdout(Stdio::piped()).spawn().unwrap();
        let announced = BufReader::new(mock.stdout.take().unwrap()).lines().take(4);
        assert_eq!(announced.map(Result::unwrap).count(), 4);
        send(&mock, signal);
        assert_eq!(mock.wait().unwrap().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn sighup_does_not_end_what_was_started_to_survive_it() {
    let setup = setup();
    let of_sync = setup.sync(&["--format", "jsonl", "--output", "out"]);
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(of_sync.get_program()).args(of_sync.get_args());
    nohup.envs(of_sync.get_envs().filter_map(|(name, value)| Some((name, value?))));
    nohup.current_dir(setup.place.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = nohup.spawn().unwrap();
    while setup.mock.request_count() < 4 {
        std::thread::sleep(Duration::from_millis(1));
    }
    send(&process, Signal::HUP);
    let output = process.wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 6)), "{}", written(&output));
    assert!(setup.path("out").exists());
}

#[test]
fn a_second_signal_ends_what_is_stuck() {
    let setup = setup();
    let pipe = setup.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // A reader that reads nothing: the pipe fills up. Opened for both, it doesn't wait for a writer.
    let _reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let mut process = setup.sync(&["--format", "jsonl", "--output", "pipe"]).spawn().unwrap();
    while setup.mock.request_count() < 4 {
        std::thread::sleep(Duration::from_millis(1));
    }
    while process.try_wait().unwrap().is_none() {
        send(&process, Signal::TERM);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(process.wait().unwrap().code(), Some(143));
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next() {
    for format in formats() {
        let setup = setup();
        let arguments = ["--format", format, "--output", "out", "--stats", "stats"];
        let mut process = under_way(&setup, &arguments);
        process.kill().unwrap();
        assert_eq!(process.wait().unwrap().signal(), Some(9));
        assert!(!partial(&setup).is_empty(), "{format}: nobody was left to tidy up");
        setup.thaw();
        // Also by one with another form of output.
        let next = if format == "csv" { "jsonl" } else { "csv" };
        let arguments = ["--format", next, "--output", "out", "--stats", "stats"];
        let output = setup.sync(&arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 6)), "{format}: {}", written(&output));
        assert_eq!(partial(&setup), Vec::<String>::new(), "{format}");
    }
}

#[test]
fn what_another_process_is_writing_is_left_alone() {
    for format in formats() {
        let setup = setup();
        let arguments = ["--format", format, "--output", "out"];
        let process = under_way(&setup, &arguments);
        let writing = partial(&setup);
        // The first one waits for its answers all the time.
        let answers = MockAndFolder::company();
        let sync =
            |arguments: &[&str]| answers.sync(arguments).current_dir(setup.place.path()).output().unwrap();
        let second = sync(&arguments);
        assert_exit(&second, 1);
        let said = text(&second.stderr);
        assert!(said.contains("another process is writing it at this moment"), "{format}: {said}");
        let other = if format == "csv" { "jsonl" } else { "csv" };
        let third = sync(&["--format", other, "--output", "out"]);
        assert!(matches!(third.status.code(), Some(0 | 6)), "{format}: {}", written(&third));
        assert_eq!(partial(&setup), writing, "{format}");
        send(&process, Signal::TERM);
        assert_exit(&process.wait_with_output().unwrap(), 143);
        assert!(partial(&setup).is_empty(), "{format}");
    }
}

/// All forms of an output that is continued have the same name until they are complete.
#[test]
fn an_output_that_is_continued_is_not_taken_by_another_form() {
    let formats: Vec<&str> = formats().into_iter().filter(|format| *format != "table").collect();
    for format in &formats {
        let setup = setup();
        let with = |format, cursor| ["--format", format, "--output", "out", "--cursor-file", cursor];
        let process = under_way(&setup, &with(format, "cursor"));
        let answers = MockAndFolder::company();
        for other in &formats {
            let arguments = with(other, "another-cursor");
            let second = answers.sync(&arguments).current_dir(setup.place.path()).output().unwrap();
            assert_exit(&second, 1);
            let said = text(&second.stderr);
            let (busy, strange) = ("another process is writing it", "is no plain file");
            assert!([busy, strange, "is no directory"].iter().any(|words| said.contains(words)), "{said}");
        }
        assert!(setup.path("out.partial").exists(), "{format}");
        setup.thaw();
        send(&process, Signal::TERM);
        assert_exit(&process.wait_with_output().unwrap(), 143);
    }
}
