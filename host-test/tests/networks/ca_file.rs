//! `--ca-file` and `SSL_CERT_FILE`, in processes of their own.

use crate::common::tls::{Authority, Certificate, Offers, TlsFront};
use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A mock behind TLS, and a folder with files that name authorities.
struct Bench {
    runtime: Runtime,
    mock: Mock,
    front: TlsFront,
    place: TempDir,
}

impl Bench {
    fn new(certificate: Certificate) -> Bench {
        let runtime = Runtime::new().unwrap();
        let authority = Authority::new("Northwind Root");
        let (mock, front) = runtime.block_on(async {
            let mock = Mock::start(Account::company(), Options::default()).await.unwrap();
            let config = authority.server(certificate, Offers::Both);
            let front = TlsFront::start(mock.address(), config).await;
            (mock, front)
        });
        let place = tempfile::Builder::new().prefix("ca.").rand_bytes(4).tempdir().unwrap();
        let bench = Bench { runtime, mock, front, place };
        bench.write("root.pem", authority.pem());
        bench.write("other.pem", Authority::new("Another Root").pem());
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host-test"));
        command
            .args(arguments)
            .current_dir(self.place.path())
            .env("CLOUDFLARE_BASE_URL", self.front.base_url())
            .env("CLOUDFLARE_ACCOUNT_ID", self.mock.read(|account| account.id.clone()))
            .env("CLOUDFLARE_API_TOKEN", DEMO_TOKEN)
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command, and asserts its exit code.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> Output {
        let output = self.command(arguments).envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {variables:?}: {}", errors(&output));
        output
    }
}

fn errors(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

const READ: [&str; 4] = ["sync", "--kinds", "role", "--format=jsonl"];

#[test]
fn the_authorities_of_the_file_and_of_the_variable_are_both_trusted() {
    let bench = Bench::new(Certificate::Good);
    let with = |flags: &[&'static str]| [&READ[..], flags].concat();
    let (ours, other) = (("SSL_CERT_FILE", "root.pem"), ("SSL_CERT_FILE", "other.pem"));
    bench.run(&with(&["--ca-file", "root.pem"]), &[], 0);
    bench.run(&with(&[]), &[ours], 0);
    bench.run(&with(&["--ca-file", "root.pem"]), &[other], 0);
    bench.run(&with(&["--ca-file", "other.pem"]), &[ours], 0);
    // The variable replaces the machine's own authorities, and one that leads nowhere leaves none.
    bench.run(&with(&["--ca-file", "root.pem"]), &[("SSL_CERT_FILE", "nowhere.pem")], 0);
    assert_eq!(bench.front.protocols(), ["h2"; 5]);

    for (flags, variables) in [(&[][..], &[][..]), (&[], &[other]), (&["--ca-file", "other.pem"], &[])] {
        let output = bench.run(&with(flags), variables, 1);
        let said = errors(&output);
        assert!(
            said.contains(
                "The reason: the certificate of localhost is from an authority that this machine doesn't \
                 trust: Northwind Root. If it is your company's own authority, or that of a gateway that \
                 inspects TLS, name its certificate with --ca-file."
            ),
            "{said}"
        );
    }
    for leads_nowhere in ["nowhere.pem", "empty.pem"] {
        bench.write("empty.pem", "");
        let output = bench.run(&with(&[]), &[("SSL_CERT_FILE", leads_nowhere)], 1);
        let said = errors(&output);
        assert!(said.contains("SSL_CERT_FILE") && said.contains("no certificate authority"), "{said}");
    }
    bench.runtime.block_on(bench.mock.is_left());
}

#[test]
fn a_file_that_names_no_authority_is_found_before_anything_is_sent() {
    const SECRET: &str = "c2VjcmV0IGtleSBieXRlcw";
    let bench = Bench::new(Certificate::Good);
    let pem = fs::read_to_string(bench.path("root.pem")).unwrap();
    bench.write("empty.pem", "\r\n");
    bench.write("text.pem", "hello\n");
    bench.write("key.pem", format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"));
    bench.write("cut.pem", &pem[..pem.len() / 2]);
    bench.write("root.der", [0x30, 0x82, 0x01, 0xff]);
    fs::create_dir(bench.path("folder")).unwrap();
    for (file, words) in [
        ("nowhere.pem", "--ca-file: nowhere.pem: it can't be read: No such file"),
        ("empty.pem", "it is empty"),
        ("text.pem", "it has no certificate in PEM form"),
        ("key.pem", "It has: PRIVATE KEY."),
        ("cut.pem", "its certificate number 1 is cut off or damaged"),
        ("root.der", "openssl x509 -inform der"),
        ("folder", "it can't be read: Is a directory"),
    ] {
        for command in [&["validate"][..], &READ, &["get", "role:1"], &["sync", "--mock"]] {
            let output = bench.run(&[command, &["--ca-file", file]].concat(), &[], 2);
            let said = errors(&output);
            assert!(said.starts_with("error: --ca-file: ") && said.contains(words), "{file}: {said}");
            assert!(!said.contains(SECRET), "{said}");
        }
    }
    assert_eq!(bench.front.accepted(), 0);
}

#[test]
fn files_as_windows_writes_them_are_read() {
    let bench = Bench::new(Certificate::Good);
    let pem = fs::read_to_string(bench.path("root.pem")).unwrap();
    bench.write("windows.pem", format!("\u{feff}{}\r\n\r\n", pem.replace('\n', "\r\n")));
    bench.run(&[&READ[..], &["--ca-file", "windows.pem"]].concat(), &[], 0);
}

#[test]
fn an_output_does_not_replace_the_file() {
    let bench = Bench::new(Certificate::Good);
    let before = fs::read(bench.path("root.pem")).unwrap();
    let with = |output: &'static str| [&READ[..], &["--ca-file", "root.pem", "--output", output]].concat();
    for output in ["root.pem", "./root.pem"] {
        let said = bench.run(&with(output), &[], 2);
        let said = errors(&said);
        assert!(said.contains("--output would replace the file of --ca-file"), "{said}");
    }
    assert_eq!(fs::read(bench.path("root.pem")).unwrap(), before);
    bench.run(&with("roles.jsonl"), &[], 0);
    assert!(Path::new(&bench.path("roles.jsonl")).exists());
}

#[test]
fn each_command_says_why_and_so_does_the_log_of_requests() {
    let bench = Bench::new(Certificate::Expired);
    let reason = "the certificate of localhost expired on 20";
    let group = bench.mock.read(|account| account.groups[0].id.clone());
    let entitlement = format!("group:{group}:member");
    let grant = ["grant", "--entitlement", &entitlement, "--principal", "email:new@contractor.example"];
    for command in [&["validate"][..], &READ, &grant] {
        let output = bench.run(
            &[command, &["--ca-file", "root.pem"]].concat(),
            &[],
            if command == grant { 5 } else { 1 },
        );
        let said = errors(&output);
        assert!(said.contains(&format!("The reason: {reason}")), "{command:?}: {said}");
    }
    let logged =
        [&READ[..], &["--ca-file", "root.pem", "--log-level", "debug", "--log-format", "json"]].concat();
    let output = bench.run(&logged, &[], 1);
    let lines: Vec<serde_json::Value> =
        errors(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = lines.iter().find(|line| line["fields"]["message"] == "a request failed").unwrap();
    assert!(failed["fields"]["reason"].as_str().unwrap().starts_with(reason), "{failed}");
    assert_eq!(bench.mock.request_count(), 0);
}
