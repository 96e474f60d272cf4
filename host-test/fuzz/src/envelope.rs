//! Bodies of answers: the envelope reads the same as a JSON parser, and no error quotes a body.

use super::items;
use cloudflare_zero_trust::cloudflare::envelope::Envelope;
use serde_json::Value;

pub fn run(body: &[u8]) {
    let envelope = match Envelope::parse(body) {
        Ok(envelope) => envelope,
        Err(why) => {
            let quotes_nothing = why.len() < 80 && why.is_ascii() && !why.contains(['{', '"', '<']);
            assert!(quotes_nothing, "{why}");
            return;
        }
    };
    let read = envelope.items();
    read.iter().flatten().for_each(|item| items::check(item));
    // A parser of values refuses numbers that are too large, and halves of surrogates.
    let Ok(whole) = serde_json::from_slice::<Value>(body) else { return };
    assert_eq!(whole["success"], Value::Bool(envelope.success));
    let value = |raw: &serde_json::value::RawValue| {
        serde_json::from_str::<Value>(raw.get()).expect("it is of a value")
    };
    assert_eq!(envelope.result.map(value), whole.get("result").cloned());
    match (&read, &whole["result"]) {
        (Ok(items), Value::Array(all)) => {
            assert_eq!(items.iter().map(|item| value(item)).collect::<Vec<_>>(), *all);
        }
        (Ok(items), Value::Null) => assert!(items.is_empty()),
        (Err(_), Value::Array(all)) => assert!(all.len() > 20_000, "a list that isn't taken"),
        (Ok(_), other) => panic!("taken for a list: {other}"),
        (Err(_), _) => {}
    }
    for (number, name) in [
        (envelope.info.page, "page"),
        (envelope.info.per_page, "per_page"),
        (envelope.info.total_count, "total_count"),
    ] {
        if let Some(number) = number {
            assert_eq!(whole["result_info"][name].as_f64(), Some(f64::from(number)), "{name}");
        }
    }
}
