//! The page that a review is shown in: a file of HTML with a place for the data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// The page. Its scripts and styles are named by their hashes, so nothing but these places is filled in.
const TEMPLATE: &str = include_str!("../../review/dist/review.html");
const DIGEST: &str = "@DIGEST@";
const DATA: &str = "@DATA@";
/// The beginning of the element that has the data.
const ELEMENT: &str = r#"id="data" data-digest=""#;
/// The most bytes of data that are taken out of a file: a file that is no review must not fill the memory.
const MOST: u64 = 2 << 30;

/// Returns the digest of a review's data, which a signature can name.
pub(crate) fn digest(data: &[u8]) -> String {
    Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the page with this data.
pub(crate) fn write(data: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let no_place = || io::Error::other("the template of the review has no place for the data");
    let (before, rest) = TEMPLATE.split_once(DIGEST).ok_or_else(no_place)?;
    let (between, after) = rest.split_once(DATA).ok_or_else(no_place)?;
    for part in [before, &digest(data), between] {
        to.write_all(part.as_bytes())?;
    }
    let to = compress(data, to)?;
    to.write_all(after.as_bytes())
}

fn compress<'w>(data: &[u8], to: &'w mut dyn Write) -> io::Result<&'w mut dyn Write> {
    let text = EncoderWriter::new(to, &STANDARD);
    let mut compressed = GzEncoder::new(text, Compression::default());
    compressed.write_all(data)?;
    compressed.finish()?.finish()
}

/// The reason why a file gives no data of a review, as the end of a sentence about the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoReview {
    #[error("is no review: it has no data of one")]
    NoData,
    #[error("is damaged: its data can't be unpacked")]
    Damaged,
    #[error("was changed after it was written: the digest of its data is another one")]
    Changed,
}

/// Takes the data out of a review.
pub(crate) fn read(page: &[u8]) -> Result<Vec<u8>, NoReview> {
    let (_, rest) = split_once(page, ELEMENT.as_bytes()).ok_or(NoReview::NoData)?;
    let (named, rest) = split_once(rest, b"\">").ok_or(NoReview::NoData)?;
    let (text, _) = split_once(rest, b"<").ok_or(NoReview::NoData)?;
    let compressed = STANDARD.decode(text.trim_ascii()).map_err(|_| NoReview::Damaged)?;
    let mut data = Vec::new();
    let unpacked = GzDecoder::new(compressed.as_slice()).take(MOST + 1).read_to_end(&mut data);
    if unpacked.is_err() || data.len() as u64 > MOST {
        return Err(NoReview::Damaged);
    }
    if digest(&data).as_bytes() == named { Ok(data) } else { Err(NoReview::Changed) }
}

fn split_once<'t>(text: &'t [u8], at: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let place = text.windows(at.len()).position(|window| window == at)?;
    Some((text.get(..place)?, text.get(place + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(data: &[u8]) -> Vec<u8> {
        let mut page = Vec::new();
        write(data, &mut page).unwrap();
        page
    }

    #[test]
    fn the_template_has_each_place_once_and_in_this_order() {
        for place in [DIGEST, DATA, ELEMENT] {
            assert_eq!(TEMPLATE.matches(place).count(), 1, "{place}");
        }
        assert!(TEMPLATE.contains(&format!(r#"{ELEMENT}{DIGEST}">{DATA}</script>"#)));
    }

    #[test]
    fn nothing_in_the_data_ends_its_element_or_fills_another_place() {
        let hostile = b"</script><script>alert(1)</script><!--\" @DATA@ @DIGEST@ ]]>".repeat(40);
        let page = page(&hostile);
        let shown = String::from_utf8(page.clone()).unwrap();
        let around: Vec<&str> = TEMPLATE.split(DATA).collect();
        let (before, after) = (around[0].replace(DIGEST, &digest(&hostile)), around[1]);
        let inside = shown.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after)).unwrap();
        assert!(inside.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)), "{inside}");
        assert_eq!(read(&page), Ok(hostile));
    }

    #[test]
    fn what_is_no_whole_review_says_so() {
        let good = page(b"some data of a review");
        let text = String::from_utf8(good.clone()).unwrap();
        for (page, problem) in [
            (String::new(), NoReview::NoData),
            ("<html></html>".to_owned(), NoReview::NoData),
            (TEMPLATE.to_owned(), NoReview::Damaged),
            (text.replace("H4s", "H4t"), NoReview::Damaged),
            (text.replace(&digest(b"some data of a review"), &digest(b"other")), NoReview::Changed),
        ] {
            assert_eq!(read(page.as_bytes()), Err(problem));
        }
        let data = text.find(ELEMENT).unwrap() + ELEMENT.len() + digest(b"").len() + "\">".len();
        for length in [0, 1, 20] {
            assert_eq!(read(&good[..data + length]), Err(NoReview::NoData), "cut off after {length}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(data in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(read(&page(&data)), Ok(data));
        }
    }
}
