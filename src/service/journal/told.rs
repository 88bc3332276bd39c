//! Values as the JSON of the journal: exact, in the form that the API shows.
//!
//! Keys are public ids, money is 元 and other decimals are plain, both as text; times are microseconds since 1970.

use entity::id::{
    AccountId, DepartmentGoalId, DivisionId, IndicatorId, IndicatorLevelId, ProjectId, SourceDocumentId,
    SpendingPlanId, UnitId,
};
use entity::value::{
    Access, AccountKind, Comparison, DocumentFormat, Duty, Fen, GoalItemKind, GoalLevel, IndicatorRegime, Micro,
    PlanBasis, Publication, Role, SessionEnd, Severity, TargetKind, Timestamp, UnitLevel,
};

/// A value that a journal can hold.
pub trait Told {
    /// Whether there is none.
    fn absent(&self) -> bool {
        false
    }

    /// Writes it as JSON.
    fn tell(&self, json: &mut String);
}

impl<T: Told> Told for Option<T> {
    fn absent(&self) -> bool {
        self.is_none()
    }

    fn tell(&self, json: &mut String) {
        match self {
            Some(value) => value.tell(json),
            None => json.push_str("null"),
        }
    }
}

impl Told for String {
    fn tell(&self, json: &mut String) {
        text(self, json);
    }
}

impl Told for i32 {
    fn tell(&self, json: &mut String) {
        json.push_str(&self.to_string());
    }
}

impl Told for i64 {
    fn tell(&self, json: &mut String) {
        json.push_str(&self.to_string());
    }
}

impl Told for Timestamp {
    fn tell(&self, json: &mut String) {
        self.0.tell(json);
    }
}

impl Told for Fen {
    fn tell(&self, json: &mut String) {
        text(&self.yuan(), json);
    }
}

impl Told for Micro {
    fn tell(&self, json: &mut String) {
        text(&self.decimal(), json);
    }
}

macro_rules! by_text {
    ($($method:ident: $($type:ident),*;)*) => {
        $($(impl Told for $type {
            fn tell(&self, json: &mut String) {
                text(&self.$method(), json);
            }
        })*)*
    };
}

by_text! {
    public: AccountId, DepartmentGoalId, DivisionId, IndicatorId, IndicatorLevelId, ProjectId, SourceDocumentId,
        SpendingPlanId, UnitId;
    code: Access, AccountKind, Comparison, DocumentFormat, Duty, GoalItemKind, GoalLevel, IndicatorRegime, PlanBasis,
        Publication, Role, SessionEnd, Severity, TargetKind, UnitLevel;
}

/// Writes text as a JSON string.
pub fn text(text: &str, json: &mut String) {
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, special) = rest.split_at(at);
        json.push_str(plain);
        // What is escaped is one byte long.
        let (special, behind) = special.split_at(1);
        match special {
            "\n" => json.push_str("\\n"),
            "\"" => json.push_str("\\\""),
            "\\" => json.push_str("\\\\"),
            other => json.extend(other.bytes().map(|byte| format!("\\u{byte:04x}"))),
        }
        rest = behind;
    }
    json.push_str(rest);
    json.push('"');
}

/// An object that is written field by field.
pub struct Object<'a> {
    json: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Begins an object.
    pub fn begin(json: &'a mut String) -> Self {
        json.push('{');
        Self { json, empty: true }
    }

    /// Writes the name of a field, `plan_id` as `planId`, and gives where its value goes.
    pub fn field(&mut self, name: &str) -> &mut String {
        self.json.push_str(if self.empty { "\"" } else { ",\"" });
        self.empty = false;
        let mut words = name.split('_');
        self.json.push_str(words.next().unwrap_or_default());
        for word in words {
            let mut letters = word.chars();
            self.json.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            self.json.push_str(letters.as_str());
        }
        self.json.push_str("\":");
        self.json
    }

    /// Ends the object.
    pub fn end(self) {
        self.json.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_reads_back() {
        for plain in ["", "绩效", "a\"b\\c\nd\te\u{1}\u{1f}\u{7f}", "\u{2028}😀", "\\u0041"] {
            let mut json = String::new();
            text(plain, &mut json);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), plain, "{json}");
        }
    }

    #[test]
    fn values_are_exact() {
        let told = |value: &dyn Told| {
            let mut json = String::new();
            value.tell(&mut json);
            json
        };
        assert_eq!(told(&Fen(900_719_925_474_099_301)), "\"9007199254740993.01\"");
        assert_eq!(told(&Some(Micro(-1))), "\"-0.000001\"");
        assert_eq!(told(&None::<Micro>), "null");
        assert_eq!(told(&Comparison::Ge), "\"GE\"");
    }

    #[test]
    fn fields_are_named_as_in_the_api() {
        let mut json = String::new();
        let mut object = Object::begin(&mut json);
        3.tell(object.field("fiscal_funds_raw"));
        None::<i32>.tell(object.field("id"));
        object.end();
        assert_eq!(json, r#"{"fiscalFundsRaw":3,"id":null}"#);
    }
}
