//! Hostile files are refused quickly and with the right words, whatever they hold.

use std::io::Cursor;
use std::time::{Duration, Instant};

use jixiao::import::error::{PackageFault, XmlFault};
use jixiao::import::{self, Limits, Place, ReadError};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::cpu::Stopwatch;
use crate::support::docx::{package, run, with_body, with_main_part};
use crate::support::sample;

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
/// CPU time far above what a refusal takes, even in a debug build.
const QUICK: Duration = Duration::from_secs(5);

fn refused(bytes: &[u8]) -> ReadError {
    let start = Stopwatch::start();
    let error = import::read(bytes, &Limits::default()).expect_err("a refusal");
    assert!(start.elapsed() < QUICK, "refused after {:?}", start.elapsed());
    error
}

fn fault(bytes: &[u8]) -> PackageFault {
    match refused(bytes) {
        ReadError::Package(fault) => fault,
        other => panic!("{other:?}"),
    }
}

fn xml_fault(main_part: &str) -> XmlFault {
    match refused(&with_main_part(main_part)) {
        ReadError::Xml { part, fault, .. } if part == "word/document.xml" => fault,
        other => panic!("{other:?}"),
    }
}

/// Writes `to` over each `from` of the same length.
fn patched(bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes;
    let places: Vec<usize> = (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "nothing to patch");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

/// Positions of the entries of the central directory.
fn central_entries(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect()
}

#[test]
fn a_part_that_unpacks_a_thousandfold_is_refused() {
    let bytes = with_body(&run(&" ".repeat(30 << 20)));
    assert!(bytes.len() < 100 << 10);
    assert_eq!(refused(&bytes), ReadError::Bomb { part: "word/document.xml".to_owned(), ratio: 100 });
}

#[test]
fn a_part_that_declares_less_than_it_unpacks_to_is_cut_off() {
    let size = 1_500_000_u32;
    let body = format!("<w:p>{}</w:p>", run(&"字".repeat(size as usize / 3)));
    let honest = with_body(&body);
    let main = central_entries(&honest)[2];
    let mut bytes = honest;
    bytes[main + 24..main + 28].copy_from_slice(&1_000_u32.to_le_bytes());
    assert!(matches!(
        refused(&bytes),
        ReadError::Xml { fault: XmlFault::Malformed, .. } | ReadError::Package(PackageFault::DamagedPart(_))
    ));
}

#[test]
fn too_many_parts_are_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for number in 0..100_000 {
        zip.start_file(format!("{number}"), stored).expect("a part");
    }
    let bytes = zip.finish().expect("a package").into_inner();
    assert_eq!(refused(&bytes), ReadError::TooLarge { what: "too many parts", limit: "200 parts".to_owned() });
}

#[test]
fn packages_in_packages_are_not_opened() {
    let inner = package(&[("word/document.xml", b"<a/>")]);
    let nested = package(&[("1.zip", &inner), ("2.zip", &inner)]);
    assert_eq!(fault(&nested), PackageFault::NoDocument);
}

