//! The end of a list, and whether the list held still. `page * per_page` counts with the page size of
//! the *answer*, because a server may use a smaller one than was asked for. A page with fewer items
//! than asked for is never taken for the end (inferred: no source promises full pages).

use super::endpoint::Bounds;
use super::envelope::ResultInfo;
use std::fmt;

/// A place in a list, small enough for a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The page to read next, from 1.
    pub page: u32,
    /// The number of items that came before it, those that came again included.
    pub before: u32,
    /// The number of them that had come already.
    pub again: u32,
    /// The digest of the first page's items, for the second page of a list without a total.
    pub first: Option<u64>,
    /// The total that the last page with a total stated.
    pub total: Option<u32>,
    /// Whether it was reported already that the list grew.
    pub moved: bool,
}

impl Position {
    /// The beginning of a list.
    pub const START: Position =
        Position { page: 1, before: 0, again: 0, first: None, total: None, moved: false };

    /// The number of parts of a position's text.
    pub const PARTS: usize = 6;

    /// Returns the position as a text for a cursor: [`Self::PARTS`] parts, with dots between them.
    pub fn text(&self) -> String {
        let Self { page, before, again, first, total, moved } = self;
        let total = total.map_or("-".to_owned(), |total| total.to_string());
        let first = first.map_or("-".to_owned(), |first| format!("{first:016x}"));
        format!("{page}.{before}.{again}.{first}.{total}.{}", u8::from(*moved))
    }

    /// Reads the parts of such a text. Other spellings of a number are read too.
    pub fn of_parts([page, before, again, first, total, moved]: [&str; Self::PARTS]) -> Option<Self> {
        let number = |text: &str| text.parse::<u32>().ok();
        Some(Self {
            page: number(page)?,
            before: number(before)?,
            again: number(again)?,
            first: if first == "-" { None } else { Some(u64::from_str_radix(first, 16).ok()?) },
            total: if total == "-" { None } else { Some(number(total)?) },
            moved: moved == "1",
        })
    }

    /// The number of pages that are still to come, if they are as long as those before; `None` if the
    /// server states no total.
    pub fn pages_left(&self) -> Option<u32> {
        let usual = self
            .page
            .checked_sub(1)
            .and_then(|pages| self.before.checked_div(pages))
            .filter(|&usual| usual > 0)?;
        Some(self.total?.saturating_sub(self.before).div_ceil(usual))
    }

    /// The place of an item of this page in the whole list, from 1.
    pub const fn place_of(&self, item: usize) -> u32 {
        self.before.saturating_add(item as u32).saturating_add(1)
    }

    /// The number of different items after a page with so many items, of which so many came again.
    pub const fn different(&self, items: usize, again: usize) -> u32 {
        let before = self.before.saturating_sub(self.again);
        before.saturating_add(items.saturating_sub(again) as u32)
    }

    /// The last total that was stated: by the page here, or by one before it.
    pub fn last_total(&self, stated: Option<u32>) -> Option<u32> {
        stated.or(self.total)
    }

    /// Whether a page with so many items is as long as those before it; the first page never is.
    pub fn is_full(&self, items: usize) -> bool {
        self.page
            .checked_sub(1)
            .and_then(|pages| self.before.checked_div(pages))
            .is_some_and(|usual| items as u64 >= u64::from(usual))
    }
}

/// The judgement of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The next page; `None`: this was the last one.
    pub next: Option<Position>,
    /// The number of items of the whole list, if the server stated it.
    pub total: Option<u32>,
    /// Whether this page states a total that can be believed, so that the list has an end.
    pub promised: bool,
    /// The total that this page states, believable or not.
    pub stated: Option<u32>,
    /// Whether the page is the first one again, from a server that knows no pages. It has no items
    /// of its own, and the first page was the whole list.
    pub is_first_again: bool,
    /// A change of the list that a person should know of, at most one a page.
    pub finding: Option<Finding>,
}

