//! Listening, limits, and how requests are read. It knows nothing of what is served.

pub(super) mod accept_header;
pub(super) mod aspnet;
pub(super) mod bearer;
pub(super) mod body;
pub(super) mod connections;
