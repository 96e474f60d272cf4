//! Reading the command line of a process. Its messages name options, and repeat nothing that was
//! typed where a secret can stand by mistake.

use super::failure::Exit;
use super::shown::is_like_a_flag;
use crate::credential;
use crate::settings::variables::{KEY_VARIABLE, TOKEN_VARIABLE};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Parser};
use std::env;
use std::error::Error as _;
use std::ffi::OsString;
use std::fmt::Write;

/// Reads the arguments of this process. Otherwise prints the help that is asked for, or what is
/// wrong, and returns the exit code.
///
/// # Errors
/// Fails when there is nothing to run.
pub fn parse<C: Parser>() -> Result<C, Exit> {
    let arguments: Vec<OsString> = env::args_os().collect();
    if let Some(place) = credential(&arguments) {
        eprint!("{}", found_credential(place));
        return Err(Exit::Usage);
    }
    let mut command = C::command();
    let parsed = command.try_get_matches_from_mut(&arguments);
    let error = match parsed.and_then(|mut matches| C::from_arg_matches_mut(&mut matches)) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that has gone away needs no help.
            let _ = error.print();
            Err(Exit::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Err(Exit::Usage)
        }
        _ => {
            eprint!("{}", report(&error, &mut command, &arguments));
            Err(Exit::Usage)
        }
    }
}

/// Finds the place of an argument that contains the credential of the environment, or that looks
/// like one.
fn credential(arguments: &[OsString]) -> Option<usize> {
    // A shorter one could be part of anything.
    const SHORTEST: usize = 8;
    let secrets = [TOKEN_VARIABLE, KEY_VARIABLE].into_iter().filter_map(|name| env::var(name).ok());
    let secrets: Vec<String> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
    arguments.iter().skip(1).position(|argument| {
        let argument = argument.to_string_lossy();
        credential::is_in(&argument) || secrets.iter().any(|secret| argument.contains(secret.as_str()))
    })
}

fn found_credential(place: usize) -> String {
    format!(
        "error: argument {} looks like an API token or a key. It isn't repeated here.\n  \
         Every process of the machine can read arguments: if it is a credential, roll it.\n  \
         Set {TOKEN_VARIABLE} or {KEY_VARIABLE}, or name a file that holds it with --api-token-file or \
         --api-key-file.\n  \
         If it is part of the name of a file or of a server, give that another name.\n",
        place + 1
    )
}

/// Says what is wrong with a command line, and how the command is used.
fn report(error: &clap::Error, command: &mut Command, arguments: &[OsString]) -> String {
    let mut text = format!("error: {}\n", sentence(error));
    // Writing to a string can't fail.
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue)
        && !values.is_empty()
    {
        let _ = writeln!(text, "  [possible values: {}]", values.join(", "));
    }
    for (kind, noun) in [
        (ContextKind::SuggestedSubcommand, "command"),
        (ContextKind::SuggestedArg, "argument"),
        (ContextKind::SuggestedValue, "value"),
    ] {
        let similar = match error.get(kind) {
            Some(ContextValue::String(similar)) => similar.clone(),
            Some(ContextValue::Strings(similar)) => similar.join("', '"),
            _ => continue,
        };
        let _ = writeln!(text, "  tip: there is a similar {noun}: '{similar}'");
    }
    let _ = writeln!(text, "\n{}", usage_of(command, arguments));
    text.push_str("\nFor more information, try '--help'.\n");
    text
}

fn sentence(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let listed = |kind| match error.get(kind) {
        Some(ContextValue::Strings(texts)) => texts.iter().map(|text| format!("\n  {text}")).collect(),
        Some(ContextValue::String(text)) => format!("\n  {text}"),
        _ => String::new(),
    };
    // Clap's name of an argument is that of the option, never its value.
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("'{argument}' needs a value"),
        ErrorKind::InvalidValue => format!("the value of '{argument}' is none of those that it takes"),
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string);
            let why = why.filter(|why| value.is_empty() || !why.contains(value));
            format!(
                "the value of '{argument}' can't be used{}",
                why.map_or_else(String::new, |why| format!(": {why}"))
            )
        }
        ErrorKind::TooManyValues => format!("there are too many values for '{argument}'"),
        ErrorKind::UnknownArgument if is_like_a_flag(argument) => {
            format!("there is no argument '{argument}' here")
        }
        ErrorKind::UnknownArgument => {
            "there is an argument that doesn't belong here. It isn't shown, in case it is a secret".to_owned()
        }
        ErrorKind::InvalidSubcommand => {
            "there is no such command. What was typed isn't shown, in case it is a secret".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            format!("these arguments are missing:{}", listed(ContextKind::InvalidArg))
        }
        ErrorKind::ArgumentConflict if argument == context(ContextKind::PriorArg) => {
            format!("'{argument}' can be given only once")
        }
        ErrorKind::ArgumentConflict => {
            format!("'{argument}' can't be given together with:{}", listed(ContextKind::PriorArg))
        }
        ErrorKind::InvalidUtf8 => {
            "an argument, or a variable that it is read from, isn't UTF-8 text".to_owned()
        }
        kind => kind.as_str().unwrap_or("the arguments can't be used").to_owned(),
    }
}

