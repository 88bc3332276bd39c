//! Stored value types: exact money and decimals as integers, times, and the closed code lists of the tables.

use std::fmt;

use sea_orm::{DeriveActiveEnum, DeriveValueType, EnumIter};

/// Money in 分 (1/100 元); 1.00 万元 is 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
pub struct Fen(pub i64);

/// An exact decimal times 10⁶: target values, percents, weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
pub struct Micro(pub i64);

/// A point in time, UTC, in microseconds since 1970: the same integer on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
pub struct Timestamp(pub i64);

/// Hash of a password with its algorithm, parameters and salt, as a PHC string; never printed.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Fen {
    /// In 元, in plain notation.
    pub fn yuan(self) -> String {
        plain(self.0.into(), 2)
    }

    /// In 万元, in plain notation.
    pub fn wan_yuan(self) -> String {
        plain(self.0.into(), 6)
    }
}

impl Micro {
    /// In plain notation.
    pub fn decimal(self) -> String {
        plain(self.0.into(), 6)
    }
}

/// A scaled integer in plain notation without trailing zeros: 88,800,000 at 6 places is `88.8`.
pub fn plain(scaled: i128, places: u32) -> String {
    let size = scaled.unsigned_abs();
    let digits = u64::try_from(size).map_or_else(|_| size.to_string(), |size| size.to_string());
    let places = places as usize;
    let mut text = String::with_capacity(digits.len().max(places) + 3);
    if scaled < 0 {
        text.push('-');
    }
    match digits.len().checked_sub(places).filter(|whole| *whole > 0) {
        Some(whole) => {
            let (whole, part) = digits.split_at(whole);
            text.extend([whole, ".", part]);
        }
        None => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', places - digits.len()));
            text.push_str(&digits);
        }
    }
    text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    text
}

/// A value with a code.
pub trait Listed: Sized {
    /// All values with their codes, in the order of their definition.
    fn listed() -> impl Iterator<Item = (&'static str, Self)>;
}

macro_rules! code_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $code)] $variant,)*
        }

        impl $name {
            /// The stored and published code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The value with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// All values, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl Listed for $name {
            fn listed() -> impl Iterator<Item = (&'static str, Self)> {
                Self::ALL.iter().map(|value| (value.code(), *value))
            }
        }

        impl crate::part::Empty for $name {
            fn empty() -> Self {
                Self::ALL[0]
            }
        }
    };
}

