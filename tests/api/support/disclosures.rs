//! The four real disclosures, with the options that each needs.

use std::fs;
use std::path::Path;

use jixiao::import::check::Options;
use jixiao::import::{self, Checked, Limits};

/// A real disclosure.
#[derive(Clone, Copy, Debug)]
pub struct Disclosure {
    /// Name of the file.
    pub file: &'static str,
    /// Fiscal division. 001 prints it in its codes (沧州临港, a finance zone with its own code); 北戴河 district is 130304,
    /// the new zone that 000 belongs to files under 秦皇岛 (130300), 汉沽 was merged into 滨海新区 of 天津 (120116).
    pub division: &'static str,
    /// Year for those that print none; 001 has codes of 2026, the text of 004 speaks of 2020.
    pub fiscal_year: Option<i32>,
    /// Unit for the one that prints none.
    pub unit: Option<(&'static str, &'static str)>,
}

/// All four, in the order of the tables in the rules of the field.
pub const ALL: [Disclosure; 4] = [
    Disclosure {
        file: "000_e61b345e8d75059b.txt",
        division: "130300",
        fiscal_year: None,
        unit: Some(("481001", "北戴河生命健康产业创新示范区产业研究院")),
    },
    Disclosure { file: "001_8a79bffb9153ab83.txt", division: "130916", fiscal_year: Some(2026), unit: None },
    Disclosure { file: "003_6965312b4b27b041.txt", division: "130304", fiscal_year: None, unit: None },
    Disclosure { file: "004_53a1d9005473b5fe.txt", division: "120116", fiscal_year: Some(2020), unit: None },
];

impl Disclosure {
    /// The file as published.
    pub fn bytes(self) -> Vec<u8> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/disclosures"));
        fs::read(folder.join(self.file)).expect("the disclosures lie beside the repository")
    }

    /// The file as text.
    pub fn text(self) -> String {
        String::from_utf8(self.bytes()).expect("the disclosures are UTF-8")
    }

    /// What the caller has to say about it.
    pub fn options(self) -> Options {
        Options {
            division: self.division.to_owned(),
            fiscal_year: self.fiscal_year,
            unit_code: self.unit.map(|(code, _)| code.to_owned()),
            unit_name: self.unit.map(|(_, name)| name.to_owned()),
        }
    }

    /// The same for an import.
    pub fn import_options(self) -> import::Options {
        let check = self.options();
        import::Options {
            division: check.division,
            fiscal_year: check.fiscal_year,
            unit_code: check.unit_code,
            unit_name: check.unit_name,
            ..import::Options::default()
        }
    }

    /// These bytes, read and checked with the options of this disclosure.
    pub fn check(self, bytes: &[u8]) -> Checked {
        let document = import::read(bytes, &Limits::default()).expect("a readable file");
        import::check(&document, &self.options()).expect("a complete document")
    }
}
