//! Mistakes in what was sent, as data: the interface `UserError` and its types.

use std::sync::LazyLock;

use async_graphql::Value;
use futures_util::future::BoxFuture;

use super::engine::asked::Asked;
use super::engine::json::{self, Texts};
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::plan::Plan;
use super::engine::signature::Argument;
use super::indicator::language;
use super::node::NodeOf;
use super::text;
use crate::error::AppResult;
use crate::input::{Detail, UserError, UserErrorCode};
use crate::service::read::Reader;

/// What every mistake tells.
fn told(description: &'static str) -> Fields<UserError> {
    Fields::<UserError>::new(description)
        .value("code: ErrorCode!", "What kind of mistake it is.", |error| text::name(error.code.as_str()))
        .field(
            "message: String!",
            "What is wrong and what to do, in a sentence.",
            vec![Argument::new("lang: Lang", "The language; that of `Accept-Language` when absent.")],
            |asked| {
                let lang = language(asked)?;
                Ok(Step::value(move |error: &UserError| Value::from(error.message(lang))))
            },
        )
        .value(
            "path: [String!]!",
            "Where it is: the steps from the argument, e.g. `input`, `rows`, `17`, `set`, `budget`.",
            |error| Value::List(error.path.iter().map(|step| Value::from(step.as_str())).collect()),
        )
}

/// The fields of the interface.
pub fn interface() -> &'static Fields<UserError> {
    static FIELDS: LazyLock<Fields<UserError>> = LazyLock::new(|| {
        told(
            "A mistake in what was sent. As long as a row has one it is not written; with `atomicity: ALL` nothing of \
             the request is.",
        )
    });
    &FIELDS
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $description:literal, |$fields:ident| $more:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $kind;

            impl Object for $kind {
                type Row = UserError;
                const NAME: &'static str = stringify!($kind);

                fn fields() -> &'static Fields<UserError> {
                    static FIELDS: LazyLock<Fields<UserError>> = LazyLock::new(|| {
                        let $fields = told($description).implements("UserError");
                        $more
                    });
                    &FIELDS
                }
            }
        )*
    };
}

kinds! {
    /// `ValidationError`.
    ValidationError = "A value that cannot be accepted.", |fields| fields
        .value("value: String", "The value as sent, shortened; null where it is absent.", |error| match &*error.detail {
            Detail::Validation { value, .. } => text::text(value),
            _ => Value::Null,
        })
        .value("rule: String!", "Name of the rule that it breaks.", |error| match &*error.detail {
            Detail::Validation { rule, .. } => Value::from(rule.as_str()),
            _ => Value::Null,
        });
    /// `DuplicateKeyError`.
    DuplicateKeyError = "A key that is taken, by an object or by an earlier row of the request.", |fields| fields
        .field("existing: Node", "The object that has it; null where that is a row of the request.", Vec::new(), |asked| {
            Ok(Step::Link(Box::new(NodeOf::compile(asked, |error: &UserError| match &*error.detail {
                Detail::Duplicate { existing } => existing.as_deref(),
                _ => None,
            })?)))
        });
    /// `ConflictError`.
    ConflictError = "The object has changed since the version that the caller expects.", |fields| fields
        .value("expectedVersion: Int!", "The version that was sent.", |error| match &*error.detail {
            Detail::Conflict { expected, .. } => Value::from(*expected),
            _ => Value::Null,
        })
        .value("currentVersion: Int!", "The version that is stored.", |error| match &*error.detail {
            Detail::Conflict { current, .. } => Value::from(*current),
            _ => Value::Null,
        })
        .field("current: Node", "The object as it is stored.", Vec::new(), |asked| {
            Ok(Step::Link(Box::new(NodeOf::compile(asked, |error: &UserError| match &*error.detail {
                Detail::Conflict { node, .. } => Some(node.as_str()),
                _ => None,
            })?)))
        })
        .value(
            "changedFields: [String!]!",
            "The fields of `set` whose stored value is not the one that was sent.",
            |error| match &*error.detail {
                Detail::Conflict { changed, .. } => {
                    Value::List(changed.iter().map(|field| Value::from(field.as_str())).collect())
                }
                _ => Value::Null,
            },
        );
    /// `NotFoundError`.
    NotFoundError = "What the input names is not there, or the caller may not see it.", |fields| fields
        .value("key: String!", "What was looked for.", |error| match &*error.detail {
            Detail::NotFound { key } => Value::from(key.as_str()),
            _ => Value::Null,
        });
    /// `ForbiddenError`.
    ForbiddenError = "The caller may see the object but may not do this to it.", |fields| fields
        .value("permission: String!", "The right that is missing: a role of a grant.", |error| match &*error.detail {
            Detail::Forbidden { permission } => Value::from(permission.as_str()),
            _ => Value::Null,
        });
}

/// The mistakes of rows: `[UserError!]!`.
pub struct UserErrors<R> {
    of: fn(&R) -> Vec<UserError>,
    plans: [Plan<UserError>; 5],
}

impl<R> UserErrors<R> {
    /// Plans what is asked of each type.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile(asked: &Asked<'_>, of: fn(&R) -> Vec<UserError>) -> AppResult<Self> {
        let plans = [
            Plan::compile::<ValidationError>(asked)?,
            Plan::compile::<DuplicateKeyError>(asked)?,
            Plan::compile::<ConflictError>(asked)?,
            Plan::compile::<NotFoundError>(asked)?,
            Plan::compile::<ForbiddenError>(asked)?,
        ];
        Ok(Self { of, plans })
    }
}

/// The place of a mistake's type in [`UserErrors::plans`].
fn kind(error: &UserError) -> usize {
    match *error.detail {
        Detail::Validation { .. } => 0,
        Detail::Duplicate { .. } => 1,
        Detail::Conflict { .. } => 2,
        Detail::NotFound { .. } => 3,
        Detail::Forbidden { .. } => 4,
    }
}

impl<R: Send + Sync> Linked<R> for UserErrors<R> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let lists: Vec<Vec<UserError>> = rows.iter().map(self.of).collect();
            let mut rendered = Vec::with_capacity(self.plans.len());
            for (number, plan) in self.plans.iter().enumerate() {
                let errors = lists.iter().flatten().filter(|error| kind(error) == number).cloned();
                rendered.push(plan.render(reader, &errors.collect::<Vec<_>>()).await?);
            }
            let mut rendered: Vec<_> = rendered.iter().map(Texts::iter).collect();
            let mut next = |error: &UserError| rendered[kind(error)].next().unwrap_or(json::NULL);
            let mut texts = Texts::with_capacity(lists.len());
            for list in &lists {
                texts.push(|out| json::list(out, list.iter().map(&mut next)));
            }
            Ok(texts)
        })
    }
}

/// The kinds of mistakes with their meanings, as the schema tells them.
pub fn codes() -> Vec<(&'static str, &'static str)> {
    UserErrorCode::ALL.iter().map(|code| (code.as_str(), code.meaning())).collect()
}
