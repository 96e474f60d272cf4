//! The parameters of a list (RFC 7644, 3.4.2 and 3.4.3; RFC 9865), and its answer.
//!
//! `sortBy` and `sortOrder` change nothing: the service says that it doesn't sort, and an answer in another
//! order is still whole. Parameters that neither standard has change nothing as well.

mod form;

pub use super::page_size::{MOST, USUAL};

use super::filter::Filter;
use super::problem::{Problem, quoted};
use super::projection::Projection;
use super::schema::{RESOURCES, ResourceSchema};
use serde_json::{Map, Value, json};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The parameters of a list.
#[derive(Clone, Debug)]
pub struct Query {
    /// The filter, if there is one.
    pub filter: Option<Filter>,
    /// The filter as the client wrote it: a cursor belongs to it.
    pub filter_text: String,
    /// The attributes of each resource.
    pub projection: Projection,
    /// The beginning of the page.
    pub start: Start,
    /// The most resources in the page, which is [`MOST`] at most. With 0, the client wants the total alone.
    pub count: u32,
}

/// The beginning of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The number of its first resource, from 1 on.
    Index(u64),
    /// The first page of a list that goes on by cursors.
    FirstByCursor,
    /// The cursor of an earlier page.
    Cursor(String),
}

type ReadFilter = fn(&str, &ResourceSchema) -> Result<Filter, Problem>;

/// The parameters as they are written.
#[derive(Default)]
struct Given {
    filter: Option<String>,
    attributes: Option<String>,
    excluded: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
}

impl Query {
    /// Reads the query of a URL, without its question mark. `None` is a URL without one.
    ///
    /// # Errors
    /// The kind that the standards have for the parameter at fault.
    pub fn of_url(query: Option<&str>, schema: &ResourceSchema) -> Result<Self, Problem> {
        let given = of_url(query.unwrap_or_default())?;
        given.check(schema, Filter::parse)
    }

    /// Reads the body of a request to `.search` of one type.
    ///
    /// # Errors
    /// The kind that the standards have for the field at fault.
    pub fn of_search(body: &Value, schema: &ResourceSchema) -> Result<Self, Problem> {
        of_body(body)?.check(schema, Filter::parse)
    }

    /// Reads the body of a search among all types, for one of them, as [`Filter::among_all`] does.
    ///
    /// # Errors
    /// The kind that the standards have for the field at fault.
    pub fn of_search_among_all(body: &Value, schema: &ResourceSchema) -> Result<Self, Problem> {
        of_body(body)?.check(schema, Filter::among_all).map_err(|problem| {
            let other = RESOURCES.iter().find(|other| Self::of_search(body, other).is_ok());
            let Some(other) = other else { return problem };
            let detail = format!("{} A search at {}/.search takes it.", problem.detail, other.endpoint);
            Problem { detail, ..problem }
        })
    }
}

fn of_body(body: &Value) -> Result<Given, Problem> {
    let fields = body
        .as_object()
        .ok_or_else(|| Problem::invalid_syntax("The body of a search has to be an object."))?;
    let is_search = |schema: &Value| schema.as_str().is_some_and(|it| it.eq_ignore_ascii_case(SEARCH));
    let schemas = fields.get("schemas").and_then(Value::as_array);
    if schemas.is_some_and(|schemas| !schemas.iter().any(is_search)) {
        let message = format!("The \"schemas\" of a search have to contain {SEARCH}.");
        return Err(Problem::invalid_syntax(message));
    }
    let mut given = Given::default();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(names) => {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                names.join(",")
            }
            _ => String::new(),
        };
        given.set(name, text)?;
    }
    Ok(given)
}

/// Whether the query of a URL has a filter.
pub fn has_filter(query: Option<&str>) -> bool {
    let names = query.unwrap_or_default().split('&').map(|part| part.split('=').next().unwrap_or_default());
    names.filter_map(form::decoded).any(|name| name.eq_ignore_ascii_case("filter"))
}

/// Reads the attributes that the answer about one resource is to have, from the query of its URL.
///
/// # Errors
/// The kind that the standard has for the parameter at fault.
pub fn projection_of_url(query: Option<&str>, schema: &ResourceSchema) -> Result<Projection, Problem> {
    let given = of_url(query.unwrap_or_default())?;
    Projection::parse(given.attributes.as_deref(), given.excluded.as_deref(), schema)
}

