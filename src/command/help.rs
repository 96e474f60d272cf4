//! The end of each command's help: examples, and the exit codes that the command can give, see
//! [`Exit`](super::failure::Exit).

/// The line of exit code 0.
pub const DONE: &str = "0  done";
/// The line of exit code 1.
pub const FAILED: &str = "1  failed";
/// The line of exit code 2.
pub const USAGE: &str = "2  usage or settings, or an id or address of a wrong form";
/// The line of exit code 3.
pub const CREDENTIALS: &str = "3  credentials or permissions";
/// The line of exit code 4.
pub const RATE_LIMITED: &str = "4  rate limited: try again later";
/// The line of exit code 5.
pub const REFUSED: &str = "5  some change was refused or failed, or a verdict of Cloudflare's cannot be";
/// The line of exit code 6.
pub const INCOMPLETE: &str = "6  done, but data is missing: the warnings say which";
/// The line of exit code 130, and of the two for other signals.
pub const INTERRUPTED: &str = "130  interrupted by Ctrl-C (143: by SIGTERM, 129: by SIGHUP)";

/// The exit codes of a command that changes something. A script must know what to do next: a change
/// that was refused or failed by itself needs a person, whatever else failed.
const OF_CHANGES: &[&str] = &[
    "0  done: every change is applied, or was so before, or is planned",
    FAILED,
    USAGE,
    "3  credentials or permissions; no change failed for another reason",
    "4  rate limited: try again later; no change failed for another reason",
    REFUSED,
    "6  done, but data is missing, so a revoke may have found less than there is to revoke",
    INTERRUPTED,
];

/// The material for the end of a command's help. Each program puts it into its own form.
pub struct Help {
    /// Examples, without the program's name.
    pub examples: &'static [&'static str],
    /// The example for a program that opens no files, if the first of `examples` isn't one.
    pub without_files: Option<&'static str>,
    /// The lines of the exit codes.
    pub exits: &'static [&'static str],
    /// Whether the command changes something.
    pub changes: bool,
}

impl Help {
    /// The help of a command that changes nothing.
    #[must_use]
    pub const fn new(examples: &'static [&'static str], exits: &'static [&'static str]) -> Help {
        Help { examples, without_files: None, exits, changes: false }
    }

    const fn of_changes(examples: &'static [&'static str]) -> Help {
        Help { changes: true, ..Help::new(examples, OF_CHANGES) }
    }
}

/// For `describe`.
pub(super) const DESCRIBE: Help = Help::new(&["describe"], &[DONE, FAILED, USAGE]);

/// For `validate`.
pub(super) const VALIDATE: Help = Help {
    without_files: Some("validate"),
    ..Help::new(
        &["validate --account-id 0123456789abcdef0123456789abcdef --api-token-file token"],
        &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED],
    )
};

/// For `get`.
pub(super) const GET: Help = Help::new(
    &[
        "get app:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11 --names who-holds-what.jsonl",
        "get email:ann@corp.example --format jsonl",
    ],
    &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE, INTERRUPTED],
);

/// For `held`.
pub(super) const HELD: Help = Help::new(
    &["held email:ann@corp.example", "held user:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11 --format jsonl"],
    &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE, INTERRUPTED],
);

/// For `verify`.
pub(super) const VERIFY: Help = Help {
    without_files: Some("verify group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11"),
    ..Help::new(
        &[
            "verify app:Payroll --names who-holds-what.jsonl --identities people.csv",
            "verify --all-apps --all-groups --format jsonl",
        ],
        &[
            DONE,
            FAILED,
            USAGE,
            CREDENTIALS,
            RATE_LIMITED,
            "5  a verdict of Cloudflare's cannot be",
            "6  done, but data is missing, or Cloudflare couldn't judge somebody",
            INTERRUPTED,
        ],
    )
};

/// For `identities wanted`.
pub(super) const WANTED: Help = Help::new(
    &["identities wanted", "identities wanted --format csv > people.csv"],
    &[DONE, FAILED, USAGE, CREDENTIALS, RATE_LIMITED, INCOMPLETE, INTERRUPTED],
);

/// For `grant`.
pub(super) const GRANT: Help =
    Help::of_changes(&["grant --entitlement group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member --principal \
     email:ann@corp.example"]);

/// For `revoke`.
pub(super) const REVOKE: Help =
    Help::of_changes(&["revoke --entitlement role:b8bcb4a0ed4c26d4db4b3ea42e604d1f:assigned --principal \
     member:4536bcfad5faccb111b47003c79917fa --dry-run"]);

/// For `apply`.
pub(super) const APPLY: Help = Help {
    without_files: Some("apply --file - --format jsonl < changes.jsonl"),
    ..Help::of_changes(&["apply --file changes.jsonl --format jsonl > outcomes.jsonl"])
};

/// For `invite`.
pub(super) const INVITE: Help = Help {
    without_files: Some(
        "invite ann@corp.example --role \"Audit Logs Viewer\" --names - --dry-run < who-holds-what.jsonl",
    ),
    ..Help::of_changes(&["invite ann@corp.example --role \"Audit Logs Viewer\" --names \
                          who-holds-what.jsonl --dry-run"])
};

/// For `add-user`.
pub(super) const ADD_USER: Help = Help::of_changes(&["add-user ann@corp.example --name \"Ann Lee\""]);

/// For `end-sessions`.
pub(super) const END_SESSIONS: Help = Help::of_changes(&["end-sessions ann@corp.example"]);

/// For `free-seat`.
pub(super) const FREE_SEAT: Help = Help::of_changes(&["free-seat user:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11"]);

/// For `remove`.
pub(super) const REMOVE: Help =
    Help::of_changes(&["remove member:4536bcfad5faccb111b47003c79917fa --dry-run"]);

/// For `offboard`.
pub(super) const OFFBOARD: Help = Help {
    changes: true,
    ..Help::new(
        &["offboard ann@corp.example --dry-run", "offboard ann@corp.example --keep user,seat"],
        &[
            "0  done: every part is done, or was so before, or is planned. It doesn't say that the person is \
             out: the report begins with what still lets them in",
            FAILED,
            USAGE,
            "3  credentials or permissions; no part failed for another reason",
            "4  rate limited: try again later; no part failed for another reason",
            "5  some part was refused or failed, and the others are done; or all of it was refused, as an \
             error says",
            "6  done, but what still lets the person in isn't wholly known",
            INTERRUPTED,
        ],
    )
};
