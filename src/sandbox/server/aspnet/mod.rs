//! What Altinn and the reference APIs do alike, because both are written in ASP.NET: ids, and answers in text.

pub(crate) mod guid;
pub(crate) mod text;