fn of_url(query: &str) -> Result<Given, Problem> {
    let mut given = Given::default();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let refused = || {
            let message = "The query of the URL isn't percent-encoded UTF-8, as in ?filter=userName%20pr.";
            Problem::invalid_syntax(message)
        };
        given.set(&form::decoded(name).ok_or_else(refused)?, form::decoded(value).ok_or_else(refused)?)?;
    }
    Ok(given)
}

impl Given {
    fn set(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let is_twice = if is("filter") {
            self.filter.replace(value).is_some()
        } else if is("attributes") {
            self.attributes.replace(value).is_some()
        } else if is("excludedAttributes") {
            self.excluded.replace(value).is_some()
        } else if is("startIndex") {
            self.start_index.replace(number("startIndex", &value, Problem::invalid_value)?).is_some()
        } else if is("count") {
            self.count.replace(number("count", &value, Problem::invalid_count)?).is_some()
        } else if is("cursor") {
            self.cursor.replace(value).is_some()
        } else {
            false
        };
        if is_twice {
            let message = format!("The parameter {} is there twice, and can be once.", quoted(name));
            return Err(Problem::invalid_syntax(message));
        }
        Ok(())
    }

    fn check(self, schema: &ResourceSchema, read: ReadFilter) -> Result<Query, Problem> {
        let filter = self.filter.as_deref().map(|filter| read(filter, schema)).transpose()?;
        let filter_text = self.filter.unwrap_or_default();
        let projection = Projection::parse(self.attributes.as_deref(), self.excluded.as_deref(), schema)?;
        // RFC 7644, 3.4.2.4: what is below the least counts as the least.
        let count = self.count.map_or(u64::from(USUAL), |count| count.max(0).unsigned_abs());
        let index = self.start_index.map(|index| index.max(1).unsigned_abs());
        let start = match (self.cursor, index) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid_value(
                    "A request can have a \"cursor\" or a \"startIndex\", and this one has both.",
                ));
            }
            (None, index) => Start::Index(index.unwrap_or(1)),
            (Some(cursor), None) => {
                if count > u64::from(MOST) {
                    let message = format!("With a cursor, \"count\" can be from 0 to {MOST}.");
                    return Err(Problem::invalid_count(message));
                }
                if cursor.is_empty() { Start::FirstByCursor } else { Start::Cursor(plain(cursor)?) }
            }
        };
        let count = u32::try_from(count).unwrap_or(MOST).min(MOST);
        Ok(Query { filter, filter_text, projection, start, count })
    }
}

/// Checks the signs of a cursor (RFC 9865, 2).
fn plain(cursor: String) -> Result<String, Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    if cursor.chars().all(is_plain) {
        return Ok(cursor);
    }
    Err(Problem::invalid_cursor(
        "This is no cursor of this service. Begin with an empty one, and go on with each \"nextCursor\" as \
         it is.",
    ))
}

/// Reads a whole number. One that is too large for any use counts as the largest.
fn number(name: &str, text: &str, problem: fn(String) -> Problem) -> Result<i64, Problem> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(problem(format!("\"{name}\" has to be a whole number, and isn't: {}.", quoted(text))));
    }
    Ok(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// The answer to a list.
#[derive(Clone, Debug, Default)]
pub struct ListResponse {
    /// The number of all resources that fit. Where pages are found by a cursor, it may be unknown.
    pub total: Option<u64>,
    /// The number of the first resource of this page, where pages are found by number.
    pub start: Option<u64>,
    /// The page.
    pub resources: Vec<Value>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl ListResponse {
    /// Makes an answer that has everything, as the lists of documents do.
    pub fn whole(resources: Vec<Value>) -> Self {
        let total = u64::try_from(resources.len()).ok();
        Self { total, start: Some(1), resources, next: None }
    }

    /// Returns the body of the answer.
    pub fn into_json(self) -> Value {
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("schemas", json!([LIST]));
        if let Some(total) = self.total {
            add("totalResults", total.into());
        }
        if let Some(start) = self.start {
            add("startIndex", start.into());
        }
        add("itemsPerPage", self.resources.len().into());
        if let Some(next) = self.next {
            add("nextCursor", next.into());
        }
        add("Resources", self.resources.into());
        Value::Object(fields)
    }
}

#[cfg(test)]
mod tests;
