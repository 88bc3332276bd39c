//! What is absent keeps, what is null clears, and what is given sets: for every field of every input that changes something,
//! by literal and by variable. The fields come from the schema; one that [`table`] does not know fails the test.

mod table;

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use crate::mutation::{editor, write};
use crate::support::conformance;
use crate::support::introspection::{Introspection, named, text, written};
use crate::support::world::World;
use table::{FIELDS, NOUNS, Noun, Null};

/// A mutation that changes fields, and how they stand in its input.
struct Change {
    mutation: String,
    input: String,
    /// The input with the fields.
    fields: String,
    /// The type of `set`.
    set: String,
    /// Whether `set` stands in a row of `rows`.
    in_rows: bool,
}

impl Change {
    /// The changes of a schema: every mutation whose input, or the rows in it, have fields below `set`.
    fn all(schema: &Introspection) -> Vec<Self> {
        let mutations = schema.ty("Mutation")["fields"].as_array().expect("mutations").iter();
        let changes = mutations.filter_map(|field| {
            let mutation = text(&field["name"]);
            let input = named(&field["args"].as_array()?.iter().find(|argument| argument["name"] == "input")?["type"]);
            let of = |input: &str, name: &str| {
                let fields = schema.ty(input)["inputFields"].as_array()?.iter();
                fields.clone().find(|field| field["name"] == name).map(|field| field["type"].clone())
            };
            let (row, in_rows) = match of(&input, "rows") {
                Some(row) => (named(&row), true),
                None => (input.clone(), false),
            };
            let set = of(&row, "set")?;
            Some(Self { mutation, input, fields: named(&set), set: written(&set), in_rows })
        });
        // Accounts have tests of their own.
        let of_the_field = changes.filter(|change| !change.mutation.starts_with("account"));
        of_the_field.filter(|change| !change.mutation.ends_with("Create")).collect()
    }

    fn noun(&self) -> &'static Noun {
        NOUNS.iter().find(|noun| noun.fields == self.fields).unwrap_or_else(|| panic!("no noun for {}", self.fields))
    }

    /// The input for object `number` with these fields.
    fn input(&self, number: usize, set: Value) -> Value {
        let mut input = if self.mutation.ends_with("UpdateWhere") {
            json!({"filter": {"code": {"eq": format!("P{number}")}}, "expectedCount": 1})
        } else {
            (self.noun().who)(number, &self.mutation)
        };
        input["set"] = set;
        if self.in_rows { json!({ "rows": [input] }) } else { input }
    }

    fn payload(&self) -> &'static str {
        if self.in_rows || self.mutation.ends_with("UpdateWhere") {
            "results { outcome } userErrors { code path }"
        } else {
            "outcome userErrors { code path }"
        }
    }
}

/// A value as a document writes it; a text with `$` before it is a variable, one in capitals an enum value.
fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", literal(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(entries) => format!("[{}]", entries.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::String(text) if text.starts_with('$') || text.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            text.clone()
        }
        other => other.to_string(),
    }
}

/// Puts the number of an object in the place of `#`.
fn numbered(value: &Value, number: usize) -> Value {
    serde_json::from_str(&value.to_string().replace('#', &number.to_string())).expect("JSON")
}

/// The state of one object as that of another, which differs in its code.
fn renumbered(state: &Value, from: usize, to: usize) -> Value {
    let text = ["P", "U", "9"].iter().fold(state.to_string(), |text, letter| {
        text.replace(&format!("\"{letter}{from}\""), &format!("\"{letter}{to}\""))
    });
    serde_json::from_str(&text).expect("JSON")
}

/// What is sent of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sent {
    Absent,
    Null,
    Value,
}

const FORMS: [&str; 4] = ["literal", "field", "set", "input"];

struct Matrix {
    world: World,
    schema: Introspection,
    next: usize,
}

impl Matrix {
    async fn new() -> Self {
        let world = World::empty().await;
        write(&world, "divisionUpsert", json!({"key": {"code": table::DIVISION}, "set": {}}), "outcome").await;
        let rows = ["450", "460"].map(|code| json!({"key": table::unit(code), "set": {"name": "局"}}));
        write(&world, "unitsUpsert", json!({ "rows": rows }), "committed").await;
        let schema = Introspection::of(&world.schema).await;
        Self { world, schema, next: 1 }
    }

    /// New objects of a noun, all alike, and how the first of them looks.
    async fn objects(&mut self, noun: &Noun, count: usize) -> (Range<usize>, Value) {
        let numbers = self.next..self.next + count;
        self.next = numbers.end;
        for (mutation, input) in (noun.make)(numbers.clone()) {
            let answer = write(&self.world, mutation, input, "userErrors { message path }").await;
            assert_eq!(answer, json!({"userErrors": []}), "{mutation}");
        }
        let state = self.state(noun, numbers.start).await;
        (numbers, state)
    }

