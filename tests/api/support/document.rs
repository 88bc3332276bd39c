//! Documents of any form: fields in any order and more than once, aliases, fragments of every kind on objects and
//! interfaces, directives and variables.

use super::dice::Dice;
use super::introspection::{Introspection, named, text};

/// Variables that a document can use: declaration, and the value that is sent or left out.
const VARIABLES: &[(&str, &str)] = &[
    ("yes", "Boolean! = true"),
    ("no", "Boolean = false"),
    ("sent", "Boolean!"),
    ("overruled", "Boolean! = true"),
    ("money", "MoneyUnit! = YUAN"),
    ("lang", "Lang"),
    ("omitted", "Lang"),
    ("nothing", "Severity"),
    ("first", "Int = 2"),
    ("year", "Int!"),
];

/// What is sent with every document; a document declares only what it uses.
pub fn variables() -> serde_json::Value {
    serde_json::json!({"sent": true, "overruled": false, "lang": "ZH", "nothing": null, "year": 2021})
}

/// Writes documents.
pub struct Writer<'a> {
    pub schema: &'a Introspection,
    pub dice: Dice,
    /// Root fields with their arguments.
    pub roots: Vec<String>,
    fragments: Vec<String>,
    /// How many sets are open where the writer is.
    open: usize,
}

impl<'a> Writer<'a> {
    pub fn new(schema: &'a Introspection, roots: Vec<String>, seed: u64) -> Self {
        Self { schema, dice: Dice(seed), roots, fragments: Vec::new(), open: 0 }
    }

    /// One document.
    pub fn document(&mut self) -> String {
        self.fragments.clear();
        let mut fields = String::new();
        for _ in 0..=self.dice.below(2) {
            let at = self.dice.below(self.roots.len());
            let root = self.roots[at].clone();
            let name = root.split('(').next().unwrap_or(&root).to_owned();
            let ty = self.type_of("Query", &name);
            for _ in 0..=self.dice.below(2) {
                let set = self.set(&ty, 3, false);
                let directive = self.directive();
                fields += &format!("r{at}: {root}{directive} {{ {set}}} ");
            }
        }
        if self.dice.below(3) == 0 {
            fields = format!("__typename ... on Query {{ {fields}}} ");
        }
        let text = format!("{{ {fields}}} {}", self.fragments.concat());
        let used = VARIABLES.iter().filter(|(name, _)| uses(&text, name));
        let declared: Vec<_> = used.map(|(name, ty)| format!("${name}: {ty}")).collect();
        if declared.is_empty() { text } else { format!("query ({}) {text}", declared.join(", ")) }
    }

    fn type_of(&self, object: &str, field: &str) -> String {
        let fields = self.schema.ty(object)["fields"].as_array().expect("an object");
        named(&fields.iter().find(|known| known["name"] == field).expect("a known field")["type"])
    }

