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
    pub user_groups: usize,
}

/// users/members/groups/roles, and /applications, and /user groups
impl FromStr for Extent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<usize>, _> = text.split('/').map(str::parse).collect();
        let numbers = numbers.ok().filter(|numbers| (4..=6).contains(&numbers.len()));
        let numbers = numbers
            .ok_or("this is not users/members/groups/roles, /applications, and /user groups".to_owned())?;
        let more = |at: usize| numbers.get(at).copied().unwrap_or_default();
        let [users, members, groups, roles] = [0, 1, 2, 3].map(more);
        let size = Size { users, members, groups, roles };
        Ok(Extent { size, applications: more(4), user_groups: more(5) })
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { users, members, groups, roles } = self.size;
        write!(f, "{users}/{members}/{groups}/{roles}/{}/{}", self.applications, self.user_groups)
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
        let mut account = Account { id: id.to_owned(), ..Account::generate(1, self.size) };
        if self.user_groups > 0 {
            account = account.with_user_groups(1, self.user_groups);
        }
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
