//! Facts: what is kept of them, and what is refused.

use super::*;
use crate::error::{Error, ErrorKind};
use crate::sorted::Set;

const ANN: &str = "ann@corp.example";

fn facts(group: &str, addresses: &[&str]) -> GroupFacts {
    GroupFacts {
        provider: "I".to_owned(),
        group: group.to_owned(),
        addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
        source: "Okta".to_owned(),
        as_of: Some("2026-11-20T08:00:00Z".to_owned()),
    }
}

fn group(rule: &'static str, text: &str) -> ProviderGroup {
    ProviderGroup { rule, provider: "i".into(), text: text.into() }.normal()
}

fn wanted() -> Set<ProviderGroup> {
    let dev_of_another = ProviderGroup { provider: "j".into(), ..group("okta", "Dev") };
    let all = [group("okta", "Eng"), group("okta", "Ops"), group("gsuite", "ops"), group("okta", "Dev")];
    all.into_iter().chain([dev_of_another]).collect()
}

fn learned(pieces: &[&[GroupFacts]]) -> Facts {
    let mut facts = Facts::default();
    pieces.iter().for_each(|piece| facts.learn(&wanted(), piece).unwrap());
    facts
}

/// Returns the error of a piece, and checks that nothing of it is kept.
fn refused(piece: &[GroupFacts]) -> Error {
    let mut kept = learned(&[&[facts("Eng", &[ANN])]]);
    let before = kept.digest();
    let error = kept.learn(&wanted(), piece).unwrap_err();
    let place = kept.place_of(&group("okta", "Eng")).unwrap();
    assert_eq!((kept.digest(), kept.count(), kept.addresses(place).count()), (before, 1, 1), "{error}");
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
    error
}

