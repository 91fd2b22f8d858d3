//! Variables in texts that rules, macros and templates write: `{{recipient.first_name}}`.

/// What the text around the variables is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Plain text or Markdown: values go in as they are.
    Plain,
    /// HTML: values are escaped, so that a customer's name cannot bring markup of its own.
    Html,
}

/// A text with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// The variables nobody knew a value for, each once, in order; nothing stands in their place.
    pub unresolved: Vec<String>,
}

/// The variables with a fixed name.
pub const NAMES: [&str; 46] = [
    "account.name",
    "contact.name",
    "conversation.assignee",
    "conversation.assignee.email",
    "conversation.assignee.first_name",
    "conversation.channels",
    "conversation.id",
    "conversation.inbox_owner",
    "conversation.inboxes",
    "conversation.links",
    "conversation.message_count",
    "conversation.participants",
    "conversation.public_id",
    "conversation.status",
    "conversation.subject",
    "conversation.summary",
    "conversation.tags",
    "conversation.ticket_id",
    "message.author",
    "message.bcc",
    "message.body",
    "message.cc",
    "message.date",
    "message.from",
    "message.id",
    "message.language",
    "message.parent",
    "message.public_id",
    "message.sender",
    "message.subject",
    "message.to",
    "recipient.email",
    "recipient.first_name",
    "recipient.handle",
    "recipient.last_name",
    "recipient.link",
    "recipient.name",
    "recipient.phone",
    "recipient.twitter",
    "rule.name",
    "survey",
    "user.email",
    "user.first_name",
    "user.id",
    "user.last_name",
    "user.name",
];

/// The beginnings of variables whose end is the name of a custom field, a header or a key.
pub const FAMILIES: [&str; 8] = [
    "account.fields.",
    "contact.fields.",
    "conversation.fields.",
    "link.fields.",
    "message.header.",
    "payload.",
    // Custom fields of contacts and application objects are also reachable the way templates have always named them.
    "recipient.",
    "object.",
];

/// Whether a variable of this name can exist at all.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.len() > family.len() && name.starts_with(family))
}

/// Whether a variable can exist, but nothing here gives it a value yet.
pub fn is_unbuilt(name: &str) -> bool {
    ["message.language", "survey"].contains(&name)
}

/// Fills in the variables of a text. Values are not searched for variables again.
pub fn fill(text: &str, markup: Markup, value: &mut dyn FnMut(&str) -> Option<String>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(text.len()), unresolved: Vec::new() };
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.text.push_str(text),
            Piece::Variable(written) => {
                let name = name(written, markup);
                match value(&name) {
                    Some(value) if markup == Markup::Html => push_escaped(&mut filled.text, &value),
                    Some(value) => filled.text.push_str(&value),
                    None if filled.unresolved.contains(&name) => {}
                    None => filled.unresolved.push(name),
                }
            }
        }
    }
    filled
}

/// The variables a text names, each once, in order: so that only their values need to be gathered.
pub fn names(text: &str, markup: Markup) -> Vec<String> {
    let mut names = Vec::new();
    for piece in pieces(text) {
        if let Piece::Variable(written) = piece {
            let name = name(written, markup);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A full name as first name (up to the first space) and last name (the rest).
pub fn split_name(full: &str) -> (&str, &str) {
    let full = full.trim();
    let (first, last) = full.split_once(char::is_whitespace).unwrap_or((full, ""));
    (first, last.trim_start())
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The text in pieces. Braces that do not close, or close around nothing, are text.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(open) = rest[from..].find("{{").map(|at| from + at) {
            let Some(close) = rest[open + 2..].find("}}").map(|at| open + 2 + at) else {
                break;
            };
            // The innermost pair counts: in "{{{{x}}" only the last two braces open.
            let open = rest[..close].rfind("{{").unwrap_or(open);
            let inside = &rest[open + 2..close];
            if inside.trim().is_empty() || inside.contains(['\n', '<', '>']) {
                from = close + 2;
                continue;
            }
            if open > 0 {
                let before = &rest[..open];
                rest = &rest[open..];
                return Some(Piece::Text(before));
            }
            rest = &rest[close + 2..];
            return Some(Piece::Variable(inside));
        }
        Some(Piece::Text(std::mem::take(&mut rest)))
    })
}

/// The name as it was meant: an HTML editor writes some characters of it as entities.
fn name(written: &str, markup: Markup) -> String {
    match markup {
        Markup::Plain => written.trim().to_owned(),
        Markup::Html => written.replace("&nbsp;", " ").replace("&quot;", "\"").replace("&amp;", "&").trim().to_owned(),
    }
}

fn push_escaped(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            '\n' => text.push_str("<br>"),
            '\r' => {}
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(name: &str) -> Option<String> {
        match name {
            "recipient.first_name" => Some("Ann <b>".to_owned()),
            "recipient.Plan & price" => Some("Gold\nplus".to_owned()),
            "evil" => Some("{{recipient.first_name}}".to_owned()),
            _ => None,
        }
    }

    fn plain(text: &str) -> Filled {
        fill(text, Markup::Plain, &mut known)
    }

    #[test]
    fn variables_are_filled_in_and_unknown_ones_are_named_once() {
        let filled = plain("Hi {{ recipient.first_name }}, {{x}}{{ x }}{{evil}}!");
        assert_eq!(filled.text, "Hi Ann <b>, {{recipient.first_name}}!");
        assert_eq!(filled.unresolved, ["x"]);
    }

    #[test]
    fn in_html_values_bring_no_markup() {
        let filled =
            fill("<p>{{recipient.first_name}} {{recipient.Plan&nbsp;&amp; price}}</p>", Markup::Html, &mut known);
        assert_eq!(filled.text, "<p>Ann &lt;b&gt; Gold<br>plus</p>");
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        for text in ["{{", "}}", "{{}}", "{{ }}", "a {{b", "{{a\nb}}", "{ {x} }", "{{<b>x</b>}}"] {
            assert_eq!(plain(text), Filled { text: text.to_owned(), unresolved: vec![] }, "{text}");
        }
        assert_eq!(plain("{{{{recipient.first_name}}").text, "{{Ann <b>");
        assert_eq!(plain("{{}} {{recipient.first_name}}").text, "{{}} Ann <b>");
    }

    #[test]
    fn a_name_is_split_at_its_first_space() {
        assert_eq!(split_name("Ada King  Lovelace"), ("Ada", "King  Lovelace"));
        assert_eq!(split_name(" Ada "), ("Ada", ""));
        assert_eq!(split_name(""), ("", ""));
    }

    #[test]
    fn families_have_members() {
        assert!(is_known("user.name") && is_known("payload.status") && is_known("contact.fields.Plan"));
        assert!(!is_known("payload.") && !is_known("user.password"));
    }

    proptest! {
        #[test]
        fn a_text_without_values_keeps_everything_but_its_variables(text in "[a{} \n]{0,30}") {
            let filled = fill(&text, Markup::Plain, &mut |name| Some(format!("<{name}>")));
            prop_assert!(filled.unresolved.is_empty());
            let letters = |text: &str| text.chars().filter(|letter| *letter == 'a').count();
            prop_assert_eq!(letters(&text), letters(&filled.text));
            prop_assert_eq!(names(&text, Markup::Plain).is_empty(), text == filled.text);
        }

        #[test]
        fn any_text_is_filled_without_panic(text in "(\\PC|\\{\\{|\\}\\}){0,40}") {
            for markup in [Markup::Plain, Markup::Html] {
                let filled = fill(&text, markup, &mut |_| None);
                prop_assert_eq!(filled.unresolved, names(&text, markup));
            }
        }
    }
}
