//! `jixiao admin init`.

use clap::Args;
use entity::value::{Duty, Role};

use crate::app;
use crate::auth::{Caller, Grant, Scope};
use crate::cli::account::{self as commands, Invited};
use crate::cli::failure::Failure;
use crate::config::Settings;
use crate::error::{AppError, AppResult, ErrorCode};
use crate::service::work::Work;
use crate::service::{account, invitation};

/// Make the first three administrators, and print an invitation for each
///
/// One looks after the system, one after the security, one after the audit; the three are different people. Each sets password
/// and one-time codes with the own invitation (`POST /auth/activate`), which can be used once and for 24 hours. There is no
/// account before, and this command refuses when there are administrators already.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  jixiao admin init\n  jixiao admin init --system zhang.wei --security li.na --audit wang.fang\n  \
                        jixiao admin init --again li.na"
)]
pub struct Init {
    /// Account of the administrator of the system
    #[arg(long, value_name = "NAME", default_value = "sysadmin")]
    system: String,
    /// Account of the administrator of the security
    #[arg(long, value_name = "NAME", default_value = "secadmin")]
    security: String,
    /// Account of the administrator of the audit
    #[arg(long, value_name = "NAME", default_value = "auditor")]
    audit: String,
    /// Invite an administrator again who has lost password or one-time codes
    #[arg(long, value_name = "NAME", conflicts_with_all = ["system", "security", "audit"])]
    again: Option<String>,
}

impl Init {
    pub async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let db = app::open(settings).await?;
        let invited = commands::write(&db, "admin init", async |work| match &self.again {
            Some(name) => again(work, name).await,
            None => self.first(work).await,
        });
        commands::print_invitations(&invited.await?)?;
        Ok(db.close().await?)
    }

    /// The three, none of whom may be there.
    async fn first(&self, work: &mut Work<'_>) -> AppResult<Vec<Invited>> {
        let there = administrators(work).await?;
        if !there.is_empty() {
            let message = format!(
                "There are administrators already: {}. Who has lost password or one-time codes is invited again by \
                 `jixiao admin init --again NAME`.",
                there.join(", ")
            );
            return Err(AppError::new(ErrorCode::Conflict, message));
        }
        let mut invited = Vec::with_capacity(3);
        let three = [
            (&self.system, Duty::SysAdmin, Role::SysAdmin),
            (&self.security, Duty::SecAdmin, Role::SecAdmin),
            (&self.audit, Duty::Auditor, Role::Auditor),
        ];
        for (name, duty, role) in three {
            let account = account::add(work, name, duty).await?;
            account::grant(work, account.id, &Grant::new(role, Scope::Everything), None).await?;
            invited.push(Invited { account: name.clone(), code: invitation::invite(work, name).await? });
        }
        Ok(invited)
    }
}

async fn again(work: &mut Work<'_>, name: &str) -> AppResult<Vec<Invited>> {
    if !administrators(work).await?.iter().any(|administrator| administrator == name) {
        let message = format!("`{name}` is no administrator; `jixiao account invite` invites everybody else.");
        return Err(AppError::new(ErrorCode::NotFound, message));
    }
    Ok(vec![Invited { account: name.to_owned(), code: invitation::invite(work, name).await? }])
}

/// The names of the active administrators.
async fn administrators(work: &Work<'_>) -> AppResult<Vec<String>> {
    let accounts = account::list(work.tx, &Caller::operator()).await?;
    let administers = |duty| match duty {
        Duty::SysAdmin | Duty::SecAdmin | Duty::Auditor => true,
        Duty::Business | Duty::Service => false,
    };
    let active = accounts.into_iter().filter(|(account, _)| account.disabled_at.is_none() && administers(account.duty));
    Ok(active.map(|(account, _)| account.name).collect())
}
