//! Inputs in lines, so that corpora can be read and written by hand.

/// The input as text, and what follows its first empty line.
pub fn split(data: &[u8]) -> Option<(&str, &[u8])> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    Some((str::from_utf8(head).ok()?, body))
}

/// Lines of `name: value`; others aren't taken.
pub fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let headers = lines.filter_map(|line| line.split_once(": "));
    headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}
