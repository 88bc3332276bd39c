//! From a recognised document to checked facts and findings (4.2, 5).
//!
//! What the document does not print comes from [`Options`]; what is missing altogether is a [`CheckError`] that names
//! the option. Nothing is invented: where a value is not printed or cannot be read it is absent, and the printed text
//! stands beside every value that was read.

mod content;
mod document;
mod facts;
mod findings;
mod indicator;
mod project;
mod unit;

pub use facts::{
    Amount, Checked, Goal, GoalItem, Indicator, Level, Objective, Plan, PlanPoint, Project, Rejected, Target, Unit,
};
pub use findings::Finding;

use super::document::{Document, Place};
use super::labels::OtherForm;

/// What the caller knows about a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Code of the fiscal division, six to nine digits.
    pub division: String,
    /// Fiscal year, for a document that prints none.
    pub fiscal_year: Option<i32>,
    /// Code of the unit, for a document that prints none.
    pub unit_code: Option<String>,
    /// Name of that unit.
    pub unit_name: Option<String>,
}

/// Why a document as a whole cannot be taken. The message says which option to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The division is not a code.
    #[error("The division “{0}” is not a code of six to nine digits: give --division, for example --division 130304.")]
    Division(String),
    /// No year printed, none given.
    #[error("The document prints no fiscal year in its title: give --fiscal-year, for example --fiscal-year 2020.")]
    NoYear,
    /// A year that is none.
    #[error("The fiscal year {0} is not between 2000 and 2099: give --fiscal-year, for example --fiscal-year 2020.")]
    Year(i32),
    /// No unit printed, none given.
    #[error(
        "The document names no unit in its tables: give --unit and --unit-name, for example --unit 450002 --unit-name 医疗保障局."
    )]
    NoUnit,
    /// A unit printed without its code, none given.
    #[error("The unit “{name}” is printed without a code ({place}): give --unit, for example --unit 450002.")]
    NoUnitCode {
        /// Printed name.
        name: String,
        /// Where it stands.
        place: Place,
    },
    /// A unit printed without its name, none given.
    #[error("The unit {code} is printed without a name ({place}): give --unit-name.")]
    NoUnitName {
        /// Printed code.
        code: String,
        /// Where it stands.
        place: Place,
    },
    /// A unit code that is none.
    #[error(
        "The unit code “{0}” does not consist of 3 to 21 digits or letters: give --unit, for example --unit 450002."
    )]
    UnitCode(String),
    /// Only forms of another kind.
    #[error("The document is a {form} ({place}), which is not read: only department goals and 预算项目绩效目标表 are.")]
    OtherForm {
        /// The form.
        form: OtherForm,
        /// Where it was recognised.
        place: Place,
    },
    /// Neither part.
    #[error(
        "The document has neither a department goal (总体绩效目标) nor a project table (…绩效目标表): it is not a disclosure, or its headings are missing."
    )]
    Nothing,
}

/// Checks a document.
///
/// # Errors
/// [`CheckError`] when the document cannot be taken as a whole.
pub fn check(document: &Document, options: &Options) -> Result<Checked, CheckError> {
    document::check(document, options)
}
