//! What Altinn and the reference APIs do alike, because both are written in ASP.NET: ids, and answers in text.
//! Conventions of one of them alone belong to `altinn` or `reference_api`.

pub(crate) mod guid;
pub(crate) mod text;
