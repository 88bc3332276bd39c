//! Where a value stands in an input.

/// A place in an input, kept as a chain so that it costs nothing until a mistake is found there.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Entry(usize),
    Below(&'a [String]),
}

impl<'a> At<'a> {
    /// The input itself, whose path is empty.
    pub const ROOT: At<'static> = At { above: None, step: Step::Root };

    /// The place that a path leads to.
    pub const fn below(path: &'a [String]) -> Self {
        Self { above: None, step: Step::Below(path) }
    }

    /// A field of what stands here.
    pub fn field(&'a self, name: &'a str) -> At<'a> {
        At { above: Some(self), step: Step::Field(name) }
    }

    /// An entry of the list that stands here, from 0.
    pub fn entry(&'a self, index: usize) -> At<'a> {
        At { above: Some(self), step: Step::Entry(index) }
    }

    /// The steps from the root.
    pub fn path(&self) -> Vec<String> {
        let mut path = self.above.map(At::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => path.push(name.to_owned()),
            Step::Entry(index) => path.push(index.to_string()),
            Step::Below(steps) => path.extend_from_slice(steps),
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::At;

    #[test]
    fn a_path_names_every_step() {
        let rows = At::ROOT.field("rows");
        let row = rows.entry(17);
        assert_eq!(row.field("set").path(), ["rows", "17", "set"]);
        assert!(At::ROOT.path().is_empty());
        let steps = ["input".to_owned(), "rows".to_owned()];
        assert_eq!(At::below(&steps).entry(0).path(), ["input", "rows", "0"]);
    }
}
