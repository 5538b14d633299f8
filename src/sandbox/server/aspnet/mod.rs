//! The manners of ASP.NET, in which Altinn and the reference APIs are written.

pub(crate) mod guid;
pub(crate) mod text;
