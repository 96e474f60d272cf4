//! The files that processes that were killed left beside a place.

#[cfg(feature = "c1z")]
use super::c1z;
use super::directory;
#[cfg(feature = "parquet")]
use super::parquet;
use super::unfinished::{Life, Unfinished, remove_left};
use std::io;
use std::path::Path;

/// Removes temporary drafts of all forms beside a place, because they contain personal data. One that
/// another process is writing stays. So does a draft of [`Life::Kept`]: a cursor file may point at it.
///
/// # Errors
/// If a draft of [`Life::Kept`] is to begin here, and another process is writing one.
#[cfg_attr(
    not(feature = "c1z"),
    allow(unused_variables, reason = "only a database is locked in another way")
)]
pub fn sweep(place: &Path, begins: Life) -> io::Result<()> {
    for file in [Unfinished::Text, Unfinished::Packed] {
        let _ = remove_left(&file.beside(place));
    }
    let _ = directory::CSV.remove_left(&Unfinished::Tables.beside(place));
    #[cfg(feature = "parquet")]
    let _ = parquet::TABLES.remove_left(&Unfinished::Parquet.beside(place));
    #[cfg(feature = "c1z")]
    {
        let _ = c1z::remove_left(&Unfinished::Database.beside(place));
        if begins == Life::Kept {
            c1z::check_free(&Unfinished::Kept.beside(place))?;
        }
    }
    Ok(())
}
