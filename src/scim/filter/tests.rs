use super::Filter;
use crate::scim::problem::ScimType;
use crate::scim::schema::{GROUP, RESOURCES, ROLE, ResourceSchema, USER};
use serde_json::{Value, json};

fn ann() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "YW5uQGNvcnAuZXhhbXBsZQ",
        "userName": "ann@corp.example",
        "displayName": "Ann \"the\" Ämter",
        "active": true,
        "emails": [{"value": "ann@corp.example", "type": "work", "primary": true}],
        "groups": [
            {"value": "g1", "display": "Sales", "type": "direct"},
            {"value": "g2", "display": "Everyone", "type": "indirect"},
        ],
        "roles": [],
        "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User": {
            "accessUserId": "u1",
            "accessSeat": false,
            "lastLogin": "2026-11-23T18:54:26.5Z",
        },
        "meta": {"resourceType": "User", "location": "https://scim.example/scim/v2/Users/YW5u"},
    })
}

fn sales() -> Value {
    json!({
        "id": "g1",
        "displayName": "Sales",
        "members": [
            {"value": "YW5u", "display": "ann@corp.example", "type": "User"},
            {"value": "g2", "display": "Berlin", "type": "Group"},
        ],
        "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group": {
            "rules": [
                {"section": "include", "type": "email_domain", "open": false},
                {"section": "require", "type": "geo", "open": true},
            ],
        },
        "meta": {"resourceType": "Group", "created": "2026-01-31T08:00:00Z"},
    })
}

fn fits(filter: &str, schema: &ResourceSchema, resource: &Value) -> bool {
    Filter::parse(filter, schema).unwrap_or_else(|problem| panic!("{}", problem.detail)).matches(resource)
}

