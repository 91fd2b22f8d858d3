//! Whom a comment mentions: `@username`, but not inside code.

use std::collections::HashMap;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::directory::Directory;
use crate::ids::TeammateId;
use crate::teammates::Teammate;

/// The teammates whose user names stand in a text behind an `@`, each once.
pub(super) fn of(directory: &Directory, body: &str) -> Vec<TeammateId> {
    named(directory, body, |teammate| teammate.is_person() && !teammate.is_blocked)
}

/// The same, with those whom nobody calls any more.
pub(super) fn anybody_in(directory: &Directory, body: &str) -> Vec<TeammateId> {
    named(directory, body, |_| true)
}

fn named(directory: &Directory, body: &str, counts: impl Fn(&Teammate) -> bool) -> Vec<TeammateId> {
    if !body.contains('@') {
        return Vec::new();
    }
    let people: HashMap<String, TeammateId> = directory
        .teammates()
        .filter(|teammate| counts(teammate))
        .map(|teammate| (teammate.username.to_lowercase(), teammate.id))
        .collect();
    let mut found: Vec<TeammateId> = names(body).iter().filter_map(|name| people.get(name).copied()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The names behind an `@` at the beginning of a word, in lower case, outside of code.
fn names(body: &str) -> Vec<String> {
    let mut text = String::new();
    let mut in_code = false;
    for event in Parser::new(body) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(words) if !in_code => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak | Event::Code(_) | Event::End(_) => text.push(' '),
            _ => {}
        }
    }
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        if character == '@' && !is_part(before) {
            let name: String = text[at + 1..].chars().take_while(|next| is_part(*next)).collect();
            // A full stop behind a name ends the sentence.
            found.push(name.trim_end_matches(['.', '-']).to_lowercase());
        }
        before = character;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::names;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        assert_eq!(names("@ada, could you ask @Bob_M? Thanks, @carl."), ["ada", "bob_m", "carl"]);
        assert_eq!(names("mail ada@example.com"), Vec::<String>::new());
    }

    #[test]
    fn code_mentions_nobody() {
        assert_eq!(names("run `@ada` and\n\n```\n@bob\n```\nthen @carl"), ["carl"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = names(&text);
        }
    }
}