/// A list that didn't hold still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The total changed while the list was read.
    Moved {
        /// The total of the page before.
        from: u32,
        /// The one of this page.
        to: u32,
    },
    /// The list ended before its total, however many items came twice.
    Short {
        /// The number of different items that came.
        came: u32,
        /// The number of items that there should be.
        total: u32,
    },
}

impl Finding {
    /// Whether an item of the list may be missing. Where it shrank, an item may have slipped to a
    /// page that was read already; where it grew, only a new one can be missing.
    pub const fn is_gap(self) -> bool {
        match self {
            Finding::Moved { from, to } => to < from,
            Finding::Short { .. } => true,
        }
    }

    /// A sentence about the list of `what`.
    pub fn of(self, what: &str) -> String {
        match self {
            Finding::Moved { from, to } => format!(
                "The list of {what} moved while it was read: it had {from} items at first, and {to} later."
            ),
            Finding::Short { came, total } => {
                format!(
                    "The list of {what} ended after {came} different items, though Cloudflare counts {total}."
                )
            }
        }
    }
}

/// The reason why reading on makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endless {
    /// The server answers with another page than the one that was asked for.
    WrongPage {
        /// The page that was asked for.
        asked: u32,
        /// The page that came.
        got: u32,
    },
    /// There are more items than such a list can have.
    TooManyItems(u32),
    /// There are more pages than such a list can have, however small they are.
    TooManyPages(u32),
    /// A page has nothing that the one before it didn't have, and no total says that there is an
    /// end.
    NothingNew,
}

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endless::WrongPage { asked, got } => write!(f, "page {asked} was asked for and page {got} came"),
            Endless::TooManyItems(items) => write!(f, "the list doesn't end ({items} items and more)"),
            Endless::TooManyPages(pages) => write!(f, "the list doesn't end ({pages} pages and more)"),
            Endless::NothingNew => f.write_str(
                "the list doesn't end (the same items come again and again: the server seems to ignore \
                 which page is asked for)",
            ),
        }
    }
}

/// Judges the page at `at`, which came with `count` items. `mark` returns their digest.
///
/// # Errors
/// The list never ends.
pub fn judge(
    at: Position,
    count: usize,
    info: ResultInfo,
    bounds: Bounds,
    mark: &dyn Fn() -> u64,
) -> Result<Verdict, Endless> {
    if is_first_again(at, count, info, bounds, mark) {
        return Ok(Verdict {
            next: None,
            total: Some(at.before),
            promised: true,
            stated: None,
            is_first_again: true,
            finding: None,
        });
    }
    if let Some(got) = info.page.filter(|&got| got != at.page) {
        return Err(Endless::WrongPage { asked: at.page, got });
    }
    let so_far = u64::from(at.before) + count as u64;
    if so_far > u64::from(bounds.items) {
        return Err(Endless::TooManyItems(bounds.items));
    }
    if at.page > bounds.pages {
        return Err(Endless::TooManyPages(bounds.pages));
    }
    let so_far = so_far as u32;
    // A total below what already came can't be one.
    let total = info.total_count.filter(|&total| total >= so_far || count == 0);
    let last = count == 0
        || total.is_some_and(|total| {
            let reached = info
                .per_page
                .is_none_or(|per_page| u64::from(at.page) * u64::from(per_page) >= u64::from(total));
            reached && so_far >= total
        });
    let moved = match (at.total, info.total_count) {
        (Some(from), Some(to)) if to < from || to > from && !at.moved => Some(Finding::Moved { from, to }),
        _ => None,
    };
    let needs_mark = at == Position::START && !last && total.is_none();
    let next = Position {
        page: at.page + 1,
        before: so_far,
        again: at.again,
        first: needs_mark.then(mark),
        total: info.total_count.or(at.total),
        moved: at.moved || moved.is_some(),
    };
    Ok(Verdict {
        next: (!last).then_some(next),
        total: total.or(at.total),
        promised: total.is_some(),
        stated: info.total_count,
        is_first_again: false,
        finding: moved,
    })
}

