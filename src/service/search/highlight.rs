//! Where the words of a search stand in the texts of what it found.

use std::collections::HashMap;

use entity::value::SearchKind;
use uuid::Uuid;

use super::hits::Hit;
use super::query::Sought;
use super::source::{self, Eyes, Texts};
use crate::error::AppResult;
use crate::rules::search;
use crate::service::read::Reader;

/// A text with words in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// The field that shows the text.
    pub field: &'static str,
    /// The text as it is stored.
    pub text: String,
    /// Where words stand: from a character up to before another one, counted from 0, in order and apart.
    pub ranges: Vec<(usize, usize)>,
}

/// For each object the texts with words in them, among those that the caller may see.
///
/// # Errors
/// When the database fails.
pub async fn of(reader: Reader<'_>, sought: &Sought, hits: &[Hit]) -> AppResult<Vec<Vec<Highlight>>> {
    let mut of_kind: HashMap<SearchKind, Vec<Uuid>> = HashMap::new();
    for hit in hits {
        of_kind.entry(hit.kind).or_default().push(hit.place.object);
    }
    let mut found = Texts::new();
    for (kind, objects) in of_kind {
        let eyes = Eyes::Caller(reader.caller, sought.has_others());
        found.extend(source::texts(reader.db, eyes, kind, &objects).await?);
    }
    let highlights = hits.iter().map(|hit| {
        let texts = found.get(&hit.place.object).map(Vec::as_slice).unwrap_or_default();
        let marked = texts.iter().map(|text| {
            let ranges = search::ranges(&text.text, sought.words());
            Highlight { field: text.field, text: text.text.clone(), ranges }
        });
        marked.filter(|highlight| !highlight.ranges.is_empty()).collect()
    });
    Ok(highlights.collect())
}
