//! The identity providers that rules of an account name, and the facts that sources tell of their
//! groups. A source names a provider by its id, its name or its type.

use crate::output::clean;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A fact for the connector: the people whom one source knows in a provider's group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// The provider's id.
    pub provider: String,
    /// The group as rules name it.
    pub group: String,
    /// The people's addresses. None says that the source knows the group and nobody in it.
    pub addresses: Vec<String>,
    /// The source's name.
    pub source: String,
    /// The time of which the source tells, in RFC 3339.
    pub as_of: Option<String>,
}

/// Puts facts into pieces that have at most so many addresses. A group with more of them is in
/// several, and one without any counts as one.
#[must_use]
pub fn pieces(facts: Vec<GroupFacts>, most: usize) -> Vec<Vec<GroupFacts>> {
    let (most, mut pieces, mut piece, mut room) = (most.max(1), Vec::new(), Vec::new(), most.max(1));
    for GroupFacts { provider, group, addresses, source, as_of } in facts {
        let parts = if addresses.is_empty() { 1 } else { addresses.len().div_ceil(most) };
        for part in 0..parts {
            let part = addresses.iter().skip(part * most).take(most);
            let (provider, group) = (provider.clone(), group.clone());
            let (source, as_of) = (source.clone(), as_of.clone());
            let part = GroupFacts { provider, group, addresses: part.cloned().collect(), source, as_of };
            let length = part.addresses.len().max(1);
            if length > room {
                pieces.push(std::mem::take(&mut piece));
                room = most;
            }
            room -= length;
            piece.push(part);
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// An identity provider that rules name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its name, if it can be read.
    pub name: Option<String>,
    /// Cloudflare's word for its type, as in `azureAD`. Where types can't be read, it is the word
    /// of the rules that name it.
    pub kind: String,
}

impl Provider {
    /// Shows its name and type, for a person.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = self.name.as_ref().map_or(self.id.as_str(), |name| name);
        format!("“{}” ({})", clean(name), clean(&self.kind))
    }

    /// Shows its name, type and id.
    fn shown_with_id(&self) -> String {
        match &self.name {
            Some(name) => format!("“{}” ({}, {})", clean(name), clean(&self.kind), clean(&self.id)),
            None => self.shown(),
        }
    }
}

/// The providers that rules of an account name, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Providers(Vec<Provider>);

/// The reason why a text names no single provider.
#[derive(Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// No rule names such a provider.
    Unknown,
    /// The text can mean several, which this tells.
    Several(String),
}

impl FromIterator<Provider> for Providers {
    fn from_iter<I: IntoIterator<Item = Provider>>(providers: I) -> Self {
        let by_id: BTreeMap<_, _> =
            providers.into_iter().map(|it| (it.id.to_ascii_lowercase(), it)).collect();
        Providers(by_id.into_values().collect())
    }
}

impl Providers {
    /// Finds the provider that a text means: by its id, by its name, or by its type if it is the
    /// only one of this type.
    ///
    /// # Errors
    /// If it means none of them or several.
    pub fn find(&self, text: &str) -> Result<&Provider, Unnamed> {
        let kind = kind(text);
        let is_named =
            |it: &Provider, is: fn(&str, &str) -> bool| it.name.as_ref().is_some_and(|name| is(name, text));
        let ways: [&dyn Fn(&Provider) -> bool; 4] = [
            &|it| it.id.eq_ignore_ascii_case(text),
            &|it| is_named(it, |name, text| name == text),
            &|it| is_named(it, str::eq_ignore_ascii_case),
            &|it| self::kind(&it.kind) == kind,
        ];
        for is_meant in ways {
            match self.0.iter().filter(|it| is_meant(it)).collect::<Vec<_>>().as_slice() {
                [] => {}
                [one] => return Ok(one),
                several => return Err(Unnamed::Several(among(several.iter().copied()))),
            }
        }
        Err(Unnamed::Unknown)
    }

    /// Returns a word by which [`Self::find`] finds the provider with this id: its name, where that is
    /// enough.
    #[must_use]
    pub fn word(&self, id: &str) -> String {
        let name = self.find(id).ok().and_then(|it| it.name.as_ref());
        let is_enough = |name: &&String| self.find(name).is_ok_and(|it| it.id.eq_ignore_ascii_case(id));
        name.filter(is_enough).map_or(id, |name| name).to_owned()
    }

    /// Finds the only provider that is so.
    ///
    /// # Errors
    /// If none or several are.
    pub fn only(&self, is_meant: impl Fn(&Provider) -> bool) -> Result<&Provider, Unnamed> {
        match self.0.iter().filter(|it| is_meant(it)).collect::<Vec<_>>().as_slice() {
            [] => Err(Unnamed::Unknown),
            [one] => Ok(one),
            several => Err(Unnamed::Several(among(several.iter().copied()))),
        }
    }

    /// Says which providers rules name.
    #[must_use]
    pub fn told(&self) -> String {
        if self.0.is_empty() {
            return "No rule of this account names a group of an identity provider.".to_owned();
        }
        let shown: Vec<String> = self.0.iter().map(Provider::shown).collect();
        format!("Rules name groups of {}.", shown.join(", "))
    }
}

fn among<'p>(providers: impl ExactSizeIterator<Item = &'p Provider>) -> String {
    let count = providers.len();
    let shown: Vec<String> = providers.map(Provider::shown_with_id).collect();
    format!("rules name {count} such identity providers: {}", shown.join(", "))
}

