//! The parts of an object that are passed on, each chosen by its name. An application can contain
//! secrets, and Cloudflare may add more of them: nothing that isn't named leaves this room.

use super::fields;
use crate::json::{self, Object};
use serde_json::value::RawValue;

/// The form of a value that is passed on. A value of another form is left out.
#[derive(Debug)]
pub(super) enum Shape {
    /// A text, a number or a boolean.
    Plain,
    /// A list of values of this form.
    List(&'static Shape),
    /// An object with these fields.
    Fields(Chosen),
}

/// The fields of an object that are passed on, each with its form.
pub(super) type Chosen = &'static [(&'static str, Shape)];

/// A list of texts.
pub(super) const TEXTS: Shape = Shape::List(&Shape::Plain);

impl Shape {
    /// Returns the parts of a value that are passed on, as JSON; `None` if it has another form.
    pub fn of(&self, value: &RawValue) -> Option<String> {
        match self {
            Shape::Plain => {
                let text = value.get();
                (!text.starts_with(['{', '[']) && text != "null").then(|| text.to_owned())
            }
            Shape::List(shape) => {
                let items = fields::list(Some(value)).ok()?;
                let chosen: Vec<String> = items.into_iter().filter_map(|item| shape.of(item)).collect();
                Some(json::list(&chosen))
            }
            Shape::Fields(chosen) => Some(with(Object::default(), value, chosen)?.end()),
        }
    }
}

/// Adds the chosen fields of an object to a profile; `None` if the value is no object.
pub(super) fn with(profile: Object, value: &RawValue, chosen: Chosen) -> Option<Object> {
    let entries = json::entries(value.get())?;
    Some(chosen.iter().fold(profile, |profile, (name, shape)| {
        let given = entries.iter().find(|(key, _)| key == name);
        match given.and_then(|(_, value)| shape.of(value)) {
            Some(json) => profile.with(name, &json),
            None => profile,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOSEN: Shape = Shape::Fields(&[
        ("a", Shape::Plain),
        ("b", TEXTS),
        ("c", Shape::List(&Shape::Fields(&[("d", Shape::Plain)]))),
        ("e", Shape::Fields(&[])),
    ]);

    #[test]
    fn only_what_is_named_and_has_the_form() {
        let chosen = |json: &str| CHOSEN.of(&RawValue::from_string(json.to_owned()).unwrap());
        for (given, expected) in [
            (
                r#"{"a":1,"x":"secret","b":["t",{"x":"secret"},null,["secret"],true]}"#,
                r#"{"a":1,"b":["t",true]}"#,
            ),
            (r#"{"a":{"x":"secret"},"b":"secret","c":{"d":"secret"},"e":"secret"}"#, "{}"),
            (
                r#"{"c":[{"d":"\u0061","x":"secret"},"secret",{"d":["secret"]}],"e":{"x":"secret"}}"#,
                r#"{"c":[{"d":"\u0061"},{}],"e":{}}"#,
            ),
            (r#"{"a":null,"b":null,"c":null}"#, "{}"),
        ] {
            assert_eq!(chosen(given).as_deref(), Some(expected));
        }
        for other in ["[]", "null", r#""secret""#, r#"{"\ud800":"secret"}"#] {
            assert_eq!(chosen(other), None, "{other}");
        }
    }
}
