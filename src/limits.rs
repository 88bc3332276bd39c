//! What one request may ask for: three profiles in one table, and the ceiling above which no setting goes.
//!
//! The numbers bound the work before it is done; nothing here measures or enforces. `http` enforces what is seen in the
//! request, `graphql` and `service` what is seen in arguments (`page`, `filter`, `bulk_rows`).

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use entity::value::AccountKind;

use crate::auth::Caller;
use crate::error::{AppError, AppResult};

macro_rules! profiles {
    ($($(#[$doc:meta])* $limit:ident: $public:expr, $staff:expr, $service:expr;)*) => {
        /// The limits of one kind of caller. Every number is a maximum unless its text says otherwise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct ProfileLimits {
            $($(#[$doc])* pub $limit: u64,)*
        }

        impl ProfileLimits {
            /// Requests without a token.
            pub const PUBLIC: Self = Self { $($limit: $public,)* };
            /// Requests of people with an account.
            pub const STAFF: Self = Self { $($limit: $staff,)* };
            /// Requests of other systems; also the ceiling of every profile.
            pub const SERVICE: Self = Self { $($limit: $service,)* };

            /// Every limit with its name, in the order of the table.
            pub fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($limit), self.$limit),)*].into_iter()
            }

            /// The sentence for a bulk mutation with more than `bulk_rows` rows.
            pub fn bulk_refusal(&self, rows: usize) -> String {
                format!("`rows` has {rows} entries; the limit is {}. Send them in several requests.", self.bulk_rows)
            }

            /// The sentence for a page that is larger than `page_max`: `argument` is `first` or `last`.
            pub fn page_refusal(&self, argument: &str, size: impl Display) -> String {
                let (most, further) = (self.page_max, if argument == "last" { "before" } else { "after" });
                format!("`{argument}` is {size}; the limit is {most}. Ask for {most} and go on with `{further}`.")
            }
        }
    };
}

profiles! {
    // limit: public, staff, service

    /// Bytes of a GraphQL request body (and of the query part of a GET address, up to its own limit of 8 KiB).
    body_bytes: 64 * 1024, 256 * 1024, 8 * 1024 * 1024;
    /// Bytes of a document.
    document_bytes: 15_000, 32 * 1024, 100 * 1024;
    /// Tokens of a document.
    tokens: 1_000, 3_000, 15_000;
    /// Open brackets of any kind, counted before parsing, and levels of selections after expansion of fragments.
    nesting: 32, 32, 64;
    /// Fields inside each other, after expansion; what lies below `__schema` and `__type` is not counted.
    depth: 8, 12, 15;
    /// Selections after expansion of every fragment, `__typename` included.
    selections: 500, 2_000, 10_000;
    /// Fragment definitions.
    fragments: 10, 30, 100;
    /// Operations in a document.
    operations: 1, 5, 20;
    /// Aliases after expansion.
    aliases: 15, 60, 200;
    /// Root fields of a query.
    root_fields: 5, 20, 50;
    /// Root fields of a mutation; 0 means that mutations need a token.
    mutation_fields: 0, 10, 20;
    /// Directives on one place.
    place_directives: 3, 5, 20;
    /// Directives after expansion.
    directives: 20, 50, 100;
    /// Estimated cost: 1 for an object, rows times the cost of one row for a list.
    cost: 1_000, 10_000, 100_000;
    /// Estimated rows of all lists together.
    rows: 1_000, 10_000, 100_000;
    /// Rows of a page when `first` and `last` are absent (not a maximum by itself).
    page_default: 20, 20, 50;
    /// `first` and `last`.
    page_max: 50, 100, 500;
    /// Operators in one filter.
    filter_terms: 10, 30, 100;
    /// Entries of one `in` list.
    filter_list: 50, 200, 1_000;
    /// Levels of `and`, `or`, `not` and relations in one filter.
    filter_depth: 4, 6, 8;
    /// Variables of a request.
    variables: 20, 50, 100;
    /// Levels of lists and objects inside the variables.
    variables_depth: 8, 16, 16;
    /// Rows of one bulk mutation.
    bulk_rows: 0, 500, 5_000;
    /// Bytes of an answer before compression.
    answer_bytes: 2 * 1024 * 1024, 8 * 1024 * 1024, 32 * 1024 * 1024;
    /// Seconds until a query is given up.
    query_seconds: 5, 10, 30;
    /// Seconds until a mutation is given up and rolled back.
    mutation_seconds: 0, 15, 30;
    /// Requests running at one time: of all anonymous callers together, or of one account.
    running: 16, 8, 16;
}

/// The limits of every kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests without a token.
    pub public: ProfileLimits,
    /// Requests of people with an account.
    pub staff: ProfileLimits,
    /// Requests of other systems.
    pub service: ProfileLimits,
}

impl Limits {
    /// What ships.
    pub const DEFAULT: Self =
        Self { public: ProfileLimits::PUBLIC, staff: ProfileLimits::STAFF, service: ProfileLimits::SERVICE };

    /// The limits that hold for a caller.
    pub fn of(&self, caller: &Caller) -> ProfileLimits {
        match caller.identity().map(|account| account.kind) {
            None => self.public,
            Some(AccountKind::Person) => self.staff,
            Some(AccountKind::Service) => self.service,
        }
    }

    /// Refuses a limit above the ceiling (the shipped service profile) and a default page larger than the largest one.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` that names the setting, its value and the ceiling.
    pub fn check(&self) -> AppResult<()> {
        for (profile, limits) in [("public", &self.public), ("staff", &self.staff), ("service", &self.service)] {
            for ((name, value), (_, ceiling)) in limits.entries().zip(ProfileLimits::SERVICE.entries()) {
                if value > ceiling {
                    return Err(AppError::bad_input(format!(
                        "limits.{profile}.{name} is {value}; the ceiling is {ceiling}."
                    )));
                }
            }
            if limits.page_default > limits.page_max {
                return Err(AppError::bad_input(format!(
                    "limits.{profile}.page_default is {}, more than page_max, which is {}.",
                    limits.page_default, limits.page_max
                )));
            }
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, ProfileLimits};

    #[test]
    fn the_shipped_limits_pass_their_own_check() {
        assert!(Limits::DEFAULT.check().is_ok());
    }

    #[test]
    fn every_limit_is_refused_above_the_ceiling() {
        for (name, ceiling) in ProfileLimits::SERVICE.entries() {
            let mut json = serde_json::to_value(Limits::DEFAULT).unwrap();
            json["staff"][name] = (ceiling + 1).into();
            let limits: Limits = serde_json::from_value(json).unwrap();
            let message = limits.check().unwrap_err().to_string();
            assert_eq!(message, format!("limits.staff.{name} is {}; the ceiling is {ceiling}.", ceiling + 1));
        }
    }

    #[test]
    fn a_default_page_is_not_larger_than_the_largest() {
        let mut limits = Limits::DEFAULT;
        limits.public.page_max = 19;
        let message = limits.check().unwrap_err().to_string();
        assert_eq!(message, "limits.public.page_default is 20, more than page_max, which is 19.");
    }
}
