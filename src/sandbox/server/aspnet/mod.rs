//! ASP.NET conventions that Altinn and the reference APIs share: ids and text responses. Conventions of only one of
//! these servers belong in `altinn` or `reference_api`.

pub(crate) mod guid;
pub(crate) mod text;