/// Returns the usage of the command that the arguments name. Clap's own usage line in an error
/// counts what the environment sets among what must be typed.
fn usage_of(command: &mut Command, arguments: &[OsString]) -> String {
    command.build();
    let mut of = &*command;
    for argument in arguments.iter().skip(1) {
        of = of.find_subcommand(argument).unwrap_or(of);
    }
    of.clone().render_usage().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, value_parser};

    const CANARY: &str = "hunter2-Xk39dQ";

    fn command() -> Command {
        Command::new("host-test")
            .bin_name("host-test")
            .arg(Arg::new("level").long("level").global(true))
            .subcommand(
                Command::new("get")
                    .arg(Arg::new("id").long("id").env("A_VARIABLE_OF_THIS_TEST"))
                    .arg(Arg::new("format").long("format").value_parser(["table", "jsonl"]))
                    .arg(Arg::new("port").long("port").value_parser(value_parser!(u16)))
                    .arg(Arg::new("dry").long("dry").action(ArgAction::SetTrue))
                    .arg(Arg::new("what").value_name("KIND:ID").required(true)),
            )
    }

    fn told(arguments: &[&str]) -> String {
        let mut command = command();
        let arguments: Vec<OsString> =
            [&["host-test"], arguments].concat().into_iter().map(Into::into).collect();
        let error = command.try_get_matches_from_mut(&arguments).unwrap_err();
        report(&error, &mut command, &arguments)
    }

    #[test]
    fn a_message_names_the_option_and_no_value() {
        for (arguments, part) in [
            (
                &["get", "--format", CANARY, "x"][..],
                "'--format <format>' is none of those that it takes\n  [possible values: table, jsonl]",
            ),
            (&["get", "--port", CANARY, "x"], "'--port <port>' can't be used: invalid digit"),
            (&["get", "--port", "70000", "x"], "'--port <port>' can't be used\n"),
            (&["get", "--dry=hunter2-Xk39dQ", "x"], "too many values for '--dry'"),
            (&["get", "x", CANARY], "an argument that doesn't belong here"),
            (&["get", "x", "--hunter2-Xk39dQ"], "an argument that doesn't belong here"),
            (
                &["get", "x", "--fo"],
                "no argument '--fo' here\n  tip: there is a similar argument: '--format'",
            ),
            (&["get", "x", "--formatt=hunter2-Xk39dQ"], "'--formatt'"),
            (&[CANARY], "no such command"),
            (&["gett", CANARY], "in case it is a secret\n  tip: there is a similar command: 'get'"),
            (&["help", CANARY], "no such command"),
            (&["get", "--format"], "'--format <format>' needs a value"),
            (&["get"], "these arguments are missing:\n  <KIND:ID>"),
            (&["get", "x", "--port", "1", "--port", "2"], "'--port <port>' can be given only once"),
        ] {
            let told = told(arguments);
            assert!(told.contains(part), "{arguments:?}: {told}");
            assert!(!told.contains("hunter2") && !told.contains("70000"), "{arguments:?}: {told}");
            assert!(told.ends_with("\nFor more information, try '--help'.\n"), "{told}");
        }
    }

    #[test]
    fn a_usage_line_lists_only_what_must_be_typed() {
        let told = told(&["get", "--id", "1", "--format", "nope", "x"]);
        assert!(told.contains("\nUsage: host-test get [OPTIONS] <KIND:ID>\n"), "{told}");
    }

    #[test]
    fn a_credential_is_found_wherever_it_stands() {
        let key = "c2547eb745079dac9320b638f5e225cf483cc";
        for (arguments, place) in [
            (vec!["host-test", "sync", key], Some(1)),
            (vec!["host-test", &format!("--output={key}")], Some(0)),
            (vec!["host-test", "sync", "--output", "./out"], None),
            (vec!["host-test", "components", "-o", &format!("{key}/x")], Some(2)),
            (vec!["host-test", "components", &format!("--output=out/{key}")], Some(1)),
            (vec!["host-test", "components", "-o", &format!("./{key}/x")], None),
            (vec!["host-test", "components", "-o", &format!("/builds/{key}/x")], None),
            (vec![key, "sync"], None),
            (vec!["host-test", "get", &format!("member:{key}")], Some(1)),
            (vec!["host-test", "grant", "--principal", &format!("email:{key}@corp.example")], Some(2)),
            (vec!["host-test", "get", "user:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11"], None),
        ] {
            let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
            assert_eq!(credential(&arguments), place);
        }
        assert!(found_credential(1).starts_with("error: argument 2 looks like"));
    }
}
