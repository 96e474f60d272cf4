//! A protobuf message as it is on the wire, read without knowing its meaning: fields by their
//! numbers.

use serde_json::{Map, Value};

/// A message: its fields in their order.
#[derive(Debug)]
pub struct Message(Vec<(u64, Field)>);

#[derive(Debug)]
enum Field {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(Vec<u8>),
}

impl Message {
    pub fn read(mut bytes: &[u8]) -> Message {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Varint(varint(&mut bytes)),
                1 => Field::Fixed64(take(&mut bytes, 8).try_into().unwrap()),
                2 => {
                    let length = varint(&mut bytes);
                    Field::Bytes(take(&mut bytes, usize::try_from(length).unwrap()).to_vec())
                }
                other => panic!("no field that is known here has the wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        Message(fields)
    }

    fn all(&self, number: u64) -> impl Iterator<Item = &Field> {
        self.0.iter().filter(move |(of, _)| *of == number).map(|(_, field)| field)
    }

    /// Returns a field that occurs at most once.
    fn one(&self, number: u64) -> Option<&Field> {
        let mut all = self.all(number);
        let one = all.next();
        assert!(all.next().is_none(), "field {number} is repeated in {self:?}");
        one
    }

    /// Returns the numbers of the fields that occur.
    pub fn numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.0.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub fn number(&self, number: u64) -> u64 {
        match self.one(number) {
            None => 0,
            Some(Field::Varint(value)) => *value,
            other => panic!("field {number} is {other:?}"),
        }
    }

    /// Returns a packed list of small numbers.
    pub fn packed(&self, number: u64) -> Vec<u64> {
        let mut bytes = self.one(number).map_or(&[][..], Field::bytes);
        let mut numbers = Vec::new();
        while !bytes.is_empty() {
            numbers.push(varint(&mut bytes));
        }
        numbers
    }

    pub fn text(&self, number: u64) -> String {
        self.one(number).map(Field::text).unwrap_or_default()
    }

    pub fn texts(&self, number: u64) -> Vec<String> {
        self.all(number).map(Field::text).collect()
    }

    pub fn message(&self, number: u64) -> Option<Message> {
        self.one(number).map(Field::message)
    }

    pub fn messages(&self, number: u64) -> Vec<Message> {
        self.all(number).map(Field::message).collect()
    }

    /// Returns the annotations in this field (`google.protobuf.Any`), by the names of their types.
    pub fn annotations(&self, number: u64) -> Vec<(String, Message)> {
        let annotation = |any: Message| {
            let url = any.text(1);
            let name = url.strip_prefix("type.googleapis.com/").unwrap().to_owned();
            (name, any.one(2).map_or(Message(vec![]), Field::message))
        };
        self.messages(number).into_iter().map(annotation).collect()
    }

    /// Reads a `google.protobuf.Struct`.
    pub fn object(&self) -> Map<String, Value> {
        let entries: Vec<(String, Value)> = self
            .messages(1)
            .into_iter()
            .map(|entry| (entry.text(1), entry.message(2).unwrap_or(Message(vec![])).value()))
            .collect();
        let keys: Vec<&String> = entries.iter().map(|(key, _)| key).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        entries.into_iter().collect()
    }

    /// Reads a `google.protobuf.Value`.
    fn value(&self) -> Value {
        let [(number, field)] = &self.0[..] else {
            panic!("a value is one of its cases: {self:?}");
        };
        match (number, field) {
            (1, Field::Varint(0)) => Value::Null,
            (2, Field::Fixed64(bytes)) => f64::from_le_bytes(*bytes).into(),
            (3, field) => field.text().into(),
            (4, Field::Varint(value)) => (*value == 1).into(),
            (5, field) => field.message().object().into(),
            (6, field) => field.message().messages(1).iter().map(Message::value).collect(),
            _ => panic!("no case of a value: {self:?}"),
        }
    }
}

impl Field {
    fn bytes(&self) -> &[u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            other => panic!("it is {other:?}"),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }

    fn message(&self) -> Message {
        Message::read(self.bytes())
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for place in 0..10 {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number without an end");
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken
}

/// Returns the JSON with all numbers as doubles, as a `Struct` stores them.
pub fn with_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().unwrap().into(),
        Value::Array(values) => values.iter().map(with_doubles).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), with_doubles(value))).collect()
        }
        other => other.clone(),
    }
}