#[test]
fn only_what_rules_name_is_kept_each_address_once() {
    let kept = learned(&[
        &[
            facts("Eng", &["ANN@Corp.example", ANN]),
            facts("eng", &["x@y"]),
            facts("Nobody names it", &["x@y"]),
        ],
        &[facts("Eng", &["bob@corp.example", ANN]), facts("Ops", &[])],
    ]);
    let of = |rule, text| {
        let place = kept.place_of(&group(rule, text))?;
        Some(kept.addresses(place).map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(of("okta", "Eng").unwrap(), [ANN, "bob@corp.example"]);
    // A text says of every kind that rules name by it.
    assert_eq!((of("okta", "Ops"), of("gsuite", "OPS")), (Some(vec![]), Some(vec![])));
    assert_eq!((of("okta", "eng"), of("saml", "Eng"), kept.count()), (None, None, 3));
    let other = ProviderGroup { provider: "j".into(), ..group("okta", "Eng") };
    assert_eq!(kept.place_of(&other), None);
}

#[test]
fn a_digest_is_of_everything_that_is_kept() {
    let one = || facts("Eng", &[ANN]);
    let variants = [
        learned(&[]),
        learned(&[&[one()]]),
        learned(&[&[facts("Eng", &[])]]),
        learned(&[&[facts("Ops", &[ANN])]]),
        learned(&[&[facts("Dev", &[ANN])]]),
        learned(&[&[GroupFacts { provider: "j".to_owned(), ..facts("Dev", &[ANN]) }]]),
        learned(&[&[facts("Eng", &["bob@corp.example"])]]),
        learned(&[&[GroupFacts { source: "HR".to_owned(), ..one() }]]),
        learned(&[&[GroupFacts { as_of: None, ..one() }]]),
        learned(&[&[one(), GroupFacts { source: "HR".to_owned(), ..one() }]]),
    ];
    let digests: Set<u64> = variants.iter().map(Facts::digest).collect();
    assert_eq!((digests.len(), variants[0].digest()), (variants.len(), 0));
    let same = learned(&[&[facts("Nobody names it", &[ANN])], &[one()], &[one(), facts("Eng", &[])]]);
    assert_eq!(same.digest(), variants[1].digest());
}

#[test]
fn what_is_wrong_is_told_by_its_place_and_not_repeated() {
    const SECRET: &str = "v1.0-0123456789abcdef";
    let good = || facts("Eng", &[ANN]);
    for (bad, says) in [
        (facts("Eng", &[ANN, SECRET]), "plain address"),
        (facts("Nobody names it", &["Ann <ann@corp.example>"]), "plain address"),
        (facts("Eng", &["m\u{fc}ller@corp.example"]), "plain address"),
        (facts("Eng", &[""]), "plain address"),
        (GroupFacts { source: String::new(), ..good() }, "name of this source"),
        (GroupFacts { source: "x".repeat(101), ..good() }, "name of this source"),
        (GroupFacts { source: "a\nb".to_owned(), ..good() }, "name of this source"),
        (GroupFacts { source: "caf\u{e9}".to_owned(), ..good() }, "name of this source"),
        (GroupFacts { as_of: Some(SECRET.to_owned()), ..good() }, "RFC 3339"),
        (GroupFacts { as_of: Some("2026-11-20".to_owned()), ..good() }, "RFC 3339"),
        (
            GroupFacts { as_of: Some(format!("2026-11-20T08:00:00.{}Z", "0".repeat(200))), ..good() },
            "RFC 3339",
        ),
    ] {
        let error = refused(&[facts("Eng", &["new@corp.example"]), bad, facts("Eng", &[SECRET])]);
        assert_eq!(error.about.as_deref(), Some("facts[1]"), "{error}");
        assert!(error.message.contains(says) && !error.message.contains(SECRET), "{error}");
    }
}

#[test]
fn more_than_memory_has_room_for_is_a_clear_error() {
    let people = |from: usize, to: usize| GroupFacts {
        addresses: (from..to).map(|n| format!("p{n:06}@corp.example")).collect(),
        ..facts("Eng", &[])
    };
    let mut kept = Facts::default();
    for at in [0, 100_000] {
        kept.learn(&wanted(), &[people(at, at + 100_000)]).unwrap();
    }
    // Those who are known already take no more room, and nobody asks for others.
    kept.learn(&wanted(), &[people(5, 5000), GroupFacts { group: "else".to_owned(), ..people(0, 9) }])
        .unwrap();
    let digest = kept.digest();
    let error = kept.learn(&wanted(), &[people(199_990, 200_007)]).unwrap_err();
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidArgument, Some("facts")));
    assert!(error.message.contains("200007 addresses") && error.message.contains("200,000"), "{error}");
    assert_eq!(kept.digest(), digest);

    let source = |n: usize| GroupFacts { source: format!("source {n}"), ..facts("Eng", &[]) };
    let many: Vec<GroupFacts> = (0..1000).map(source).collect();
    assert!(Facts::default().learn(&wanted(), &many).is_ok());
    let error = refused(&many);
    assert!(error.message.contains("1,000 sources"), "{error}");
}

#[test]
fn addresses_in_pieces_of_any_size_are_kept_once_and_each_has_a_place() {
    let (mut kept, mut expected) = (Facts::default(), Set::default());
    // Among the pieces are repetitions, and some that have nothing new.
    for (from, count) in
        [(0, 1), (0, 1), (500, 300), (1, 2), (790, 20), (0, 900), (3, 5), (2000, 1), (1500, 900)]
    {
        let names =
            (from..from + count).rev().map(|n: u32| format!("p{:04}@corp.example", n * 7919 % 10_000));
        let addresses: Vec<String> = names.collect();
        expected.extend(addresses.iter().cloned());
        kept.learn(&wanted(), &[GroupFacts { addresses, ..facts("Eng", &[]) }]).unwrap();
        let place = kept.place_of(&group("okta", "Eng")).unwrap();
        let all: Vec<&String> = kept.addresses(place).collect();
        assert_eq!(
            (all.len(), all.iter().copied().cloned().collect::<Set<_>>().len()),
            (expected.len(), expected.len())
        );
        assert!(all.iter().all(|&address| expected.contains(address)));
        for (nth, address) in all.iter().enumerate() {
            assert_eq!(kept.address(place, nth), Some(address.as_str()));
        }
        assert_eq!(kept.address(place, all.len()), None);
    }
}
