//! Reading of disclosures: the four real ones with their exact inventory and findings, the same content in other
//! encodings and as Word documents, every rule of the catalogue, other documents than these four, and hostile files.

mod hostile;
mod other;
mod real;
mod rules;
mod same;
mod sides;
