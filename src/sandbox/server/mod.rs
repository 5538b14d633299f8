//! Connections, limits, how requests are read, and ASP.NET's conventions. It has no routes.

pub(super) mod accept_header;
pub(super) mod aspnet;
pub(super) mod bearer;
pub(super) mod body;
pub(super) mod connections;
