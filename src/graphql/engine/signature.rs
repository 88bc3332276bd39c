//! Signatures as they stand in SDL: `budget: Money`, `unit: MoneyUnit! = WAN_YUAN`.

/// The name, the type and the default of a field or an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: &'static str,
    /// Type, with its `!` and `[]`.
    pub ty: &'static str,
    /// Default value as a literal; only arguments and input fields have one.
    pub default: Option<&'static str>,
}

impl Signature {
    /// Reads `name: Type` or `name: Type = default`. A text without a colon has no type, which the schema test refuses.
    pub fn read(text: &'static str) -> Self {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let (ty, default) = match rest.split_once('=') {
            Some((ty, default)) => (ty, Some(default.trim())),
            None => (rest, None),
        };
        Self { name: name.trim(), ty: ty.trim(), default }
    }

    /// Whether a value must be there.
    pub fn required(&self) -> bool {
        self.ty.ends_with('!')
    }
}

/// An argument of a field, or a field of an input.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Name, type and default.
    pub signature: Signature,
    /// What it means.
    pub description: &'static str,
}

impl Argument {
    /// An argument by its signature.
    pub fn new(signature: &'static str, description: &'static str) -> Self {
        Self { signature: Signature::read(signature), description }
    }
}

#[cfg(test)]
mod tests {
    use super::Signature;

    #[test]
    fn signatures_read_as_in_sdl() {
        let signature = Signature::read("unit: MoneyUnit! = WAN_YUAN");
        assert_eq!(signature, Signature { name: "unit", ty: "MoneyUnit!", default: Some("WAN_YUAN") });
        assert!(signature.required());
        assert_eq!(Signature::read("code: String"), Signature { name: "code", ty: "String", default: None });
    }
}