code_list!(/** Rank of a unit, told by the length of its code. */ UnitLevel {
    /** A department (部门): three digits. */ Department = "DEPARTMENT",
    /** A budgeted unit (预算单位): six digits. */ Unit = "UNIT",
});
code_list!(/** Kind of an entry of a department goal. */ GoalItemKind {
    /** Sub-goal (分项绩效目标). */ SubGoal = "SUB_GOAL",
    /** Safeguard measure (工作保障措施). */ Measure = "MEASURE",
});
code_list!(/** What is searched. */ SearchKind {
    /** Units. */ Unit = "UNIT",
    /** Projects with their objectives. */ Project = "PROJECT",
    /** Indicators. */ Indicator = "INDICATOR",
    /** Department goals with their items. */ DepartmentGoal = "DEPARTMENT_GOAL",
});
code_list!(/** Which of the three goal levels the project tables of a document state. */ GoalLevel {
    /** Budgeted project (预算项目). */ Project = "PROJECT",
    /** Special fund (专项资金). */ SpecialFund = "SPECIAL_FUND",
});
code_list!(/** What the printed plan values are. */ PlanBasis {
    /** Percent of the budget. */ Percent = "PERCENT",
    /** Cumulative 万元. */ Amount = "AMOUNT",
    /** Fraction of one. */ Fraction = "FRACTION",
    /** Percent and 万元 at once, because the budget is 100. */ Ambiguous = "AMBIGUOUS",
});
code_list!(/** Form of an indicator's target. */ TargetKind {
    /** Comparison, number and unit. */ Quantity = "QUANTITY",
    /** Two numbers and a unit. */ Range = "RANGE",
    /** Text. */ Qualitative = "QUALITATIVE",
});
code_list!(/** Comparison of a quantity target. */ Comparison {
    /** ≥ */ Ge = "GE",
    /** > */ Gt = "GT",
    /** = */ Eq = "EQ",
    /** < */ Lt = "LT",
    /** ≤ */ Le = "LE",
});
code_list!(/** Regime of indicator levels. */ IndicatorRegime {
    /** 财预〔2015〕88号. */ R2015 = "R2015",
    /** 财预〔2021〕101号. */ R2021 = "R2021",
    /** Whole department (中发〔2018〕34号). */ WholeDepartment = "WHOLE_DEPARTMENT",
    /** Central investment (中央预算内投资). */ CentralInvestment = "CENTRAL_INVESTMENT",
    /** Local wording outside the national regimes. */ Local = "LOCAL",
});
code_list!(/** Weight of a finding. */ Severity {
    /** The row was rejected. */ Rejected = "REJECTED",
    /** Accepted; someone should look. */ Warning = "WARNING",
    /** Written in normal form; the printed text is kept. */ Normalized = "NORMALIZED",
    /** Worth knowing. */ Info = "INFO",
});
code_list!(/** Format of a source document. */ DocumentFormat {
    /** Text with tab-opened cells. */ Text = "TEXT",
    /** Word document. */ Docx = "DOCX",
});
code_list!(/** Kind of an account. */ AccountKind {
    /** A person. */ Person = "PERSON",
    /** Another system. */ Service = "SERVICE",
});
code_list!(/** What a grant makes its account (`docs/access.md`). */ Role {
    /** The public (公众): what is published, without an account. */ Public = "PUBLIC",
    /** Who enters data of a budget unit (预算单位经办). */ UnitEditor = "UNIT_EDITOR",
    /** Who answers for a budget unit (预算单位负责人). */ UnitApprover = "UNIT_APPROVER",
    /** The department in charge (主管部门). */ Department = "DEPARTMENT",
    /** The finance bureau (财政部门). */ Finance = "FINANCE",
    /** Another system (系统对接). */ Service = "SERVICE",
    /** System administrator (系统管理员). */ SysAdmin = "SYS_ADMIN",
    /** Security administrator (安全管理员). */ SecAdmin = "SEC_ADMIN",
    /** Audit administrator (审计管理员). */ Auditor = "AUDITOR",
});
code_list!(/** What an account is for: its grants are of this kind only, which keeps the administrators apart. */ Duty {
    /** A person of a unit, a department or the finance bureau. */ Business = "BUSINESS",
    /** Another system. */ Service = "SERVICE",
    /** System administrator. */ SysAdmin = "SYS_ADMIN",
    /** Security administrator. */ SecAdmin = "SEC_ADMIN",
    /** Audit administrator. */ Auditor = "AUDITOR",
});
code_list!(/** Whether the public sees a record. */ Publication {
    /** Not yet, or not any more. */ Draft = "DRAFT",
    /** It does. */ Published = "PUBLISHED",
});
code_list!(/** How far a grant goes. */ Access {
    /** Only looking (查看). */ View = "VIEW",
    /** Looking and everything else that the role may do (采集). */ Capture = "CAPTURE",
});
code_list!(/** Why a session ended before its time. */ SessionEnd {
    /** The person signed out. */ Logout = "LOGOUT",
    /** A refresh token came a second time: someone has a copy of it. */ Reuse = "REUSE",
    /** The password, or the secret of the one-time codes, was set anew. */ Credential = "CREDENTIAL",
    /** An administrator ended it. */ Administrator = "ADMINISTRATOR",
});
code_list!(/** Which tokens are refused. */ RevokedKind {
    /** One token. */ Token = "TOKEN",
    /** All of a session. */ Session = "SESSION",
    /** All of an account that were issued before. */ Account = "ACCOUNT",
});
code_list!(/** What became of an entity. */ ChangeKind {
    /** It was made. */ Created = "CREATED",
    /** It, or a part of it, changed. */ Updated = "UPDATED",
    /** It went. */ Deleted = "DELETED",
});
code_list!(/** How something that was tried ended. */ AuditResult {
    /** It was done. */ Done = "DONE",
});
code_list!(/** State of a file that a client sends. */ UploadStatus {
    /** Bytes are still missing. */ Receiving = "RECEIVING",
    /** All bytes are there and the checksum is right. */ Complete = "COMPLETE",
    /** The file was deleted. */ Expired = "EXPIRED",
});
code_list!(/** What the rows of a bulk operation are. */ BulkKind {
    /** Projects with their parts. */ Projects = "PROJECTS",
    /** Indicators. */ Indicators = "INDICATORS",
    /** Units. */ Units = "UNITS",
    /** Plan points. */ PlanPoints = "PLAN_POINTS",
    /** Several kinds; each row tells what it is. */ Mixed = "MIXED",
    /** A published document. */ Disclosure = "DISCLOSURE",
});
code_list!(/** What a bulk operation does with its rows. */ BulkMode {
    /** Every row must be new. */ Create = "CREATE",
    /** Every row must be there. */ Update = "UPDATE",
    /** New rows are made, known ones changed. */ Upsert = "UPSERT",
    /** The rows are deleted. */ Delete = "DELETE",
    /** As upsert, and what the file lacks is deleted from its scope. */ ReplaceScope = "REPLACE_SCOPE",
});
code_list!(/** State of a bulk operation. */ BulkStatus {
    /** Waits for its turn. */ Queued = "QUEUED",
    /** The file is looked through; no row was applied yet. */ Validating = "VALIDATING",
    /** Rows are applied. */ Running = "RUNNING",
    /** Ends after the chunk that runs. */ Canceling = "CANCELING",
    /** Was ended by the client; what was applied stays. */ Canceled = "CANCELED",
    /** Every row was taken. */ Completed = "COMPLETED",
    /** All rows were looked at, some were refused. */ CompletedWithErrors = "COMPLETED_WITH_ERRORS",
    /** Could not go on; what was applied stays. */ Failed = "FAILED",
    /** Ended a while ago; its files were deleted. */ Expired = "EXPIRED",
});
code_list!(/** What a bulk operation is busy with. */ BulkPhase {
    /** Nothing yet. */ Waiting = "WAITING",
    /** The file: its checksum, its rows, the preview that was confirmed. */ Checking = "CHECKING",
    /** The rows. */ Applying = "APPLYING",
    /** Nothing any more. */ Done = "DONE",
});

#[cfg(test)]
mod tests {
    use super::Micro;

    #[test]
    fn numbers_are_printed_without_what_says_nothing() {
        let printed = [88_800_000, 0, 100_000_000, -50_000, 1].map(|value| Micro(value).decimal());
        assert_eq!(printed, ["88.8", "0", "100", "-0.05", "0.000001"]);
    }
}