    fn directive(&mut self) -> &'static str {
        match self.dice.below(16) {
            0 => " @skip(if: $no)",
            1 => " @include(if: $yes)",
            2 => " @include(if: $sent)",
            3 => " @skip(if: $overruled)",
            4 => " @include(if: true) @skip(if: $sent)",
            5 => " @skip(if: true)",
            _ => "",
        }
    }

    /// The inside of a selection set; `typed` says that keys need the name of the type, since fields of other types of
    /// an interface stand beside them.
    fn set(&mut self, ty: &str, depth: usize, typed: bool) -> String {
        let mut set = String::new();
        self.open += 1;
        for _ in 0..=self.dice.below(3) {
            set += &self.selection(ty, depth, typed);
            set.push(' ');
        }
        self.open -= 1;
        set
    }

    fn selection(&mut self, ty: &str, depth: usize, typed: bool) -> String {
        let objects: Vec<String> = self.names(ty, "possibleTypes");
        if self.schema.ty(ty)["kind"] == "INTERFACE" {
            let object = self.dice.below(objects.len());
            let object = &objects[object];
            return match self.dice.below(6) {
                0 => "__typename".to_owned(),
                1 => if ty == "Node" { "id" } else { "raw" }.to_owned(),
                n => self.fragment(object, depth, true, n == 2),
            };
        }
        // Sets without a field of their own are not put into each other without end.
        let any = if self.open > 6 { 9 } else { 0 };
        match self.dice.below(9).max(any) {
            0 => format!("{}__typename", ["", "its_type: ", "__typename "][self.dice.below(3)]),
            1 => self.fragment(ty, depth, typed, true),
            2 => self.fragment(ty, depth, typed, false),
            3 => {
                let directive = self.directive();
                format!("...{directive} {{ {}}}", self.set(ty, depth, typed))
            }
            4 if self.names(ty, "interfaces").contains(&"Node".to_owned()) => "... on Node { id }".to_owned(),
            _ => self.field(ty, depth, typed),
        }
    }

    fn names(&self, ty: &str, list: &str) -> Vec<String> {
        self.schema.ty(ty)[list].as_array().into_iter().flatten().map(|other| text(&other["name"])).collect()
    }

    fn fragment(&mut self, ty: &str, depth: usize, typed: bool, named: bool) -> String {
        let set = self.set(ty, depth, typed);
        let directive = self.directive();
        if !named {
            return format!("... on {ty}{directive} {{ {set}}}");
        }
        let name = format!("F{}", self.fragments.len());
        self.fragments.push(format!("fragment {name} on {ty} {{ {set}}} "));
        format!("...{name}{directive}")
    }

    fn field(&mut self, ty: &str, depth: usize, typed: bool) -> String {
        let fields = self.schema.ty(ty)["fields"].as_array().expect("an object");
        let fields: Vec<_> = fields
            .iter()
            .map(|field| (text(&field["name"]), named(&field["type"]), arguments_of(field)))
            .filter(|(_, other, _)| depth > 0 || !self.schema.ty(other)["fields"].is_array())
            .collect();
        if fields.is_empty() {
            return "__typename".to_owned();
        }
        let (name, other, arguments) = &fields[self.dice.below(fields.len())];
        let variants = variants(arguments);
        let variant = self.dice.below(variants.len());
        let alias = match (typed, variant, self.dice.below(4)) {
            (true, ..) => format!("{ty}_{name}_{variant}: "),
            (false, 0, 0..3) => String::new(),
            (false, ..) => format!("{name}_{variant}: "),
        };
        let directive = self.directive();
        let field = format!("{alias}{name}{}{directive}", variants[variant]);
        if !self.schema.ty(other)["fields"].is_array() {
            return field;
        }
        format!("{field} {{ {}}}", self.set(other, depth - 1, typed))
    }
}

fn arguments_of(field: &serde_json::Value) -> Vec<String> {
    field["args"].as_array().into_iter().flatten().map(|argument| text(&argument["name"])).collect()
}

/// The arguments that a field can be asked with; the first are those without which nothing is lost.
fn variants(arguments: &[String]) -> &'static [&'static str] {
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("first") && !has("filter") {
        &["(first: 2)", "(last: 1)", "(first: $first)"]
    } else if has("first") {
        &[
            "(first: 2)",
            "(last: 1)",
            "(first: $first)",
            "(first: 1, filter: {not: {id: {in: []}}})",
            "(last: 2, orderBy: [])",
        ]
    } else if has("lang") {
        &["", "(lang: EN)", "(lang: ZH)", "(lang: $lang)", "(lang: $omitted)", "(lang: null)"]
    } else if has("unit") {
        &["", "(unit: YUAN)", "(unit: $money)", "(unit: WAN_YUAN)"]
    } else if has("checks") {
        &["(checks: [{action: \"projectUpdate\"}, {action: \"unit:read\"}])", "(checks: [])"]
    } else if has("severity") {
        &["", "(severity: WARNING)", "(severity: $nothing)"]
    } else if has("fiscalYear") {
        &["(fiscalYear: 2020)", "(fiscalYear: $year)"]
    } else {
        &[""]
    }
}

fn uses(text: &str, variable: &str) -> bool {
    let used = format!("${variable}");
    text.match_indices(&used).any(|(at, _)| !text[at + used.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
}
