//! The owner of the session's credentials: without that membership they stop working.

use crate::cloudflare::client::Client;
use crate::cloudflare::client::credentials::TokenOwner;
use crate::cloudflare::transport::Transport;
use crate::error::ErrorKind;
use crate::settings::Credentials;

/// The owner of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The person with this address, in ASCII lower case.
    Address(String),
    /// Nobody: the account has the token.
    Nobody,
    /// A person of whom nothing is told, or it isn't known whether there is one.
    NotKnown,
}

impl Owner {
    /// Asks whose the credentials are. Cloudflare verifies the token of an account at another address than
    /// that of a user, and tells the user only to a token that may read them. Sources: OpenAPI: `GET
    /// /user/tokens/verify`, `GET /accounts/{account_id}/tokens/verify`, `GET /user`.
    pub fn ask<T: Transport>(client: &mut Client<T>) -> Self {
        if let Credentials::Key { email, .. } = &client.settings().credentials {
            return Owner::Address(email.to_ascii_lowercase());
        }
        match client.verify_token(TokenOwner::User) {
            Ok(_) => {
                let address = client.address_of_user().ok().flatten();
                return address
                    .map_or(Owner::NotKnown, |address| Owner::Address(address.to_ascii_lowercase()));
            }
            Err(error) if error.kind == ErrorKind::Unauthenticated => {}
            Err(_) => return Owner::NotKnown,
        }
        client.verify_token(TokenOwner::Account).map_or(Owner::NotKnown, |_| Owner::Nobody)
    }
}
