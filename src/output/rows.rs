//! Rows under headings: as a table if it fits the width without breaking words, and otherwise as a
//! card for each row.

use super::terminal::{Terminal, clean};
#[cfg(feature = "colour")]
use comfy_table::Color;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle,
    Width,
};
use std::borrow::Cow;
use std::cmp::max;

/// Rows of cells, and the headings of their columns.
pub(super) struct Rows {
    terminal: Terminal,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column. `Column::from` reads its heading and the marks in front of it.
#[derive(Clone, Copy, Default)]
struct Column {
    heading: &'static str,
    /// Marked by `>`: numbers, which stand on the right.
    is_number: bool,
    /// Marked by `?`: the column is left out where there is no room for it.
    is_optional: bool,
    /// Marked by `+`: sentences and names, which are hard to read in a narrow column.
    is_prose: bool,
    /// Marked by `!`: ids, which must stay whole to be copied.
    is_whole: bool,
}

/// A text that strangers chose, made harmless.
#[derive(Clone, Default)]
pub(super) struct Cell {
    text: String,
    is_notable: bool,
    is_as_above: bool,
    is_list: bool,
}

/// The number of columns between two columns of a table.
const GAP: usize = 2;
/// The longest word that a table keeps whole. Addresses are shorter, with few exceptions.
const LONGEST_WORD: usize = 44;

impl From<&'static str> for Column {
    fn from(heading: &'static str) -> Column {
        let mut column = Column { heading, ..Column::default() };
        loop {
            let mark = match column.heading.as_bytes().first() {
                Some(b'>') => &mut column.is_number,
                Some(b'?') => &mut column.is_optional,
                Some(b'+') => &mut column.is_prose,
                Some(b'!') => &mut column.is_whole,
                _ => return column,
            };
            *mark = true;
            column.heading = column.heading.get(1..).unwrap_or_default();
        }
    }
}

impl Cell {
    /// An empty cell below one with the same content.
    pub(super) fn as_above() -> Cell {
        Cell { is_as_above: true, ..Cell::default() }
    }

    /// The same as a list with commas, perhaps behind a word with a colon. A line ends between two
    /// items, and only within an item that is longer than a line.
    pub(super) fn with_whole_items(self) -> Cell {
        Cell { is_list: true, ..self }
    }

    /// Returns the text for a column of this width. Where it isn't broken yet, the column breaks it
    /// between words.
    fn broken(&self, width: usize) -> Cow<'_, str> {
        if self.is_list { Cow::Owned(break_list(&self.text, width)) } else { Cow::Borrowed(&self.text) }
    }
}

/// Breaks a list into lines between its items.
fn break_list(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |part: &str| match lines.last_mut() {
        Some(line) if line.chars().count() + 1 + part.chars().count() <= width => {
            line.push(' ');
            line.push_str(part);
        }
        _ => lines.push(part.to_owned()),
    };
    for item in text.split_inclusive(": ").flat_map(|part| part.split_inclusive(", ")).map(str::trim_end) {
        if item.chars().count() <= width {
            add(item);
        } else {
            item.split(' ').for_each(&mut add);
        }
    }
    lines.join("\n")
}

/// Makes a cell of text that strangers chose.
pub(super) fn cell(text: impl AsRef<str>) -> Cell {
    Cell { text: clean(text.as_ref()).into_owned(), ..Cell::default() }
}

/// Makes a cell of text that deserves a look.
pub(super) fn notable_cell(text: impl AsRef<str>) -> Cell {
    Cell { is_notable: true, ..cell(text) }
}