/// Whether a server that knows no pages has sent the first one again: item by item the same, and
/// nothing says that the list has more. A page that is exactly full may be one of many, from a server
/// that ignores which one was asked for: unless it says that there is one page, the list has no end.
/// Cloudflare's own `GET /accounts` sends page 1 for every page
/// (<https://github.com/cloudflare/terraform-provider-cloudflare/pull/6951>).
fn is_first_again(
    at: Position,
    count: usize,
    info: ResultInfo,
    bounds: Bounds,
    mark: &dyn Fn() -> u64,
) -> bool {
    let Some(first) = at.first.filter(|_| at.page == 2 && count == at.before as usize) else { return false };
    let is_one_page = info.total_pages == Some(1);
    let has_more = at.last_total(info.total_count).is_some_and(|total| total > at.before)
        || info.total_pages.is_some_and(|pages| pages > 1);
    let is_full = !is_one_page && (at.before == bounds.per_page || info.per_page == Some(at.before));
    !has_more && !is_full && mark() == first
}

#[cfg(test)]
mod tests {
    use super::{judge as judge_marked, *};

    const BOUNDS: Bounds = Bounds { per_page: 1000, items: 5000, pages: 200, bytes: 0 };

    fn info(page: u32, per_page: Option<u32>, total_count: Option<u32>) -> ResultInfo {
        ResultInfo { page: Some(page), per_page, total_count, total_pages: None }
    }

    /// Judges a page that differs from all others.
    fn judge(at: Position, count: usize, info: ResultInfo, bounds: Bounds) -> Result<Verdict, Endless> {
        judge_marked(at, count, info, bounds, &|| u64::from(at.page))
    }

    /// Reads a list whose server has `total` items in pages of `size`, and states of them what `tell`
    /// leaves. Returns the number of requests.
    fn requests(total: u32, size: u32, tell: impl Fn(ResultInfo) -> ResultInfo) -> u32 {
        let (mut at, mut came, mut requests) = (Position::START, 0, 0);
        loop {
            requests += 1;
            let count = total.saturating_sub((at.page - 1) * size).min(size);
            came += count;
            let answer = tell(info(at.page, Some(size), Some(total)));
            let verdict = judge(at, count as usize, answer, BOUNDS).unwrap();
            assert_eq!(verdict.finding, None);
            match verdict.next {
                Some(next) => at = next,
                None => break,
            }
        }
        assert_eq!(came, total, "every item came");
        requests
    }

    #[test]
    fn the_fewest_requests_where_the_server_tells_its_total() {
        for (total, size, expected) in
            [(0, 1000, 1), (1, 1000, 1), (1000, 1000, 1), (1001, 1000, 2), (2000, 1000, 2), (120, 50, 3)]
        {
            assert_eq!(requests(total, size, |info| info), expected, "{total} in pages of {size}");
            assert_eq!(requests(total, size, |info| ResultInfo { per_page: None, ..info }), expected);
        }
    }

    #[test]
    fn without_a_total_up_to_an_empty_page() {
        for (total, expected) in [(0, 1), (1, 2), (1000, 2), (1001, 3)] {
            assert_eq!(requests(total, 1000, |_| ResultInfo::default()), expected, "{total}");
        }
    }

    #[test]
    fn a_server_that_caps_silently_loses_nothing() {
        assert_eq!(requests(120, 50, |info| ResultInfo { per_page: Some(1000), ..info }), 3);
    }

    #[test]
    fn a_total_below_what_came_is_not_believed() {
        let verdict = judge(Position::START, 50, info(1, Some(50), Some(0)), BOUNDS).unwrap();
        assert!(verdict.next.is_some());
    }

    #[test]
    fn growth_is_told_once_and_every_shrinking() {
        let (mut at, mut told) = (Position::START, Vec::new());
        for (page, total) in [(1, 600), (2, 601), (3, 602), (4, 599), (5, 599), (6, 598)] {
            let verdict = judge(at, 50, info(page, Some(50), Some(total)), BOUNDS).unwrap();
            told.extend(verdict.finding);
            at = verdict.next.unwrap();
        }
        let moved = [(600, 601), (602, 599), (599, 598)].map(|(from, to)| Finding::Moved { from, to });
        assert_eq!(told, moved);
    }

