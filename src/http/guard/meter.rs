//! What an answer cost: the formula of [`super::cost`] on what is in the answer, in place of what could be.

use async_graphql::Name;
use memchr::memchr2;

/// The fields of a document that cost something, by selection set.
///
/// Made beside the estimate. Only what costs something is in it, so reading an answer by it takes no more steps than the
/// estimate has points.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    sets: Vec<Vec<Part>>,
    root: usize,
}

/// A selection that costs something.
#[derive(Clone, Debug)]
pub enum Part {
    /// A field with an object or a list of them.
    Field {
        /// Where its value stands in the answer.
        key: Name,
        /// Which set is selected of it.
        set: usize,
        /// Whether its length was estimated: then each entry counts, else the costliest.
        paged: bool,
        /// Points beside those of the objects: rows that it writes, and what it reads more than it answers.
        beside: u64,
    },
    /// All of another set.
    Spread(usize),
}

impl Meter {
    /// The set in which nothing costs anything.
    pub const EMPTY: usize = 0;

    /// A meter without fields.
    pub fn new() -> Self {
        Self { sets: vec![Vec::new()], root: Self::EMPTY }
    }

    /// Adds a set.
    pub fn add(&mut self, parts: Vec<Part>) -> usize {
        if parts.is_empty() {
            return Self::EMPTY;
        }
        self.sets.push(parts);
        self.sets.len() - 1
    }

    /// Begins with this set.
    pub fn start_at(&mut self, root: usize) {
        self.root = root;
    }

    /// The cost of an answer, given as the JSON of its data.
    pub fn read(&self, data: &[u8]) -> u64 {
        let mut text = Text(data);
        if text.is_at(b'{') { self.object(self.root, &mut text) } else { 0 }
    }

    /// Reads an object of which this set is selected.
    fn object(&self, set: usize, text: &mut Text<'_>) -> u64 {
        if set == Self::EMPTY {
            text.skip();
            return 0;
        }
        let mut cost = 0_u64;
        text.entries(|text| {
            let key = text.key();
            let value = *text;
            match self.field(set, key, value, text) {
                Some(more) => cost = cost.saturating_add(more),
                None => text.skip(),
            }
        });
        cost
    }

    /// The cost of a value by all parts of a set that select it; `end` is put behind it. `None` when no part does.
    fn field<'a>(&self, set: usize, key: &[u8], value: Text<'a>, end: &mut Text<'a>) -> Option<u64> {
        let parts = self.sets.get(set).into_iter().flatten();
        let costs = parts.filter_map(|part| match part {
            Part::Spread(set) => self.field(*set, key, value, end),
            Part::Field { key: name, set, paged, beside } => (name.as_bytes() == key).then(|| {
                let mut text = value;
                let beside = if text.is_at(b'n') { 0 } else { *beside };
                let cost = self.value(*set, *paged, &mut text);
                *end = text;
                cost.saturating_add(beside)
            }),
        });
        costs.reduce(u64::saturating_add)
    }

    fn value(&self, set: usize, paged: bool, text: &mut Text<'_>) -> u64 {
        if text.is_at(b'{') {
            return self.object(set, text).saturating_add(1);
        }
        if !text.is_at(b'[') {
            text.skip();
            return 0;
        }
        let mut cost = 0_u64;
        text.entries(|text| {
            let entry = self.value(set, paged, text);
            cost = if paged { cost.saturating_add(entry) } else { cost.max(entry) };
        });
        cost
    }
}

/// What is left to read of JSON that was written here: without white space, and without mistakes.
#[derive(Clone, Copy)]
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    fn is_at(self, byte: u8) -> bool {
        self.0.first() == Some(&byte)
    }

    fn forward(&mut self, bytes: usize) {
        self.0 = self.0.get(bytes..).unwrap_or_default();
    }

    /// Reads each entry of the list or object that begins here.
    fn entries(&mut self, mut entry: impl FnMut(&mut Self)) {
        self.forward(1);
        while !self.0.is_empty() {
            if self.is_at(b']') || self.is_at(b'}') {
                return self.forward(1);
            }
            if self.is_at(b',') {
                self.forward(1);
            }
            let before = self.0.len();
            entry(self);
            if self.0.len() == before {
                return;
            }
        }
    }

    /// Reads the name of an entry of an object, whose value comes next. Names of GraphQL have no escapes.
    fn key(&mut self) -> &'a [u8] {
        let begin = self.0;
        self.skip_string();
        let length = begin.len() - self.0.len();
        self.forward(1);
        begin.get(1..length.saturating_sub(1)).unwrap_or_default()
    }

    /// Reads over a value.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.0.first() {
            match byte {
                b'"' => {
                    self.skip_string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return self.forward(1);
                    }
                }
                _ => {}
            }
            self.forward(1);
        }
    }

    fn skip_string(&mut self) {
        let mut end = 1;
        while let Some(at) = self.0.get(end..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            // What an escape begins with is two bytes long.
            let is_quote = self.0.get(end + at) == Some(&b'"');
            end += at + if is_quote { 1 } else { 2 };
            if is_quote {
                return self.forward(end);
            }
        }
        self.0 = &[];
    }
}
