//! Attributes as the table of schemas describes them (RFC 7643, 2.2 and 7).

/// The switches of the operator that decide what a client may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// Whether members of groups and roles of people can be changed.
    pub provisioning: bool,
    /// Whether people can be added, deactivated and deleted, and groups created, renamed and deleted.
    pub lifecycle: bool,
}

impl Doors {
    /// Whether a door is open.
    pub const fn is_open(self, door: Door) -> bool {
        match door {
            Door::Provisioning => self.provisioning,
            Door::Lifecycle => self.lifecycle,
        }
    }
}

/// One of the operator's switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Access: `CONNECTOR_PROVISIONING`.
    Provisioning,
    /// People and groups themselves: `CONNECTOR_LIFECYCLE`.
    Lifecycle,
}

impl Door {
    /// Returns the variable that opens it.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Provisioning => "CONNECTOR_PROVISIONING",
            Self::Lifecycle => "CONNECTOR_LIFECYCLE",
        }
    }
}

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A truth value.
    Boolean,
    /// A whole number.
    Integer,
    /// A time as RFC 3339 writes it.
    DateTime,
    /// A URI, and the resource types that it can lead to.
    Reference(&'static [&'static str]),
    /// An object with these attributes.
    Complex(&'static [Attribute]),
}

impl Kind {
    /// Returns the standard's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Reference(_) => "reference",
            Self::Complex(_) => "complex",
        }
    }
}

/// The way in which an attribute can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writable {
    /// It can't be.
    Never,
    /// A client gives it when it creates the resource, if the door for that is open.
    AtCreation,
    /// A client may change it at any time, if this door is open.
    With(Door),
    /// It is a value of a list that is changed as a whole, if this door is open.
    Part(Door),
    /// A client may send it with everything else. It isn't kept, because Cloudflare has no place for it.
    NotKept,
    /// It is made of another attribute. A client may send it with everything else, and it counts where a new
    /// resource comes without that other one.
    Derived,
    /// A client's wish is acted upon if this door is open, but the value is Cloudflare's own. So the schema
    /// says that it is read-only.
    Wish(Door),
}

/// The mutability that a schema tells of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// The service alone sets it.
    ReadOnly,
    /// It is set once.
    Immutable,
    /// A client may change it.
    ReadWrite,
}

impl Mutability {
    /// Returns the standard's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::Immutable => "immutable",
            Self::ReadWrite => "readWrite",
        }
    }
}

/// The answers that an attribute stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// All, whatever is asked for.
    Always,
    /// Those that don't ask for other attributes, or without it.
    Default,
    /// Those that ask for it.
    Request,
}

impl Returned {
    /// Returns the standard's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// A sentence for people.
    pub description: &'static str,
    /// Whether it is a list of values.
    pub is_list: bool,
    /// Whether a client has to give it when it creates the resource.
    pub is_required: bool,
    /// Whether upper and lower case make a difference. Where they don't, that is for letters of ASCII, as
    /// Cloudflare's rules compare addresses.
    pub is_exact: bool,
    /// Whether no two resources have the same value.
    pub is_unique: bool,
    /// Whether a filter can compare it. One that can't be is none that all resources have.
    pub is_comparable: bool,
    /// The way in which it can be changed.
    pub writable: Writable,
    /// The answers that it stands in.
    pub returned: Returned,
    /// The values that it can have, if they are few.
    pub canonical: &'static [&'static str],
}

impl Attribute {
    /// Describes a text whose case makes no difference.
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Text, description)
    }

    /// Describes a text whose case makes a difference.
    pub const fn exact(name: &'static str, description: &'static str) -> Self {
        Self { is_exact: true, ..Self::new(name, Kind::Text, description) }
    }

    /// Describes an attribute of any type.
    pub const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            description,
            is_list: false,
            is_required: false,
            is_exact: matches!(kind, Kind::Reference(_)),
            kind,
            is_unique: false,
            is_comparable: true,
            writable: Writable::Never,
            returned: Returned::Default,
            canonical: &[],
        }
    }

    /// Describes an object, or a list of objects.
    pub const fn complex(
        name: &'static str,
        is_list: bool,
        attributes: &'static [Self],
        description: &'static str,
    ) -> Self {
        Self { is_list, ..Self::new(name, Kind::Complex(attributes), description) }
    }

    pub(super) const fn list(self) -> Self {
        Self { is_list: true, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { is_unique: true, ..self }
    }

    pub(super) const fn incomparable(self) -> Self {
        Self { is_comparable: false, ..self }
    }

    pub(super) const fn writable(self, writable: Writable) -> Self {
        Self { writable, ..self }
    }

    pub(super) const fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    pub(super) const fn one_of(self, canonical: &'static [&'static str]) -> Self {
        Self { canonical, ..self }
    }

    /// Returns the attributes of its values, if they are objects.
    pub const fn subs(&self) -> &'static [Self] {
        match self.kind {
            Kind::Complex(subs) => subs,
            _ => &[],
        }
    }

    /// Returns the attribute of its values with this name, in any case of the letters.
    pub fn sub(&self, name: &str) -> Option<&'static Self> {
        named(self.subs(), name)
    }

    /// Returns the mutability as it is with these doors.
    pub const fn mutability(&self, doors: Doors) -> Mutability {
        match self.writable {
            // An immutable attribute without a value could be given one later (RFC 7644, 3.5.2.1), which is
            // not possible here. A required one always has a value.
            Writable::AtCreation if doors.lifecycle && self.is_required => Mutability::Immutable,
            Writable::With(door) if doors.is_open(door) => Mutability::ReadWrite,
            Writable::Part(door) if doors.is_open(door) => Mutability::Immutable,
            _ => Mutability::ReadOnly,
        }
    }
}

/// Returns the attribute with this name, in any case of the letters.
pub(super) fn named(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
