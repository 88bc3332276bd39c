//! What was done, by whom: the journal, its chains, the outbox, and the past of rows.

mod journal;
mod past;
mod tampering;
