//! The samples that the demonstration loads, in the binary: it works wherever it is started.

use crate::auth::Caller;
use crate::db::Db;
use crate::error::AppResult;
use crate::import::{self, FileStore, Options, Report, Source};

/// A sample with what its document does not print.
pub struct Sample {
    /// Name of the file.
    pub file: &'static str,
    bytes: &'static [u8],
    division: &'static str,
    division_name: &'static str,
    fiscal_year: Option<i32>,
    unit: Option<(&'static str, &'static str)>,
}

macro_rules! samples {
    ($($file:literal, $division:literal, $division_name:literal, $fiscal_year:expr, $unit:expr;)*) => {
        /// The documents that `samples/manifest.toml` marks with `demo`; a test compares them with it.
        pub const SAMPLES: &[Sample] = &[$(Sample {
            file: $file,
            bytes: include_bytes!(concat!("../../../samples/", $file)),
            division: $division,
            division_name: $division_name,
            fiscal_year: $fiscal_year,
            unit: $unit,
        }),*];
    };
}

// File, code and name of the division, fiscal year and unit (code, name) where the document prints none.
samples! {
    "beidaihe-culture-2020.docx", "130304", "秦皇岛市北戴河区", None, None;
    "beidaihe-science-2020.txt", "130304", "秦皇岛市北戴河区", Some(2020), Some(("370001", "秦皇岛市北戴河区科技创新促进中心"));
    "chengde-water-2022.txt", "130821", "承德县", None, None;
    "hongqiao-education-2023.docx", "120106", "天津市红桥区", None, Some(("205", "天津市红桥区教育局"));
    "jinshui-environment-2023.docx", "410105", "郑州市金水区", None, None;
    "lixian-agriculture-2024.txt", "130635", "蠡县", None, None;
    "lingang-park-2026.txt", "130916", "沧州临港经济技术开发区", Some(2026), None;
    "qiaoxi-civil-affairs-2026.docx", "130104", "石家庄市桥西区", None, None;
}

impl Sample {
    /// Imports the sample as the command `import` would.
    ///
    /// # Errors
    /// As [`import::run`].
    pub async fn load(&self, db: &Db, files: &FileStore) -> AppResult<Report> {
        let source = Source { name: self.file.to_owned(), bytes: self.bytes.to_vec() };
        import::run(db, files, &Caller::operator(), &source, &self.options()).await
    }

    fn options(&self) -> Options {
        Options {
            division: self.division.to_owned(),
            division_name: Some(self.division_name.to_owned()),
            fiscal_year: self.fiscal_year,
            unit_code: self.unit.map(|(code, _)| code.to_owned()),
            unit_name: self.unit.map(|(_, name)| name.to_owned()),
            publish: true,
            dry_run: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SAMPLES;

    /// File, division and its name, fiscal year, unit and its name.
    type Entry = (String, String, String, Option<i64>, Option<(String, String)>);

    fn listed() -> Vec<Entry> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        let manifest: toml::Table = std::fs::read_to_string(folder.join("manifest.toml")).unwrap().parse().unwrap();
        let documents = manifest["document"].as_array().unwrap();
        let marked = documents.iter().filter(|document| document["demo"].as_bool().unwrap());
        let text = |document: &toml::Value, name: &str| Some(document.get(name)?.as_str()?.to_owned());
        marked
            .map(|document| {
                (
                    text(document, "file").unwrap(),
                    text(document, "division").unwrap(),
                    text(document, "division_name").unwrap(),
                    document.get("fiscal_year").and_then(toml::Value::as_integer),
                    text(document, "unit").zip(text(document, "unit_name")),
                )
            })
            .collect()
    }

    #[test]
    fn the_samples_are_those_that_the_manifest_marks() {
        let built_in = SAMPLES.iter().map(|sample| {
            let unit = sample.unit.map(|(code, name)| (code.to_owned(), name.to_owned()));
            let [file, division, name] = [sample.file, sample.division, sample.division_name].map(str::to_owned);
            (file, division, name, sample.fiscal_year.map(i64::from), unit)
        });
        assert_eq!(built_in.collect::<Vec<_>>(), listed());
    }
}
