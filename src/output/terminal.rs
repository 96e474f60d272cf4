//! The terminal: text that may reach it, its width, and its colours.

#[cfg(feature = "colour")]
use comfy_table::Table;
use std::borrow::Cow;
#[cfg(feature = "colour")]
use std::io::IsTerminal;

/// Makes text that strangers chose harmless for a terminal.
///
/// Characters that move the cursor, set colours, ring, or hide or reorder text become U+FFFD. A line
/// break or a tab becomes a space, so that a name can't draw a line of its own.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().map(|c| match c {
        c if is_harmless(c) => c,
        c if is_space(c) => ' ',
        _ => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(replaced.collect())
}

/// Whether a terminal shows this character and does nothing else.
pub(super) fn is_harmless(c: char) -> bool {
    // Nearly all text is printable ASCII.
    matches!(c, ' '..='~') || !(is_space(c) || is_harmful(c))
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Invisible: soft hyphen, joiners, fillers, characters that carry variations and tags,
            // the byte order mark.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            // Reordering: bidirectional marks, embeddings, overrides and isolates.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The width and the colours of the place that tables and text are written to.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    width: u16,
    colour: bool,
    /// Whether a person sees the lines. Programs find a line in a file by its beginning.
    wraps: bool,
}

impl Terminal {
    /// The width of a file, and of a terminal that doesn't report one.
    const WIDTH: u16 = 120;

    /// Describes this process's standard output.
    #[cfg(feature = "colour")]
    #[must_use]
    pub fn stdout() -> Terminal {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let is_terminal = std::io::stdout().is_terminal();
        Terminal {
            width: Table::new().width().filter(|_| is_terminal).unwrap_or(Self::WIDTH),
            colour: wanted && is_terminal,
            wraps: is_terminal,
        }
    }

    /// Describes this process's standard error, without colour.
    #[must_use]
    pub fn stderr() -> Terminal {
        #[cfg(feature = "colour")]
        if std::io::stderr().is_terminal() {
            let width = Table::new().use_stderr().width().unwrap_or(Self::WIDTH);
            return Terminal { width, colour: false, wraps: true };
        }
        Self::file()
    }

    /// Describes a file: a fixed width, and no colour.
    #[must_use]
    pub fn file() -> Terminal {
        Terminal { width: Self::WIDTH, colour: false, wraps: false }
    }

    /// Returns the same with another width.
    #[must_use]
    pub fn with_width(self, width: u16) -> Terminal {
        Terminal { width, ..self }
    }

    pub(super) fn width(self) -> u16 {
        self.width
    }

    #[cfg(feature = "colour")]
    pub(super) fn has_colour(self) -> bool {
        self.colour
    }

    #[cfg(test)]
    pub(super) fn with_wraps(self) -> Terminal {
        Terminal { wraps: true, ..self }
    }

    #[cfg(test)]
    pub(super) fn with_colour(self) -> Terminal {
        Terminal { colour: true, ..self }
    }

    /// Styles a heading.
    #[must_use]
    pub fn heading(self, text: &str) -> String {
        self.styled("1", text)
    }

    /// Styles good news.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.styled("32", text)
    }

    /// Styles text that deserves a look.
    #[must_use]
    pub fn notable(self, text: &str) -> String {
        self.styled("33", text)
    }

    /// Styles a failure.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.styled("31", text)
    }

    /// Returns text that strangers chose, made harmless and without a style.
    #[must_use]
    pub fn plain(self, text: &str) -> Cow<'_, str> {
        clean(text)
    }

    /// Breaks text that strangers chose between words, and indents each line.
    #[must_use]
    pub fn paragraph(self, text: &str, indent: usize) -> String {
        let room = usize::from(self.width).saturating_sub(indent).max(20);
        let mut lines: Vec<String> = Vec::new();
        for word in clean(text).split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        let indent = " ".repeat(indent);
        lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
    }

    /// Breaks a line between words if a person sees it. What is left of it is indented by two more.
    #[must_use]
    pub fn line(self, text: &str, indent: usize) -> String {
        if !self.wraps {
            return format!("{}{}", " ".repeat(indent), clean(text));
        }
        let lines = self.paragraph(text, indent + 2);
        lines.strip_prefix("  ").unwrap_or(&lines).to_owned()
    }

    /// Styles text that a reader can skip.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.styled("2", text)
    }

    fn styled(self, code: &str, text: &str) -> String {
        let text = clean(text);
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::{Rows, cell, notable_cell};
    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in ["", "Zoë Müller", "日本語", "नमस्ते", "שלום", "مرحبا", "naïve — “quoted”", "👩🏽 🇳🇱 ✈"]
        {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_gets_through() {
        let controls = (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control());
        let hidden = "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{2060}\u{feff}\u{3164}\
             \u{e0041}\u{fff9}";
        let bidi = "\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        for c in controls.chain(hidden.chars()).chain(bidi.chars()) {
            let cleaned = clean(&format!("a{c}b")).into_owned();
            assert!(cleaned == "a\u{fffd}b" || cleaned == "a b", "{c:?} became {cleaned:?}");
        }
    }

    #[test]
    fn an_escape_sequence_becomes_visible_text() {
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "\u{fffd}[31mred\u{fffd}[0m");
        assert_eq!(clean("one\r\nroot  admin"), "one  root  admin");
    }

    #[test]
    fn a_paragraph_fits_and_keeps_its_words() {
        let text = "one two\nthree four five six seven\x07 eight nine ten eleven twelve \
             a-word-that-is-longer-than-a-line";
        let paragraph = Terminal::file().with_width(30).paragraph(text, 4);
        assert_eq!(
            paragraph,
            "    one two three four five\n    six seven\u{fffd} eight nine ten\n    eleven twelve\n    \
             a-word-that-is-longer-than-a-line"
        );
        assert_eq!(Terminal::file().paragraph("", 4), "");
    }

    #[test]
    fn a_line_is_broken_only_for_a_person() {
        let text = "gained group “Engineering” (everyone)\x07";
        let file = Terminal::file().with_width(30);
        assert_eq!(file.line(text, 2), "  gained group “Engineering” (everyone)\u{fffd}");
        assert_eq!(file.with_wraps().line(text, 2), "  gained group “Engineering”\n    (everyone)\u{fffd}");
    }

    #[test]
    fn without_colour_there_is_no_escape_sequence() {
        let terminal = Terminal::file();
        let mut table = Rows::new(terminal, &["Name", ">Count"]);
        table.add(vec![notable_cell("a\x1b]0;title\x07"), cell("1")]);
        let shown = format!("{}{}", terminal.heading("Heading"), table.lines().join("\n"));
        assert!(!shown.contains('\x1b') && !shown.contains('\x07'), "{shown:?}");
    }
}
