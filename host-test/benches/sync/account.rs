//! The accounts that are read.

use host_test::mock::{AccessPolicy, AccessSize, Account, Application, Embedding, Size};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;
use std::str::FromStr;

/// The numbers of an account's objects.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub size: Size,
    pub applications: usize,
}

/// users/members/groups/roles, and /applications
impl FromStr for Extent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<usize>, _> = text.split('/').map(str::parse).collect();
        let (users, members, groups, roles, applications) = match numbers.as_deref() {
            Ok(&[users, members, groups, roles]) => (users, members, groups, roles, 0),
            Ok(&[users, members, groups, roles, applications]) => {
                (users, members, groups, roles, applications)
            }
            _ => return Err("this is not users/members/groups/roles or …/applications".to_owned()),
        };
        Ok(Extent { size: Size { users, members, groups, roles }, applications })
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { users, members, groups, roles } = self.size;
        write!(f, "{users}/{members}/{groups}/{roles}/{}", self.applications)
    }
}

/// The way in which the applications are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opened {
    /// The ways that companies use, and everything that makes an application hard to read.
    ByAll,
    /// One domain, which all people have: the most grants that so many applications can have.
    ByOneDomain,
}

/// The domain of everybody.
const DOMAIN: &str = "team00.example";

impl Extent {
    /// Generates the account with this id.
    pub fn account(self, id: &str, opened: Opened) -> Account {
        let account = Account { id: id.to_owned(), ..Account::generate(1, self.size) };
        match opened {
            Opened::ByOneDomain => self.opened_by_one_domain(account),
            Opened::ByAll if self.applications == 0 => account,
            Opened::ByAll => {
                let size = AccessSize {
                    applications: self.applications,
                    policies: self.applications / 2,
                    identity_providers: 5,
                    service_tokens: 0,
                };
                let mut account = account.with_access(1, size);
                // Cloudflare's list contains the policies.
                account.applications.iter_mut().for_each(|app| app.embedding = Embedding::Whole);
                account
            }
        }
    }

    fn opened_by_one_domain(self, mut account: Account) -> Account {
        let domain_of_all = |address: &mut Option<String>| {
            if let Some((name, _)) = address.as_deref().and_then(|address| address.split_once('@')) {
                *address = Some(format!("{name}@{DOMAIN}"));
            }
        };
        account.users.iter_mut().for_each(|user| domain_of_all(&mut user.email));
        let rule = json!({"email_domain": {"domain": DOMAIN}});
        let app = |number: usize| {
            let policy = AccessPolicy::new(&format!("Everybody {number}"), "allow", vec![rule.clone()]);
            Application::new(&format!("Application {number}"), "self_hosted").with_own(policy, 1)
        };
        account.applications = (0..self.applications).map(app).collect();
        account
    }
}
