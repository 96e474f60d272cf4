//! Access groups that come and go. A group is made with a rule that lets nobody in, and is deleted only if
//! nothing names it. `create` and `delete` do that. `reading` finds groups by their names, `naming` finds
//! what names a group, and `nobody` is the address of the rule.

mod create;
mod delete;
mod naming;
mod nobody;
mod reading;

pub use create::{Created, create};
pub use delete::delete;
pub use nobody::{NOBODY, is_nobodys};
pub use reading::with_name;
