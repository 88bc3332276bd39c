//! What each role may do, in one table without a default: a new role or permission does not compile without a decision.
//!
//! What a caller may do to one row is narrower still: it must lie in the scope and the years of a grant, a grant to view is
//! no grant to change, and a token may hold some permissions only (`docs/access.md`).

use entity::value::Role;

macro_rules! permissions {
    ($($(#[$doc:meta])* $permission:ident = $name:literal,)*) => {
        /// Something that may be done; its name is also the scope of a token that allows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $($(#[$doc])* $permission,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$permission),*];

            /// Name in tokens, in the schema and in answers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$permission => $name,)* }
            }

            /// The permission of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$permission),)* _ => None }
            }
        }
    };
}

permissions! {
    /// Look at divisions, units and their aliases.
    UnitRead = "unit:read",
    /// Make, change, move, merge and delete divisions and units.
    UnitWrite = "unit:write",
    /// Look at projects, spending plans and objectives.
    ProjectRead = "project:read",
    /// Make, change and delete projects, spending plans and objectives.
    ProjectWrite = "project:write",
    /// Look at indicators and their levels.
    IndicatorRead = "indicator:read",
    /// Make, change and delete indicators.
    IndicatorWrite = "indicator:write",
    /// Look at department goals.
    GoalRead = "goal:read",
    /// Make, change and delete department goals.
    GoalWrite = "goal:write",
    /// Look at what data-quality rules noticed.
    FindingRead = "finding:read",
    /// Acknowledge what data-quality rules noticed.
    FindingAcknowledge = "finding:acknowledge",
    /// Look at the documents that were read.
    DocumentRead = "document:read",
    /// Look at who changed what of a record, and when.
    HistoryRead = "history:read",
    /// Send files and run bulk operations; their rows need the permission to write them too.
    ImportRun = "import:run",
    /// Look at uploads and bulk operations: one's own, or all with the right to look after the service.
    OperationRead = "operation:read",
    /// Publish records, and take them back.
    PublicationWrite = "publication:write",
    /// Look at the audit record and verify it.
    AuditRead = "audit:read",
    /// Look at accounts, grants and service clients.
    AccountRead = "account:read",
    /// Make, invite and disable accounts.
    AccountWrite = "account:write",
    /// Give and take grants, and manage the credentials of service clients.
    GrantWrite = "grant:write",
    /// Look after the service: bulk operations of all accounts, checks, the change feed.
    Operate = "system:operate",
}

impl Permission {
    /// Whether it only looks: then a grant to view is enough.
    pub const fn only_looks(self) -> bool {
        match self {
            Self::UnitRead
            | Self::ProjectRead
            | Self::IndicatorRead
            | Self::GoalRead
            | Self::FindingRead
            | Self::DocumentRead
            | Self::HistoryRead
            | Self::OperationRead
            | Self::AuditRead
            | Self::AccountRead => true,
            Self::UnitWrite
            | Self::ProjectWrite
            | Self::IndicatorWrite
            | Self::GoalWrite
            | Self::FindingAcknowledge
            | Self::ImportRun
            | Self::PublicationWrite
            | Self::AccountWrite
            | Self::GrantWrite
            | Self::Operate => false,
        }
    }
}

/// Whether a role may do something at all.
pub const fn allows(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
        Role::Public => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead => false,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => false,
            P::ImportRun | P::OperationRead | P::PublicationWrite => false,
            P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        Role::UnitEditor => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead => true,
            P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => true,
            P::ImportRun | P::OperationRead => true,
            P::UnitWrite | P::PublicationWrite => false,
            P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        // Who answers for the unit judges what others entered, and enters nothing himself.
        Role::UnitApprover => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead => true,
            P::FindingAcknowledge => true,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::ImportRun => false,
            P::OperationRead | P::PublicationWrite => false,
            P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        // The department states its own overall goal, and changes no figure of a unit.
        Role::Department => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead => true,
            P::GoalWrite | P::FindingAcknowledge => true,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite => false,
            P::ImportRun | P::OperationRead | P::PublicationWrite => false,
            P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        // The bureau keeps the list of units and publishes; corrections of figures go back to the unit.
        Role::Finance => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead => true,
            P::UnitWrite | P::FindingAcknowledge | P::PublicationWrite => true,
            P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::ImportRun | P::OperationRead => false,
            P::AuditRead | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        // A system carries data; it never approves or publishes.
        Role::Service => match permission {
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => true,
            P::FindingRead | P::DocumentRead | P::HistoryRead | P::AuditRead => true,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => true,
            P::ImportRun | P::OperationRead => true,
            P::PublicationWrite | P::AccountRead | P::AccountWrite | P::GrantWrite | P::Operate => false,
        },
        Role::SysAdmin => match permission {
            P::OperationRead | P::AccountRead | P::AccountWrite | P::Operate => true,
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => false,
            P::FindingRead | P::DocumentRead | P::HistoryRead => false,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => false,
            P::ImportRun | P::PublicationWrite | P::AuditRead | P::GrantWrite => false,
        },
        // Grants name units, so the tree of units is looked at; nothing else of the field is.
        Role::SecAdmin => match permission {
            P::UnitRead | P::AccountRead | P::GrantWrite => true,
            P::ProjectRead | P::IndicatorRead | P::GoalRead => false,
            P::FindingRead | P::DocumentRead | P::HistoryRead => false,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => false,
            P::ImportRun | P::OperationRead | P::PublicationWrite | P::AuditRead | P::AccountWrite | P::Operate => {
                false
            }
        },
        Role::Auditor => match permission {
            P::AuditRead | P::AccountRead => true,
            P::UnitRead | P::ProjectRead | P::IndicatorRead | P::GoalRead => false,
            P::FindingRead | P::DocumentRead | P::HistoryRead => false,
            P::UnitWrite | P::ProjectWrite | P::IndicatorWrite | P::GoalWrite | P::FindingAcknowledge => false,
            P::ImportRun | P::OperationRead | P::PublicationWrite | P::AccountWrite | P::GrantWrite | P::Operate => {
                false
            }
        },
    }
}

