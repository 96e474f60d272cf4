use super::super::growing::Completing;
use super::super::samples;
use super::*;
use cloudflare_zero_trust::contract::{Alternative, Basis, Grant, ResourceId, Warning};
use parquet::basic::{CompressionCodec, Encoding};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::statistics::Statistics;
use std::fs;

fn about() -> About {
    About {
        connector: "connector".to_owned(),
        connector_version: "1.2.3".to_owned(),
        account_id: "a".repeat(32),
        base_url: None,
        kinds: vec!["group".to_owned()],
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn grant(people: u32) -> Grant {
    let principal = |number| ResourceId { kind: "user".to_owned(), id: format!("user-{number:08}") };
    Grant {
        entitlement: "group:g1:member".to_owned(),
        principals: (0..people).map(principal).collect(),
        basis: vec![
            Basis { rule: "email_domain".to_owned(), value: "corp.example".to_owned(), through: None },
            Basis { rule: "everyone".to_owned(), value: String::new(), through: None },
        ],
        conditions: vec![Alternative {
            any_of: vec![],
            all_of: vec![r#"{"geo":{"country_code":"CH"}}"#.to_owned()],
            none_of: vec![],
        }],
        revocable: false,
        extra: "{ }".to_owned(),
    }
}

fn written(pages: &[Page]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = Box::new(ParquetDraft::begin(&place, about()).unwrap());
    pages.iter().for_each(|page| draft.page(page).unwrap());
    draft.complete(false).unwrap();
    assert_eq!(names(directory.path()), ["out"]);
    (directory, place)
}

fn metadata(file: &Path) -> ParquetMetaData {
    SerializedFileReader::new(File::open(file).unwrap()).unwrap().metadata().clone()
}

#[test]
fn a_row_group_has_a_bound_however_many_hold_one_entitlement() {
    let people = table::MOST_ROWS * 2 + 5;
    let mut grant = grant(people);
    grant.basis.truncate(1);
    let (_directory, place) = written(&[Page { grants: vec![grant], ..samples::page() }]);
    let metadata = metadata(&place.join("grants.parquet"));
    let rows: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [table::MOST_ROWS.into(), table::MOST_ROWS.into(), 5]);
    let first = metadata.row_group(0);
    for column in first.columns() {
        assert!(matches!(column.compression_codec(), CompressionCodec::ZSTD), "{column:?}");
    }
    // The reasons of half a million people take a few bytes.
    let [entitlement, rule] = [0, 3].map(|at| first.column(at));
    assert!(entitlement.encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY));
    assert!(entitlement.compressed_size() < 200, "{}", entitlement.compressed_size());
    assert_eq!(rule.num_values(), i64::from(table::MOST_ROWS));
    let Some(Statistics::ByteArray(bounds)) = first.column(2).statistics() else { panic!("no statistics") };
    assert_eq!(bounds.min_opt().unwrap().data(), b"user-00000000");
    assert_eq!(bounds.max_opt().unwrap().data(), b"user-00524287");
}

#[test]
fn texts_that_differ_fill_a_row_group_by_their_size() {
    let name = "x".repeat(1 << 20);
    let pages: Vec<Page> = (0..60)
        .map(|number| Page {
            resources: vec![samples::group(&format!("g{number}"), &name)],
            ..samples::page()
        })
        .collect();
    let (_directory, place) = written(&pages);
    let metadata = metadata(&place.join("resources.parquet"));
    let rows: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [48, 12]);
}

#[test]
fn the_manifest_names_each_table_with_its_rows_and_digest() {
    let (_directory, place) = written(&[Page {
        resources: vec![samples::group("g1", "One")],
        grants: vec![grant(3)],
        ..samples::page()
    }]);
    assert_eq!(names(&place).len(), FILES.len());
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(place.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["complete"], &manifest["form"]), (&true.into(), &1.into()));
    assert_eq!(manifest["account_id"], "a".repeat(32));
    for (table, rows) in [("resources", 1), ("entitlements", 0), ("grants", 3), ("warnings", 0)] {
        let told = &manifest["tables"][table];
        let bytes = fs::read(place.join(told["file"].as_str().unwrap())).unwrap();
        assert_eq!((&told["rows"], &told["bytes"]), (&rows.into(), &bytes.len().into()), "{table}");
        use sha2::{Digest, Sha256};
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(told["sha256"], digest.as_str());
        assert_eq!(metadata(&place.join(told["file"].as_str().unwrap())).file_metadata().num_rows(), rows);
    }
}

