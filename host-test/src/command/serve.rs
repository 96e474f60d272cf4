//! `host-test serve`: the HTTP service of the program that stands alone, in this host.

use super::connector;
use super::failure::{Exit, Failure};
use super::target::{Target, TargetArgs};
use crate::serve::{self, Bounds, TlsFault};
use crate::{STANDALONE, routes};
use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::program::Target as _;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::command::shown::file_name;
use cloudflare_zero_trust::edge::{TOKENS, check_switches, may_write, variables as known_variables};
use cloudflare_zero_trust::settings::manifest::{ACCOUNT_ID, API_KEY, API_TOKEN, BASE_URL_FIELD, EMAIL};
use cloudflare_zero_trust::settings::variables::{
    ACCOUNT_ID_VARIABLE, BASE_URL_VARIABLE, EMAIL_VARIABLE, KEY_VARIABLE, TOKEN_VARIABLE,
};
use connector_host::{Config, KeepInstances, Limits, Origin, Proxy, Service, ServiceConfig, WritableRoute};
use http::Method;
use std::env::{self, VarError};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const PROVISIONING: &str = "CONNECTOR_PROVISIONING";
const LIFECYCLE: &str = "CONNECTOR_LIFECYCLE";
const SCIM_TOKEN: &str = TOKENS[1];
/// The token of a service before a mock, if the operator sets none.
const TOKEN_OF_MOCK: &str = "token-of-the-mocks-service";
/// The most bytes of a client's body. The component keeps less, and reads a longer one to its end, so that
/// the client gets an answer.
const BODY_BYTES: usize = 16 << 20;
/// The longest time that a client takes to send a body.
const BODY_TIME: Duration = Duration::from_secs(60);
/// The most instances that wait for a request, if the operator lets answers be reused.
const INSTANCES: usize = 4;
/// The most requests of one instance.
const REQUESTS_OF_INSTANCE: u32 = 1000;
const CERTIFICATE_FLAG: &str = "--certificate-file";
const KEY_FLAG: &str = "--key-file";

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct ServiceArgs {
    /// The address to listen on; port 0 is any free port. The line "listening on …" on standard output
    /// says which
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    addr: SocketAddr,
    /// A certificate in PEM form, with those that lead to its authority; with it the service speaks TLS
    #[arg(long, value_name = "FILE", requires = "key_file")]
    certificate_file: Option<PathBuf>,
    /// The certificate's private key in PEM form
    #[arg(long, value_name = "FILE", requires = "certificate_file")]
    key_file: Option<PathBuf>,
    /// Listen without TLS on an address that other machines reach: a proxy in front of it does TLS
    #[arg(long, conflicts_with = "certificate_file")]
    behind_proxy: bool,
    /// The requests that are answered at once; further clients are told to come again
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = at_least_one(1000))]
    requests_at_once: u64,
    /// The time that a request may take, to the end of its answer
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = at_least_one(86_400))]
    request_seconds: u64,
    /// The memory that the component may take for one request
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = at_least_one(2048))]
    memory_mib: u64,
    /// The time that requests under way have when the service is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = up_to_an_hour())]
    grace_seconds: u64,
    #[command(flatten)]
    target: TargetArgs,
}

/// Parses an address to listen on.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it is no address with a port, as 127.0.0.1:8080 and [::1]:8080 are")
}

fn at_least_one(most: u64) -> RangedU64ValueParser<u64> {
    value_parser!(u64).range(1..=most)
}

fn up_to_an_hour() -> RangedU64ValueParser<u64> {
    value_parser!(u64).range(0..=3600)
}

