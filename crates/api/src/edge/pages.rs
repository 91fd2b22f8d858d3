//! Page tokens: where a page ended, in a form that only we can write.
//!
//! A token carries everything that the next page needs to know about the order, because some clients take it out of
//! `_pagination.next` and send it with other parameters. It is signed, so that a garbled one is a clean refusal instead
//! of a strange page; it is not secret.

use std::fmt::Write as _;

use super::crypto::{Sha256, equal_in_constant_time, hex, hmac_sha256, unhex};
use super::error::Problem;
use super::params::{Order, Params};

/// The first byte of every token, so that the layout may change one day.
const LAYOUT: u8 = 1;
/// How many bytes of the signature a token carries; forging one only gets an attacker another page of what he may see.
const TAG: usize = 8;
/// Longer tokens were never ours.
const MAX_TOKEN: usize = 16 * 1024;

/// The row that a page ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Which list this is a place in, as a short fixed name (`conversations`).
    pub list: String,
    /// The column that the list was sorted by.
    pub sort_by: String,
    /// The direction in which the pages go.
    pub order: Order,
    /// What the list was filtered by, see [`fingerprint`]; for those who care whether it is still the same.
    pub filters: u64,
    /// The values of the sort columns in the last row.
    pub keys: Vec<Key>,
}

/// One value of a sort column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A number: an id or a time.
    Number(i64),
    /// A text: a name, a handle.
    Text(String),
}

impl Position {
    /// The opaque text of this place.
    pub fn to_token(&self, key: &[u8]) -> String {
        let mut bytes = vec![LAYOUT, if self.order == Order::Ascending { b'a' } else { b'd' }];
        put_text(&mut bytes, &self.list);
        put_text(&mut bytes, &self.sort_by);
        bytes.extend(self.filters.to_be_bytes());
        for part in &self.keys {
            match part {
                Key::Number(number) => {
                    bytes.push(b'n');
                    bytes.extend(number.to_be_bytes());
                }
                Key::Text(text) => {
                    bytes.push(b't');
                    put_text(&mut bytes, text);
                }
            }
        }
        let tag = hmac_sha256(key, &bytes);
        bytes.extend(&tag[..TAG]);
        hex(&bytes)
    }

    /// The place that a token of this list stands for. Whatever is not such a token is one and the same refusal.
    pub fn from_token(key: &[u8], list: &str, token: &str) -> Result<Position, Problem> {
        let position = verify(key, token).and_then(|bytes| read(&bytes));
        position.filter(|position| position.list == list).ok_or_else(|| {
            Problem::bad_request("page_token is invalid; take it from _pagination.next of the same list")
        })
    }
}

fn verify(key: &[u8], token: &str) -> Option<Vec<u8>> {
    let mut bytes = unhex(Some(token).filter(|token| token.len() <= MAX_TOKEN)?)?;
    let tag = bytes.split_off(bytes.len().checked_sub(TAG)?);
    equal_in_constant_time(&hmac_sha256(key, &bytes)[..TAG], &tag).then_some(bytes)
}

fn read(mut bytes: &[u8]) -> Option<Position> {
    let [LAYOUT, order] = *take(&mut bytes)? else { return None };
    let order = match order {
        b'a' => Order::Ascending,
        b'd' => Order::Descending,
        _ => return None,
    };
    let list = take_text(&mut bytes)?;
    let sort_by = take_text(&mut bytes)?;
    let filters = u64::from_be_bytes(*take(&mut bytes)?);
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        keys.push(match take::<1>(&mut bytes)? {
            b"n" => Key::Number(i64::from_be_bytes(*take(&mut bytes)?)),
            b"t" => Key::Text(take_text(&mut bytes)?),
            _ => return None,
        });
    }
    Some(Position { list, sort_by, order, filters, keys })
}

/// Appends a text behind its length.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(u64::from_be_bytes(*take(bytes)?)).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