#[test]
fn what_fits_a_person() {
    for (filter, expected) in [
        (r#"userName eq "ann@corp.example""#, true),
        (r#"userName eq "ANN@corp.example""#, true),
        (r#"USERNAME Eq "ann@corp.example""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann@corp.example""#, true),
        (r#"URN:IETF:params:scim:schemas:core:2.0:user:username eq "ann@corp.example""#, true),
        (r#"userName eq "bob@corp.example""#, false),
        (r#"userName ne "bob@corp.example""#, true),
        (r#"userName ne "Ann@corp.example""#, false),
        (r#"userName sw "ann@""#, true),
        (r#"userName sw "ann@corp.example.more""#, false),
        (r#"userName ew "@Corp.Example""#, true),
        (r#"userName ew "some-ann@corp.example""#, false),
        (r#"userName co "corp""#, true),
        (r#"userName co "CORP""#, true),
        (r#"userName co """#, true),
        (r#"userName co "korp""#, false),
        (r#"userName gt "Aaa""#, true),
        (r#"userName ge "ann@corp.example""#, true),
        (r#"userName lt "ann@corp.example""#, false),
        (r#"userName le "ANN@corp.example""#, true),
        // An id is compared with its case.
        (r#"id eq "YW5uQGNvcnAuZXhhbXBsZQ""#, true),
        (r#"id eq "yw5uqgnvcnauzxhhbxbszq""#, false),
        (r#"displayName eq "Ann \"the\" \u00c4mter""#, true),
        (r#"displayName eq "ann \"THE\" Ämter""#, true),
        ("displayName pr", true),
        ("roles pr", false),
        ("groups pr", true),
        ("roles eq null", true),
        ("groups ne null", true),
        ("active eq true", true),
        ("active eq True", true),
        (r#"active eq "True""#, true),
        (r#"active ne "false""#, true),
        ("active eq false", false),
        (r#"emails eq "ann@corp.example""#, true),
        (r#"emails.value co "@CORP""#, true),
        (r#"emails[type eq "work"]"#, true),
        (r#"emails[type eq "work" and value ew "corp.example"]"#, true),
        (r#"emails[type eq "work" and not (primary eq true)]"#, false),
        (r#"groups[display eq "sales" and type eq "indirect"]"#, false),
        (r#"groups.display eq "sales" and groups.type eq "indirect""#, true),
        (r#"groups.value ne "g1""#, false),
        (r#"groups.value ne "g3""#, true),
        (r#"not (groups.value eq "g1")"#, false),
        (r#"NOT(groups.value eq "g3")"#, true),
        (r#"meta.resourceType eq "User""#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
        (r#"userName eq "x" or active eq true"#, true),
        (r#"userName eq "x" or active eq true and displayName eq "y""#, false),
        (r#"(userName eq "x" or active eq true) and displayName pr"#, true),
        (r#"active eq true or userName eq "x" and displayName eq "y""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:accessUserId eq "u1""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:accessSeat eq true"#, false),
        (r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:membershipId pr"#, false),
    ] {
        assert_eq!(fits(filter, &USER, &ann()), expected, "{filter}");
    }
}

#[test]
fn times_are_compared_whatever_their_form() {
    let last_login = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:lastLogin";
    for (filter, expected) in [
        (r#"gt "2026-11-23T18:54:26Z""#, true),
        (r#"gt "2026-11-23T18:54:26.49Z""#, true),
        (r#"gt "2026-11-23T18:54:26.5Z""#, false),
        (r#"ge "2026-11-23T18:54:26.500Z""#, true),
        (r#"lt "2026-11-23T18:54:26.51Z""#, true),
        (r#"lt "2026-11-23T19:54:26.50+01:00""#, false),
        (r#"le "2026-11-23T19:54:26.50+01:00""#, true),
        (r#"eq "2026-11-23T19:54:26.50+01:00""#, true),
        (r#"ne "2026-11-23T19:54:26.50+01:00""#, false),
    ] {
        assert_eq!(fits(&format!("{last_login} {filter}"), &USER, &ann()), expected, "{filter}");
    }
}

#[test]
fn what_fits_a_group() {
    let rules = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group:rules";
    for (filter, expected) in [
        (r#"displayName eq "sales""#.to_owned(), true),
        (r#"members eq "YW5u""#.to_owned(), true),
        (r#"members[value eq "YW5u"]"#.to_owned(), true),
        (r#"members.value eq "yw5u""#.to_owned(), false),
        (r#"members[value eq "g2" and type eq "User"]"#.to_owned(), false),
        (r#"members[value eq "g2" and type eq "group"]"#.to_owned(), true),
        (r#"meta.created ge "2026-01-31T09:00:00+01:00""#.to_owned(), true),
        (format!(r#"{rules}[section eq "require" and open eq true]"#), true),
        (format!(r#"{rules}.type eq "geo""#), true),
        (format!(r#"{rules}[type eq "geo" and open eq false]"#), false),
    ] {
        assert_eq!(fits(&filter, &GROUP, &sales()), expected, "{filter}");
    }
}

#[test]
fn a_filter_that_cannot_be_used_is_refused_with_the_reason() {
    let deep = format!("{}active eq true{}", "(".repeat(17), ")".repeat(17));
    let many = vec!["active eq true"; 101].join(" or ");
    let long = format!("userName eq \"{}\"", "x".repeat(8 << 10));
    for (filter, why) in [
        ("", "It ends where the name of an attribute is expected."),
        ("   ", "It ends where the name of an attribute is expected."),
        ("userName", "It ends where an operator (eq,"),
        ("userName eq", "It ends where a value is expected."),
        (r#"userName is "x""#, r#""is" stands where an operator"#),
        ("userName eq ann", r#""ann" is no text, number, true, false or null. Texts stand in"#),
        ("userName eq 'ann'", "Texts stand in quotation marks"),
        (r#"userName eq "ann"#, "A text in it has no closing quotation mark."),
        (r#"userName eq "\x""#, "is no text"),
        (r#"userName eq "a" "b""#, r#"stands where the end, "and" or "or" is expected."#),
        (r#"userName eq "a" and"#, "It ends where the name of an attribute is expected."),
        (r#"(userName eq "a""#, r#"It ends where ")" is expected."#),
        (r#"userName eq "a")"#, r#"")" stands where the end"#),
        (r#"emails[value eq "a""#, r#"It ends where "]" is expected."#),
        (r#"emails[value eq "a"].type eq "b""#, "stands where the end"),
        (r#"not userName eq "a""#, "an operator (eq,"),
        ("userName eq []", r#""[" stands where a value is expected."#),
        (r#"userName eq {"a":1}"#, "is no text"),
        (r#"nickName eq "x""#, r#"A User has no attribute "nickName". It has schemas, id,"#),
        (r#"externalId eq "x""#, "externalId can't be filtered by"),
        (r#"urn:example:User:userName eq "x""#, "has no attribute"),
        (r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User pr"#, "has no attribute"),
        (r#"members.value eq "x""#, "A User has no attribute"),
        (r#"emails.domain eq "x""#, r#"A User has no attribute "emails.domain""#),
        (
            r#"emails[domain eq "x"]"#,
            r#"The values of emails have no attribute "domain". They have value, type,"#,
        ),
        (r#"emails[emails.value eq "x"]"#, "The values of emails have no attribute"),
        (r#"userName[value eq "x"]"#, "have no attributes that brackets could filter"),
        (r#"meta eq "x""#, "meta has no single value. Its attributes are resourceType"),
        ("userName eq 7", "userName can't be compared so: it takes eq, ne, co"),
        ("userName gt null", "userName can't be compared so"),
        ("active gt true", "active can't be compared so: it takes eq or ne, and true or false."),
        (r#"active eq "yes""#, "active can't be compared so"),
        (r#"schemas gt "a""#, "schemas can't be compared so"),
        (r#"meta.lastModified gt "2026-01-31T08:00:00Z""#, "meta.lastModified can't be filtered by"),
        ("meta.created pr", "meta.created can't be filtered by"),
        (r#"meta.version eq "W/\"1\"""#, "meta.version can't be filtered by"),
        (
            r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:lastLogin sw "2026""#,
            "it takes eq, ne, gt, ge, lt or le and a time",
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:lastLogin gt "yesterday""#,
            "and a time in quotation marks",
        ),
        (&deep, "It has more than 16 parentheses and brackets inside each other."),
        (&many, "It has more than 100 comparisons."),
        (&long, "It is longer than 8192 bytes."),
    ] {
        let problem = Filter::parse(filter, &USER).expect_err(filter);
        assert_eq!((problem.status, problem.scim_type), (400, Some(ScimType::InvalidFilter)), "{filter}");
        assert!(problem.detail.contains(why), "{filter}: {}", problem.detail);
        assert!(problem.detail.len() < 800, "{}", problem.detail);
    }
}

#[test]
fn no_error_shows_what_looks_like_a_secret() {
    const SECRET: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    for filter in [
        SECRET.to_owned(),
        format!("{SECRET} eq 1"),
        format!("userName {SECRET} 1"),
        format!("userName eq {SECRET}"),
        format!("userName eq \"{SECRET}\" {SECRET}"),
        format!("active eq \"{SECRET}\""),
        format!("emails[{SECRET} pr]"),
        format!("urn:x:{SECRET} pr"),
    ] {
        let detail = Filter::parse(&filter, &USER).expect_err(&filter).detail;
        assert!(!detail.contains("9dQzT7"), "{detail}");
    }
}

#[test]
fn a_lookup_is_known_as_one() {
    let parsed = |filter: &str, schema| Filter::parse(filter, schema).unwrap();
    for (filter, expected) in [
        (r#"userName eq "Ann""#, Some("Ann")),
        (r#"(username EQ "Ann")"#, Some("Ann")),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "Ann""#, Some("Ann")),
        (r#"userName sw "Ann""#, None),
        (r#"userName ne "Ann""#, None),
        (r#"not (userName eq "Ann")"#, None),
        (r#"userName eq "Ann" or active eq true"#, None),
        (r#"id eq "Ann""#, None),
        ("userName eq null", None),
    ] {
        assert_eq!(parsed(filter, &USER).only_equals("userName"), expected, "{filter}");
    }
    for filter in [r#"members eq "m""#, r#"members.value eq "m""#, r#"members[value eq "m"]"#] {
        assert_eq!(parsed(filter, &GROUP).only_equals("members.value"), Some("m"), "{filter}");
        assert_eq!(parsed(filter, &GROUP).only_equals("members.display"), None, "{filter}");
    }
    assert_eq!(parsed(r#"members[not (value eq "m")]"#, &GROUP).only_equals("members.value"), None);

    let both = parsed(r#"active eq true and userName eq "Ann""#, &USER);
    assert_eq!((both.only_equals("userName"), both.requires("userName")), (None, Some("Ann")));
    assert_eq!(parsed(r#"active eq true or userName eq "Ann""#, &USER).requires("userName"), None);

    for (filter, expected) in [
        (r#"id eq "a" or id eq "b" or id eq "c""#, Some(vec!["a", "b", "c"])),
        (r#"id eq "a""#, Some(vec!["a"])),
        (r#"id eq "a" or displayName eq "b""#, None),
        (r#"id eq "a" and id eq "b""#, None),
    ] {
        assert_eq!(parsed(filter, &ROLE).one_of("id"), expected, "{filter}");
    }
    let two = parsed(r#"members[value eq "a" or value eq "b"]"#, &GROUP);
    assert_eq!(two.one_of("members.value"), Some(vec!["a", "b"]));
}

fn billing() -> Value {
    json!({
        "id": "r1",
        "displayName": "Billing",
        "description": "All of the bills",
        "meta": {"resourceType": "Role", "location": "https://scim.example/scim/v2/Roles/r1"},
    })
}

/// Each line has a filter, and whether it takes Ann, the group Sales and the role Billing.
#[test]
fn what_fits_among_all_types() {
    let of_user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let of_group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let beside_group = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group";
    for (filter, expected) in [
        (r#"displayName co "s""#, [false, true, false]),
        (r#"userName eq "nobody@x.example" or displayName eq "sales""#, [false, true, false]),
        (r#"userName eq "ann@corp.example" or description co "bills""#, [true, false, true]),
        (r#"userName eq "ann@corp.example" and displayName eq "sales""#, [false; 3]),
        ("userName pr or members pr", [true, true, false]),
        ("userName pr and members pr", [false; 3]),
        // An attribute without a value passes no comparison but "not equal".
        (r#"not (userName sw "a")"#, [false, true, true]),
        (r#"userName ne "ann@corp.example""#, [false, true, true]),
        (r#"userName ne "bob@corp.example""#, [true; 3]),
        (r#"userName le "z""#, [true, false, false]),
        (r#"userName co """#, [true, false, false]),
        ("userName eq null", [false, true, true]),
        ("userName ne null", [true, false, false]),
        ("active ne false", [true; 3]),
        ("not (active pr)", [false, true, true]),
        ("emails.value pr", [true, false, false]),
        (r#"emails[type eq "work"] or description pr"#, [true, false, true]),
        (r#"not (members[type eq "User"])"#, [true, false, true]),
        (r#"members[value eq "g2" and not (type eq "User")]"#, [false, true, false]),
        // A name with the URN of a type is that type's alone, also where others have one of the same name.
        (&format!("{of_group}:displayName pr"), [false, true, false]),
        (&format!("not ({of_user}:displayName pr)"), [false, true, true]),
        (&format!(r#"{beside_group}:rules[type eq "geo"]"#), [false, true, false]),
        (&format!(r#"{beside_group}:rules.type ne "geo""#), [true, false, true]),
        (r#"meta.resourceType eq "User" or meta.resourceType eq "Role""#, [true, false, true]),
        (r#"meta.resourceType ne "Group" and description pr"#, [false, false, true]),
    ] {
        let resources = [ann(), sales(), billing()];
        let found = [0, 1, 2].map(|at| {
            let read = Filter::among_all(filter, RESOURCES[at]);
            let read = read.unwrap_or_else(|problem| panic!("{filter}: {}", problem.detail));
            let fits = read.matches(&resources[at]);
            assert!(read.can_fit(RESOURCES[at]) || !fits, "{filter}");
            // A type that takes the filter alone finds the same.
            let alone = Filter::parse(filter, RESOURCES[at]);
            assert!(alone.is_err() || alone.unwrap().matches(&resources[at]) == fits, "{filter}");
            fits
        });
        assert_eq!(found, expected, "{filter}");
    }
}

#[test]
fn a_filter_that_one_of_the_types_cannot_use_is_refused_for_it() {
    let time = "2000-01-01T00:00:00Z";
    for (filter, refused, why) in [
        (
            &*format!("meta.lastModified gt \"{time}\""),
            [true, false, true],
            r#"can't be used for a User. meta.lastModified can't be filtered by"#,
        ),
        (
            &format!("meta.resourceType eq \"Group\" or meta[created lt \"{time}\"]"),
            [true, false, true],
            "can't be used for a User. created can't be filtered by",
        ),
        (r#"externalId eq "x""#, [true, true, false], "for a User. externalId can't be filtered by"),
        (r#"userName eq 7 or members pr"#, [true, false, false], "for a User. userName can't be compared so"),
        (r#"members.type gt true"#, [false, true, false], "for a Group. members.type can't be compared so"),
        (r#"members[domain eq "x"]"#, [false, true, false], "The values of members have no attribute"),
        (r#"description[value pr]"#, [false, false, true], "for a Role. The values of description have no"),
        (r#"nickName eq "x""#, [true; 3], "No other type has it either."),
        ("userName pr or shoeSize pr", [true; 3], r#"A User has no attribute "shoeSize"."#),
        ("urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User pr", [true; 3], "has no attribute"),
        ("userName eq", [true; 3], "can't be used. It ends where a value is expected."),
    ] {
        let read = RESOURCES.map(|schema| Filter::among_all(filter, schema));
        assert_eq!(read.each_ref().map(Result::is_err), refused, "{filter}");
        let problem = read.into_iter().find_map(Result::err).unwrap();
        assert_eq!((problem.status, problem.scim_type), (400, Some(ScimType::InvalidFilter)), "{filter}");
        assert!(problem.detail.contains(why), "{filter}: {}", problem.detail);
        assert!(problem.detail.len() < 800, "{}", problem.detail);
    }
}

/// Nothing has to be read of a type of which nothing can fit.
#[test]
fn a_type_that_cannot_fit_is_known_as_one() {
    for (filter, expected) in [
        (r#"userName eq "x""#, [true, false, false]),
        (r#"userName eq "x" and displayName eq "y""#, [true, false, false]),
        (r#"userName eq "x" or displayName eq "y""#, [true; 3]),
        (r#"userName eq "x" or members.value eq "y""#, [true, true, false]),
        (r#"userName ne "x""#, [true; 3]),
        (r#"members[value eq "x"] and not (active eq true)"#, [false, true, false]),
        (r#"description pr and active pr"#, [false; 3]),
        (r#"not (description pr or not (meta.resourceType eq "User"))"#, [true, false, false]),
        (r#"meta.resourceType eq "Group""#, [false, true, false]),
        (r#"meta.resourceType eq "group""#, [false; 3]),
        (r#"(meta.resourceType eq "User" or meta.resourceType eq "Group") and id pr"#, [true, true, false]),
        (r#"meta.resourceType ne "Role" or id eq "r1""#, [true; 3]),
    ] {
        let found = RESOURCES.map(|schema| Filter::among_all(filter, schema).unwrap().can_fit(schema));
        assert_eq!(found, expected, "{filter}");
    }
}

#[test]
fn a_lookup_among_all_types_is_one_only_where_it_has_to_be_true() {
    let parsed = |filter: &str, schema| Filter::among_all(filter, schema).unwrap();
    for (filter, path, schema, expected) in [
        (r#"userName eq "x" and displayName eq "y""#, "userName", &USER, Some("x")),
        (r#"userName eq "x" or displayName eq "y""#, "userName", &USER, None),
        (r#"userName eq "x" or displayName eq "y""#, "displayName", &GROUP, None),
        (r#"members pr or id eq "y""#, "id", &USER, None),
        (r#"userName ne "x" and id eq "y""#, "id", &GROUP, Some("y")),
        (r#"userName ne "x""#, "userName", &USER, None),
    ] {
        assert_eq!(parsed(filter, schema).requires(path), expected, "{filter}");
    }
}

#[test]
fn a_filter_tells_what_has_to_be_read() {
    let filter = Filter::parse(
        r#"groups[value eq "g" or type eq "direct"] and (active eq true or not (groups.value pr)) and
           urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:accessSeat eq true"#,
        &USER,
    )
    .unwrap();
    assert_eq!(
        filter.attributes(),
        [
            "groups.value",
            "groups.type",
            "active",
            "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User:accessSeat"
        ]
    );
    for (name, expected) in [
        ("groups", true),
        ("Groups.type", true),
        ("group", false),
        ("roles", false),
        ("urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User", true),
    ] {
        assert_eq!(filter.reads(name), expected, "{name}");
    }
}

/// Parts of a filter that begin or end anywhere.
#[test]
fn no_part_of_a_filter_panics() {
    let filter = r#"not (emails[type eq "wörk" and value co "\u00e9"]) or
        urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a" and active eq true"#;
    for (at, _) in filter.char_indices() {
        let _ = Filter::parse(&filter[..at], &USER);
        let _ = Filter::parse(&filter[at..], &USER);
    }
    assert!(Filter::parse(filter, &USER).is_ok());
}
