//! Search: what it finds, in which order, who finds what, and that the index is kept by every write.

mod exact;
mod index;
mod scene;
mod scope;
