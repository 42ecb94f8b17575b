//! The journal: one JSON object per line, as tests/servers/record.py says.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::OnceLock;

use serde_json::{json, Value};

static JOURNAL: OnceLock<File> = OnceLock::new();

pub fn open(path: &str) {
    let file = OpenOptions::new().append(true).create(true).open(path).expect("cannot open the journal");
    JOURNAL.set(file).expect("opened twice");
}

/// One write per line on a file open for appending: lines of concurrent requests do not mix.
pub fn note(entry: Value) {
    let mut journal = JOURNAL.get().expect("not open");
    journal.write_all(format!("{entry}\n").as_bytes()).expect("cannot write the journal");
}

/// A state-changing handler started.
pub fn entered(what: &str) {
    note(json!({"entered": what}));
}

/// Something changed.
pub fn wrote(what: String) {
    note(json!({"write": what}));
}
