//! Divisions (财政区划) as they are sent.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::write::{Delete, Write};
use super::{At, Input, Sent, UserError, UserErrorCode, Words, key, scalar};

/// Most digits of a code.
const DIGITS: usize = 9;

/// A division by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DivisionKey {
    /// Code.
    pub code: Option<String>,
}

/// What is sent for a division.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DivisionFields {
    /// Name.
    pub name: Sent<String>,
}

/// A division to write.
pub type DivisionWrite = Write<DivisionKey, DivisionFields>;

/// A division to delete.
pub type DivisionDelete = Delete<DivisionKey>;

fn code(value: &Json, at: &At<'_>) -> Result<String, UserError> {
    let code = scalar::text(value, at, key::CODE)?;
    if (1..=DIGITS).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(code);
    }
    let words =
        Words::new("The code of a division is 1 to 9 digits, e.g. 130304.", "财政区划代码应为1至9位数字，如 130304。");
    Err(UserError::validation(UserErrorCode::InvalidFormat, at.path(), "divisionCode", Some(&code), words))
}

/// `DivisionKeyInput`.
pub fn division_key() -> &'static Input<DivisionKey> {
    static INPUT: LazyLock<Input<DivisionKey>> = LazyLock::new(|| {
        Input::new("DivisionKeyInput", "Natural key of a division.").value(
            "code: String!",
            "Code of up to 9 digits, e.g. `130304`.",
            code,
            |key: &mut DivisionKey| &mut key.code,
        )
    });
    &INPUT
}

fn fields() -> &'static Input<DivisionFields> {
    static INPUT: LazyLock<Input<DivisionFields>> = LazyLock::new(|| {
        Input::new("DivisionFieldsInput", "Fields of a division. Absent keeps, null clears.").text(
            "name: String",
            "Name.",
            key::NAME,
            |fields: &mut DivisionFields| &mut fields.name,
        )
    });
    &INPUT
}

/// An input that names a division and says what it shall be.
fn write(name: &'static str, description: &'static str) -> Input<DivisionWrite> {
    Input::new(name, description)
        .object("key: DivisionKeyInput!", "Which division.", division_key, |row: &mut DivisionWrite| &mut row.key)
        .object("set: DivisionFieldsInput!", "What it shall be.", fields, |row| &mut row.set)
        .client_mutation_id()
}

/// `DivisionCreateInput`.
pub fn create() -> &'static Input<DivisionWrite> {
    static INPUT: LazyLock<Input<DivisionWrite>> =
        LazyLock::new(|| write("DivisionCreateInput", "A new division; one that is known is an error."));
    &INPUT
}

/// `DivisionUpdateInput`.
pub fn update() -> &'static Input<DivisionWrite> {
    static INPUT: LazyLock<Input<DivisionWrite>> = LazyLock::new(|| {
        write("DivisionUpdateInput", "A change of a division; one that is not known is an error.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `DivisionUpsertInput`.
pub fn upsert() -> &'static Input<DivisionWrite> {
    static INPUT: LazyLock<Input<DivisionWrite>> = LazyLock::new(|| {
        write("DivisionUpsertInput", "One division: made when it is new, changed when it is not.")
            .expected_version(0, |row| &mut row.expected_version)
    });
    &INPUT
}

/// `DivisionDeleteInput`.
pub fn delete() -> &'static Input<DivisionDelete> {
    static INPUT: LazyLock<Input<DivisionDelete>> = LazyLock::new(|| {
        Input::new("DivisionDeleteInput", "A division to delete. It must have no units.")
            .object("key: DivisionKeyInput!", "Which division.", division_key, |row: &mut DivisionDelete| &mut row.key)
            .expected_version(1, |row| &mut row.expected_version)
            .value(
                "cascade: Boolean",
                "Not possible for a division: delete its units first. True is an error.",
                scalar::truth,
                |row| &mut row.cascade,
            )
            .client_mutation_id()
    });
    &INPUT
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::upsert;
    use crate::input::{At, UserErrorCode};

    #[test]
    fn a_code_is_one_to_nine_digits() {
        let codes = |code: &str| {
            let mut errors = Vec::new();
            upsert().read(&json!({"key": {"code": code}, "set": {}}), &At::ROOT, &mut errors);
            errors.into_iter().map(|error| (error.path.join("."), error.code)).collect::<Vec<_>>()
        };
        assert_eq!(codes("130304"), []);
        for bad in ["13030４", "1303041234", "x", "13 03"] {
            assert_eq!(codes(bad), [("key.code".to_owned(), UserErrorCode::InvalidFormat)], "{bad}");
        }
    }
}
