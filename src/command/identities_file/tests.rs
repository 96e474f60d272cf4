//! Tests of the reader of facts, and of what becomes of its rows.

use super::super::providers::tests::provider;
use super::*;
use std::io::Cursor;

const AS_OF: &str = "2026-11-28T23:00:00Z";

/// A row as it was understood: the provider, the group, the addresses and the time.
type Read = (String, String, Vec<String>, Option<String>);

fn rows(text: impl AsRef<[u8]>) -> Vec<Read> {
    let text = text.as_ref();
    let groups =
        parse(text, None).unwrap_or_else(|problem| panic!("{}: {problem:?}", String::from_utf8_lossy(text)));
    groups
        .into_iter()
        .map(|((provider, group, as_of), it)| (provider, group, it.addresses.into_iter().collect(), as_of))
        .collect()
}

fn row(provider: &str, group: &str, addresses: &[&str], as_of: Option<&str>) -> Read {
    let addresses = addresses.iter().map(|it| (*it).to_owned()).collect();
    (provider.to_owned(), group.to_owned(), addresses, as_of.map(str::to_owned))
}

fn problem(text: impl AsRef<[u8]>) -> (Option<usize>, String) {
    let text = text.as_ref();
    parse(text, None).expect_err(&String::from_utf8_lossy(text))
}

#[test]
fn the_same_rows_in_each_form() {
    let expected = [
        row("Okta", "Finance", &["ann@corp.example", "bo@corp.example"], None),
        row("Okta", "Nobody, yet", &[], None),
        row("entra", "0a1b", &["ann@corp.example"], Some(AS_OF)),
    ];
    let csv = "provider,group,address,as_of\nOkta,Finance,ann@corp.example,\nOkta,\"Nobody, yet\",,\n\
               entra,0a1b,Ann@Corp.example,2026-11-28T23:00:00Z\nOkta,Finance,bo@corp.example,\n\
               Okta,Finance,BO@corp.example,\n";
    let others = [
        csv.replace('\n', "\r\n"),
        format!("\n\n{csv}\n \t\n"),
        csv.trim_end().to_owned(),
        csv.replace("\"Nobody, yet\"", "\"Nobody\u{1} yet\"").replace(',', " ,").replace('\u{1}', ","),
        csv.replace("\nOkta,", "\n  Okta\t,").replace("Finance,", "\tFinance ,"),
        csv.replace(',', ";").replace("Nobody; yet", "Nobody, yet"),
        csv.replace(',', "\t").replace("Nobody\t yet", "Nobody, yet"),
        csv.replace("provider,", "PROVIDER,"),
        csv.replace("Finance", "\"Finance\""),
        format!("{csv},,,\n\"\",,,\n"),
        "as_of,address,provider,group\n,ann@corp.example,Okta,Finance\n,bo@corp.example,Okta,Finance\n\
         ,,Okta,\"Nobody, yet\"\n2026-11-28T23:00:00Z,ann@corp.example,entra,0a1b\n"
            .to_owned(),
    ];
    for text in [csv.to_owned()].into_iter().chain(others) {
        assert_eq!(rows(&text), expected, "{text}");
    }
    let json = r#"{"provider":"Okta","group":"Finance","address":"ann@corp.example"}
        {"address":"","group":"Nobody, yet","provider":"Okta"}

        {"provider":"entra","group":"0a1b","address":"ann@corp.example","as_of":"2026-11-28T23:00:00Z"}
        {"provider":"Okta","group":"Finance","address":"Bo@corp.example","as_of":null}"#;
    assert_eq!(rows(json), expected);
    assert_eq!(rows(json.replace('\n', "\r\n")), expected);
}

#[test]
fn a_group_that_nobody_is_in_is_known() {
    assert_eq!(rows("provider,group,address\nokta,Finance,\n"), [row("okta", "Finance", &[], None)]);
    let both = rows("provider,group,address\nokta,Finance,\nokta,Finance,a@b.example\n");
    assert_eq!(both, [row("okta", "Finance", &["a@b.example"], None)]);
    assert!(rows("provider,group,address\n").is_empty());
}

