//! What is wrong with a part of a request, as data for who sent it.

use crate::lang::Lang;

macro_rules! codes {
    ($($variant:ident = $code:literal, $meaning:literal;)*) => {
        /// The kinds of mistakes; a new one comes only with a note in the change log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum UserErrorCode {
            $(#[doc = $meaning] $variant,)*
        }

        impl UserErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The published name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    Required = "REQUIRED", "A value that must be there is absent, null or blank.";
    InvalidFormat = "INVALID_FORMAT", "A value does not have the form that its field needs.";
    OutOfRange = "OUT_OF_RANGE", "A number or the length of a list is outside what its field allows.";
    TooLong = "TOO_LONG", "A text is longer than its field allows.";
    UnknownField = "UNKNOWN_FIELD", "There is no field of this name here.";
    RuleViolated = "RULE_VIOLATED", "The data would break a rule of the field; `rule` names it.";
    NotFound = "NOT_FOUND", "What the input names does not exist, or the caller may not see it.";
    Ambiguous = "AMBIGUOUS", "The key fits several objects; a further part of the key tells them apart.";
    Duplicate = "DUPLICATE", "An object with this key exists already.";
    DuplicateInRequest = "DUPLICATE_IN_REQUEST", "An earlier row of the same request names the same object.";
    Conflict = "CONFLICT", "The object has changed since the version that the caller expects.";
    Forbidden = "FORBIDDEN", "The caller may see the object but may not do this to it.";
    HasDependants = "HAS_DEPENDANTS", "The object has others below it; `cascade` deletes them with it.";
    Cycle = "CYCLE", "A unit would come under itself.";
    CountMismatch = "COUNT_MISMATCH", "The number of objects found is not the number expected.";
    PreviewStale = "PREVIEW_STALE", "The data has changed since the preview that shall be applied.";
    Other = "OTHER", "A mistake of another kind; the message says which.";
}

impl UserErrorCode {
    /// The code with this published name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Words {
    /// A sentence.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// The sentence in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// What a mistake is about, beside its code, place and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A value that is not acceptable.
    Validation {
        /// The value as sent, shortened; none where it is absent.
        value: Option<String>,
        /// Name of the rule that it breaks: one of `rules::quality`, or of the form of the field.
        rule: String,
    },
    /// A key that is taken.
    Duplicate {
        /// Public id of the object that has it; none where that is a row of the same request.
        existing: Option<String>,
    },
    /// A version that has passed.
    Conflict {
        /// The version that the caller expects.
        expected: i32,
        /// The version that is stored.
        current: i32,
        /// Public id of the object.
        node: String,
        /// The fields that were sent and whose stored value differs from what was sent.
        changed: Vec<String>,
    },
    /// Something that is not there.
    NotFound {
        /// The key that finds nothing.
        key: String,
    },
    /// Something that is not allowed.
    Forbidden {
        /// The right that is missing.
        permission: String,
    },
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// Its kind.
    pub code: UserErrorCode,
    /// Where it is, from the root of the input.
    pub path: Vec<String>,
    /// What to know and what to do.
    pub words: Box<Words>,
    /// What it is about.
    pub detail: Box<Detail>,
}

impl UserError {
    fn new(code: UserErrorCode, path: Vec<String>, words: Words, detail: Detail) -> Self {
        Self { code, path, words: Box::new(words), detail: Box::new(detail) }
    }

    /// A value that is not acceptable.
    pub fn validation(code: UserErrorCode, path: Vec<String>, rule: &str, value: Option<&str>, words: Words) -> Self {
        let value = value.map(|value| value.chars().take(VALUE_LENGTH).collect());
        Self::new(code, path, words, Detail::Validation { value, rule: rule.to_owned() })
    }

    /// A key that is taken, by an object or by an earlier row.
    pub fn duplicate(code: UserErrorCode, path: Vec<String>, existing: Option<String>, words: Words) -> Self {
        Self::new(code, path, words, Detail::Duplicate { existing })
    }

    /// A version that has passed.
    pub fn conflict(path: Vec<String>, expected: i32, current: i32, node: String, changed: Vec<String>) -> Self {
        let words = Words::new(
            format!("The object is at version {current}, not {expected}: read it again and decide anew."),
            format!("该对象的版本是{current}，而不是{expected}：请重新读取后再决定。"),
        );
        Self::new(UserErrorCode::Conflict, path, words, Detail::Conflict { expected, current, node, changed })
    }

    /// Something that is not there, or that the caller may not see: both read alike.
    pub fn not_found(path: Vec<String>, key: &str) -> Self {
        let words = Words::new(
            format!("There is no {key} that this account may see."),
            format!("没有 {key}，或当前账户无权查看。"),
        );
        Self::new(UserErrorCode::NotFound, path, words, Detail::NotFound { key: key.to_owned() })
    }

    /// Something that the caller may see but not do.
    pub fn forbidden(path: Vec<String>, permission: &str) -> Self {
        let words = Words::new(
            format!("This account may read here but not write: it needs the right {permission}."),
            format!("当前账户在此只能查看，不能修改：需要 {permission} 权限。"),
        );
        Self::new(UserErrorCode::Forbidden, path, words, Detail::Forbidden { permission: permission.to_owned() })
    }

    /// Something that is published: it is taken back before it is changed.
    pub fn published(path: Vec<String>) -> Self {
        let words = Words::new(
            "It is published: who may publish takes it back first, then it can be changed.",
            "该对象已公开：须由有公开权限者先撤回，方可修改。",
        );
        let permission = "publication:write".to_owned();
        Self::new(UserErrorCode::Forbidden, path, words, Detail::Forbidden { permission })
    }

    /// The sentence in one language.
    pub fn message(&self, lang: Lang) -> &str {
        self.words.get(lang)
    }
}

/// Characters of a value that a mistake repeats.
const VALUE_LENGTH: usize = 200;
