//! JSON Lines: one object a line, the contract's fields in snake_case.

use super::grant_lines::{self, GrantLines};
use super::json::push_json;
use super::lines::Line;
use super::sink::{Sink, SinkError};
use crate::contract::Page;
use std::io::{self, Write};

/// Writes pages as JSON Lines. Nothing is kept: each page is out when it has been taken.
pub struct JsonLines<W> {
    out: Buffered<W>,
    grants: GrantLines,
}

/// Lines on their way out. A page's lines take several times the page's own memory, so they are
/// written in pieces, each small enough to stay in the processor's cache.
struct Buffered<W> {
    to: W,
    buffer: Vec<u8>,
}

impl<W: Write> Buffered<W> {
    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        push_json(&mut self.buffer, line)?;
        self.buffer.push(b'\n');
        self.write_if_full()
    }

    fn write_if_full(&mut self) -> io::Result<()> {
        const FULL: usize = 1 << 16;
        if self.buffer.len() < FULL { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.buffer);
        self.buffer.clear();
        written
    }
}

impl<W: Write> JsonLines<W> {
    /// Writes lines to `to`, a page at a time.
    pub fn new(to: W) -> Self {
        Self { out: Buffered { to, buffer: Vec::new() }, grants: GrantLines::default() }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    /// Writes all lines of a page, or none if one of them can't be made: each is tried before the
    /// first one goes out.
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        page.resources.iter().try_for_each(|resource| Line::of_resource(resource).map(drop))?;
        page.entitlements.iter().try_for_each(|entitlement| Line::of_entitlement(entitlement).map(drop))?;
        page.grants.iter().try_for_each(grant_lines::check)?;
        let Self { out, grants } = self;
        for resource in &page.resources {
            out.line(&Line::of_resource(resource)?)?;
        }
        for entitlement in &page.entitlements {
            out.line(&Line::of_entitlement(entitlement)?)?;
        }
        for grant in &page.grants {
            let mut lines = grants.of(grant)?;
            for principal in &grant.principals {
                lines.push(principal, &mut out.buffer)?;
                out.write_if_full()?;
            }
        }
        for warning in &page.warnings {
            out.line(&Line::of_warning(warning))?;
        }
        out.write()?;
        out.to.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::grant_name;
    use super::super::samples;
    use super::*;
    use crate::contract::{Alternative, Resource};

    fn lines(page: &Page) -> Vec<String> {
        let mut out = Vec::new();
        JsonLines::new(&mut out).page(page).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_resource() {
        let page = Page {
            resources: vec![samples::group("g1", "Engineering"), samples::user("u1", "Ann")],
            ..samples::page()
        };
        assert_eq!(
            lines(&page),
            [
                concat!(
                    r#"{"type":"resource","id":{"kind":"group","id":"g1"},"parent":null,"#,
                    r#""display_name":"Engineering","account":null,"profile":{"rules":[1,2]}}"#,
                ),
                concat!(
                    r#"{"type":"resource","id":{"kind":"user","id":"u1"},"parent":null,"#,
                    r#""display_name":"Ann","account":{"email":"u1@corp.example","login":null,"#,
                    r#""status":"enabled","last_login":null},"profile":{"rules":[1,2]}}"#,
                ),
            ]
        );
    }

    #[test]
    fn an_entitlement() {
        let page = Page { entitlements: vec![samples::membership("g1")], ..samples::page() };
        assert_eq!(
            lines(&page),
            [concat!(
                r#"{"type":"entitlement","id":"group:g1:member","on":{"kind":"group","id":"g1"},"#,
                r#""slug":"member","display_name":"Member","description":"","grantable_to":["user"],"#,
                r#""extra":{}}"#,
            )]
        );
    }

    #[test]
    fn a_grant_with_and_without_conditions() {
        let mut conditional = samples::grant("g1", "user", "u1");
        conditional.conditions = vec![Alternative {
            any_of: vec![],
            all_of: vec!["{\"ip\":\n {\"ip\": \"192.0.2.0/24\"}}".to_owned()],
            none_of: vec!["{}".to_owned()],
        }];
        let page = Page { grants: vec![samples::grant("g1", "user", "u1"), conditional], ..samples::page() };
        let line = |conditions: &str| {
            let begin = concat!(
                r#"{"type":"grant","id":"group:g1:member:user:u1","entitlement":"group:g1:member","#,
                r#""principal":{"kind":"user","id":"u1"},"#,
                r#""basis":[{"rule":"everyone","value":"","through":null}],"#,
            );
            format!(r#"{begin}"conditions":{conditions},"revocable":false,"extra":{{}}}}"#)
        };
        let conditions = r#"[{"any_of":[],"all_of":[{"ip":{"ip":"192.0.2.0/24"}}],"none_of":[{}]}]"#;
        assert_eq!(lines(&page), [line("null"), line(conditions)]);
    }

    #[test]
    fn a_grant_on_an_application_names_its_policy_and_each_alternative() {
        let mut grant = samples::accesses("a1", &[("user", "u1")]);
        let way = |rule: &str| Alternative { any_of: vec![], all_of: vec![rule.to_owned()], none_of: vec![] };
        grant.conditions = vec![way(r#"{"allowed_idps":["i1"]}"#), way(r#"{"approval_required":[]}"#)];
        let lines = lines(&Page { grants: vec![grant], ..samples::page() });
        let parts = [
            r#""basis":[{"rule":"email_domain","value":"corp.example","#,
            r#""through":{"kind":"policy","id":"p1"}}],"#,
            r#""conditions":[{"any_of":[],"all_of":[{"allowed_idps":["i1"]}],"none_of":[]},"#,
            r#"{"any_of":[],"all_of":[{"approval_required":[]}],"none_of":[]}],"#,
        ];
        assert!(lines[0].contains(&parts.concat()), "{}", lines[0]);
    }

    #[test]
    fn a_line_for_each_principal() {
        let people = [("user", "u1"), ("member", "a\"b"), ("user", "u2\u{2028}")];
        let page = Page {
            grants: vec![samples::grants("g1", &people), samples::grants("g2", &[])],
            ..samples::page()
        };
        let alone = people.map(|(kind, id)| samples::grant("g1", kind, id));
        let apart = Page { grants: alone.into(), ..samples::page() };
        assert_eq!(lines(&page), lines(&apart));
        assert_eq!(lines(&page).len(), 3);
    }

    #[test]
    fn a_warning() {
        let page = Page { warnings: vec![samples::warning("list-moved", true)], ..samples::page() };
        assert_eq!(
            lines(&page),
            [concat!(
                r#"{"type":"warning","code":"list-moved","about":null,"message":"Something is off.","#,
                r#""incomplete":true}"#,
            )]
        );
    }

    #[test]
    fn a_name_can_not_start_a_line() {
        let page = Page {
            resources: vec![samples::group("g1", "a\n{\"type\":\"grant\"}\r\u{2028}")],
            ..samples::page()
        };
        let lines = lines(&page);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(r#""a\n{\"type\":\"grant\"}\r\u2028""#), "{}", lines[0]);
    }

    #[test]
    fn ids_are_written_as_the_strings_that_they_are() {
        let mut grant = samples::grant("g1", "user", "a\"b\\c\n{}\u{7f}\u{2028}é");
        grant.entitlement = "group:\t\":member".to_owned();
        let page =
            Page { grants: vec![grant.clone(), samples::grant("g1", "user", "u1")], ..samples::page() };
        let lines = lines(&page);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].chars().all(|c| !c.is_control() && c != '\u{2028}'), "{}", lines[0]);
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["id"], grant_name(&grant).as_str());
        assert_eq!(line["entitlement"], grant.entitlement.as_str());
        assert_eq!(line["principal"]["id"], grant.principals[0].id.as_str());
        // No part of one line is left in the next one.
        assert!(lines[1].starts_with(r#"{"type":"grant","id":"group:g1:member:user:u1","#), "{}", lines[1]);
    }

    #[test]
    fn a_page_with_a_line_that_can_not_be_made_writes_nothing() {
        // More than one piece.
        let good: Vec<Resource> = (0..2_000).map(|n| samples::user(&format!("u{n}"), "Ann")).collect();
        let mut bad = [samples::page(), samples::page(), samples::page()];
        bad[0].resources = vec![samples::group("g2", "Bad")];
        bad[0].resources[0].profile = "nope".to_owned();
        bad[1].entitlements = vec![samples::membership("g2")];
        bad[1].entitlements[0].extra = "nope".to_owned();
        bad[2].grants = vec![samples::grant("g1", "user", "u1"), samples::grant("g2", "user", "u1")];
        bad[2].grants[1].extra = "nope".to_owned();
        for (mut page, what) in
            bad.into_iter().zip(["profile of group:g2", "of group:g2:member", "group:g2:member:user:u1"])
        {
            page.resources.splice(..0, good.clone());
            let mut out = Vec::new();
            let error = JsonLines::new(&mut out).page(&page).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert!(out.is_empty(), "{what}");
        }
        let page = Page { resources: good, ..samples::page() };
        assert_eq!(lines(&page).len(), 2_000);
    }
}
