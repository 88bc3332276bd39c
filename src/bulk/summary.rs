//! The errors of an operation by code, with the first row that has each.

use serde::{Deserialize, Serialize};

use super::apply::{Fault, Place};
use crate::lang::Lang;

/// Codes that are told apart; there are fewer in the closed list.
const CODES: usize = 100;

/// The errors of one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryItem {
    /// The code.
    pub code: String,
    /// Errors with this code.
    pub count: u64,
    /// Line or row of the first.
    pub first_line: u64,
    /// Sheet of the first, in a workbook.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_sheet: Option<String>,
    /// What the first says, in English.
    message: String,
    /// What the first says, in Chinese.
    message_zh: String,
}

impl SummaryItem {
    /// What the first error says.
    pub fn message(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.message,
            Lang::Zh => &self.message_zh,
        }
    }
}

/// All errors by code, in the order of their first row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary(pub Vec<SummaryItem>);

impl Summary {
    /// Reads the stored form; what cannot be read is no error.
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Adds an error of a row.
    pub fn add(&mut self, place: Option<&Place>, fault: &Fault) {
        if let Some(item) = self.0.iter_mut().find(|item| item.code == fault.code) {
            item.count += 1;
        } else if self.0.len() < CODES {
            self.0.push(SummaryItem {
                code: fault.code.clone(),
                count: 1,
                first_line: place.map_or(0, |place| place.line),
                first_sheet: place.and_then(|place| place.sheet.clone()),
                message: fault.message.clone(),
                message_zh: fault.message_zh.clone(),
            });
        }
    }
}
