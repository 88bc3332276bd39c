//! The units of a document (4.1, 5.3): code and name from the unit rows, a mistyped code put right by the others.

use super::{CheckError, Options, Unit};
use crate::import::document::Field;
use crate::import::form::Form;
use crate::rules::text::squeeze;

const CODE_LENGTH: usize = 6;

/// A unit row as printed.
struct Printed<'a> {
    field: &'a Field,
    code: &'a str,
    name: &'a str,
}

/// All units of a document.
pub(super) struct Units {
    /// Units with the count of tables that name them, in the order of their first table.
    units: Vec<(Unit, usize)>,
    /// Printed text → code.
    codes: Vec<(String, String)>,
    /// Code of the main unit.
    main: String,
    /// Whether any table names a unit.
    pub(super) is_printed: bool,
}

impl Units {
    /// Gathers the units of all tables.
    pub(super) fn gather<'a>(forms: impl Iterator<Item = &'a Form>, options: &Options) -> Result<Self, CheckError> {
        if let Some(code) = options.unit_code.as_ref().filter(|code| !is_code(code)) {
            return Err(CheckError::UnitCode(code.clone()));
        }
        let printed: Vec<Printed<'_>> = forms.filter_map(|form| form.unit.as_ref()).map(Printed::read).collect();
        let mut units: Vec<(Unit, usize)> = Vec::new();
        let mut codes = Vec::new();
        for one in &printed {
            let code = one.resolve(&printed, options)?;
            codes.push((one.field.text.clone(), code.clone()));
            let at = match units.iter().position(|(unit, _)| unit.code == code) {
                Some(at) => at,
                None => {
                    let name = one.full_name(&printed, &code, options)?;
                    units.push((Unit { code: code.clone(), name, aliases: Vec::new() }, 0));
                    units.len() - 1
                }
            };
            if let Some((unit, count)) = units.get_mut(at) {
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
            units.push((Unit { code, name, aliases: Vec::new() }, 0));
        }
        let most = units.iter().map(|(_, count)| *count).max();
        let main = units.iter().find(|(_, count)| Some(*count) == most).map(|(unit, _)| unit.code.clone());
        Ok(Self { main: main.ok_or(CheckError::NoUnit)?, units, codes, is_printed })
    }

    /// Code of the main unit.
    pub(super) fn main_code(&self) -> &str {
        &self.main
    }

    /// Code of the unit of a table.
    pub(super) fn code_of(&self, form: &Form) -> &str {
        let printed = form.unit.as_ref().map(|field| &field.text);
        let found = self.codes.iter().find(|(text, _)| Some(text) == printed);
        found.map_or(&self.main, |(_, code)| code)
    }

    /// The units.
    pub(super) fn into_units(self) -> Vec<Unit> {
        self.units.into_iter().map(|(unit, _)| unit).collect()
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
    fn resolve(&self, all: &[Self], options: &Options) -> Result<String, CheckError> {
        if self.has_six_digits() {
            return Ok(self.code.to_owned());
        }
        let name = squeeze(self.name);
        let same_name = || all.iter().filter(|other| other.has_six_digits() && squeeze(other.name) == name);
        let count = |code: &str| same_name().filter(|other| other.code == code).count();
        let most = same_name().map(|other| count(other.code)).max();
        let majority = same_name().find(|other| Some(count(other.code)) == most).map(|other| other.code.to_owned());
        let printed = Some(self.code.to_owned()).filter(|code| is_code(code));
        majority
            .or(printed)
            .or_else(|| options.unit_code.clone())
            .ok_or_else(|| CheckError::NoUnitCode { name: self.name.to_owned(), place: self.field.place })
    }

    /// The printed name, else the name that another table prints for the code, else the given one.
    fn full_name(&self, all: &[Self], code: &str, options: &Options) -> Result<String, CheckError> {
        let names = [self].into_iter().chain(all.iter().filter(|other| other.code == code)).map(|one| one.name);
        let printed = names.map(str::to_owned).find(|name| !name.is_empty());
        printed
            .or_else(|| options.unit_name.clone())
            .ok_or_else(|| CheckError::NoUnitName { code: code.to_owned(), place: self.field.place })
    }
}
