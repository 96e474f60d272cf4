//! Inputs in lines, which people can read and write.

/// Splits an input at its first empty line. The first part is text.
pub fn split(data: &[u8]) -> Option<(&str, &[u8])> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    Some((str::from_utf8(head).ok()?, body))
}

/// Reads lines of `name: value`, and skips others.
pub fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let headers = lines.filter_map(|line| line.split_once(": "));
    headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}