/// Runs the service until a signal ends it.
pub(super) async fn run(args: ServiceArgs) -> Result<Exit, Failure> {
    args.target.check()?;
    let tls = args.tls()?;
    let is_open = !args.addr.ip().is_loopback();
    if is_open && tls.is_none() && !args.behind_proxy {
        return Err(Failure::usage(format!(
            "Other machines reach this address, and without TLS their tokens could be read on the way. Give \
             {CERTIFICATE_FLAG} and {KEY_FLAG}; or, if a proxy in front of this service does TLS, \
             --behind-proxy."
        )));
    }
    let ServiceArgs { addr, requests_at_once, request_seconds, memory_mib, grace_seconds, target, .. } = args;
    let target = target.open(0).await?;
    let mut variables = variables()?;
    check_tokens(&variables)?;
    let cache_seconds = check_switches(|name| value_of(&variables, name)).map_err(Failure::usage)?;
    let lent = lend_token(&mut variables, target.mock.is_some() && !is_open)?;
    let limits = Limits {
        call: Duration::from_secs(request_seconds),
        memory_bytes: number(memory_mib) << 20,
        ..Limits::default()
    };
    let keep = (cache_seconds > 0).then(|| KeepInstances {
        instances: INSTANCES,
        // What it has kept is as old then.
        idle: Duration::from_secs(cache_seconds.into()),
        requests: REQUESTS_OF_INSTANCE,
        memory_bytes: limits.memory_bytes / 2,
    });
    let given = ServiceConfig { keep, ..given(&target, variables, limits)? };
    let mut signals = connector::listen()?;
    let listening = TcpListener::bind(addr).await;
    let listener = listening.map_err(|error| Failure::Listening { addr, error })?;
    let service = Service::new(STANDALONE, given).await.map_err(Failure::host("starting the service"))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(scheme, &listener, lent).map_err(Failure::stdout)?;
    let bounds = Bounds {
        requests: number(requests_at_once),
        request: Duration::from_secs(request_seconds),
        grace: Duration::from_secs(grace_seconds),
    };
    let stop = async {
        signals.first().await;
    };
    serve::serve(listener, service, tls, bounds, stop).await;
    if let Some(mock) = target.mock {
        mock.stop().await;
    }
    Ok(Exit::Done)
}

/// A number that its parser has bounded.
fn number(parsed: u64) -> usize {
    usize::try_from(parsed).unwrap_or(usize::MAX)
}

