//! Serialising our own types so that the result needs no second pass: a `serde_json` formatter with JavaScript's
//! numbers, which also notices the few things only a second pass can mend.

use super::{normalise, number};
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use std::io::{self, Write};
use thiserror::Error;

/// Objects with more keys than this are checked for duplicates by the second pass.
const KEYS_COMPARED: usize = 48;

/// The value has no JSON form (a map whose keys are not texts, or a type that refuses to be serialised).
#[derive(Debug, Error)]
#[error("cannot be written as JSON: {0}")]
pub struct Unwritable(String);

/// Serialises a value to the bytes JavaScript would write for it.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unwritable> {
    let mut bytes = Vec::with_capacity(1024);
    let mut watch = Watch::default();
    let mut serializer = Serializer::with_formatter(&mut bytes, JavaScript(&mut watch));
    value.serialize(&mut serializer).map_err(|e| Unwritable(e.to_string()))?;
    if !watch.suspect {
        return Ok(bytes);
    }
    normalise(&bytes).map_err(|e| Unwritable(e.to_string()))
}

/// What was seen while writing.
#[derive(Default)]
struct Watch {
    /// Something JavaScript would reorder, merge or rewrite may have been written.
    suspect: bool,
    in_key: bool,
    /// The keys of all open objects, one after another; `ends` says where each ends, `open` how many each object has.
    names: Vec<u8>,
    ends: Vec<usize>,
    open: Vec<usize>,
}

impl Watch {
    fn begin_object(&mut self) {
        self.open.push(0);
    }

    fn end_object(&mut self) {
        let keys = self.open.pop().unwrap_or(0);
        self.ends.truncate(self.ends.len() - keys);
        self.names.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn end_key(&mut self) {
        self.in_key = false;
        let earlier = self.open.last().copied().unwrap_or(0);
        if earlier >= KEYS_COMPARED {
            self.suspect = true;
        }
        let start = self.ends.last().copied().unwrap_or(0);
        let key = &self.names[start..];
        let first = self.ends.len() - earlier;
        let mut from = if first == 0 { 0 } else { self.ends[first - 1] };
        let repeated = !self.suspect
            && self.ends[first..].iter().any(|&end| {
                let other = &self.names[from..end];
                from = end;
                other == key
            });
        let index = std::str::from_utf8(key).is_ok_and(|key| number::array_index(key).is_some());
        self.suspect |= repeated || index;
        self.ends.push(self.names.len());
        if let Some(keys) = self.open.last_mut() {
            *keys += 1;
        }
    }
}

struct JavaScript<'a>(&'a mut Watch);

impl JavaScript<'_> {
    /// A number as a value has JavaScript's form; as a key it is a text and an array index.
    fn number<W: ?Sized + Write>(&mut self, out: &mut W, push: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut text = Vec::with_capacity(24);
        push(&mut text);
        self.0.suspect |= self.0.in_key;
        out.write_all(&text)
    }
}

impl Formatter for JavaScript<'_> {
    fn write_i64<W: ?Sized + Write>(&mut self, out: &mut W, value: i64) -> io::Result<()> {
        if self.0.in_key {
            return self.number(out, |text| text.extend_from_slice(value.to_string().as_bytes()));
        }
        self.number(out, |text| number::push_i64(text, value))
    }

    fn write_u64<W: ?Sized + Write>(&mut self, out: &mut W, value: u64) -> io::Result<()> {
        match i64::try_from(value) {
            Ok(value) => self.write_i64(out, value),
            Err(_) if self.0.in_key => self.number(out, |text| text.extend_from_slice(value.to_string().as_bytes())),
            Err(_) => self.number(out, |text| number::push_f64(text, value as f64)),
        }
    }

    fn write_i8<W: ?Sized + Write>(&mut self, out: &mut W, value: i8) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_i16<W: ?Sized + Write>(&mut self, out: &mut W, value: i16) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_i32<W: ?Sized + Write>(&mut self, out: &mut W, value: i32) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_u8<W: ?Sized + Write>(&mut self, out: &mut W, value: u8) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_u16<W: ?Sized + Write>(&mut self, out: &mut W, value: u16) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_u32<W: ?Sized + Write>(&mut self, out: &mut W, value: u32) -> io::Result<()> {
        self.write_i64(out, i64::from(value))
    }

    fn write_i128<W: ?Sized + Write>(&mut self, out: &mut W, value: i128) -> io::Result<()> {
        if self.0.in_key {
            return self.number(out, |text| text.extend_from_slice(value.to_string().as_bytes()));
        }
        self.number(out, |text| number::push_f64(text, value as f64))
    }

    fn write_u128<W: ?Sized + Write>(&mut self, out: &mut W, value: u128) -> io::Result<()> {
        if self.0.in_key {
            return self.number(out, |text| text.extend_from_slice(value.to_string().as_bytes()));
        }
        self.number(out, |text| number::push_f64(text, value as f64))
    }

    fn write_f32<W: ?Sized + Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        self.number(out, |text| number::push_f32(text, value))
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        self.number(out, |text| number::push_f64(text, value))
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object();
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object();
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.in_key = true;
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_key();
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if self.0.in_key {
            self.0.names.extend_from_slice(fragment.as_bytes());
        }
        out.write_all(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        // Which escape it was is not kept: two such keys may look alike here, and the second pass then tells them apart.
        if self.0.in_key {
            self.0.names.push(b'\\');
        }
        serde_json::ser::CompactFormatter.write_char_escape(out, escape)
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        self.0.suspect = true;
        out.write_all(fragment.as_bytes())
    }
}
