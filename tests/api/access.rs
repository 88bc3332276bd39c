//! Who sees and does what: every field, condition and mutation has its line, and the lines hold.

mod matrix;
mod published;
mod rights;
mod table;