impl ServiceArgs {
    fn tls(&self) -> Result<Option<TlsAcceptor>, Failure> {
        let (Some(certificate), Some(key)) = (&self.certificate_file, &self.key_file) else {
            return Ok(None);
        };
        let read = |path: &Path, flag: &str| {
            contents(path).map_err(|error| {
                Failure::usage(format!("{flag}: {} can't be read: {error}.", file_name(path)))
            })
        };
        let (chain, secret) = (read(certificate, CERTIFICATE_FLAG)?, read(key, KEY_FLAG)?);
        let made = serve::acceptor(&chain, &secret).map_err(|fault: TlsFault| {
            let (flag, path) =
                if fault.is_of_key() { (KEY_FLAG, key) } else { (CERTIFICATE_FLAG, certificate) };
            Failure::usage(format!("{flag}: {}: {fault}.", file_name(path)))
        });
        Ok(Some(made?))
    }
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    // Chains have a few kilobytes.
    const LONGEST: u64 = 1 << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the operator's switches and tokens. An empty variable counts as not set.
fn variables() -> Result<Vec<(String, String)>, Failure> {
    let mut variables = Vec::new();
    for name in known_variables() {
        match env::var(name) {
            Ok(value) if !value.is_empty() => variables.push((name.to_owned(), value)),
            Ok(_) | Err(VarError::NotPresent) => {}
            Err(VarError::NotUnicode(_)) => {
                return Err(Common::Usage(format!("{name} is not UTF-8 text.")).into());
            }
        }
    }
    Ok(variables)
}

/// Returns the value of a variable that is set.
fn value_of(variables: &[(String, String)], wanted: &str) -> Option<String> {
    variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

/// Checks that no token opens two interfaces.
fn check_tokens(variables: &[(String, String)]) -> Result<(), Failure> {
    let value = |wanted| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    match TOKENS.map(value) {
        [Some(one), Some(other)] if one == other => Err(Failure::usage(format!(
            "{} are the same: give SCIM a token of its own, because the other one opens more.",
            TOKENS.join(" and ")
        ))),
        _ => Ok(()),
    }
}

/// Adds a token if there is none and `may_lend`: the account is a mock's, and no other machine reaches the
/// service.
/// Returns whether it did.
fn lend_token(variables: &mut Vec<(String, String)>, may_lend: bool) -> Result<bool, Failure> {
    if variables.iter().any(|(name, _)| TOKENS.contains(&name.as_str())) {
        return Ok(false);
    }
    if !may_lend {
        return Err(Failure::usage(
            "Nobody could ask this service anything: set CONNECTOR_TOKEN to the token that clients send, as \
             long and as random as `openssl rand -hex 32` makes one.",
        ));
    }
    variables.push((TOKENS[0].to_owned(), TOKEN_OF_MOCK.to_owned()));
    Ok(true)
}

/// Gathers all that the service is given.
fn given(
    target: &Target,
    mut variables: Vec<(String, String)>,
    limits: Limits,
) -> Result<ServiceConfig, Failure> {
    let settings = target.connection.parse().map_err(Common::connector("reading the settings"))?;
    let address = format!("{}://{}", settings.base_url.scheme, settings.base_url.authority);
    let origin = Origin::of_url(&address)
        .map_err(|error| Failure::usage(format!("The API's address can't be used: {error}.")))?;
    let writable = writable(&variables).to_vec();
    variables.extend(of_account(&target.connection)?);
    let config = Config {
        limits,
        authorities: target.authorities.clone(),
        proxy: Proxy::from_env(),
        ..Config::default()
    };
    Ok(ServiceConfig {
        config,
        origins: vec![origin],
        takes_turns: (!writable.is_empty()).then_some(takes_turns as fn(&Method, &str) -> bool),
        writable,
        variables,
        body_bytes: BODY_BYTES,
        body_time: BODY_TIME,
        keep: None,
    })
}

/// Whether such a request of a client has a turn.
fn takes_turns(method: &Method, path: &str) -> bool {
    may_write(method.as_str(), path)
}

/// Returns the requests that the service may send besides GETs. The component has switches of its own; the
/// host holds it to them.
fn writable(variables: &[(String, String)]) -> &'static [WritableRoute] {
    let is_on = |wanted| value_of(variables, wanted).is_some_and(|value| value == "true");
    if is_on(LIFECYCLE) && value_of(variables, SCIM_TOKEN).is_some() {
        routes::for_scim()
    } else if is_on(LIFECYCLE) {
        routes::for_lifecycle()
    } else if is_on(PROVISIONING) {
        routes::writable()
    } else {
        &[]
    }
}

/// Returns the settings of the account as the variables that the component reads.
fn of_account(connection: &Connection) -> Result<Vec<(String, String)>, Failure> {
    let settings = connection.settings().into_iter().map(|(setting, value)| {
        let name = match setting.as_str() {
            ACCOUNT_ID => ACCOUNT_ID_VARIABLE,
            BASE_URL_FIELD => BASE_URL_VARIABLE,
            EMAIL => EMAIL_VARIABLE,
            API_TOKEN => TOKEN_VARIABLE,
            API_KEY => KEY_VARIABLE,
            other => {
                let problem = format!("--{other} is not for serve: the service decides that itself.");
                return Err(Failure::usage(problem));
            }
        };
        Ok((name.to_owned(), value))
    });
    settings.collect()
}

/// Prints where the service is and, if that was lent, the token that it takes.
fn announce(scheme: &str, listener: &TcpListener, is_lent: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {scheme}://{}", listener.local_addr()?)?;
    if is_lent {
        writeln!(out, "export {}={TOKEN_OF_MOCK}", TOKENS[0])?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_send_what_its_switches_and_tokens_are_for() {
        const SCIM: (&str, &str) = (SCIM_TOKEN, "token");
        for (set, expected) in [
            (&[][..], &[][..]),
            (&[SCIM], &[]),
            (&[(PROVISIONING, "false"), (LIFECYCLE, "TRUE"), SCIM], &[]),
            (&[(PROVISIONING, "true"), SCIM], routes::writable()),
            (&[(LIFECYCLE, "true"), (TOKENS[0], "token")], routes::for_lifecycle()),
            (&[(LIFECYCLE, "true"), (PROVISIONING, "true")], routes::for_lifecycle()),
            (&[(LIFECYCLE, "true"), SCIM], routes::for_scim()),
        ] {
            let given: Vec<(String, String)> =
                set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(writable(&given), expected, "{set:?}");
        }
        assert_eq!(SCIM_TOKEN, "SCIM_TOKEN");
    }
}