#[test]
fn names_that_lead_out_links_duplicates_and_passwords_are_refused() {
    for name in ["../word/document.xml", "/word/document.xml", "word\\document.xml"] {
        let escaping = patched(
            package(&[("word/document.xml", b"<a/>"), (&"x".repeat(name.len()), b"")]),
            "x".repeat(name.len()).as_bytes(),
            name.as_bytes(),
        );
        assert_eq!(fault(&escaping), PackageFault::UnsafeName(name.to_owned()));
    }

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("word/document.xml", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
    let link = zip.finish().expect("a package").into_inner();
    assert_eq!(fault(&link), PackageFault::Link("word/document.xml".to_owned()));

    let two = package(&[("[Content_Types].xml", b"<a/>"), ("[Content_Typex].xml", b"<b/>")]);
    let duplicate = patched(two, b"[Content_Typex].xml", b"[Content_Types].xml");
    assert_eq!(fault(&duplicate), PackageFault::DuplicateName);

    let mut encrypted = with_body("<w:p/>");
    for at in central_entries(&encrypted) {
        encrypted[at + 8] |= 1;
    }
    assert_eq!(fault(&encrypted), PackageFault::Encrypted);
}

#[test]
fn parts_that_share_bytes_are_refused() {
    let mut bytes = with_body("<w:p/>");
    let entries = central_entries(&bytes);
    let first: Vec<u8> = bytes[entries[0] + 42..entries[0] + 46].to_vec();
    bytes[entries[1] + 42..entries[1] + 46].copy_from_slice(&first);
    assert!(matches!(fault(&bytes), PackageFault::Overlap | PackageFault::Damaged));
}

#[test]
fn document_types_and_entities_are_refused() {
    let laughs = format!(
        r#"<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"#
    );
    assert_eq!(xml_fault(&laughs), XmlFault::DocumentType);
    let external = format!(
        r#"<!DOCTYPE w:document SYSTEM "http://127.0.0.1:9/x.dtd"><w:document xmlns:w="{WORD}"><w:body/></w:document>"#
    );
    assert_eq!(xml_fault(&external), XmlFault::DocumentType);
    let entity =
        format!(r#"<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"#);
    assert_eq!(xml_fault(&entity), XmlFault::Entity);
}

#[test]
fn attributes_namespaces_and_depth_are_bounded() {
    let attributes: String = (0..80_000).map(|number| format!(" a{number}=\"{}\"", number * 7919)).collect();
    assert_eq!(xml_fault(&format!("<w:document xmlns:w=\"{WORD}\"{attributes}/>")), XmlFault::Attributes);
    let namespaces: String = (0..10_000).map(|number| format!(" xmlns:n{number}=\"urn:{}\"", number * 7919)).collect();
    assert_eq!(xml_fault(&format!("<w:document xmlns:w=\"{WORD}\"{namespaces}/>")), XmlFault::Attributes);
    let deep: String = (0..100_000).map(|number| format!("<a{}>", number * 7919)).collect();
    assert_eq!(xml_fault(&format!("<w:document xmlns:w=\"{WORD}\">{deep}")), XmlFault::Depth);
}

#[test]
fn only_utf8_that_is_a_word_document_is_read() {
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("<a/>".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin = [format!("<w:document xmlns:w=\"{WORD}\">").as_bytes(), b"\xFF</w:document>"].concat();
    let bare: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for part in [utf16, bare, b"<?xml version=\"1.0\" encoding=\"utf-7\"?><a/>".to_vec(), latin] {
        let bytes = package(&[("word/document.xml", &part)]);
        assert!(matches!(refused(&bytes), ReadError::Xml { fault: XmlFault::Encoding, .. }), "{part:?}");
    }
    assert_eq!(
        xml_fault("<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>"),
        XmlFault::NotWord
    );
    assert_eq!(xml_fault(&format!("<w:document xmlns:w=\"{WORD}\"><w:body>")), XmlFault::Malformed);
    assert_eq!(xml_fault(&format!("<w:document xmlns:w=\"{WORD}\"></w:body>")), XmlFault::Malformed);
    assert_eq!(fault(b"PK\x03\x04 and nothing more"), PackageFault::Damaged);
    assert_eq!(fault(&package(&[("readme.txt", b"hello")])), PackageFault::NoDocument);
}

#[test]
fn rows_and_cells_are_counted() {
    // Random text keeps the packing ratio of an honest document.
    let row = |number: u64| {
        format!(
            "<w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr>",
            run(&format!("{:x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        )
    };
    let rows: String = (0..50_001).map(row).collect();
    let place = Place::Row { table: 1, row: 50_001 };
    let expected = ReadError::TooMany { what: "table rows", limit: 50_000, place };
    assert_eq!(refused(&with_body(&format!("<w:tbl>{rows}</w:tbl>"))), expected);

    let limits = Limits { cells: 3, ..Limits::default() };
    let two = format!("<w:tbl>{}{}</w:tbl>", row(1), row(2));
    let place = Place::Row { table: 1, row: 2 };
    let expected = ReadError::TooMany { what: "cells and paragraphs", limit: 3, place };
    assert_eq!(import::read(&with_body(&two), &limits), Err(expected));
}

#[test]
fn large_texts_and_other_formats_are_refused_by_their_size_and_first_bytes() {
    let line = vec![b'a'; 100_000_000];
    assert!(matches!(refused(&line), ReadError::TooLarge { what: "too many bytes", .. }));
    assert_eq!(refused(b""), ReadError::Empty);
    for bytes in [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), b"%PDF-1.7", b"{\\rtf1"] {
        assert!(matches!(refused(bytes), ReadError::OtherFormat(_)));
    }
}

#[test]
fn the_longest_line_that_is_read_is_read_quickly() {
    let start = Stopwatch::start();
    let document =
        import::read("\t字".repeat(5 << 20).get(..20 << 20).expect("a boundary").as_bytes(), &Limits::default());
    assert_eq!(document.expect("a text").pieces.len(), 1);
    assert!(start.elapsed() < 3 * QUICK, "{:?}", start.elapsed());
}

/// Repetition must not cost more than its length: none of these would end if it were compared pairwise.
#[test]
fn large_documents_are_checked_in_time_by_their_length() {
    let count = 50_000;
    let objectives: String = (0..count).map(|number| format!("{number}、目标{number}\n")).collect();
    let objectives = sample::disclosure().replace("1.完成全年培训\n", &objectives);
    let blank_rows = sample::disclosure() + &"\t\n".repeat(4 * count) + "\t产出指标\n";
    let marks = "1.甲绩效目标表\n第二部分\n".repeat(count);
    let units: String = (0..count)
        .map(|number| format!("{number}.甲{number}绩效目标表\n\t{number}甲局\n\t单位：万元\n\t绩效目标\n\t一\n"))
        .collect();
    let units = format!("{}{units}", sample::part_one());
    // Rows that continue a level must not each repeat ten million signs of it.
    let long_level =
        sample::disclosure() + "\t" + &"长".repeat(3 << 20) + &"\n\t数量指标\n\t甲\n\t\n\t1个\n\t\n\t".repeat(count);
    for text in [objectives, blank_rows, marks, units, long_level] {
        let start = Stopwatch::start();
        let _ = sample::check(&text, &sample::options());
        assert!(start.elapsed() < QUICK, "{:?} for {:?}", start.elapsed(), text.get(..60));
    }
}

#[test]
fn the_deadline_ends_a_reading() {
    let limits = Limits::default().until(Instant::now());
    assert_eq!(import::read("行\n".repeat(2_000).as_bytes(), &limits), Err(ReadError::TooSlow));
    let paragraphs = format!("<w:p>{}</w:p>", run("行")).repeat(2_000);
    assert_eq!(import::read(&with_body(&paragraphs), &limits), Err(ReadError::TooSlow));
}

#[test]
fn messages_say_what_to_do_without_internals() {
    for error in [refused(b"%PDF-1.7"), refused(b"PK\x03\x04"), refused(&with_main_part("<a/>")), refused(b"a\n\0")] {
        let message = error.to_string();
        assert!(message.contains("Save") && !message.contains("zip") && !message.contains("quick"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damaged documents are refused or read, never more.
    #[test]
    fn damage_never_panics(at in 0..4_000usize, byte in any::<u8>(), cut in 0..4_000usize, word in any::<bool>()) {
        let text = sample::disclosure();
        let mut bytes = if word { with_body(&format!("<w:tbl><w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>", run(&text))) } else { text.into_bytes() };
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % (bytes.len() / 4));
        if let Ok(document) = import::read(&bytes, &Limits::default()) {
            let _ = import::check(&document, &sample::options());
        }
    }

    /// Lines of a disclosure in any order and number are checked or refused, never more.
    #[test]
    fn shuffled_lines_never_panic(picks in prop::collection::vec(0..64usize, 1..80)) {
        let text = sample::disclosure();
        let lines: Vec<&str> = text.lines().collect();
        let shuffled: Vec<&str> = picks.iter().map(|pick| lines[pick % lines.len()]).collect();
        let _ = sample::check(&shuffled.join("\n"), &sample::options());
    }
}