#[test]
fn names_of_groups_stay_as_they_are() {
    for group in ["Équipe «Paie»", "a:b/c=d", "finance", "FINANCE", "\u{1f43b}", "it's", "x  y", "=1+1"] {
        assert_eq!(rows(format!("provider,group,address\nokta,{group},\n")), [row("okta", group, &[], None)]);
    }
    assert_eq!(
        rows("provider,group,address\nokta,\"say \"\"hi\"\"\",\n"),
        [row("okta", "say \"hi\"", &[], None)]
    );
    // JSON has what CSV can't have: white space around it.
    let json = r#"{"provider":"okta","group":" x ","address":""}"#;
    assert_eq!(rows(json), [row("okta", " x ", &[], None)]);
}

#[test]
fn a_file_in_another_form_is_told_by_its_line() {
    for (text, line, told) in [
        ("", None, "it is empty: its first line has to be provider,group,address"),
        (" \r\n\n", None, "it is empty"),
        ("C1ZF\0(", None, "it is a file of a baton connector"),
        ("C1Z3\0", None, "reads such a file if its name ends with .c1z"),
        ("C1ZF,group,address\n", Some(1), "`C1ZF` is none of the columns"),
        ("provider,group\n", Some(1), "the column `address` is missing"),
        ("group,address\n", Some(1), "the column `provider` is missing"),
        ("provider,address,as_of\n", Some(1), "the column `group` is missing"),
        ("provider,group,address,email\n", Some(1), "`email` is none of the columns"),
        ("provider,group,address,\n", Some(1), "column 4 is none of the columns"),
        ("provider,group,address,group\n", Some(1), "the column `group` is there twice"),
        ("\nokta,Finance,ann@b.example\n", Some(2), "`okta` is none of the columns"),
        ("provider group address\n", Some(1), "`provider group address` is none of the columns"),
        ("provider,group,address\nokta,Fin,ance,a@b.example\n", Some(2), "it has 4 values for 3 columns"),
        ("provider,group,address\n\nokta,Finance\n", Some(3), "it has 2 values for 3 columns"),
        ("provider,group,address\nokta,\"Fin\nance\",a@b.example\n", Some(2), "a double quote isn't closed"),
        ("provider,group,address\nokta,\"Finance,a@b.example\n", Some(2), "a double quote isn't closed"),
        ("provider,group,address\nokta, \"Finance\",\n", Some(2), "white space stands before a double quote"),
        ("provider;group;address\nokta;x;\t\"\"\n", Some(2), "white space stands before a double quote"),
        (" \"provider\",group,address\n", Some(1), "white space stands before a double quote"),
        ("[{\"provider\":\"okta\"}]", Some(1), "a JSON array begins here"),
        ("\n[\n", Some(2), "`jq -c '.[]'`"),
        ("{\n  \"provider\": \"okta\"\n}\n", Some(1), "`jq -c .` writes it so"),
        ("{\"provider\":\"okta\"", Some(1), "an object ends in its middle"),
        ("{provider}", Some(1), "it isn't an object in JSON (column 2)"),
    ] {
        let (at, problem) = problem(text);
        assert_eq!(at, line, "{text:?}: {problem}");
        assert!(problem.contains(told), "{text:?}: {problem}");
    }
}