/// A number that tells apart by what two lists are filtered.
pub fn fingerprint(params: &Params) -> u64 {
    let mut hash = Sha256::new();
    // Objects keep their keys sorted, so equal filters have equal texts.
    let filter = params.q().map(|q| q.value().to_string());
    hash.update(filter.as_deref().ok().or(params.words()).unwrap_or_default().as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = hash.finish();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The absolute address of the next page: the public base, the path that was asked for, all its parameters, and the
/// token in the place of the old one.
pub fn next_url(base: &str, path: &str, params: &Params, limit: u32, token: &str) -> String {
    let mut url = format!("{}{}", base.trim_end_matches('/'), path);
    let mut separator = '?';
    let kept = params.pairs().iter().filter(|(name, _)| name != "limit" && name != "page_token");
    for (name, value) in kept {
        let _ = write!(url, "{separator}{}={}", encode(name), encode(value));
        separator = '&';
    }
    let _ = write!(url, "{separator}limit={limit}&page_token={token}");
    url
}

/// Everything but the unreserved characters is escaped, so that brackets look the same whatever the client sent.
fn encode(text: &str) -> impl std::fmt::Display + '_ {
    const ESCAPED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, ESCAPED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"a key of the server";

    fn position() -> Position {
        Position {
            list: "conversations".into(),
            sort_by: "date".into(),
            order: Order::Descending,
            filters: 7,
            keys: vec![Key::Number(-5), Key::Text("zoë".into())],
        }
    }

    #[test]
    fn a_token_is_hexadecimal_and_reads_back() {
        let token = position().to_token(KEY);
        assert!(token.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)));
        assert_eq!(Position::from_token(KEY, "conversations", &token), Ok(position()));
        assert_eq!(Position::from_token(KEY, "conversations", &token.to_uppercase()), Ok(position()));
    }

    #[test]
    fn a_token_of_another_list_or_server_is_refused() {
        let token = position().to_token(KEY);
        assert_eq!(Position::from_token(KEY, "events", &token).unwrap_err().status, 400);
        assert_eq!(Position::from_token(b"other", "conversations", &token).unwrap_err().status, 400);
    }

    #[test]
    fn no_garbled_token_is_read() {
        let token = position().to_token(KEY);
        for at in 0..token.len() {
            let mut garbled = token.clone().into_bytes();
            garbled[at] = if garbled[at] == b'0' { b'1' } else { b'0' };
            let garbled = String::from_utf8(garbled).unwrap();
            assert!(Position::from_token(KEY, "conversations", &garbled).is_err(), "{at}");
            assert!(Position::from_token(KEY, "conversations", &token[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn the_next_address_keeps_every_parameter() {
        let query = "q[statuses][]=archived&limit=5&page_token=old&x=a+b&undefined";
        let url = next_url("https://desk.example/", "/conversations", &Params::parse(Some(query)).unwrap(), 5, "ab12");
        let expected = "https://desk.example/conversations\
            ?q%5Bstatuses%5D%5B%5D=archived&x=a%20b&undefined=&limit=5&page_token=ab12";
        assert_eq!(url, expected);
    }

    #[test]
    fn equal_filters_have_equal_fingerprints() {
        let of = |query| fingerprint(&Params::parse(Some(query)).unwrap());
        assert_eq!(of("q[a]=1&q[b]=2"), of("limit=3&q%5Bb%5D=2&q[a]=1"));
        assert_ne!(of("q[a]=1"), of("q[a]=2"));
        assert_ne!(of("q=late"), of("q=soon"));
    }

    fn key() -> impl Strategy<Value = Key> {
        prop_oneof![any::<i64>().prop_map(Key::Number), ".{0,30}".prop_map(Key::Text)]
    }

    proptest! {
        #[test]
        fn every_position_survives_the_round_trip(
            list in "[a-z_]{0,20}", sort_by in "[a-z_]{0,12}", ascending in any::<bool>(), filters in any::<u64>(),
            keys in prop::collection::vec(key(), 0..4),
        ) {
            let order = if ascending { Order::Ascending } else { Order::Descending };
            let position = Position { list: list.clone(), sort_by, order, filters, keys };
            prop_assert_eq!(Position::from_token(KEY, &list, &position.to_token(KEY)), Ok(position));
        }

        #[test]
        fn any_text_is_a_position_or_a_refusal(token in ".{0,40}|[0-9a-f]{0,80}") {
            prop_assert!(Position::from_token(KEY, "events", &token).is_err());
        }

        #[test]
        fn any_signed_bytes_are_a_position_or_none(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&[&[LAYOUT, b'a'], bytes.as_slice()].concat());
        }

        #[test]
        fn the_next_address_parses_back_to_the_same_parameters(
            pairs in prop::collection::vec(("[a-z\\[\\]]{1,6}", ".{0,6}"), 0..5),
        ) {
            let query: String = pairs.iter().map(|(name, value)| format!("{}={}&", encode(name), encode(value))).collect();
            let Ok(params) = Params::parse(Some(&query)) else { return Ok(()) };
            let url = next_url("http://x", "/y", &params, 9, "t");
            let again = Params::parse(url.split_once('?').map(|(_, query)| query)).unwrap();
            prop_assert_eq!(&again.pairs()[..pairs.len()], params.pairs());
            prop_assert_eq!(again.q(), params.q());
        }
    }
}
