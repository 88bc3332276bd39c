//! The row of headings: which column of the file is which column of the table. All that is wrong is told at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::columns::{Column, Form, Need, TableKind};
use super::fault::shown;
use super::place::letters;
use crate::lang::Lang;
use crate::rules::money::MoneyUnit;
use crate::rules::text::{plain, tidy};

/// Heading of the column that a result workbook gets; in a file sent again it is passed over.
pub const RESULT: &str = "校验结果";

/// What a column of the file means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// A column of the table.
    Column(&'static Column, MoneyUnit),
    /// A result of an earlier import.
    Result,
    /// No heading.
    None,
}

/// A column of the file.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The heading as it stands in the file.
    pub text: Arc<str>,
    /// What it means.
    pub meaning: Meaning,
}

/// The headings of a table.
#[derive(Clone, Debug)]
pub struct Header {
    /// What the rows are.
    pub kind: TableKind,
    /// The columns of the file, from the first to the last with a heading.
    pub headings: Vec<Heading>,
}

/// Everything that is wrong with a row of headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFaults {
    kind: TableKind,
    place: String,
    unknown: Vec<String>,
    missing: Vec<String>,
    twice: Vec<&'static str>,
    without_unit: Vec<&'static str>,
}

impl Header {
    /// Reads the headings of a table of this kind; `place` names the row in messages.
    ///
    /// # Errors
    /// [`HeaderFaults`] for unknown and repeated columns, missing ones, and money without a unit.
    pub fn read(kind: TableKind, cells: &[String], place: &str) -> Result<Self, Box<HeaderFaults>> {
        let mut faults = Box::new(HeaderFaults {
            kind,
            place: place.to_owned(),
            unknown: Vec::new(),
            missing: Vec::new(),
            twice: Vec::new(),
            without_unit: Vec::new(),
        });
        let mut seen: BTreeSet<&'static str> = BTreeSet::new();
        let width = cells.iter().rposition(|cell| !tidy(cell).is_empty()).map_or(0, |last| last + 1);
        let mut headings = Vec::with_capacity(width);
        for (at, cell) in cells.iter().take(width).enumerate() {
            let text = tidy(cell);
            let meaning = match find(kind, &text) {
                Found::Column(column, unit) => {
                    if !seen.insert(column.heading) {
                        faults.twice.push(column.heading);
                    }
                    Meaning::Column(column, unit)
                }
                Found::WithoutUnit(column) => {
                    seen.insert(column.heading);
                    faults.without_unit.push(column.heading);
                    Meaning::None
                }
                Found::Result => Meaning::Result,
                Found::Nothing if text.is_empty() => Meaning::None,
                Found::Nothing => {
                    let column = letters(u32::try_from(at).unwrap_or(u32::MAX));
                    faults.unknown.push(format!("{} ({column})", shown(&text)));
                    Meaning::None
                }
            };
            headings.push(Heading { text: text.into(), meaning });
        }
        let columns = kind.columns();
        let missing = columns.iter().filter(|column| column.need == Need::Always && !seen.contains(column.heading));
        faults.missing.extend(missing.map(|column| column.heading.to_owned()));
        let one_of: Vec<&'static str> =
            columns.iter().filter(|column| column.need == Need::OneOf).map(|column| column.heading).collect();
        if !one_of.is_empty() && !one_of.iter().any(|heading| seen.contains(heading)) {
            faults.missing.push(one_of.join("/"));
        }
        if faults.is_empty() { Ok(Self { kind, headings }) } else { Err(faults) }
    }
}

impl HeaderFaults {
    fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.missing.is_empty() && self.twice.is_empty() && self.without_unit.is_empty()
    }

    /// All of them in words.
    pub fn message(&self, lang: Lang) -> String {
        let known: Vec<String> = self.kind.columns().iter().map(Column::printed).collect();
        let known = known.join("、");
        let mut parts = Vec::new();
        match lang {
            Lang::En => {
                let mut part = |what: &str, names: String| parts.push(format!("{what}: {names}"));
                listed(&self.unknown, |names| part("unknown", names));
                listed(&self.missing, |names| part("missing", names));
                listed(&self.twice, |names| part("more than once", names));
                listed(&self.without_unit, |names| {
                    part("without its unit, as in 预算数(万元) or 预算数(元)", names);
                });
                format!("Columns in {}: {}. The columns are {known}.", self.place, parts.join("; "))
            }
            Lang::Zh => {
                let mut part = |what: &str, names: String| parts.push(format!("{what}：{names}"));
                listed(&self.unknown, |names| part("未知的列", names));
                listed(&self.missing, |names| part("缺少的列", names));
                listed(&self.twice, |names| part("重复的列", names));
                listed(&self.without_unit, |names| {
                    part("未注明金额单位的列（应如“预算数(万元)”或“预算数(元)”）", names);
                });
                format!("{}的表头有误：{}。可用的列：{known}。", self.place, parts.join("；"))
            }
        }
    }
}

fn listed<T: AsRef<str>>(names: &[T], mut tell: impl FnMut(String)) {
    if !names.is_empty() {
        tell(names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("、"));
    }
}

enum Found {
    Column(&'static Column, MoneyUnit),
    WithoutUnit(&'static Column),
    Result,
    Nothing,
}

/// The column with this heading, whatever its width of letters and brackets, spaces and case.
fn find(kind: TableKind, heading: &str) -> Found {
    let heading = plain(heading).to_lowercase();
    if heading == RESULT {
        return Found::Result;
    }
    let (name, unit) = without_unit(&heading);
    for column in kind.columns() {
        let names = [column.heading, column.name];
        let mut names = names.iter().chain(column.synonyms);
        match column.form {
            Form::Money if names.any(|known| known.to_lowercase() == name) => {
                return unit.map_or(Found::WithoutUnit(column), |unit| Found::Column(column, unit));
            }
            Form::Code | Form::Text | Form::Lines | Form::Integer | Form::Decimal | Form::Percent
                if names.any(|known| known.to_lowercase() == heading) =>
            {
                return Found::Column(column, MoneyUnit::WanYuan);
            }
            Form::Money | Form::Code | Form::Text | Form::Lines | Form::Integer | Form::Decimal | Form::Percent => {}
        }
    }
    Found::Nothing
}

/// A heading of money without the unit behind it.
fn without_unit(heading: &str) -> (&str, Option<MoneyUnit>) {
    const UNITS: [(&str, MoneyUnit); 6] = [
        ("(万元)", MoneyUnit::WanYuan),
        ("(单位:万元)", MoneyUnit::WanYuan),
        ("wanyuan", MoneyUnit::WanYuan),
        ("(元)", MoneyUnit::Yuan),
        ("(单位:元)", MoneyUnit::Yuan),
        ("yuan", MoneyUnit::Yuan),
    ];
    let found = UNITS.into_iter().find_map(|(suffix, unit)| Some((heading.strip_suffix(suffix)?, Some(unit))));
    found.unwrap_or((heading, None))
}