    async fn state(&self, noun: &Noun, number: usize) -> Value {
        self.world.ask(&noun.state.replace('#', &number.to_string()), json!({})).await
    }

    /// Sends `set` to an object; the outcome, and code and path of each mistake.
    async fn send(&self, change: &Change, query: &str, variables: Value) -> (String, Vec<(String, Value)>) {
        let answer = self.world.ask_as(&editor(), query, variables.clone()).await;
        assert_eq!(answer.get("errors"), None, "{query} {variables}\n{answer:#}");
        let payload = &answer["data"]["it"];
        let outcome = payload["outcome"].as_str().or_else(|| payload["results"][0]["outcome"].as_str());
        let errors = payload["userErrors"].as_array().expect("a list").iter();
        let errors = errors.map(|error| (text(&error["code"]), error["path"].clone())).collect();
        (outcome.unwrap_or_else(|| panic!("{} has no outcome: {answer}", change.mutation)).to_owned(), errors)
    }

    /// A document that sends `field` of `set` in one of the [`FORMS`], with its variables.
    fn document(&self, change: &Change, number: usize, set: &Value, field: &str, form: &str) -> (String, Value) {
        let fields_type = |name: &str| {
            let fields = self.schema.ty(&change.fields)["inputFields"].as_array().expect("fields");
            written(&fields.iter().find(|field| field["name"] == name).expect("a field")["type"])
        };
        let payload = change.payload();
        let (name, input) = (&change.mutation, &change.input);
        let by_literal =
            |set: Value| format!("it: {name}(input: {}) {{ {payload} }}", literal(&change.input(number, set)));
        match form {
            "literal" => (format!("mutation {{ {} }}", by_literal(set.clone())), json!({})),
            "field" => {
                let mut marked = set.clone();
                marked[field] = json!("$value");
                let variables = set.get(field).map_or_else(|| json!({}), |value| json!({ "value": value }));
                (format!("mutation($value: {}) {{ {} }}", fields_type(field), by_literal(marked)), variables)
            }
            "set" => {
                let document = format!("mutation($set: {}) {{ {} }}", change.set, by_literal(json!("$set")));
                (document, json!({ "set": set }))
            }
            _ => {
                let document = format!("mutation($input: {input}!) {{ it: {name}(input: $input) {{ {payload} }} }}");
                (document, json!({"input": change.input(number, set.clone())}))
            }
        }
    }

    /// All ways to send one field.
    async fn judge(&mut self, change: &Change, field: &table::Field) {
        let noun = change.noun();
        let (mut numbers, first) = self.objects(noun, FORMS.len() * 3).await;
        let first_number = numbers.start;
        for form in FORMS {
            for sent in [Sent::Absent, Sent::Null, Sent::Value] {
                let number = numbers.next().expect("as many objects as ways");
                let before = renumbered(&first, first_number, number);
                let mut set = field.beside.map_or_else(|| json!({}), |beside| numbered(&beside(), number));
                match sent {
                    Sent::Absent => {}
                    Sent::Null => set[field.name] = Value::Null,
                    Sent::Value => set[field.name] = numbered(&(field.value)(), number),
                }
                let (document, variables) = self.document(change, number, &set, field.name, form);
                let (outcome, errors) = self.send(change, &document, variables).await;
                let after = self.state(noun, number).await;
                let at = |state: &Value| {
                    state.pointer(field.shows).cloned().unwrap_or_else(|| panic!("{} {state}", field.shows))
                };
                let said = format!("{} {sent:?} by {form}: {document}", change.mutation);
                let (errors_expected, expected) = match (sent, field.null) {
                    (Sent::Absent, _) | (Sent::Null, Null::Keeps) => (0, at(&before)),
                    (Sent::Value, _) => (0, numbered(&(field.shown)(), number)),
                    (Sent::Null, Null::Clears(empty)) => (0, serde_json::from_str(empty).expect("JSON")),
                    (Sent::Null, Null::Required) => (1, at(&before)),
                };
                assert_eq!(errors.len(), errors_expected, "{said} {errors:?}");
                for (code, path) in &errors {
                    assert_eq!(
                        (code.as_str(), path.as_array().and_then(|path| path.last())),
                        ("REQUIRED", Some(&json!(field.name))),
                        "{said}"
                    );
                    assert_eq!(path[0], "input", "{said}");
                }
                assert_eq!(at(&after), expected, "{said}");
                assert!(sent != Sent::Value || at(&before) != expected, "{said}: the value must be another one");
                let touches = at(&before) != expected || field.beside.is_some();
                assert_eq!(
                    outcome,
                    if errors_expected > 0 {
                        "FAILED"
                    } else if touches {
                        "UPDATED"
                    } else {
                        "UNCHANGED"
                    },
                    "{said}"
                );
                if field.beside.is_none() {
                    self.others_stay(&before, &after, field.shows, &said);
                }
            }
        }
    }

