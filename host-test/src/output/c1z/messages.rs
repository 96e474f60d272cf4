//! The protobuf messages that baton stores, under the protocol's own names. Each has only the fields
//! that are written or read here, by their numbers.
//!
//! Source: ConductorOne's baton-sdk, in `proto/c1/connector/v2`, with the file named at each message;
//! and the well-known types of `google.protobuf`.

#![allow(missing_docs, reason = "the protocol's own names")]

use prost::Message;
use std::collections::BTreeMap;

/// A message that others carry as an annotation.
pub(crate) trait Named: Message {
    const NAME: &'static str;
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Any {
    /// The beginning of the URL of each type.
    pub(crate) const PREFIX: &str = "type.googleapis.com/";

    pub(crate) fn of<M: Named>(message: &M) -> Any {
        Any { type_url: [Any::PREFIX, M::NAME].concat(), value: message.encode_to_vec() }
    }
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `google.protobuf.Struct`: a JSON object. Its keys are sorted, so that the same object always has
/// the same bytes, which baton compares.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, Value>,
}

impl Named for Struct {
    const NAME: &'static str = "google.protobuf.Struct";
}

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    /// A value of the enum `NullValue`, which has only 0.
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    String(String),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    Struct(Struct),
    #[prost(message, tag = "6")]
    List(ListValue),
}

/// `google.protobuf.ListValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ListValue {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

impl From<serde_json::Map<String, serde_json::Value>> for Struct {
    fn from(object: serde_json::Map<String, serde_json::Value>) -> Self {
        Struct { fields: object.into_iter().map(|(key, value)| (key, value.into())).collect() }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let kind = match value {
            Json::Null => Kind::Null(0),
            Json::Bool(value) => Kind::Bool(value),
            // A Struct has no other kind of number.
            Json::Number(number) => Kind::Number(number.as_f64().unwrap_or_default()),
            Json::String(text) => Kind::String(text),
            Json::Array(values) => {
                Kind::List(ListValue { values: values.into_iter().map(Into::into).collect() })
            }
            Json::Object(object) => Kind::Struct(object.into()),
        };
        Value { kind: Some(kind) }
    }
}

/// `ResourceType`, in `resource.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceType {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub display_name: String,
    /// Values of the enum `Trait`.
    #[prost(int32, repeated, tag = "3")]
    pub traits: Vec<i32>,
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
}

/// `CapabilityPermissions`, in `connector.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CapabilityPermissions {
    #[prost(message, repeated, tag = "1")]
    pub permissions: Vec<CapabilityPermission>,
}

impl Named for CapabilityPermissions {
    const NAME: &'static str = "c1.connector.v2.CapabilityPermissions";
}

/// `CapabilityPermission`, in `connector.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CapabilityPermission {
    #[prost(string, tag = "1")]
    pub permission: String,
}

/// `SkipSyncAnomalyDetection`, in `connector.proto`: marks a resource type that has fewer resources from time
/// to time without a fault.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SkipSyncAnomalyDetection {}

impl Named for SkipSyncAnomalyDetection {
    const NAME: &'static str = "c1.connector.v2.SkipSyncAnomalyDetection";
}

/// `ResourceId`, in `resource.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceId {
    #[prost(string, tag = "1")]
    pub resource_type: String,
    #[prost(string, tag = "2")]
    pub resource: String,
}

/// `Resource`, in `resource.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Resource {
    #[prost(message, optional, tag = "1")]
    pub id: Option<ResourceId>,
    #[prost(message, optional, tag = "2")]
    pub parent_resource_id: Option<ResourceId>,
    #[prost(string, tag = "3")]
    pub display_name: String,
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
    #[prost(message, optional, tag = "9")]
    pub profile: Option<Struct>,
    #[prost(message, optional, tag = "11")]
    pub status: Option<Status>,
    /// The time at which it was made, not that of its row.
    #[prost(message, optional, tag = "12")]
    pub created_at: Option<Timestamp>,
}

/// `Status`, in `resource.proto`, and with the same numbers `UserTrait.Status`, in
/// `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(enumeration = "ResourceStatus", tag = "1")]
    pub status: i32,
    #[prost(string, tag = "2")]
    pub details: String,
}

/// `Status.ResourceStatus`, and with the same numbers `UserTrait.Status.Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum ResourceStatus {
    Unspecified = 0,
    Enabled = 1,
    Disabled = 2,
}

/// `UserTrait`, in `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct UserTrait {
    #[prost(message, repeated, tag = "1")]
    pub emails: Vec<Email>,
    #[prost(message, optional, tag = "2")]
    pub status: Option<Status>,
    #[prost(message, optional, tag = "3")]
    pub profile: Option<Struct>,
    #[prost(enumeration = "AccountType", tag = "5")]
    pub account_type: i32,
    #[prost(string, tag = "6")]
    pub login: String,
    #[prost(message, optional, tag = "8")]
    pub created_at: Option<Timestamp>,
    #[prost(message, optional, tag = "9")]
    pub last_login: Option<Timestamp>,
    #[prost(message, optional, tag = "10")]
    pub mfa_status: Option<MfaStatus>,
}

