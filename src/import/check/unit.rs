//! The units of a document (4.1, 5.3): code and name from the unit rows, a mistyped code put right by the others.

use std::collections::HashMap;

use super::{CheckError, Options, Unit};
use crate::import::document::Field;
use crate::import::outline::ProjectTable;
use crate::rules::text::squeeze;

const CODE_LENGTH: usize = 6;
/// Names in messages are cut to this length.
const NAME_LENGTH: usize = 40;

/// A unit row as printed.
struct Printed<'a> {
    field: &'a Field,
    code: &'a str,
    name: &'a str,
}

/// All units of a document.
pub(super) struct Units {
    /// In the order of their first table.
    units: Vec<Unit>,
    /// Printed text → code.
    codes: HashMap<String, String>,
    /// Code of the main unit.
    main: String,
    /// Whether any table names a unit.
    pub(super) is_printed: bool,
}

impl Units {
    /// Gathers the units of all tables.
    pub(super) fn gather(tables: &[ProjectTable], options: &Options) -> Result<Self, CheckError> {
        if let Some(code) = options.unit_code.as_ref().filter(|code| !is_code(code)) {
            return Err(CheckError::UnitCode(code.clone()));
        }
        let printed: Vec<Printed<'_>> =
            tables.iter().filter_map(|table| table.unit.as_ref()).map(Printed::read).collect();
        let known = Known::count(&printed);
        let mut units: Vec<Unit> = Vec::new();
        let mut positions: HashMap<String, usize> = HashMap::new();
        let mut tables_of: Vec<usize> = Vec::new();
        let mut codes = HashMap::new();
        for one in &printed {
            let code = one.resolve(&known, options)?;
            codes.insert(one.field.text.clone(), code.clone());
            let at = match positions.get(&code) {
                Some(at) => *at,
                None => {
                    let name = one.full_name(&known, &code, options)?;
                    units.push(Unit { code: code.clone(), name, aliases: Vec::new() });
                    tables_of.push(0);
                    positions.insert(code.clone(), units.len() - 1);
                    units.len() - 1
                }
            };
            if let (Some(unit), Some(count)) = (units.get_mut(at), tables_of.get_mut(at)) {
                *count += 1;
                let is_alias = !one.code.is_empty() && one.code != code;
                if is_alias && !unit.aliases.iter().any(|alias| alias == one.code) {
                    unit.aliases.push(one.code.to_owned());
                }
            }
        }
        let is_printed = !units.is_empty();
        if !is_printed {
            let (code, name) = options.unit_code.clone().zip(options.unit_name.clone()).ok_or(CheckError::NoUnit)?;
            units.push(Unit { code, name, aliases: Vec::new() });
            tables_of.push(0);
        }
        let most = tables_of.iter().max();
        let main = units.iter().zip(&tables_of).find(|(_, count)| Some(*count) == most);
        let main = main.map(|(unit, _)| unit.code.clone()).ok_or(CheckError::NoUnit)?;
        Ok(Self { units, codes, main, is_printed })
    }

    /// Code of the main unit.
    pub(super) fn main_code(&self) -> &str {
        &self.main
    }

    /// Code of the unit of a table.
    pub(super) fn code_of(&self, table: &ProjectTable) -> &str {
        table.unit.as_ref().and_then(|field| self.codes.get(&field.text)).unwrap_or(&self.main)
    }

    /// The units.
    pub(super) fn into_units(self) -> Vec<Unit> {
        self.units
    }
}

/// What the well-formed unit rows of a document say together.
struct Known<'a> {
    /// Name without white space → the code that most tables print for it, the first of those that tie.
    code_of_name: HashMap<String, &'a str>,
    /// Code → the first name printed for it.
    name_of_code: HashMap<&'a str, &'a str>,
}

impl<'a> Known<'a> {
    fn count(printed: &[Printed<'a>]) -> Self {
        let mut counts: HashMap<(String, &str), usize> = HashMap::new();
        let mut most: HashMap<String, usize> = HashMap::new();
        let mut name_of_code = HashMap::new();
        for one in printed {
            if !one.name.is_empty() {
                name_of_code.entry(one.code).or_insert(one.name);
            }
            if one.has_six_digits() {
                let name = squeeze(one.name);
                let count = counts.entry((name.clone(), one.code)).or_default();
                *count += 1;
                let most = most.entry(name).or_default();
                *most = (*most).max(*count);
            }
        }
        let mut code_of_name = HashMap::new();
        for one in printed.iter().filter(|one| one.has_six_digits()) {
            let key = (squeeze(one.name), one.code);
            if counts.get(&key) == most.get(&key.0) {
                code_of_name.entry(key.0).or_insert(one.code);
            }
        }
        Self { code_of_name, name_of_code }
    }
}

/// Whether the code in a unit row has six digits (`UNIT_CODE_FORMAT`).
pub(super) fn has_six_digits(field: &Field) -> bool {
    Printed::read(field).has_six_digits()
}

fn is_code(code: &str) -> bool {
    (3..=21).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl<'a> Printed<'a> {
    fn read(field: &'a Field) -> Self {
        let name = field.text.trim_start_matches(|c: char| c.is_ascii_digit());
        let code = field.text.strip_suffix(name).unwrap_or_default();
        let name = name.trim_start_matches([' ', '-', '—', ':', '：', '、', '.', '_']);
        Self { field, code, name }
    }

    fn has_six_digits(&self) -> bool {
        self.code.len() == CODE_LENGTH
    }

    /// The printed code; a code that is malformed or absent gives way to the one that most tables print for the same
    /// name, and an absent one to the given one.
    fn resolve(&self, known: &Known<'_>, options: &Options) -> Result<String, CheckError> {
        if self.has_six_digits() {
            return Ok(self.code.to_owned());
        }
        let majority = known.code_of_name.get(&squeeze(self.name)).copied();
        let printed = Some(self.code).filter(|code| is_code(code));
        let code = majority.or(printed).or(options.unit_code.as_deref());
        code.map(str::to_owned).ok_or_else(|| CheckError::NoUnitCode {
            name: self.name.chars().take(NAME_LENGTH).collect(),
            place: self.field.place,
        })
    }

    /// The printed name, else the name that another table prints for the code, else the given one.
    fn full_name(&self, known: &Known<'_>, code: &str, options: &Options) -> Result<String, CheckError> {
        let printed = Some(self.name).filter(|name| !name.is_empty());
        let name = printed.or_else(|| known.name_of_code.get(code).copied()).or(options.unit_name.as_deref());
        name.map(str::to_owned).ok_or_else(|| CheckError::NoUnitName { code: code.to_owned(), place: self.field.place })
    }
}
