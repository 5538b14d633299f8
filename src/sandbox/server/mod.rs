//! Connections, limits, reading of requests, and ASP.NET conventions. Routes do not belong here.

pub(super) mod accept_header;
pub(super) mod aspnet;
pub(super) mod bearer;
pub(super) mod body;
pub(super) mod connections;
pub(super) mod host;
pub(super) mod html;