#[test]
fn a_page_with_a_row_that_can_not_be_made_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("out");
    let mut draft = ParquetDraft::begin(&place, about()).unwrap();
    let mut bad = samples::page();
    bad.resources = vec![samples::group("g1", "One")];
    bad.grants = vec![Grant { extra: "nope".to_owned(), ..grant(1) }];
    let told = draft.page(&bad).unwrap_err().to_string();
    assert!(told.contains("extra of group:g1:member"), "{told}");
    draft.page(&Page { warnings: vec![warning()], ..samples::page() }).unwrap();
    Box::new(draft).complete(true).unwrap();
    let rows = |name: &str| metadata(&place.join(name)).file_metadata().num_rows();
    assert_eq!((rows("resources.parquet"), rows("warnings.parquet")), (0, 1));
}

#[test]
fn each_holder_has_the_reasons_and_the_conditions() {
    let with = |conditions: &[[&[&str]; 3]]| {
        let rules = |of: &[&str]| of.iter().map(|rule| format!(r#"{{"geo":"{rule}"}}"#)).collect();
        let alternative = |of: &[&[&str]; 3]| Alternative {
            any_of: rules(of[0]),
            all_of: rules(of[1]),
            none_of: rules(of[2]),
        };
        Grant { conditions: conditions.iter().map(alternative).collect(), ..grant(2) }
    };
    let grants =
        vec![with(&[]), with(&[[&["a", "b"], &[], &["c"]]]), with(&[[&[], &["d"], &[]], [&["e"], &[], &[]]])];
    let (_directory, place) = written(&[Page { grants, ..samples::page() }]);
    let metadata = metadata(&place.join("grants.parquet"));
    let group = metadata.row_group(0);
    assert_eq!(group.num_rows(), 6);
    // A list without elements, and one that is absent, count as one value each.
    for (column, name, values, least, most) in [
        (3, "rule", 12, "email_domain", "everyone"),
        (7, "any_of", 2 + 4 + 4, r#"{"geo":"a"}"#, r#"{"geo":"e"}"#),
        (8, "all_of", 2 + 2 + 4, r#"{"geo":"d"}"#, r#"{"geo":"d"}"#),
        (9, "none_of", 2 + 2 + 4, r#"{"geo":"c"}"#, r#"{"geo":"c"}"#),
    ] {
        let column = group.column(column);
        assert!(column.column_path().string().contains(name), "{}", column.column_path());
        assert_eq!(column.num_values(), values, "{name}");
        let Some(Statistics::ByteArray(bounds)) = column.statistics() else {
            panic!("{name}: no statistics")
        };
        let bounds = [bounds.min_opt(), bounds.max_opt()].map(|bound| bound.unwrap().data());
        assert_eq!(bounds, [least.as_bytes(), most.as_bytes()], "{name}");
    }
}

/// Takes writes and keeps nothing, like a disk without room.
#[cfg(target_os = "linux")]
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_can_not_be_completed_does_not_take_its_place() {
    type Break = fn(&mut ParquetDraft);
    let breaks: [Break; 2] = [
        |draft| draft.manifest = full(),
        |draft| draft.tables().unwrap()[2] = Table::begin(full(), &GRANTS).unwrap(),
    ];
    for (has_earlier, fails) in [(false, breaks[0]), (false, breaks[1]), (true, breaks[0]), (true, breaks[1])]
    {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let page = |people| Page { grants: vec![grant(people)], ..samples::page() };
        if has_earlier {
            let mut earlier = Box::new(ParquetDraft::begin(&place, about()).unwrap());
            earlier.page(&page(1)).unwrap();
            earlier.complete(false).unwrap();
        }
        let before = fs::read(place.join("manifest.json")).ok();
        assert_eq!(before.is_some(), has_earlier);
        let mut draft = Box::new(ParquetDraft::begin(&place, about()).unwrap());
        fails(&mut draft);
        draft.page(&page(3)).unwrap();
        draft.complete(false).unwrap_err();
        assert_eq!(fs::read(place.join("manifest.json")).ok(), before);
        assert_eq!(names(directory.path()), if has_earlier { vec!["out"] } else { vec![] });
        if has_earlier {
            let rows = metadata(&place.join("grants.parquet")).file_metadata().num_rows();
            assert_eq!(rows, 1, "the tables of before");
        }
    }
}

fn warning() -> Warning {
    Warning { code: "gone".to_owned(), about: None, message: "Gone.".to_owned(), incomplete: true }
}

#[test]
fn a_directory_replaces_an_earlier_one_of_ours_and_nothing_else() {
    let (directory, place) = written(&[samples::page()]);
    let draft = Box::new(ParquetDraft::begin(&place, about()).unwrap());
    fs::write(place.join("thesis.txt"), "years of work").unwrap();
    assert!(draft.complete(false).is_err());
    assert!(ParquetDraft::begin(&place, about()).is_err());
    assert_eq!(names(directory.path()), ["out"], "the draft is removed");
    fs::remove_file(place.join("thesis.txt")).unwrap();
    drop(ParquetDraft::begin(&place, about()).unwrap());
    assert_eq!(names(directory.path()), ["out"]);
    assert_eq!(names(&place).len(), FILES.len());
}
