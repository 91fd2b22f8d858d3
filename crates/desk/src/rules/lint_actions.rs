//! Actions that can be read but not carried out, or that undo each other.

use super::action::{Action, Choosing, Content, LinkTo, Step, Until};
use super::choose::MOST_OPEN;
use super::condition::{Pool, Scalar};
use super::definition::{Definition, MAX_LIST, MAX_TEXT, TriggerKind};
use super::validate::{Finding, name, period};
use super::variables::{self, Markup};

/// The most often a webhook may be tried again.
const MOST_RETRIES: u8 = 20;
/// The longest address.
const LONGEST_URL: usize = 2_000;

/// Looks at the Then part of a rule.
pub(super) fn actions(definition: &Definition, findings: &mut Vec<Finding>) {
    let mut lint = Lint { findings, answers: Vec::new() };
    for (at, action) in definition.then.iter().enumerate() {
        let path = format!("then[{at}]");
        lint.action(action, &path);
        let earlier = &definition.then[..at];
        if earlier.contains(&Action::Stop {}) {
            lint.warning(&path, "nothing after \"stop\" is done");
        } else if earlier.iter().any(|earlier| undoes(action, earlier)) {
            lint.warning(&path, "this undoes an action before it");
        }
        let answers = matches!(action, Action::Reply { .. } | Action::AutoReply { .. });
        if let Action::RequireTag { before, .. } = action {
            let same = |kind| match kind {
                TriggerKind::Archived => before.contains(&Step::Archive),
                TriggerKind::Moved => before.contains(&Step::Move),
                _ => false,
            };
            if definition.when.iter().any(|trigger| same(trigger.kind())) {
                lint.warning(&path, "what triggers it is done by then; the tag is wanted only before it is done again");
            }
        }
        let own = |kind| matches!(kind, TriggerKind::OutboundReply | TriggerKind::OutboundNewConversation);
        if answers && definition.when.iter().any(|trigger| own(trigger.kind())) {
            lint.warning(&path, "the trigger is a message of ours, which this would answer");
        }
    }
    if definition.stop && definition.then.contains(&Action::Stop {}) {
        lint.warning("stop", "there is a \"stop\" among the actions already");
    }
}

struct Lint<'a> {
    findings: &'a mut Vec<Finding>,
    /// The names under which answers of connectors are known so far.
    answers: Vec<String>,
}

