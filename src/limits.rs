//! What a caller may ask for, at once and over time: three profiles in one table, and the ceiling above which no setting
//! goes unasked.
//!
//! The numbers bound the work before it is done; nothing here measures or enforces. `http` enforces what is seen in the
//! request, `graphql` and `service` what is seen in arguments (`page`, `filter`, `bulk_rows`).

use std::fmt::Display;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use entity::value::AccountKind;

use crate::error::{AppError, AppResult};

/// The kind of a caller, by which its limits are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Without a token.
    Public,
    /// A person with an account.
    Staff,
    /// Another system.
    Service,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Public, Self::Staff, Self::Service];

    /// The profile of an account of this kind, or of nobody.
    pub fn of(account: Option<AccountKind>) -> Self {
        match account {
            None => Self::Public,
            Some(AccountKind::Person) => Self::Staff,
            Some(AccountKind::Service) => Self::Service,
        }
    }

    /// The name as settings have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Staff => "staff",
            Self::Service => "service",
        }
    }
}

/// Something for each profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByProfile<T> {
    /// Requests without a token.
    pub public: T,
    /// Requests of people with an account.
    pub staff: T,
    /// Requests of other systems.
    pub service: T,
}

impl<T> ByProfile<T> {
    /// What holds for a profile.
    pub fn of(&self, profile: Profile) -> &T {
        match profile {
            Profile::Public => &self.public,
            Profile::Staff => &self.staff,
            Profile::Service => &self.service,
        }
    }

    /// What holds for a profile, to change it.
    pub fn of_mut(&mut self, profile: Profile) -> &mut T {
        match profile {
            Profile::Public => &mut self.public,
            Profile::Staff => &mut self.staff,
            Profile::Service => &mut self.service,
        }
    }
}

/// Which documents a caller may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentPolicy {
    /// Documents as text; ids are not known.
    #[default]
    Off,
    /// Documents by their id or as text, which leaves a line in the log.
    Prefer,
    /// Documents by their id only.
    Require,
}

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

            /// The limit with this name, to set it.
            pub fn by_name(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($limit) => Some(&mut self.$limit),)*
                    _ => None,
                }
            }

            /// The sentence for a bulk mutation with more than `bulk_rows` rows.
            pub fn bulk_refusal(&self, rows: impl Display) -> String {
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
    /// Requests a minute.
    requests_minute: 60, 600, 3_000;
    /// Points of cost a minute.
    points_minute: 10_000, 100_000, 1_000_000;
    /// Mutations a minute.
    writes_minute: 0, 120, 3_000;
    /// Bulk mutations a minute.
    bulk_minute: 0, 30, 30;
    /// Imports an hour.
    imports_hour: 0, 10, 10;
}

/// What is counted over time, for each account, and for each address without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Requests.
    Requests,
    /// Points of cost.
    Points,
    /// Mutations.
    Writes,
    /// Bulk mutations.
    Bulk,
    /// Imports.
    Imports,
}

/// So many in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub most: u64,
    /// In which time.
    pub period: Duration,
}

impl Counted {
    /// Everything that is counted.
    pub const ALL: [Self; 5] = [Self::Requests, Self::Points, Self::Writes, Self::Bulk, Self::Imports];

    /// The name, as headers and messages have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Points => "points",
            Self::Writes => "writes",
            Self::Bulk => "bulk mutations",
            Self::Imports => "imports",
        }
    }
}

impl ProfileLimits {
    /// How many of something there may be in which time.
    pub fn rate(&self, counted: Counted) -> Rate {
        const MINUTE: Duration = Duration::from_secs(60);
        const HOUR: Duration = Duration::from_secs(3_600);
        let (most, period) = match counted {
            Counted::Requests => (self.requests_minute, MINUTE),
            Counted::Points => (self.points_minute, MINUTE),
            Counted::Writes => (self.writes_minute, MINUTE),
            Counted::Bulk => (self.bulk_minute, MINUTE),
            Counted::Imports => (self.imports_hour, HOUR),
        };
        Rate { most, period }
    }
}

/// The limits of every kind of caller.
pub type Limits = ByProfile<ProfileLimits>;

impl Limits {
    /// What ships.
    pub const DEFAULT: Self =
        Self { public: ProfileLimits::PUBLIC, staff: ProfileLimits::STAFF, service: ProfileLimits::SERVICE };

    /// Refuses limits that contradict each other: a default page larger than the largest one, a document that costs more than
    /// there is for a minute.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` that names both limits and their values.
    pub fn check(&self) -> AppResult<()> {
        for profile in Profile::ALL {
            let limits = self.of(profile);
            for (name, value, most, most_value) in [
                ("page_default", limits.page_default, "page_max", limits.page_max),
                ("cost", limits.cost, "points_minute", limits.points_minute),
            ] {
                if value > most_value {
                    return Err(AppError::bad_input(format!(
                        "limits.{}.{name} is {value}, more than {most}, which is {most_value}.",
                        profile.name()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Refuses a limit above the ceiling, which is the shipped service profile: no installation was tried with more.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` that names the limit, its value and the ceiling.
    pub fn check_ceiling(&self) -> AppResult<()> {
        for profile in Profile::ALL {
            let limits = self.of(profile).entries();
            for ((name, value), (_, ceiling)) in limits.zip(ProfileLimits::SERVICE.entries()) {
                if value > ceiling {
                    return Err(AppError::bad_input(format!(
                        "limits.{}.{name} is {value}; the ceiling is {ceiling}.",
                        profile.name()
                    )));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, ProfileLimits};

    #[test]
    fn the_shipped_limits_pass_their_own_check() {
        assert!(Limits::DEFAULT.check().is_ok() && Limits::DEFAULT.check_ceiling().is_ok());
    }

    #[test]
    fn every_limit_is_refused_above_the_ceiling() {
        for (name, ceiling) in ProfileLimits::SERVICE.entries() {
            let mut json = serde_json::to_value(Limits::DEFAULT).unwrap();
            json["staff"][name] = (ceiling + 1).into();
            let limits: Limits = serde_json::from_value(json).unwrap();
            let message = limits.check_ceiling().unwrap_err().to_string();
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

    #[test]
    fn a_document_costs_no_more_than_there_is_for_a_minute() {
        let mut limits = Limits::DEFAULT;
        limits.staff.points_minute = 9_999;
        let message = limits.check().unwrap_err().to_string();
        assert_eq!(message, "limits.staff.cost is 10000, more than points_minute, which is 9999.");
    }
}
