//! The order in which kinds are shown.

/// Returns a kind's place in the order in which kinds are shown.
pub(super) fn rank(kind: &str) -> usize {
    const ORDER: [&str; 11] = [
        "user",
        "member",
        "email",
        "service-token",
        "group",
        "user-group",
        "role",
        "scoped-role",
        "app",
        "policy",
        "identity-provider",
    ];
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}