impl Lint<'_> {
    fn error(&mut self, field: &str, message: impl Into<String>) {
        self.findings.push(Finding::error(field, message));
    }

    fn warning(&mut self, field: &str, message: impl Into<String>) {
        self.findings.push(Finding::warning(field, message));
    }

    fn action(&mut self, action: &Action<String>, path: &str) {
        match action {
            Action::AssignAmong { among, by, limit } => self.pool(among, *by, *limit, path),
            Action::AddTags { tags } | Action::RemoveTags { tags } => self.list(&format!("{path}.tags"), tags.len()),
            Action::AddFollowers { teammates } | Action::RemoveFollowers { teammates } => {
                self.list(&format!("{path}.teammates"), teammates.len());
            }
            Action::Notify { teammates, text } => {
                self.list(&format!("{path}.teammates"), teammates.len());
                if let Some(text) = text {
                    self.text(&format!("{path}.text"), text, Markup::Plain);
                }
            }
            Action::Snooze { until } => self.until(until, path),
            Action::Comment { body, .. } => self.text(&format!("{path}.body"), body, Markup::Plain),
            Action::Reply { content, .. } | Action::Draft { content, .. } => self.content(content, path),
            Action::AutoReply { content, once_per, .. } => {
                self.content(content, path);
                if let Some(once_per) = once_per {
                    period(&format!("{path}.once_per"), *once_per, self.findings);
                }
            }
            Action::Forward { to, note } => {
                self.list(&format!("{path}.to"), to.len());
                for (at, address) in to.iter().enumerate() {
                    self.address(&format!("{path}.to[{at}]"), address);
                }
                if let Some(note) = note {
                    self.text(&format!("{path}.note"), note, Markup::Html);
                }
            }
            Action::SetConversationField { value, .. }
            | Action::SetContactField { value, .. }
            | Action::SetAccountField { value, .. } => {
                if let Some(Scalar::Text(text)) = value {
                    self.variables(&format!("{path}.value"), text, Markup::Plain);
                }
            }
            Action::AddLink { link: LinkTo::Url(url) } | Action::RemoveLink { link: LinkTo::Url(url) } => {
                self.variables(&format!("{path}.link.url"), url, Markup::Plain);
                self.url(&format!("{path}.link.url"), url);
            }
            Action::Webhook { url, retries, .. } => {
                let field = format!("{path}.url");
                if url.contains("{{") {
                    self.error(&field, "the address of a webhook cannot hold variables");
                }
                self.url(&field, url);
                if url.starts_with("http://") {
                    self.warning(&field, "without https everybody on the way can read the conversation");
                }
                if retries.is_some_and(|retries| retries > MOST_RETRIES) {
                    self.error(&format!("{path}.retries"), format!("at most {MOST_RETRIES} retries"));
                }
            }
            Action::CallConnector { connector, input, name: answer, .. } => {
                name(&format!("{path}.connector"), connector, self.findings);
                for (key, value) in input {
                    name(&format!("{path}.input"), key, self.findings);
                    if let Scalar::Text(text) = value {
                        self.variables(&format!("{path}.input.{key}"), text, Markup::Plain);
                    }
                }
                self.answer(&format!("{path}.as"), answer);
            }
            Action::RequireTag { before, tags } => {
                self.list(&format!("{path}.before"), before.len());
                if tags.len() > MAX_LIST {
                    self.list(&format!("{path}.tags"), tags.len());
                }
            }
            Action::Assign { .. }
            | Action::AssignToPerson { .. }
            | Action::Unassign {}
            | Action::Move { .. }
            | Action::AddInbox { .. }
            | Action::Archive {}
            | Action::Reopen {}
            | Action::Trash {}
            | Action::MarkSpam {}
            | Action::SetTicketStatus { .. }
            | Action::SendSurvey {}
            | Action::AddToList { .. }
            | Action::RemoveFromList { .. }
            | Action::AddLink { link: LinkTo::Id(_) }
            | Action::RemoveLink { link: LinkTo::Id(_) }
            | Action::Stop {} => {}
        }
    }

    fn pool(&mut self, among: &Pool<String>, by: Choosing, limit: Option<u32>, path: &str) {
        if let Pool::Teammates(ids) = among {
            self.list(&format!("{path}.among.teammates"), ids.len());
        }
        let field = format!("{path}.limit");
        if limit.is_some_and(|limit| limit == 0 || limit > MOST_OPEN) {
            self.error(&field, format!("a limit is between 1 and {MOST_OPEN}"));
        }
        if limit.is_some() && by != Choosing::LoadBalancing {
            self.warning(&field, "only load balancing knows a limit");
        }
    }

    fn list(&mut self, field: &str, length: usize) {
        if length == 0 {
            self.error(field, "the list is empty");
        }
        if length > MAX_LIST {
            self.error(field, format!("a list has at most {MAX_LIST} entries"));
        }
    }

    fn until(&mut self, until: &Until, path: &str) {
        match until {
            Until::For(length) => period(&format!("{path}.until.for"), *length, self.findings),
            Until::At(_) => {
                self.warning(&format!("{path}.until.at"), "once this instant is past, nothing is snoozed any more")
            }
            Until::Next { zone, .. } => {
                if jiff::tz::TimeZone::get(zone).is_err() {
                    self.error(&format!("{path}.until.next.zone"), format!("there is no time zone \"{zone}\""));
                }
            }
        }
    }

    fn content(&mut self, content: &Content<String>, path: &str) {
        if let Content::Text(text) = content {
            self.text(&format!("{path}.content.text"), text, Markup::Html);
        }
    }

    fn text(&mut self, field: &str, text: &str, markup: Markup) {
        if text.trim().is_empty() {
            self.error(field, "the text is empty");
        }
        self.variables(field, text, markup);
    }

    fn variables(&mut self, field: &str, text: &str, markup: Markup) {
        if text.len() > MAX_TEXT {
            self.error(field, format!("a text has at most {MAX_TEXT} bytes"));
        }
        for variable in variables::names(text, markup) {
            let answered =
                variable.split_once('.').is_some_and(|(name, _)| self.answers.iter().any(|answer| answer == name));
            if !answered && !variables::is_known(&variable) {
                self.warning(field, format!("there is no variable \"{variable}\""));
            }
            if !answered && variables::is_unbuilt(&variable) {
                self.warning(field, format!("nothing gives \"{variable}\" a value here yet: it stays empty"));
            }
        }
    }

    fn address(&mut self, field: &str, address: &str) {
        self.variables(field, address, Markup::Plain);
        let plausible =
            address.trim().split_once('@').is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
        if !address.contains("{{") && (!plausible || address.trim().contains(char::is_whitespace)) {
            self.error(field, format!("\"{address}\" is not an address"));
        }
    }

    fn url(&mut self, field: &str, url: &str) {
        if url.starts_with("{{") {
            return;
        }
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let Some(rest) = rest else {
            self.error(field, "an address begins with https:// or http://");
            return;
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.starts_with(':') || url.contains(|letter: char| letter.is_control()) {
            self.error(field, "the address names no host");
        }
        if authority.contains('@') {
            self.error(field, "an address must not carry a user name or a password");
        }
        // Variables may be written with spaces inside their braces; elsewhere a space ends an address.
        let outside = variables::fill(url, Markup::Plain, &mut |_| Some(String::new())).text;
        if outside.contains(char::is_whitespace) {
            self.error(field, "an address has no spaces");
        }
        if url.len() > LONGEST_URL {
            self.error(field, format!("an address has at most {LONGEST_URL} bytes"));
        }
    }

    fn answer(&mut self, field: &str, answer: &str) {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let taken =
            variables::NAMES.iter().chain(&variables::FAMILIES).any(|known| known.split('.').next() == Some(answer));
        if answer.is_empty() || answer.len() > 50 || !answer.chars().all(plain) {
            self.error(field, "a name has 1 to 50 small letters, digits and underscores");
        } else if taken || self.answers.iter().any(|known| known == answer) {
            self.error(field, format!("the name \"{answer}\" is taken"));
        }
        self.answers.push(answer.to_owned());
    }
}