impl Named for UserTrait {
    const NAME: &'static str = "c1.connector.v2.UserTrait";
}

/// `UserTrait.MFAStatus`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct MfaStatus {
    #[prost(bool, tag = "1")]
    pub mfa_enabled: bool,
}

/// `UserTrait.Email`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Email {
    #[prost(string, tag = "1")]
    pub address: String,
    #[prost(bool, tag = "2")]
    pub is_primary: bool,
}

/// `UserTrait.AccountType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum AccountType {
    Unspecified = 0,
    Human = 1,
}

/// `GroupTrait`, in `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupTrait {
    #[prost(message, optional, tag = "2")]
    pub profile: Option<Struct>,
}

impl Named for GroupTrait {
    const NAME: &'static str = "c1.connector.v2.GroupTrait";
}

/// `RoleTrait`, in `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RoleTrait {
    #[prost(message, optional, tag = "1")]
    pub profile: Option<Struct>,
}

impl Named for RoleTrait {
    const NAME: &'static str = "c1.connector.v2.RoleTrait";
}

/// `Aliases`, in `annotation_id_alias.proto`: other ids under which a platform may know a resource.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Aliases {
    #[prost(string, repeated, tag = "1")]
    pub ids: Vec<String>,
}

impl Named for Aliases {
    const NAME: &'static str = "c1.connector.v2.Aliases";
}

/// `AppTrait`, in `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppTrait {
    #[prost(message, optional, tag = "4")]
    pub profile: Option<Struct>,
    #[prost(enumeration = "AppFlag", repeated, tag = "5")]
    pub flags: Vec<i32>,
}

impl Named for AppTrait {
    const NAME: &'static str = "c1.connector.v2.AppTrait";
}

/// `AppTrait.AppFlag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum AppFlag {
    Unspecified = 0,
    Hidden = 1,
    Bookmark = 5,
}

/// `SecretTrait`, in `annotation_trait.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SecretTrait {
    #[prost(message, optional, tag = "1")]
    pub profile: Option<Struct>,
    #[prost(message, optional, tag = "2")]
    pub created_at: Option<Timestamp>,
    #[prost(message, optional, tag = "3")]
    pub expires_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub last_used_at: Option<Timestamp>,
}

impl Named for SecretTrait {
    const NAME: &'static str = "c1.connector.v2.SecretTrait";
}

/// `LicenseProfileTrait`, in `annotation_trait.proto`: a seat that people can hold.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct LicenseProfileTrait {
    #[prost(string, tag = "1")]
    pub license_name: String,
    #[prost(int64, tag = "3")]
    pub consumed_seats: i64,
    /// The entitlements whose holders hold the seat.
    #[prost(string, repeated, tag = "6")]
    pub entitlement_ids: Vec<String>,
}

impl Named for LicenseProfileTrait {
    const NAME: &'static str = "c1.connector.v2.LicenseProfileTrait";
}

/// `Entitlement`, in `entitlement.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Entitlement {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    #[prost(string, tag = "2")]
    pub id: String,
    #[prost(string, tag = "3")]
    pub display_name: String,
    #[prost(string, tag = "4")]
    pub description: String,
    #[prost(message, repeated, tag = "5")]
    pub grantable_to: Vec<ResourceType>,
    #[prost(message, repeated, tag = "6")]
    pub annotations: Vec<Any>,
    #[prost(enumeration = "Purpose", tag = "7")]
    pub purpose: i32,
    #[prost(string, tag = "8")]
    pub slug: String,
}

/// `Entitlement.PurposeValue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Purpose {
    Unspecified = 0,
    Assignment = 1,
    Permission = 2,
    Ownership = 3,
}

/// `Grant`, in `grant.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Grant {
    #[prost(message, optional, tag = "1")]
    pub entitlement: Option<Entitlement>,
    #[prost(message, optional, tag = "2")]
    pub principal: Option<Resource>,
    #[prost(string, tag = "3")]
    pub id: String,
    #[prost(message, repeated, tag = "4")]
    pub annotations: Vec<Any>,
    #[prost(message, optional, tag = "5")]
    pub sources: Option<GrantSources>,
}

/// `GrantSources`, in `grant.proto`: the entitlements that a grant comes from, by their ids. Its own is
/// among them if the principal also holds it directly.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GrantSources {
    #[prost(btree_map = "string, message", tag = "1")]
    pub sources: BTreeMap<String, GrantSource>,
}

/// `GrantSources.GrantSource`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct GrantSource {
    /// Whether the principal holds the source's entitlement itself, and not through another one.
    #[prost(bool, tag = "1")]
    pub is_direct: bool,
}

/// `GrantMetadata`, in `annotation_grant.proto`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GrantMetadata {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Struct>,
}

impl Named for GrantMetadata {
    const NAME: &'static str = "c1.connector.v2.GrantMetadata";
}

/// `GrantImmutable`, in `annotation_grant.proto`: marks a grant that can't be revoked. Its fields
/// for the reason are empty, because [`GrantMetadata`] has the reason.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GrantImmutable {}

impl Named for GrantImmutable {
    const NAME: &'static str = "c1.connector.v2.GrantImmutable";
}