    fn others_stay(&self, before: &Value, after: &Value, shows: &str, said: &str) {
        let (mut before, mut after) = (before.clone(), after.clone());
        for state in [&mut before, &mut after] {
            *state.pointer_mut(shows).expect("a place") = Value::Null;
        }
        assert_eq!(before, after, "{said}");
    }

    /// Null in an input that is one entry or one value is as if it was absent.
    async fn judge_part(&mut self, part: &table::Part) {
        let changes = Change::all(&self.schema);
        let change = changes.iter().find(|change| change.mutation == part.mutation).expect("a mutation");
        let noun = change.noun();
        let mut states = Vec::new();
        for (set, form) in
            [(part.without, "literal"), (part.with_null, "literal"), (part.with_null, "set"), (part.with_null, "input")]
        {
            let (numbers, before) = self.objects(noun, 1).await;
            let number = numbers.start;
            let set: Value = serde_json::from_str(set).expect("JSON");
            let (document, variables) = self.document(change, number, &set, "", form);
            let (_, errors) = self.send(change, &document, variables).await;
            assert_eq!(errors, [], "{document}");
            let state = renumbered(&self.state(noun, number).await, number, 0);
            assert_ne!(state, renumbered(&before, number, 0), "{document}");
            states.push(state);
        }
        assert!(states.iter().all(|state| *state == states[0]), "{} {states:#?}", part.with_null);
    }
}

/// The mutations of these nouns, each field in every way.
async fn judge(nouns: &[&str]) {
    let mut matrix = Matrix::new().await;
    for change in Change::all(&matrix.schema) {
        for field in FIELDS.iter().filter(|field| field.input == change.fields && nouns.contains(&field.input)) {
            matrix.judge(&change, field).await;
        }
    }
    conformance::holds(matrix.world.db.read()).await;
}

#[tokio::test]
async fn fields_of_projects() {
    judge(&["ProjectFieldsInput"]).await;
}

#[tokio::test]
async fn fields_of_everything_else() {
    judge(&["DivisionFieldsInput", "UnitFieldsInput", "DepartmentGoalFieldsInput", "IndicatorFieldsInput"]).await;
}

#[tokio::test]
async fn null_in_a_part_is_as_if_it_was_absent() {
    let mut matrix = Matrix::new().await;
    for part in table::PARTS {
        matrix.judge_part(part).await;
    }
    conformance::holds(matrix.world.db.read()).await;
}

#[tokio::test]
async fn one_of_several_is_not_null() {
    let mut matrix = Matrix::new().await;
    let changes = Change::all(&matrix.schema);
    for (mutation, set) in table::ONE_OF {
        let change = changes.iter().find(|change| change.mutation == *mutation).expect("a mutation");
        for form in ["literal", "set", "input"] {
            let (numbers, before) = matrix.objects(change.noun(), 1).await;
            let number = numbers.start;
            let set: Value = serde_json::from_str(set).expect("JSON");
            let (document, variables) = matrix.document(change, number, &set, "", form);
            let answer = matrix.world.ask_as(&editor(), &document, variables).await;
            assert!(
                answer["errors"].is_array() || answer["data"]["it"]["userErrors"][0]["code"].is_string(),
                "{answer:#}"
            );
            assert_eq!(matrix.state(change.noun(), number).await, before, "{document}");
        }
    }
}

/// Every nullable field that a change can reach has a line, and every line has a field.
#[tokio::test]
async fn every_field_has_a_line() {
    let schema = Introspection::of(&World::empty().await.schema).await;
    let mut reached: Vec<String> = Change::all(&schema).into_iter().map(|change| change.fields).collect();
    assert!(reached.len() > 12, "{reached:?}");
    let (mut seen, mut fields) = (BTreeSet::new(), BTreeSet::new());
    while let Some(input) = reached.pop() {
        if schema.ty(&input)["kind"] != "INPUT_OBJECT" || !seen.insert(input.clone()) {
            continue;
        }
        for field in schema.ty(&input)["inputFields"].as_array().expect("fields") {
            reached.push(named(&field["type"]));
            if field["type"]["kind"] != "NON_NULL" {
                fields.insert((input.clone(), text(&field["name"])));
            }
        }
    }
    let lines = FIELDS.iter().map(|field| (field.input, field.name));
    let lines = lines.chain(table::PARTS.iter().flat_map(|part| part.fields.iter().copied()));
    let lines = lines.chain(table::ONE_OF_FIELDS.iter().copied());
    let lines: BTreeSet<_> = lines.map(|(input, field)| (input.to_owned(), field.to_owned())).collect();
    assert_eq!(lines, fields);
}
