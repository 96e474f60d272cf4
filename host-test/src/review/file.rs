//! A file of JSON Lines that a sync wrote.

use super::lines::page_of;
use super::records::Records;
use cloudflare_zero_trust::output::Sink;
use std::io::{self, BufRead};

/// Reads all lines into records. An error names the line, and shows nothing of it.
pub(crate) fn read_lines(mut from: impl BufRead) -> io::Result<Records> {
    let mut records = Records::default();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        let page = page_of(&line).map_err(|_| {
            wrong(format!("isn't the output of sync --format jsonl: line {number} is none of its lines"))
        })?;
        records
            .page(&page)
            .map_err(|problem| wrong(format!("doesn't fit together: in line {number}, {problem}")))?;
    }
    if records.things.is_empty() {
        let problem = "isn't the output of sync --format jsonl: it has no line of a resource";
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{basis, grant, resource};
    use super::*;

    #[test]
    fn what_is_no_sync_says_in_which_line_and_repeats_nothing() {
        let good = resource("group", "g1", "Staff", "{}");
        for (text, problem) in [
            (String::new(), "no line of a resource"),
            (format!("{good}\n\nsecret\n"), "line 3 is none of its lines"),
            (
                format!("{good}\n{}", grant("group:g9:member", "user:u1", &basis("email", ""), "null", true)),
                "in line 2",
            ),
            (good.replace(r#""kind":"group""#, r#""kind":"new""#), "in line 1, there is no kind \"new\""),
        ] {
            let error = read_lines(text.as_bytes()).err().unwrap().to_string();
            assert!(error.contains(problem) && !error.contains("secret"), "{error}");
        }
        assert_eq!(read_lines(good.as_bytes()).unwrap().things.len(), 1);
    }
}
