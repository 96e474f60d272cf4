//! The grammar of filters (RFC 7644, 3.4.2.2, figure 1), without the meaning of names.

use crate::scim::problem::quoted;
use serde_json::{Number, Value};

/// The most bytes of a filter.
const LONGEST: usize = 8 << 10;
/// The most parentheses and brackets inside each other.
const DEEPEST: usize = 16;
/// The most comparisons in a filter. Each is made for every resource that is read.
const MOST: usize = 100;

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Equal,
    /// Not equal: no value is equal.
    NotEqual,
    /// Contains.
    Contains,
    /// Starts with.
    Starts,
    /// Ends with.
    Ends,
    /// Greater than.
    Greater,
    /// Greater than or equal.
    GreaterOrEqual,
    /// Less than.
    Less,
    /// Less than or equal.
    LessOrEqual,
}

const OPERATORS: [(&str, Operator); 9] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("co", Operator::Contains),
    ("sw", Operator::Starts),
    ("ew", Operator::Ends),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
];

impl Operator {
    fn of(word: &str) -> Option<Self> {
        OPERATORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, operator)| *operator)
    }
}

/// A value that something is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// A truth value.
    Boolean(bool),
    /// No value.
    Null,
}

/// A filter whose names are still texts.
#[derive(Debug)]
pub enum Raw<'t> {
    /// All of these.
    All(Vec<Raw<'t>>),
    /// One of these at least.
    Any(Vec<Raw<'t>>),
    /// Not this.
    Not(Box<Raw<'t>>),
    /// A comparison.
    Compare(&'t str, Operator, Literal),
    /// The attribute has a value.
    Present(&'t str),
    /// One value of the attribute fits a filter.
    Value(&'t str, Box<Raw<'t>>),
}

/// A part of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    /// A word, a name or a number.
    Word(&'t str),
    /// A text with its quotes.
    Text(&'t str),
    /// A parenthesis or a bracket.
    Sign(char),
}

/// Reads a whole filter.
///
/// # Errors
/// A sentence that says where it can't be read.
pub fn parse(text: &str) -> Result<Raw<'_>, String> {
    let mut parser = Parser::new(text)?;
    let filter = parser.any(0)?;
    match parser.next {
        None => Ok(filter),
        Some(token) => Err(format!("{} stands where the end, \"and\" or \"or\" is expected.", shown(token))),
    }
}

/// Reads the path of a change: a name, a name with a filter in brackets, and the name of an attribute of
/// the values behind that.
///
/// # Errors
/// A sentence that says where it can't be read.
pub fn parse_path(text: &str) -> Result<(&str, Option<Raw<'_>>, Option<&str>), String> {
    let mut parser = Parser::new(text)?;
    let name = parser.name()?;
    if parser.next.is_none() {
        return Ok((name, None, None));
    }
    parser.sign('[')?;
    let filter = parser.any(1)?;
    parser.sign(']')?;
    let sub = match parser.next {
        None => None,
        Some(Token::Word(word)) => {
            Some(word.strip_prefix('.').filter(|sub| is_name(sub)).ok_or_else(|| {
                format!("{} stands where the end, or a dot with a name, is expected.", quoted(word))
            })?)
        }
        Some(token) => return Err(format!("{} stands where the end is expected.", shown(token))),
    };
    parser.step()?;
    match parser.next {
        None => Ok((name, Some(filter), sub)),
        Some(token) => Err(format!("{} stands where the end is expected.", shown(token))),
    }
}

fn shown(token: Token<'_>) -> String {
    match token {
        Token::Word(text) | Token::Text(text) => quoted(text),
        Token::Sign(sign) => format!("{:?}", sign.to_string()),
    }
}

/// Whether a word can be the name of an attribute, with a URN and the name of a sub-attribute around it.
fn is_name(word: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '$');
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$') && word.chars().all(is_sign)
}

struct Parser<'t> {
    /// The text behind the next token.
    rest: &'t str,
    next: Option<Token<'t>>,
    comparisons: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("It is longer than {LONGEST} bytes."));
        }
        let mut parser = Self { rest: text, next: None, comparisons: 0 };
        parser.step()?;
        Ok(parser)
    }

    /// Goes on by one token, and returns the one before.
    fn step(&mut self) -> Result<Option<Token<'t>>, String> {
        let text = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let next = match text.chars().next() {
            None => None,
            Some(sign @ ('(' | ')' | '[' | ']')) => Some((Token::Sign(sign), 1)),
            Some('"') => {
                let end = end_of_text(text).ok_or("A text in it has no closing quotation mark.")?;
                Some((Token::Text(text.get(..end).unwrap_or_default()), end))
            }
            Some(_) => {
                let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"');
                let end = text.find(ends).unwrap_or(text.len());
                Some((Token::Word(text.get(..end).unwrap_or_default()), end))
            }
        };
        self.rest = next.map_or("", |(_, end)| text.get(end..).unwrap_or_default());
        Ok(std::mem::replace(&mut self.next, next.map(|(token, _)| token)))
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        match self.step()? {
            Some(Token::Sign(found)) if found == sign => Ok(()),
            Some(token) => Err(format!("{} stands where {:?} is expected.", shown(token), sign.to_string())),
            None => Err(format!("It ends where {:?} is expected.", sign.to_string())),
        }
    }

    fn name(&mut self) -> Result<&'t str, String> {
        match self.step()? {
            Some(Token::Word(word)) if is_name(word) => Ok(word),
            Some(token) => {
                Err(format!("{} stands where the name of an attribute is expected.", shown(token)))
            }
            None => Err("It ends where the name of an attribute is expected.".to_owned()),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.next, Some(Token::Word(next)) if next.eq_ignore_ascii_case(word))
    }

    fn any(&mut self, depth: usize) -> Result<Raw<'t>, String> {
        if depth > DEEPEST {
            return Err(format!("It has more than {DEEPEST} parentheses and brackets inside each other."));
        }
        let mut parts = vec![self.all(depth)?];
        while self.is_word("or") {
            self.step()?;
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Raw::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Raw<'t>, String> {
        let mut parts = vec![self.term(depth)?];
        while self.is_word("and") {
            self.step()?;
            parts.push(self.term(depth)?);
        }
        Ok(one_or(parts, Raw::All))
    }

    fn term(&mut self, depth: usize) -> Result<Raw<'t>, String> {
        if self.next == Some(Token::Sign('(')) {
            self.step()?;
            let inner = self.any(depth + 1)?;
            self.sign(')')?;
            return Ok(inner);
        }
        let name = self.name()?;
        if name.eq_ignore_ascii_case("not") && self.next == Some(Token::Sign('(')) {
            self.step()?;
            let inner = self.any(depth + 1)?;
            self.sign(')')?;
            return Ok(Raw::Not(Box::new(inner)));
        }
        if self.next == Some(Token::Sign('[')) {
            self.step()?;
            let inner = self.any(depth + 1)?;
            self.sign(']')?;
            return Ok(Raw::Value(name, Box::new(inner)));
        }
        self.comparisons += 1;
        if self.comparisons > MOST {
            return Err(format!("It has more than {MOST} comparisons."));
        }
        self.comparison(name)
    }

    fn comparison(&mut self, name: &'t str) -> Result<Raw<'t>, String> {
        let expected = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr) is expected";
        let operator = match self.step()? {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("pr") => return Ok(Raw::Present(name)),
            Some(Token::Word(word)) => {
                Operator::of(word).ok_or_else(|| format!("{} stands where {expected}.", quoted(word)))?
            }
            Some(token) => return Err(format!("{} stands where {expected}.", shown(token))),
            None => return Err(format!("It ends where {expected}.")),
        };
        let literal = match self.step()? {
            Some(Token::Text(text) | Token::Word(text)) => literal(text).ok_or_else(|| {
                let advice = "Texts stand in quotation marks, and a mark or a backslash in them has a \
                              backslash in front.";
                format!("{} is no text, number, true, false or null. {advice}", quoted(text))
            })?,
            Some(token) => return Err(format!("{} stands where a value is expected.", shown(token))),
            None => return Err("It ends where a value is expected.".to_owned()),
        };
        Ok(Raw::Compare(name, operator, literal))
    }
}

fn one_or<'t>(mut parts: Vec<Raw<'t>>, several: fn(Vec<Raw<'t>>) -> Raw<'t>) -> Raw<'t> {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        Some(part) => {
            parts.push(part);
            several(parts)
        }
        None => several(parts),
    }
}

/// Returns the place behind the closing mark of a text that begins with one.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn literal(text: &str) -> Option<Literal> {
    // Some clients write these as Python does.
    for (word, value) in [("true", true), ("false", false)] {
        if text.eq_ignore_ascii_case(word) {
            return Some(Literal::Boolean(value));
        }
    }
    match serde_json::from_str(text).ok()? {
        Value::String(text) => Some(Literal::Text(text)),
        Value::Number(number) => Some(Literal::Number(number)),
        Value::Null => Some(Literal::Null),
        _ => None,
    }
}
