//! The public HTTP API: what a program that speaks to Portico meets.
//!
//! It is not the inbox itself (that is `desk`), nor the shape of the answers (that is `wire`): here requests are read,
//! callers are recognised and limited, and outcomes become statuses. Start with [`edge`], which does this without
//! knowing a single resource.

pub mod edge;
