//! What several tests share.

pub mod compare;
pub mod disclosures;
pub mod docx;
pub mod sample;
