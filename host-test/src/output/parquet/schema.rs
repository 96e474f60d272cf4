//! The tables' columns. Lists have the three levels that every reader knows.

use super::column::Form;
use parquet::errors::Result;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::TypePtr;
use std::sync::Arc;

/// A table: its columns in Parquet's own words, and the form of each leaf.
pub(super) struct Schema {
    message: &'static str,
    pub(super) forms: &'static [Form],
}

impl Schema {
    pub(super) fn parse(&self) -> Result<TypePtr> {
        parse_message_type(self.message).map(Arc::new)
    }
}

use Form::{Known, Text, Time, Truth};

pub(super) const RESOURCES: Schema = Schema {
    message: "message resources {
        required binary kind (UTF8);
        required binary id (UTF8);
        optional binary parent_kind (UTF8);
        optional binary parent_id (UTF8);
        required binary display_name (UTF8);
        optional binary email (UTF8);
        optional binary login (UTF8);
        optional binary status (UTF8);
        optional int64 last_login (TIMESTAMP(MICROS, true));
        required binary profile (UTF8);
    }",
    forms: &[Known, Text, Known, Known, Text, Text, Text, Known, Time, Text],
};

pub(super) const ENTITLEMENTS: Schema = Schema {
    message: "message entitlements {
        required binary id (UTF8);
        required binary on_kind (UTF8);
        required binary on_id (UTF8);
        required binary slug (UTF8);
        required binary display_name (UTF8);
        required binary description (UTF8);
        required group grantable_to (LIST) {
            repeated group list { required binary element (UTF8); }
        }
        required binary extra (UTF8);
    }",
    forms: &[Text, Known, Text, Known, Text, Known, Known, Known],
};

pub(super) const GRANTS: Schema = Schema {
    message: "message grants {
        required binary entitlement (UTF8);
        required binary principal_kind (UTF8);
        required binary principal_id (UTF8);
        required group basis (LIST) {
            repeated group list {
                required group element {
                    required binary rule (UTF8);
                    required binary value (UTF8);
                    optional group through {
                        required binary kind (UTF8);
                        required binary id (UTF8);
                    }
                }
            }
        }
        optional group conditions (LIST) {
            repeated group list {
                required group element {
                    required group any_of (LIST) {
                        repeated group list { required binary element (UTF8); }
                    }
                    required group all_of (LIST) {
                        repeated group list { required binary element (UTF8); }
                    }
                    required group none_of (LIST) {
                        repeated group list { required binary element (UTF8); }
                    }
                }
            }
        }
        required boolean revocable;
        required binary extra (UTF8);
    }",
    forms: &[Known, Known, Known, Known, Known, Known, Known, Known, Known, Known, Truth, Known],
};

pub(super) const WARNINGS: Schema = Schema {
    message: "message warnings {
        required binary code (UTF8);
        optional binary about_kind (UTF8);
        optional binary about_id (UTF8);
        required binary message (UTF8);
        required boolean incomplete;
    }",
    forms: &[Known, Known, Text, Text, Truth],
};
