//! Comparisons that another session continues.

use super::*;
use crate::error::ErrorKind;

const APP: (&str, &str) = ("app", "wiki");

fn words(parts: &[Comparison]) -> String {
    format!("{:?}", parts.iter().flat_map(|part| &part.people).collect::<Vec<_>>())
}

#[test]
fn each_call_can_be_made_in_another_session() {
    let cloud = cloud();
    let names: Vec<String> = (0..2_500).map(|n| format!("p{n}")).collect();
    cloud.says(&names.iter().map(|name| (name.as_str(), "blocked")).collect::<Vec<_>>());
    let known = |facts: &[&str]| {
        let mut session = session(&cloud);
        if !facts.is_empty() {
            finance(&mut session, facts);
        }
        session
    };
    for facts in [&[] as &[&str], &["p7", "p1800"]] {
        let one = whole(&mut known(facts), APP).unwrap();
        assert_eq!(one.iter().map(|part| part.people.len()).collect::<Vec<_>>(), [0, 0, 1000, 1000, 500]);
        let many = to_the_end(None, &mut |cursor| known(facts).compare(APP.0, APP.1, cursor)).unwrap();
        assert_eq!(words(&one), words(&many));
        // The same cursor returns the same part again.
        let mut session = known(facts);
        let mut twice = |cursor: Option<&str>| {
            let part = session.compare(APP.0, APP.1, cursor)?;
            let again = session.compare(APP.0, APP.1, cursor)?;
            assert_eq!(words(&[part]), words(&[again]));
            session.compare(APP.0, APP.1, cursor)
        };
        assert_eq!(words(&to_the_end(None, &mut twice).unwrap()), words(&one));
    }
}

#[test]
fn a_cursor_belongs_to_its_account_subject_and_facts() {
    let cloud = cloud();
    cloud.says(&[("bob", "approved")]);
    let mut knowing = session(&cloud);
    finance(&mut knowing, &["bob"]);
    let plain = begun(&mut session(&cloud), APP);
    let with_facts = begun(&mut knowing, APP);
    let asked = cloud.asked.borrow().len();
    for (session, of, cursor, words) in [
        (&mut session(&cloud), ("group", "staff"), &plain, "of another comparison"),
        (&mut session(&cloud), ("app", "other"), &plain, "of another comparison"),
        (&mut session(&cloud), APP, &with_facts, "began with facts"),
        (&mut knowing, APP, &plain, "began without facts"),
    ] {
        let error = refused(session.compare(of.0, of.1, Some(cursor)));
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidCursor, Some("cursor")));
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert_eq!(cloud.asked.borrow().len(), asked, "nothing was asked for that");
    // Another spelling of the id is the same subject.
    assert!(session(&cloud).compare("app", "WIKI", Some(&plain)).is_ok());
    // One of a sync is none of a comparison, and the other way round.
    let of_read = session(&cloud).read(&["group".to_owned(), "user".to_owned()], None).unwrap().next.unwrap();
    assert_eq!(refused(session(&cloud).compare(APP.0, APP.1, Some(&of_read))).kind, ErrorKind::InvalidCursor);
    let error = session(&cloud).read(&[], Some(&plain)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidCursor);
}

#[test]
fn a_damaged_cursor_is_refused() {
    let cloud = cloud();
    let running = begun(&mut session(&cloud), APP);
    cloud.says(&[("bob", "approved")]);
    let judged = session(&cloud).compare(APP.0, APP.1, Some(&running)).unwrap().next.unwrap();
    for cursor in [running, judged] {
        assert!(cursor.len() < 300 && cursor.bytes().all(|byte| byte.is_ascii_graphic()), "{cursor}");
        for at in 0..cursor.len() {
            let mut damaged = cursor.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            for text in [String::from_utf8(damaged).unwrap(), cursor[..at].to_owned(), format!("{cursor}0")] {
                let error = refused(session(&cloud).compare(APP.0, APP.1, Some(&text)));
                assert_eq!(error.kind, ErrorKind::InvalidCursor, "{text}");
            }
        }
    }
    for odd in ["", ".", "cztv1", "\u{1F600}", &"czt7.".repeat(900)] {
        let error = refused(session(&cloud).compare(APP.0, APP.1, Some(odd)));
        assert_eq!(error.kind, ErrorKind::InvalidCursor, "{odd}");
    }
}
