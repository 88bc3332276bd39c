//! The one error type of the service: what went wrong, in words for the client, with the cause kept for the log.
//!
//! A message never holds database text, paths or internals; those are the `source`, which only the log sees.

use std::error::Error as StdError;
use std::fmt;

/// The closed list of codes a client can meet in `extensions.code` (and, by status, on plain HTTP routes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document is GraphQL but does not fit the schema.
    GraphqlValidationFailed,
    /// A value in the request is not acceptable; the message says which and why.
    BadUserInput,
    /// The named operation is not in the document, or none is named and there are several.
    OperationResolutionFailure,
    /// A persisted document was asked for by a hash that is not known here.
    PersistedQueryNotFound,
    /// This caller may send documents by their id only.
    PersistedQueryRequired,
    /// No valid token came with the request.
    Unauthenticated,
    /// The caller's role may not do this at all.
    Forbidden,
    /// There is no such thing, or it lies outside the caller's scope (the two look alike).
    NotFound,
    /// The request contradicts the stored state.
    Conflict,
    /// Too many requests; try again after the time that `Retry-After` names.
    RateLimited,
    /// The document asks for more than the caller's limits allow.
    CostLimit,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// A request with the same idempotency key is still running.
    IdempotencyInProgress,
    /// The body or the file is larger than allowed.
    TooLarge,
    /// The service did not finish in time; nothing was changed.
    Timeout,
    /// The service has no capacity at the moment; try again.
    Unavailable,
    /// A fault of the service; the log has it under the request id.
    Internal,
}

impl ErrorCode {
    /// The code as it stands in `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryRequired => "PERSISTED_QUERY_REQUIRED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::CostLimit => "COST_LIMIT",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::IdempotencyInProgress => "IDEMPOTENCY_IN_PROGRESS",
            Self::TooLarge => "TOO_LARGE",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// Every code.
    pub const ALL: [Self; 18] = [
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::BadUserInput,
        Self::OperationResolutionFailure,
        Self::PersistedQueryNotFound,
        Self::PersistedQueryRequired,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::RateLimited,
        Self::CostLimit,
        Self::IdempotencyKeyReused,
        Self::IdempotencyInProgress,
        Self::TooLarge,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code with this text.
    pub fn from_code(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// Whether the same request can succeed later without being changed.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::IdempotencyInProgress | Self::Timeout | Self::Unavailable)
    }
}

/// A failure: a code, a sentence for the client, and the cause for the log.
#[derive(Debug)]
pub struct AppError {
    code: ErrorCode,
    message: String,
    explained: Option<Box<Explained>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a refusal says more of: the rule that it stands for, and its sentence in Chinese.
#[derive(Debug)]
struct Explained {
    rule: &'static str,
    zh: String,
}

impl AppError {
    /// What a client reads of a fault of ours.
    pub const MASKED: &'static str =
        "The service failed; the operator finds the cause in the log under this request id.";

    /// A failure that the client can understand and mend; `message` says where and what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), explained: None, source: None }
    }

    /// A value in the request that is not acceptable.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, message)
    }

    /// A fault of ours: the client sees one masked sentence, the log sees `source`.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            code: ErrorCode::Internal,
            message: Self::MASKED.to_owned(),
            explained: None,
            source: Some(source.into()),
        }
    }

    /// Keeps the cause for the log beside the client's sentence.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the rule that was broken, and gives the sentence in Chinese.
    #[must_use]
    pub fn explained(mut self, rule: &'static str, zh: impl Into<String>) -> Self {
        self.explained = Some(Box::new(Explained { rule, zh: zh.into() }));
        self
    }

    /// The rule that was broken and the sentence in Chinese, where they were given.
    pub fn explanation(&self) -> Option<(&'static str, &str)> {
        self.explained.as_deref().map(|explained| (explained.rule, explained.zh.as_str()))
    }

    /// The code for the client.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence for the client.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for AppError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Shorthand for results of the service.
pub type AppResult<T> = Result<T, AppError>;
