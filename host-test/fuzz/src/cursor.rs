//! Cursors: no text makes a panic, and an accepted cursor is encoded as it came.

use super::settings;
use cloudflare_zero_trust::error::ErrorKind;
use cloudflare_zero_trust::model::Kind;
use cloudflare_zero_trust::sync::Selection;
use cloudflare_zero_trust::sync::cursor::{Binding, Cursor};
use cloudflare_zero_trust::sync::phase::Phase;

/// Runs one input. It is a cursor without its last two parts, the binding and the checksum, which are
/// added here.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let settings = settings();
    for selection in [Selection::of(Kind::ALL), Selection::of([Kind::Group, Kind::User])] {
        let bound = Binding::of(&settings, selection, None);
        let known = Cursor::at_phase(Phase::Of(Kind::Group)).encode(bound);
        let (body, _) = known.rsplit_once('.').expect("a checksum");
        assert_eq!(sealed(body), known, "the checksum is another one: these inputs reach nothing");
        let (_, binding) = body.rsplit_once('.').expect("what it is bound to");
        for text in [text, &sealed(text), &sealed(&format!("{text}.{binding}"))] {
            match Cursor::decode(text, bound, selection) {
                Ok(cursor) => {
                    assert_eq!(cursor.encode(bound), text);
                    assert!(cursor.phase.is_of(selection) && cursor.at.page > 0 && text.len() <= 4096);
                }
                Err(error) => {
                    assert_eq!(
                        (error.kind, error.about.as_deref()),
                        (ErrorKind::InvalidCursor, Some("cursor"))
                    );
                    assert!(error.message.len() < 200, "{error}");
                }
            }
        }
    }
}

/// Adds the checksum: an FNV-1a hash over the length and the text, mixed.
fn sealed(body: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in (body.len() as u64).to_le_bytes().into_iter().chain(body.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{body}.{:016x}", hash ^ (hash >> 31))
}
