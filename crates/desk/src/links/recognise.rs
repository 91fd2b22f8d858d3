//! Addresses in what people write.

/// The addresses in a text, plain or HTML, each once, in order, at most `most`.
pub(crate) fn addresses(text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let head = &rest[..at];
        let scheme = ["https", "http"].into_iter().find(|scheme| ends_with(head, scheme));
        let Some(scheme) = scheme else {
            rest = &rest[at + 3..];
            continue;
        };
        let from = &rest[at - scheme.len()..];
        let is_end = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"'`{}|\\^".contains(letter);
        let whole = &from[..from.find(is_end).unwrap_or(from.len())];
        rest = &from[whole.len()..];
        // HTML writes an ampersand as an entity, and sentences end behind an address.
        let address = whole.split("&quot;").next().unwrap_or_default().replace("&amp;", "&");
        let address = without_end_of_sentence(&address);
        if address.len() > scheme.len() + 3 && !found.iter().any(|known| known == address) {
            found.push(address.to_string());
            if found.len() == most {
                break;
            }
        }
    }
    found
}

fn ends_with(head: &str, scheme: &str) -> bool {
    let start = head.len().checked_sub(scheme.len());
    let tail = start.and_then(|start| head.get(start..));
    let before = start.and_then(|start| head.get(..start)).and_then(|before| before.chars().next_back());
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(scheme)) && !before.is_some_and(char::is_alphanumeric)
}

/// Without the full stop, comma or bracket that belongs to the text around it; a bracket that is opened stays closed.
fn without_end_of_sentence(address: &str) -> &str {
    let mut address = address;
    loop {
        let shorter = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~']);
        let shorter = match shorter.chars().next_back() {
            Some(')') if shorter.matches(')').count() > shorter.matches('(').count() => &shorter[..shorter.len() - 1],
            Some(']') if shorter.matches(']').count() > shorter.matches('[').count() => &shorter[..shorter.len() - 1],
            _ => shorter,
        };
        if shorter.len() == address.len() {
            return address;
        }
        address = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_people_and_programs_write_them() {
        for (text, wanted) in [
            ("See https://a.example/1.", vec!["https://a.example/1"]),
            ("(https://a.example/x_(y)) and HTTP://b.example?", vec!["https://a.example/x_(y)", "HTTP://b.example"]),
            (r#"<a href="https://a.example/?a=1&amp;b=2">here</a>"#, vec!["https://a.example/?a=1&b=2"]),
            ("https://a.example/1 https://a.example/1", vec!["https://a.example/1"]),
            ("[it](https://a.example/1), https://a.example/ä", vec!["https://a.example/1", "https://a.example/ä"]),
            ("ftp://a.example://x xhttps://a.example https://", vec![]),
            ("://", vec![]),
        ] {
            assert_eq!(addresses(text, 10), wanted, "{text}");
        }
        assert_eq!(addresses("http://a http://b http://c", 2), ["http://a", "http://b"]);
    }
}
