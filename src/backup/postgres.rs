//! `pg_dump` and `pg_restore`, with what they need to see every row of a database with row-level security.

use std::path::Path;
use std::process::Command;

use super::failure::BackupError;

/// What the programs say to the server: this is the service's own work, which takes as long as it takes.
const OPTIONS: &str = "-c jixiao.reach=service -c statement_timeout=0 -c lock_timeout=60000";

/// Writes the state of a snapshot to a file.
pub fn dump(url: &str, snapshot: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = program("pg_dump", url);
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security"]);
    command.arg(format!("--snapshot={snapshot}")).arg("--file").arg(file);
    run("pg_dump", &mut command)
}

/// Fills an empty database from a file: all of it or nothing.
pub fn load(url: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = program("pg_restore", url);
    command.args(["--no-owner", "--no-privileges", "--enable-row-security", "--single-transaction", "--exit-on-error"]);
    command.arg(file);
    run("pg_restore", &mut command)
}

/// A program that connects to a database. Its password goes by a variable: others can read the arguments of a process.
fn program(name: &'static str, url: &str) -> Command {
    let (url, password) = without_password(url);
    let mut command = Command::new(name);
    command.arg("--no-password").arg(format!("--dbname={url}")).env("PGOPTIONS", OPTIONS).env("LC_ALL", "C");
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

fn run(program: &'static str, command: &mut Command) -> Result<(), BackupError> {
    let output = command.output().map_err(|source| BackupError::NoProgram { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(BackupError::Program { program, said })
}

/// A URL without its password, and the password.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let Some(at) = rest[..authority].rfind('@') else { return (url.to_owned(), None) };
    let (login, host) = (&rest[..at], &rest[at..]);
    match login.split_once(':') {
        Some((user, password)) => (format!("{scheme}://{user}{host}"), Some(decoded(password))),
        None => (url.to_owned(), None),
    }
}

/// A part of a URL without its escapes.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| behind.get(..2)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &behind[2..]).1,
            None => (bytes.push(*first), rest = behind).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn the_password_leaves_the_url() {
        for (url, without, password) in [
            ("postgres://host/db", "postgres://host/db", None),
            ("postgres://user@host/db", "postgres://user@host/db", None),
            (
                "postgres://user:a%40b%2f:c@host:5/db?sslmode=require",
                "postgres://user@host:5/db?sslmode=require",
                Some("a@b/:c"),
            ),
            ("postgresql://user:p@/db?host=/run/a@b", "postgresql://user@/db?host=/run/a@b", Some("p")),
            ("postgres://user:100%@host/db", "postgres://user@host/db", Some("100%")),
        ] {
            assert_eq!(without_password(url), (without.to_owned(), password.map(str::to_owned)), "{url}");
        }
    }
}