impl Rows {
    /// Begins without rows. Marks in front of a heading say what its column is, see the fields of
    /// [`Column`].
    pub(super) fn new(terminal: Terminal, headings: &[&'static str]) -> Rows {
        Rows { terminal, columns: headings.iter().map(|&heading| heading.into()).collect(), rows: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Returns the lines of a table or of cards.
    pub(super) fn lines(&self) -> Vec<String> {
        [true, false].into_iter().find_map(|all| self.table(all)).unwrap_or_else(|| self.cards())
    }

    /// Makes a table, if it fits. `all` says whether the optional columns are in it.
    fn table(&self, all: bool) -> Option<Vec<String>> {
        let columns: Vec<(usize, &Column)> =
            self.columns.iter().enumerate().filter(|(_, column)| all || !column.is_optional).collect();
        let widths = self.widths(&columns)?;
        let mut table = self.terminal_table();
        table.set_header(columns.iter().map(|(_, column)| column.heading));
        for row in &self.rows {
            let cells = columns
                .iter()
                .zip(&widths)
                .filter_map(|(&(place, _), &width)| row.get(place).map(|cell| shown(cell, width)));
            table.add_row(cells);
        }
        for ((column, (_, of)), width) in table.column_iter_mut().zip(&columns).zip(widths) {
            column.set_padding((0, GAP as u16));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed((width + GAP) as u16)));
            if of.is_number {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Some(table.lines().map(|line| line.trim_end().to_owned()).collect())
    }

    fn terminal_table(&self) -> Table {
        const PLAIN: TableStyle = TableStyle::new()
            .header_lines(ContentLineStyle::none())
            .header_separator(LineStyle::none().fill('─'))
            .content_lines(ContentLineStyle::none());
        let mut table = Table::new();
        table
            .load_style(PLAIN)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.terminal.width());
        #[cfg(feature = "colour")]
        if self.terminal.has_colour() {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    /// Returns the widths of columns, if the least ones fit. Those that have more to show share the rest.
    fn widths(&self, columns: &[(usize, &Column)]) -> Option<Vec<usize>> {
        let least = columns.iter().map(|&(place, column)| self.least(place, column));
        let mut widths: Vec<usize> = least.collect();
        let mut room =
            usize::from(self.terminal.width()).checked_sub(widths.iter().map(|width| width + GAP).sum())?;
        let longest = |&(place, column): &(usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(place));
            let longest = cells.map(|cell| cell.text.chars().count()).max().unwrap_or_default();
            max(longest, column.heading.chars().count())
        };
        let most: Vec<usize> = columns.iter().map(longest).collect();
        while room > 0 {
            // The narrowest column that lacks room grows first.
            let lacking = widths.iter_mut().zip(&most).filter(|(width, most)| **width < **most);
            let Some((width, _)) = lacking.min_by_key(|(width, _)| **width) else { break };
            *width += 1;
            room -= 1;
        }
        Some(widths)
    }

    /// The least width of a column: that of its longest word.
    fn least(&self, place: usize, column: &Column) -> usize {
        const PROSE: usize = 20;
        let cells = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.text.as_str());
        let of_cells = cells.map(|text| {
            let word = text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
            let word = if column.is_whole { word } else { word.min(LONGEST_WORD) };
            if column.is_prose { max(word, text.chars().count().min(PROSE)) } else { word }
        });
        let heading = column.heading.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
        max(of_cells.max().unwrap_or_default(), heading)
    }

    /// Makes a card for each row: its first cell, and the other ones with their headings. An empty
    /// line separates two cards.
    fn cards(&self) -> Vec<String> {
        let cards: Vec<Vec<String>> = self.rows.iter().map(|row| self.card(row)).collect();
        cards.join(&String::new())
    }

    fn card(&self, row: &[Cell]) -> Vec<String> {
        let terminal = self.terminal;
        let mut lines = Vec::new();
        let mut cells = self.columns.iter().zip(row).filter(|(_, cell)| !cell.text.is_empty());
        if !row.first().is_some_and(|first| first.is_as_above)
            && let Some((_, title)) = cells.next()
        {
            lines.extend(terminal.paragraph(&title.text, 0).lines().map(|line| terminal.heading(line)));
        }
        // Short cells share a line.
        let mut room = 0;
        for (column, cell) in cells {
            let text = format!("{}: {}", column.heading, cell.text);
            let styled = |text: &str| if cell.is_notable { terminal.notable(text) } else { text.to_owned() };
            let length = text.chars().count() + 3;
            match lines.last_mut() {
                Some(line) if length <= room => {
                    room -= length;
                    line.push_str("   ");
                    line.push_str(&styled(&text));
                }
                _ => {
                    let broken = match cell.is_list {
                        true => break_list(&text, usize::from(terminal.width()).saturating_sub(4).max(20)),
                        false => terminal.paragraph(&text, 4),
                    };
                    let mut parts = broken.lines().map(str::trim_start);
                    lines.push(format!("  {}", styled(parts.next().unwrap_or_default())));
                    let rest: Vec<String> = parts.map(|part| format!("    {}", styled(part))).collect();
                    room = if rest.is_empty() {
                        usize::from(terminal.width()).saturating_sub(2 + text.chars().count())
                    } else {
                        0
                    };
                    lines.extend(rest);
                }
            }
        }
        lines
    }
}

fn shown(cell: &Cell, width: usize) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(cell.broken(width));
    #[cfg(feature = "colour")]
    let shown = if cell.is_notable { shown.fg(Color::Yellow) } else { shown };
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "external.audit@brightline-audit.example";

    fn rows(width: u16) -> Vec<String> {
        let mut rows = Rows::new(
            Terminal::file().with_width(width),
            &["Name", "+Address", "Kind", "?Last login", ">Groups", "!Id"],
        );
        for name in ["Ann Lee", "", "Bob"] {
            rows.add(vec![
                cell(name),
                cell(ADDRESS),
                notable_cell("unmatched email"),
                cell("2026-11-20"),
                cell("2"),
                cell("user:f3b9c7de"),
            ]);
        }
        rows.add(vec![Cell::as_above(), cell("a b"), cell(""), cell(""), cell(""), cell("user:2")]);
        rows.lines()
    }

    #[test]
    fn a_table_that_fits_breaks_no_word() {
        for width in [110, 120, 200] {
            let lines = rows(width);
            assert!(lines[0].starts_with("Name "), "{lines:?}");
            assert_eq!(lines.iter().filter(|line| line.contains(ADDRESS)).count(), 3, "{lines:?}");
        }
    }

    #[test]
    fn a_column_that_can_go_makes_room() {
        let lines = rows(90);
        assert!(lines[0].starts_with("Name") && !lines[0].contains("Last login"), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains(ADDRESS)).count(), 3, "{lines:?}");
    }

