//! The path of a change (RFC 7644, 3.5.2, figure 7).

use super::filter::{Filter, parse_path};
use super::problem::{Problem, quoted};
use super::schema::{Found, ResourceSchema, Schema, Target, Writable};

/// The end of a path.
#[derive(Clone, Debug)]
pub enum Path {
    /// An attribute, or those of its values that fit a filter.
    Attribute(Target, Option<Filter>),
    /// A whole extension.
    Extension(&'static Schema),
    /// An attribute of the standard or of somebody's extension, which Cloudflare doesn't store.
    NotStored,
}

impl Path {
    /// Reads a path in a resource type.
    ///
    /// # Errors
    /// `invalidPath` if it can't be read or leads nowhere.
    pub fn parse(text: &str, schema: &ResourceSchema) -> Result<Self, Problem> {
        let refused =
            |why: String| Problem::invalid_path(format!("The path {} can't be used. {why}", quoted(text)));
        let (name, filter, sub) = parse_path(text).map_err(refused)?;
        let target = match schema.find(name) {
            Some(Found::Attribute(target))
                if matches!(target.attribute.writable, Writable::NotKept | Writable::Derived) =>
            {
                return Ok(Self::NotStored);
            }
            Some(Found::Attribute(target)) => target,
            Some(Found::Extension(extension)) if filter.is_none() => return Ok(Self::Extension(extension)),
            Some(Found::NotStored) => return Ok(Self::NotStored),
            Some(Found::Extension(_)) | None => return Err(refused(schema.no_such(name))),
        };
        let Some(filter) = filter else { return Ok(Self::Attribute(target, None)) };
        if target.attribute.subs().is_empty() || target.sub.is_some() {
            return Err(refused(format!("The values of {} have nothing to filter by.", target.path())));
        }
        let filter = Filter::of_values(filter, target).map_err(refused)?;
        let sub = match sub {
            None => None,
            Some(name) => Some(target.attribute.sub(name).ok_or_else(|| {
                refused(format!("The values of {} have no attribute {}.", target.path(), quoted(name)))
            })?),
        };
        Ok(Self::Attribute(Target { sub, ..target }, Some(filter)))
    }
}
