//! Asks what the credentials may change. No write is tried: the answer comes from what Cloudflare
//! says about the credentials themselves, in one request.

use crate::cloudflare::client::Client;
use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::client::gap::is_unreadable;
use crate::cloudflare::id::Id;
use crate::cloudflare::permission;
use crate::cloudflare::token::{Given, Policies};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::Kind;

/// The right to change a kind. `wit/connection.wit` documents each case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "documented in wit/connection.wit")]
pub enum Right {
    Granted,
    Missing(Error),
    Unknown(Error),
}

/// The credentials, as far as they are known before this question.
#[derive(Debug)]
pub enum Holder {
    /// A token that Cloudflare knows by this id.
    Token(TokenOwner, Id),
    /// The owner of a Global API key.
    KeyOwner,
    /// A token without an id to ask for, for this reason.
    Unknown(Error),
}

/// The rights of the credentials.
pub struct Rights(Result<Known>);

/// The answer to the question.
enum Known {
    /// A token with these policies.
    Token(Policies),
    /// Whether the key's owner is known to be a Super Administrator.
    KeyOwner { is_super_administrator: bool },
}

impl Rights {
    /// Asks what these credentials may change. A failure is no error: it becomes the reason why the
    /// rights are unknown.
    pub fn ask<T: Transport>(client: &mut Client<T>, holder: Holder) -> Self {
        if let Some(stopped) = client.stopped() {
            return Self(Err(stopped.not_tried()));
        }
        let known = match holder {
            Holder::Token(owner, id) => {
                let policies = client.token_itself(owner, &id).map(|token| Known::Token(token.policies));
                policies.map_err(|error| may_not_read_itself(error, owner))
            }
            Holder::KeyOwner => client
                .has_super_administrators_key()
                .map(|is_super_administrator| Known::KeyOwner { is_super_administrator }),
            Holder::Unknown(error) => Err(error),
        };
        Self(known)
    }

    /// The rights where nothing can be asked, for this reason.
    pub const fn not_known(why: Error) -> Self {
        Self(Err(why))
    }

    /// Returns the right to change a kind, or `None` if nothing of the kind can be changed.
    pub fn to_change(&self, kind: Kind) -> Option<Right> {
        let permissions = kinds::row(kind).permissions.iter();
        let mut needed = permissions.filter(|permission| permission.provision_only).peekable();
        needed.peek()?;
        Some(self.to_use(&mut needed.map(|permission| permission.name), "every change"))
    }

    /// Returns the right to do what takes all these permissions. `what` names it: Cloudflare would refuse
    /// it.
    fn to_use(&self, permissions: &mut dyn Iterator<Item = &'static str>, what: &str) -> Right {
        let lacking = |name: &str, why: &str| {
            let message = format!(
                "{why} {} on this account, so Cloudflare would refuse {what}. \
                 Reading doesn't need it.",
                permission::named(name)
            );
            Right::Missing(Error::new(ErrorKind::PermissionDenied, message))
        };
        match &self.0 {
            Ok(Known::KeyOwner { is_super_administrator: true }) => Right::Granted,
            Ok(Known::KeyOwner { is_super_administrator: false }) => unknown(Error::new(
                ErrorKind::Unsupported,
                "Cloudflare doesn't show that the owner of the Global API key is a Super Administrator of \
                 this account, and says of no other role what the key may change.",
            )),
            Ok(Known::Token(policies)) => {
                for name in permissions {
                    match policies.gives(name) {
                        Given::Yes => {}
                        Given::No => return lacking(name, "The API token lacks the permission"),
                        Given::Denied => {
                            return lacking(name, "The API token's own policies deny the permission");
                        }
                        Given::NotUnderstood => {
                            return unknown(Error::new(
                                ErrorKind::InvalidResponse,
                                "What Cloudflare says of the API token's permissions can't be understood.",
                            ));
                        }
                    }
                }
                Right::Granted
            }
            Err(error) => unknown(error.clone()),
        }
    }

    /// Returns the right to do a step that takes these permissions, each for a kind.
    pub fn to_do(&self, permissions: &[(Kind, &'static str)]) -> Right {
        let mut rights = permissions.iter().map(|(kind, name)| {
            let what = match permissions {
                [_] => "this step".to_owned(),
                _ => format!("this step for the resource type {kind}"),
            };
            self.to_use(&mut std::iter::once(*name), &what)
        });
        rights.find(|right| *right != Right::Granted).unwrap_or(Right::Granted)
    }

    /// Returns the error for what takes this permission, if the credentials are known to lack it. `what`
    /// names it.
    pub fn missing(&self, permission: &'static str, what: &str) -> Option<Error> {
        match self.to_use(&mut std::iter::once(permission), what) {
            Right::Missing(error) => Some(error),
            _ => None,
        }
    }
}

/// Says what to do where a token may not read itself.
fn may_not_read_itself(mut error: Error, owner: TokenOwner) -> Error {
    if is_unreadable(&error) {
        error.message = format!(
            "The API token isn't allowed to read its own permissions. Give it \u{201c}{}\u{201d} (it shows \
             all tokens of its owner) to see here what it may change. No change needs that permission.",
            owner.permission_to_read_itself()
        );
    }
    error
}

fn unknown(mut why: Error) -> Right {
    why.message = format!("It isn't known: only a change would show it. {}", why.message);
    Right::Unknown(why)
}