    #[test]
    fn a_narrow_one_is_a_card_for_each_row() {
        let lines = rows(60);
        assert_eq!(
            lines,
            [
                "Ann Lee",
                "  Address: external.audit@brightline-audit.example",
                "  Kind: unmatched email   Last login: 2026-11-20   Groups: 2",
                "  Id: user:f3b9c7de",
                "",
                "external.audit@brightline-audit.example",
                "  Kind: unmatched email   Last login: 2026-11-20   Groups: 2",
                "  Id: user:f3b9c7de",
                "",
                "Bob",
                "  Address: external.audit@brightline-audit.example",
                "  Kind: unmatched email   Last login: 2026-11-20   Groups: 2",
                "  Id: user:f3b9c7de",
                "",
                "  Address: a b   Id: user:2",
            ]
        );
    }

    #[test]
    fn a_card_breaks_only_what_is_longer_than_a_line() {
        let mut rows = Rows::new(Terminal::file().with_width(40), &["Group", "+Who", "+Why", "+If", "!Id"]);
        let id = "group:f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11:member";
        rows.add(vec![
            cell("Finance"),
            cell("3 users: Ann Lee, Bob Moss, Cy Twombly").with_whole_items(),
            cell("a reason of more words than one line of it takes"),
            cell(""),
            cell(id),
        ]);
        assert_eq!(
            rows.lines(),
            [
                "Finance",
                "  Who: 3 users: Ann Lee, Bob Moss,",
                "    Cy Twombly",
                "  Why: a reason of more words than one",
                "    line of it takes",
                "  Id:",
                &format!("    {id}")
            ]
        );
    }

    #[test]
    fn an_item_of_a_list_stays_whole_where_it_fits_a_line() {
        for (text, width, lines) in [
            ("2 users: Ann Lee, Bob Moss", 40, &["2 users: Ann Lee, Bob Moss"][..]),
            ("2 users: Ann Lee, Bob Moss", 20, &["2 users: Ann Lee,", "Bob Moss"]),
            ("2 users: Ann Lee, Bob Moss", 12, &["2 users:", "Ann Lee,", "Bob Moss"]),
            (
                "1 user: A Name Of Many Words, and 2 more",
                16,
                &["1 user: A Name", "Of Many Words,", "and 2 more"],
            ),
            (ADDRESS, 10, &[ADDRESS]),
            ("", 10, &[]),
        ] {
            assert_eq!(break_list(text, width).lines().collect::<Vec<_>>(), lines, "{text} in {width}");
        }
        for width in [110, 160] {
            let mut rows = Rows::new(Terminal::file().with_width(width), &["Group", "+Who", "+Why", "+If"]);
            let names: Vec<String> = (0..30).map(|n| format!("Firstname{n} Lastname{n}")).collect();
            let who = cell(format!("30 users: {}", names.join(", "))).with_whole_items();
            rows.add(vec![cell("Finance"), who, cell("a ".repeat(90)), cell("a ".repeat(90))]);
            let lines = rows.lines();
            assert!(lines[0].starts_with("Group "), "{lines:?}");
            let is_whole = |name: &String| lines.iter().any(|line| line.contains(name));
            assert!(names.iter().all(is_whole), "{lines:?}");
        }
    }
}