    #[test]
    fn a_changed_total_is_told() {
        let first = judge(Position::START, 50, info(1, Some(50), Some(150)), BOUNDS).unwrap();
        let second = judge(first.next.unwrap(), 50, info(2, Some(50), Some(149)), BOUNDS).unwrap();
        assert_eq!(second.finding, Some(Finding::Moved { from: 150, to: 149 }));
        let third = judge(second.next.unwrap(), 49, info(3, Some(50), Some(149)), BOUNDS).unwrap();
        assert_eq!((third.next, third.finding), (None, None));
    }

    #[test]
    fn a_list_without_an_end() {
        assert_eq!(
            judge(Position { page: 2, ..Position::START }, 5, info(1, None, None), BOUNDS),
            Err(Endless::WrongPage { asked: 2, got: 1 })
        );
        assert_eq!(end_of(100), (Endless::TooManyItems(5000), 51));
        assert_eq!(end_of(1), (Endless::TooManyPages(200), 201));
    }

    /// Judges two pages of so many items each. Returns whether the second one ends the list as the
    /// first one again.
    fn is_first_again(count: usize, infos: [ResultInfo; 2], marks: [u64; 2]) -> bool {
        let [first, second] = infos;
        let [one, two] = marks;
        let next = judge_marked(Position::START, count, first, BOUNDS, &|| one).unwrap().next.unwrap();
        let verdict = judge_marked(next, count, second, BOUNDS, &|| two);
        verdict.is_ok_and(|verdict| {
            assert!(!verdict.is_first_again || verdict.next.is_none() && verdict.finding.is_none());
            verdict.is_first_again
        })
    }

    #[test]
    fn the_first_page_again_ends_a_list_without_pages() {
        let none = ResultInfo::default();
        let pages = |page, per_page, total_pages| ResultInfo {
            page: Some(page),
            per_page: Some(per_page),
            total_count: None,
            total_pages,
        };
        let one = pages(1, 20, Some(1));
        for infos in
            [[none; 2], [one; 2], [one, none], [pages(1, 3, Some(1)); 2], [info(1, None, Some(0)); 2]]
        {
            assert!(is_first_again(3, infos, [7, 7]), "{infos:?}");
            assert!(!is_first_again(3, infos, [7, 8]), "other items: {infos:?}");
        }
        // Something says that there is more, or may be.
        for infos in [
            [info(1, None, Some(6)), info(2, None, Some(6))],
            [none, info(2, None, Some(6))],
            [info(1, None, Some(6)), none],
            [pages(1, 20, Some(2)), pages(2, 20, Some(2))],
            [pages(1, 3, None), pages(2, 3, None)],
        ] {
            assert!(!is_first_again(3, infos, [7, 7]), "{infos:?}");
        }
        let full = BOUNDS.per_page as usize;
        assert!(!is_first_again(full, [none; 2], [7, 7]), "as many as were asked for");
        let bare = ResultInfo { per_page: None, ..one };
        for infos in [[bare; 2], [pages(1, 1000, Some(1)); 2]] {
            assert!(is_first_again(full, infos, [7, 7]), "as many, and there is one page");
        }
    }

    #[test]
    fn only_the_second_page_can_be_the_first_one_again() {
        let mut at = Position::START;
        for (page, mark) in [(1, 7), (2, 8), (3, 7)] {
            let verdict = judge_marked(at, 3, ResultInfo::default(), BOUNDS, &|| mark).unwrap();
            assert!(!verdict.is_first_again, "{page}");
            at = verdict.next.unwrap();
        }
    }

    fn end_of(count: usize) -> (Endless, u32) {
        let mut at = Position::START;
        loop {
            match judge(at, count, ResultInfo::default(), BOUNDS) {
                Ok(verdict) => at = verdict.next.unwrap(),
                Err(end) => return (end, at.page),
            }
        }
    }
}