/// How a field of the schema is kept (安全标记); `graphql::access` gives each field its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// What departments publish.
    Public,
    /// What who works with the data needs beside it: versions, places in documents, findings.
    Internal,
    /// What could harm if it came out too early.
    Sensitive,
    /// What tells of a person.
    Personal,
    /// How the service is run.
    System,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Public, Self::Internal, Self::Sensitive, Self::Personal, Self::System];

    /// Name in the schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Internal => "INTERNAL",
            Self::Sensitive => "SENSITIVE",
            Self::Personal => "PERSONAL",
            Self::System => "SYSTEM",
        }
    }
}

/// Whether a role sees fields of a class at all.
pub const fn sees(role: Role, class: Class) -> bool {
    match role {
        Role::Public => match class {
            Class::Public => true,
            Class::Internal | Class::Sensitive | Class::Personal | Class::System => false,
        },
        Role::UnitEditor | Role::UnitApprover | Role::Department | Role::Finance => match class {
            Class::Public | Class::Internal | Class::Sensitive | Class::Personal => true,
            Class::System => false,
        },
        // Another system needs no names of persons.
        Role::Service => match class {
            Class::Public | Class::Internal | Class::Sensitive => true,
            Class::Personal | Class::System => false,
        },
        Role::SysAdmin | Role::SecAdmin | Role::Auditor => match class {
            Class::Public | Class::Internal | Class::Personal | Class::System => true,
            Class::Sensitive => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, allows};
    use entity::value::Role;

    /// Permissions over what the field holds; the rest is looking after the service.
    fn is_of_the_field(permission: Permission) -> bool {
        !matches!(
            permission,
            Permission::AuditRead
                | Permission::AccountRead
                | Permission::AccountWrite
                | Permission::GrantWrite
                | Permission::Operate
        )
    }

    #[test]
    fn names_are_different_and_lead_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_name(permission.name()), Some(*permission));
        }
        assert_eq!(Permission::from_name("project:approve"), None);
    }

    #[test]
    fn no_administrator_changes_what_the_field_holds_and_nobody_of_the_field_administers() {
        // Operations are looked at by who starts them and by who looks after the service.
        for permission in Permission::ALL.iter().filter(|permission| **permission != Permission::OperationRead) {
            for role in [Role::SysAdmin, Role::SecAdmin, Role::Auditor] {
                let looks_at_units = role == Role::SecAdmin && *permission == Permission::UnitRead;
                assert!(
                    !is_of_the_field(*permission) || !allows(role, *permission) || looks_at_units,
                    "{permission:?}"
                );
            }
            for role in [Role::Public, Role::UnitEditor, Role::UnitApprover, Role::Department, Role::Finance] {
                assert!(is_of_the_field(*permission) || !allows(role, *permission), "{role:?} {permission:?}");
            }
        }
    }

    #[test]
    fn no_two_administrators_can_change_the_same() {
        let roles = [Role::SysAdmin, Role::SecAdmin, Role::Auditor];
        for permission in Permission::ALL.iter().filter(|permission| !permission.only_looks()) {
            assert!(roles.iter().filter(|role| allows(**role, *permission)).count() <= 1, "{permission:?}");
        }
    }

    #[test]
    fn only_the_finance_bureau_publishes() {
        for role in Role::ALL {
            assert_eq!(allows(*role, Permission::PublicationWrite), *role == Role::Finance, "{role:?}");
        }
    }

    #[test]
    fn the_public_only_looks() {
        assert!(Permission::ALL.iter().all(|permission| permission.only_looks() || !allows(Role::Public, *permission)));
    }
}
