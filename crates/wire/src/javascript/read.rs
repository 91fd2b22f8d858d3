//! A strict JSON reader that keeps what JavaScript keeps: key order, the last of duplicate keys, exact doubles.
//!
//! `serde_json` is not used for this direction, because its fast number parsing may be off by the last bit and its
//! `Value` forgets the order of keys.

use super::number;
use std::borrow::Cow;
use std::collections::HashMap;
use thiserror::Error;

/// Deeper nesting is refused, so that a hostile body cannot exhaust the stack. What clients store may be 128 levels deep,
/// and has a few more around it when it is sent.
const DEEPEST: usize = 256;

/// The text is not JSON we could send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not JSON that JavaScript would reproduce, at byte {at}")]
pub struct NotJson {
    /// Offset of the offending byte.
    pub at: usize,
}

/// A parsed value as JavaScript holds it.
pub enum Node<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Node::Null => out.extend_from_slice(b"null"),
            Node::Bool(true) => out.extend_from_slice(b"true"),
            Node::Bool(false) => out.extend_from_slice(b"false"),
            Node::Number(number) => number::push_f64(out, *number),
            Node::Text(text) => push_text(out, text),
            Node::List(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Node::Object(entries) => {
                out.push(b'{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    push_text(out, key);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            9 => out.extend_from_slice(b"\\t"),
            10 => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            13 => out.extend_from_slice(b"\\r"),
            0..32 => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize]]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Reads one value and nothing after it.
pub fn parse(body: &[u8]) -> Result<Node<'_>, NotJson> {
    let text = std::str::from_utf8(body).map_err(|e| NotJson { at: e.valid_up_to() })?;
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { Err(reader.refuse()) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn refuse(&self) -> NotJson {
        NotJson { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.eat(byte) { Ok(()) } else { Err(self.refuse()) }
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, NotJson> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.refuse());
        }
        self.at += word.len();
        Ok(node)
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, NotJson> {
        if depth > DEEPEST {
            return Err(self.refuse());
        }
        self.space();
        match self.peek().ok_or(self.refuse())? {
            b'n' => self.word("null", Node::Null),
            b't' => self.word("true", Node::Bool(true)),
            b'f' => self.word("false", Node::Bool(false)),
            b'"' => Ok(Node::Text(self.string()?)),
            b'[' => self.list(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node<'a>, NotJson> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(Node::List(items));
            }
            self.expect(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, NotJson> {
        self.at += 1;
        let mut entries: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Node::Object(entries));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            self.expect(b':')?;
            let value = self.value(depth + 1)?;
            // The last of duplicate keys wins, in the place of the first.
            match places.get(&key) {
                Some(place) => entries[*place].1 = value,
                None => {
                    places.insert(key.clone(), entries.len());
                    entries.push((key, value));
                }
            }
            self.space();
            if self.eat(b'}') {
                break;
            }
            self.expect(b',')?;
        }
        // Array indices come first, in ascending order; the sort is stable, so all others stay as they were written.
        entries.sort_by_key(|(key, _)| number::array_index(key).map_or(u64::MAX, u64::from));
        Ok(Node::Object(entries))
    }

    fn number(&mut self) -> Result<Node<'a>, NotJson> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        self.text[start..self.at].parse().map(Node::Number).map_err(|_| self.refuse())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.refuse()) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        self.expect(b'"')?;
        let text = self.text;
        let mut start = self.at;
        let mut owned: Option<String> = None;
        loop {
            match self.peek().ok_or(self.refuse())? {
                b'"' => {
                    let tail = &text[start..self.at];
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(tail),
                        Some(head) => Cow::Owned(head + tail),
                    });
                }
                b'\\' => {
                    let head = owned.get_or_insert_default();
                    head.push_str(&text[start..self.at]);
                    self.at += 1;
                    let unescaped = self.escape()?;
                    owned.get_or_insert_default().push(unescaped);
                    start = self.at;
                }
                0..32 => return Err(self.refuse()),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotJson> {
        let byte = self.peek().ok_or(self.refuse())?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                match unit {
                    0xD800..0xDC00 => {
                        self.expect(b'\\')?;
                        self.expect(b'u')?;
                        let low = self.unit()?;
                        char::decode_utf16([unit, low]).next().and_then(Result::ok).ok_or(self.refuse())?
                    }
                    _ => char::from_u32(u32::from(unit)).ok_or(self.refuse())?,
                }
            }
            _ => return Err(self.refuse()),
        })
    }

    fn unit(&mut self) -> Result<u16, NotJson> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(self.refuse())?;
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | char::from(*digit).to_digit(16).ok_or(self.refuse())? as u16;
        }
        self.at += 4;
        Ok(unit)
    }
}