/// Whether an action takes back what an earlier one did.
fn undoes(action: &Action<String>, earlier: &Action<String>) -> bool {
    let assigns = |action: &Action<String>| {
        matches!(
            action,
            Action::Assign { .. } | Action::AssignToPerson { .. } | Action::AssignAmong { .. } | Action::Unassign {}
        )
    };
    let places = |action: &Action<String>| {
        matches!(
            action,
            Action::Archive {} | Action::Reopen {} | Action::Trash {} | Action::MarkSpam {} | Action::Snooze { .. }
        )
    };
    let sets_status = |action: &Action<String>| matches!(action, Action::SetTicketStatus { .. });
    if (assigns(action) && assigns(earlier))
        || (places(action) && places(earlier))
        || (sets_status(action) && sets_status(earlier))
    {
        return true;
    }
    match (action, earlier) {
        (Action::Move { .. }, Action::Move { .. } | Action::AddInbox { .. }) => true,
        (Action::AddTags { tags: one }, Action::RemoveTags { tags: other })
        | (Action::RemoveTags { tags: one }, Action::AddTags { tags: other })
        | (Action::AddFollowers { teammates: one }, Action::RemoveFollowers { teammates: other })
        | (Action::RemoveFollowers { teammates: one }, Action::AddFollowers { teammates: other }) => {
            one.iter().any(|id| other.contains(id))
        }
        (Action::AddToList { list: one }, Action::RemoveFromList { list: other })
        | (Action::RemoveFromList { list: one }, Action::AddToList { list: other }) => one == other,
        _ => false,
    }
}