#[test]
fn a_row_that_is_none_is_told_by_its_line() {
    let json = |row: &str| format!("{{\"provider\":\"o\",\"group\":\"g\",\"address\":\"\"}}\n\n{row}\n");
    for (row, told) in [
        (r#"{"provider":"o","group":"g"}"#, "missing field `address`"),
        (r#"{"provider":"o","group":"g","address":null}"#, "a wrong value, expected a string, at column "),
        (r#"{"provider":"o","group":"g","address":["a@b.example"]}"#, "expected a string"),
        (
            r#"{"provider":"o","group":"g","addres":"a@b.example"}"#,
            "an unknown field, expected one of `provider`",
        ),
        (r#"{"provider":"o","provider":"o","group":"g","address":""}"#, "duplicate field `provider`"),
        (r#"{"provider":"","group":"g","address":""}"#, "`provider` is empty"),
        (r#"{"provider":"o","group":"","address":""}"#, "`group` is empty"),
        (r#"{"provider":"o","group":"g\u0000","address":""}"#, "`group` has a line break"),
        (r#"{"provider":"o\n","group":"g","address":""}"#, "`provider` has a line break"),
        (
            r#"{"provider":"o","group":"g","address":"","as_of":"yesterday"}"#,
            "`as_of`: it is no time in RFC 3339",
        ),
        (r#"{"provider":"o","group":"g","address":"","as_of":7}"#, "expected a string"),
        (r#"{"provider":"o","group":"g","address":""},"#, "it isn't an object in JSON"),
        ("provider,group,address", "it isn't an object in JSON (column 1)"),
        (r#"["o","g",""]"#, "a JSON array begins here"),
    ] {
        let (line, problem) = problem(json(row));
        assert_eq!(line, Some(3), "{row}: {problem}");
        assert!(problem.contains(told), "{row}: {problem}");
    }
    let csv = |row: &str| format!("provider,group,address,as_of\no,g,,\n\n{row}\n");
    for (row, told) in [
        (",g,,", "`provider` is empty"),
        ("o,\" \",a@b.example,", "`group` is empty"),
        ("o,g\u{7f}h,,", "`group` has a line break"),
        ("o,g,,2026-11-28", "`as_of`: it is no time"),
        ("o,g,,2026-11-28T23:00:00", "`as_of`: it is no time"),
    ] {
        let (line, problem) = problem(csv(row));
        assert_eq!((line, problem.contains(told)), (Some(4), true), "{row}: {problem}");
    }
}

#[test]
fn an_address_is_one_plain_address() {
    let long = format!("{}@b.example", "x".repeat(250));
    for address in [
        "ann",
        "ann@",
        "@b.example",
        "a@b@c.example",
        "a b@c.example",
        "Ann <a@b.example>",
        "a@b.example;c@d.example",
        "änn@b.example",
        "ann@bücher.example",
        "*@b.example",
        "mailto:a@b.example",
        "a@b.example.",
        "'a@b.example'",
        &long,
    ] {
        let json = serde_json::json!({"provider": "o", "group": "g", "address": address}).to_string();
        for text in [json, format!("provider,group,address\no,g,\"{address}\"\n")] {
            let (_, problem) = problem(&text);
            assert!(problem.starts_with("`address` isn't one plain address"), "{text}: {problem}");
            assert!(!problem.contains("b.example"), "{problem}");
        }
    }
    for address in
        ["a@b.example", "A.B+c_d'e@b-c.example", "u908080@contoso.example", "guest#EXT#@c.example", "a@b"]
    {
        let read = rows(format!("provider,group,address\no,g,{address}\n"));
        assert_eq!(read, [row("o", "g", &[&address.to_ascii_lowercase()], None)]);
    }
}

#[test]
fn nothing_of_a_row_is_repeated() {
    const TOKEN: &str = "Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12";
    for text in [
        "*",
        "*,group,address\n",
        "provider,group,address,*\n",
        "provider,group,address\n*\n",
        "provider,group,address\no,g,*\n",
        "provider,group,address\no,\"*\n",
        "provider,group,address,as_of\no,g,,*\n",
        "{\"*\":1}",
        "{*}",
        "{\"provider\":\"o\",\"group\":\"*\",\"address\":\"*\"}",
        "[\"*\"]",
    ] {
        let (_, problem) = problem(text.replace('*', TOKEN));
        assert!(!problem.contains("Xk3_9dQz"), "{text}: {problem}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told() {
    for (text, told) in [
        (&b"provider,group,address\no,\xc9quipe,\n"[..], "it isn't UTF-8 text"),
        (b"provider,\xff,address\n", "it isn't UTF-8 text"),
        (b"{\"provider\":\"o\",\"group\":\"\xff\",\"address\":\"\"}", "it isn't an object in JSON"),
        (b"{\"provider\":\"o\",\"group\":\"\xff", "an object ends in its middle"),
    ] {
        let (_, problem) = problem(text);
        assert!(problem.contains(told), "{problem}");
    }
}

fn at(path: &str, content: &'static str, as_of: Option<&str>) -> Result<Told, Failure> {
    thread_local!(static CONTENT: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") });
    CONTENT.set(content);
    read(Path::new(path), |_| Ok(Box::new(Cursor::new(CONTENT.get()))), as_of)
}

#[test]
fn a_failure_names_the_file_and_ends_with_2() {
    let failure = at("exports/people.csv", "provider,group,address\no,g,nobody\n", None).unwrap_err();
    assert_eq!(failure.exit() as u8, 2);
    let report = failure.report().to_string();
    assert!(
        report.starts_with("error: --identities: exports/people.csv, line 2: `address` isn't"),
        "{report}"
    );
    assert!(report.ends_with("  Nothing was sent.\n"), "{report}");
    let failure = at("-", "", None).unwrap_err().to_string();
    assert!(failure.starts_with("--identities: standard input: it is empty"), "{failure}");
    let unread = read(Path::new("people.csv"), input::standard_input_only, None).unwrap_err().to_string();
    assert!(
        unread.starts_with("--identities: people.csv: it can't be read: this program opens no files"),
        "{unread}"
    );
    let utf16: Open = |_| Ok(Box::new(&b"\xff\xfep\0r\0"[..]));
    let told = read(Path::new("people.csv"), utf16, None).unwrap_err().to_string();
    assert!(told.contains("it is UTF-16 text"), "{told}");
    let endless: Open = |_| Ok(Box::new(std::io::repeat(b'\n')));
    let told = read(Path::new("people.csv"), endless, None).unwrap_err().to_string();
    assert!(told.contains("it has more than 64 MiB"), "{told}");
    let marked: Open = |_| Ok(Box::new(&b"\xef\xbb\xbfprovider,group,address\r\no,g,a@b.example\r\n"[..]));
    assert_eq!(read(Path::new("people.csv"), marked, None).unwrap().groups.len(), 1);
}

#[test]
fn a_source_is_called_as_its_file() {
    for (path, name) in [
        ("exports/okta groups.csv", "okta groups.csv"),
        ("people.csv", "people.csv"),
        ("./people", "people"),
        ("exports/été.csv", "?t?.csv"),
        ("hunter2", "a file"),
        ("Xk3_9dQzT7-aaBcD0eFgHiJkLmNoPqRsTuVwXy12.csv", "a file"),
        ("", "a file"),
        ("..", "a file"),
    ] {
        assert_eq!(source_name(Path::new(path)), name, "{path}");
    }
    let long = format!("{}.csv", "names ".repeat(40));
    assert_eq!(source_name(Path::new(&long)).len(), LONGEST_NAME);
    assert_eq!(at("-", "provider,group,address\n", None).unwrap().source, "standard input");
}

#[test]
fn a_time_is_one_of_rfc_3339() {
    for text in ["2026-11-29T07:00:00Z", "2026-11-29t07:00:00.123456z", "2026-11-29T07:00:00+05:30"] {
        assert_eq!(time(text).as_deref(), Ok(text));
    }
    let long = format!("2026-11-29T07:00:00.{}Z", "0".repeat(30));
    for text in [
        "",
        "now",
        "2026-11-29",
        "2026-11-29 07:00:00Z",
        "2026-13-29T07:00:00Z",
        " 2026-11-29T07:00:00Z",
        &long,
    ] {
        let told = time(text).unwrap_err();
        assert!(told.contains("RFC 3339, as in 2026-11-29T07:00:00Z"), "{told}");
    }
}

#[test]
fn rows_are_about_the_provider_that_they_name() {
    let providers: Providers = [
        provider("1111", "Okta", "okta"),
        provider("2222", "Entra", "azureAD"),
        provider("3333", "Entra", "azureAD"),
    ]
    .into_iter()
    .collect();
    let text = "provider,group,address,as_of\nOkta,Finance,a@b.example,\nokta,Finance,c@d.example,\n\
                1111,Sales,,2026-11-28T23:00:00Z\nping,Finance,a@b.example,\nping,Finance,c@d.example,\n\
                hunter2,Sales,a@b.example,\n3333,x,a@b.example,\n";
    let told = at("people.csv", text, Some("2026-01-01T00:00:00Z")).unwrap();
    let Assigned { facts, note } = told.assign(&providers).unwrap();
    let fact = |provider: &str, group: &str, addresses: &[&str], as_of: &str| GroupFacts {
        provider: provider.to_owned(),
        group: group.to_owned(),
        addresses: addresses.iter().map(|it| (*it).to_owned()).collect(),
        source: "people.csv".to_owned(),
        as_of: Some(as_of.to_owned()),
    };
    let expected = [
        fact("1111", "Sales", &[], AS_OF),
        fact("3333", "x", &["a@b.example"], "2026-01-01T00:00:00Z"),
        fact("1111", "Finance", &["a@b.example"], "2026-01-01T00:00:00Z"),
        fact("1111", "Finance", &["c@d.example"], "2026-01-01T00:00:00Z"),
    ];
    assert_eq!(facts, expected);
    let note = note.unwrap();
    assert_eq!(
        note,
        "people.csv: 3 rows about 2 providers that no rule names are left out. Rules name groups of “Okta” \
         (okta), “Entra” (azureAD), “Entra” (azureAD)."
    );

    let ambiguous = at("people.csv", "provider,group,address\n\nokta,x,\nentra,x,\n", None).unwrap();
    let failure = ambiguous.assign(&providers).unwrap_err();
    assert_eq!(failure.exit() as u8, 2);
    assert_eq!(
        failure.report().to_string(),
        "error: --identities: people.csv, line 4: `provider` can't tell which is meant: rules name 2 such \
         identity providers: “Entra” (azureAD, 2222), “Entra” (azureAD, 3333). Write the name or the id of \
         one.\n"
    );

    let of_none = at("people.csv", "provider,group,address\nokta,x,a@b.example\n", None).unwrap();
    let Assigned { facts, note } = of_none.assign(&Providers::default()).unwrap();
    assert!(facts.is_empty());
    assert_eq!(
        note.unwrap(),
        "people.csv: 1 row about a provider that no rule names is left out. No rule of this account names a \
         group of an identity provider."
    );
    let all = at("people.csv", "provider,group,address\nokta,x,a@b.example\n", None).unwrap();
    assert_eq!(all.assign(&providers).unwrap().note, None);
}

/// What `identities wanted --format csv` writes is read as it was meant.
#[test]
fn a_guard_against_formulas_is_no_part_of_a_group() {
    let text = "provider,group,address\n'=Okta,'=1+2,ann@corp.example\nOkta,'quoted,ann@corp.example\n\
                Okta,'@sales,ann@corp.example\nOkta,'-x,ann@corp.example\nOkta,'+x,ann@corp.example\n";
    let named: Vec<(String, String)> =
        rows(text).into_iter().map(|(provider, group, _, _)| (provider, group)).collect();
    let expected =
        [("=Okta", "=1+2"), ("Okta", "'quoted"), ("Okta", "+x"), ("Okta", "-x"), ("Okta", "@sales")];
    assert_eq!(named, expected.map(|(provider, group)| (provider.to_owned(), group.to_owned())));
}