/// Returns the type that a word means: Cloudflare's word for a type, or for the rules about its
/// groups, or what people call it. The capitals don't count. Source: `OpenAPI: GET
/// /accounts/{account_id}/access/identity_providers`, `type`.
#[must_use]
pub fn kind(word: &str) -> Cow<'static, str> {
    let word = word.to_ascii_lowercase();
    Cow::Borrowed(match word.as_str() {
        "azuread" | "azure-ad" | "entra" | "entra-id" => "azuread",
        "google-apps" | "google" | "google-workspace" | "gsuite" => "google-apps",
        "github" | "github-organization" => "github",
        _ => return Cow::Owned(word),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn provider(id: &str, name: &str, kind: &str) -> Provider {
        let name = (!name.is_empty()).then(|| name.to_owned());
        Provider { id: id.to_owned(), name, kind: kind.to_owned() }
    }

    fn providers() -> Providers {
        [
            provider("1A", "Okta", "okta"),
            provider("2b", "Entra of Contoso", "azureAD"),
            provider("3c", "Staff", "google-apps"),
            provider("4d", "Partners", "saml"),
            provider("5e", "partners", "saml"),
            provider("6f", "PARTNERS", "oidc"),
            provider("7a", "oidc", "github"),
            provider("8b", "", "onelogin"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_provider_is_found_by_its_id_its_name_or_its_type() {
        let providers = providers();
        for (text, id) in [
            ("1a", "1A"),
            ("1A", "1A"),
            ("Okta", "1A"),
            ("OKTA", "1A"),
            ("entra of contoso", "2b"),
            ("azureAD", "2b"),
            ("AzureAD", "2b"),
            ("entra", "2b"),
            ("Entra-ID", "2b"),
            ("google", "3c"),
            ("google-apps", "3c"),
            ("gsuite", "3c"),
            ("staff", "3c"),
            // A name in just these letters is one, even where others have the same in other
            // letters.
            ("Partners", "4d"),
            ("partners", "5e"),
            // A name goes before a type.
            ("oidc", "7a"),
            ("github", "7a"),
            ("github-organization", "7a"),
            ("onelogin", "8b"),
        ] {
            assert_eq!(providers.find(text).map(|it| it.id.as_str()), Ok(id), "{text}");
        }
        for text in ["", "okta ", "ping", "2", "1A2b", "entra of", "“Okta”"] {
            assert_eq!(providers.find(text), Err(Unnamed::Unknown), "{text}");
        }
    }

    #[test]
    fn a_text_that_means_several_names_them() {
        let providers = providers();
        let told = |text: &str| match providers.find(text) {
            Err(Unnamed::Several(told)) => told,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(
            told("saml"),
            "rules name 2 such identity providers: “Partners” (saml, 4d), “partners” (saml, 5e)"
        );
        assert!(told("pARTNERS").starts_with("rules name 3 such"), "{}", told("pARTNERS"));
        let same: Providers =
            [provider("1", "Okta", "okta"), provider("2", "Okta", "okta")].into_iter().collect();
        assert!(matches!(same.find("Okta"), Err(Unnamed::Several(told)) if told.contains("okta, 2")));
        assert_eq!(same.find("2").map(|it| it.id.as_str()), Ok("2"));
    }

    #[test]
    fn the_same_provider_is_there_once() {
        let twice: Providers =
            [provider("a", "Okta", "okta"), provider("A", "Okta", "okta")].into_iter().collect();
        assert!(twice.find("okta").is_ok());
        assert_eq!(twice.told(), "Rules name groups of “Okta” (okta).");
        assert!(Providers::default().told().starts_with("No rule"));
    }

    #[test]
    fn names_that_strangers_chose_are_harmless() {
        let odd: Providers =
            [provider("a", "O\x1b[2J\nk", "okta"), provider("b", "", "okta")].into_iter().collect();
        assert_eq!(odd.told(), "Rules name groups of “O\u{fffd}[2J k” (okta), “b” (okta).");
        assert!(matches!(odd.find("okta"), Err(Unnamed::Several(told)) if !told.contains('\x1b')));
    }

    #[test]
    fn the_only_one_of_a_type() {
        let providers = providers();
        let only = |word: &str| providers.only(|it| kind(&it.kind) == kind(word));
        assert_eq!(only("entra").map(|it| it.id.as_str()), Ok("2b"));
        assert_eq!(only("ping"), Err(Unnamed::Unknown));
        assert!(matches!(only("saml"), Err(Unnamed::Several(_))));
    }

    fn facts(group: &str, count: usize) -> GroupFacts {
        GroupFacts {
            provider: "p".to_owned(),
            group: group.to_owned(),
            addresses: (0..count).map(|at| format!("{group}{at}")).collect(),
            source: "s".to_owned(),
            as_of: Some("t".to_owned()),
        }
    }

    #[test]
    fn pieces_have_at_most_so_many_addresses_and_lose_none() {
        for counts in
            [&[][..], &[0], &[3], &[0, 0, 0, 0], &[1, 2, 3], &[10], &[2, 7, 0, 1, 1], &[3, 3, 3], &[6, 1]]
        {
            for most in 1..5 {
                let given: Vec<_> =
                    counts.iter().zip(["a", "b", "c", "d", "e"]).map(|(n, of)| facts(of, *n)).collect();
                let pieces = pieces(given.clone(), most);
                let (mut all, mut there) = (BTreeMap::<String, Vec<String>>::new(), BTreeMap::new());
                for piece in &pieces {
                    let size: usize = piece.iter().map(|facts| facts.addresses.len().max(1)).sum();
                    assert!((1..=most).contains(&size), "{counts:?} in {most}: {pieces:?}");
                    for facts in piece {
                        assert_eq!((facts.source.as_str(), facts.as_of.as_deref()), ("s", Some("t")));
                        all.entry(facts.group.clone()).or_default().extend(facts.addresses.clone());
                    }
                }
                for facts in given {
                    there.insert(facts.group, facts.addresses);
                }
                assert_eq!(all, there, "{counts:?} in {most}");
            }
        }
    }
}
