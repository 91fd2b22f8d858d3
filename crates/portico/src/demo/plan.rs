//! Five months in the life of the sample company, as a list of steps in the order of time.

use desk::Timestamp;
use desk::time::{DAY, HOUR, MINUTE};

use super::dice::Dice;
use super::stories::{self, Desk, STORIES, Story};

/// How many conversations there are.
pub(super) const CONVERSATIONS: usize = 420;
/// How long the company has been there.
const DAYS: i64 = 150;

/// One thing that happens in a conversation.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// When.
    pub(super) at: Timestamp,
    /// Which conversation, by its number in the plan.
    pub(super) about: usize,
    /// What.
    pub(super) what: What,
}

/// What can happen.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// The customer writes.
    Receive {
        /// What it is about.
        subject: String,
        /// What it says.
        body: String,
    },
    /// Somebody takes it; the number chooses among those who work at the desk.
    Assign(usize),
    /// The assignee answers.
    Reply(String),
    /// A colleague remarks something; the number chooses who.
    Comment(usize, String),
    /// It gets a tag.
    Tag(&'static str),
    /// Something outside is attached: its address.
    Link(String),
    /// It waits until then.
    Snooze(Timestamp),
    /// It is done with.
    Archive,
}

/// A customer.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    /// The whole name.
    pub(super) name: String,
    /// The address or nickname they write from.
    pub(super) handle: String,
}

/// A conversation of the plan.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Where it begins.
    pub(super) desk: Desk,
    /// Who writes.
    pub(super) customer: Customer,
}

/// The whole plan up to an instant.
pub(super) fn until(now: Timestamp) -> (Vec<Case>, Vec<Step>) {
    let mut dice = Dice(0x10_0A4B);
    let (mut cases, mut steps) = (Vec::new(), Vec::new());
    for about in 0..CONVERSATIONS {
        let story = dice.pick(STORIES);
        let customer = customer(&mut dice, story.desk);
        let start = start(&mut dice, now, about);
        tell(&mut dice, &mut steps, (about, story, &customer), (start, now));
        cases.push(Case { desk: story.desk, customer });
    }
    steps.sort_by_key(|step| (step.at, step.about));
    (cases, steps)
}

/// Conversations come evenly, during the day, and a little denser of late.
fn start(dice: &mut Dice, now: Timestamp, about: usize) -> Timestamp {
    let share = about as f64 / CONVERSATIONS as f64;
    let ago = (DAYS * DAY) as f64 * (1.0 - share).powf(1.2);
    let day = now.0 - ago as i64;
    let morning = day - day.rem_euclid(DAY) + 7 * HOUR;
    Timestamp((morning + dice.between(0, 12 * HOUR)).min(now.0 - dice.between(5 * MINUTE, 3 * HOUR)))
}

/// Somebody who writes: out of a few hundred people, so that some come back.
pub(super) fn customer(dice: &mut Dice, desk: Desk) -> Customer {
    let (given, family) = (*dice.pick(stories::GIVEN), *dice.pick(stories::FAMILY));
    let plain = |name: &str| {
        let lower = name.to_lowercase();
        lower.chars().map(fold).filter(char::is_ascii_alphabetic).collect::<String>()
    };
    let handle = match desk {
        Desk::Chat => format!("{}{}", plain(given), plain(family).len()),
        Desk::Wholesale | Desk::Press => format!("{}@{}.example", plain(given), plain(family)),
        Desk::Help | Desk::Returns => format!("{}.{}@mail.example", plain(given), plain(family)),
    };
    Customer { name: format!("{given} {family}"), handle }
}

fn fold(letter: char) -> char {
    match letter {
        'é' | 'ë' => 'e',
        'á' => 'a',
        'í' | 'ı' => 'i',
        'ö' => 'o',
        other => other,
    }
}

/// Fills the blanks of a text.
pub(super) struct Blanks<'a> {
    order: String,
    product: &'a str,
    name: &'a str,
    city: &'a str,
    day: &'a str,
}

impl<'a> Blanks<'a> {
    /// Rolls what a story is about.
    pub(super) fn roll(dice: &mut Dice, customer: &'a Customer) -> Blanks<'a> {
        Blanks {
            order: format!("LO-{}", dice.between(10_400, 29_900)),
            product: dice.pick::<&str>(stories::PRODUCTS),
            name: customer.name.split(' ').next().unwrap_or_default(),
            city: dice.pick::<&str>(stories::CITIES),
            day: dice.pick::<&str>(stories::DAYS),
        }
    }

    /// The text without blanks.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{order}", &self.order)
            .replace("{product}", self.product)
            .replace("{name}", self.name)
            .replace("{city}", self.city)
            .replace("{day}", self.day)
    }
}

fn tell(
    dice: &mut Dice,
    steps: &mut Vec<Step>,
    (about, story, customer): (usize, &Story, &Customer),
    (start, now): (Timestamp, Timestamp),
) {
    let blanks = Blanks::roll(dice, customer);
    let mut at = start;
    let quick = story.desk == Desk::Chat;
    let mut step = |at: Timestamp, what: What| {
        let has_happened = at < now;
        if has_happened {
            steps.push(Step { at, about, what });
        }
        has_happened
    };
    // Not every conversation is told to its end.
    let turns = if dice.chance(75) { story.turns.len() } else { dice.between(1, story.turns.len() as i64) as usize };
    for (turn, text) in story.turns.iter().take(turns).enumerate() {
        let body = blanks.fill(text);
        if turn % 2 == 0 {
            let subject = if turn == 0 { blanks.fill(story.subject) } else { String::new() };
            step(at, What::Receive { subject, body });
            if turn == 0 {
                aside(dice, &mut step, story, &blanks, at);
            }
        } else {
            step(at, What::Reply(body));
        }
        at = at.plus(match quick {
            true => dice.between(MINUTE, 6 * MINUTE),
            false => dice.between(40 * MINUTE, 20 * HOUR),
        });
    }
    let is_answered = turns % 2 == 0 || turns == story.turns.len();
    if is_answered && dice.chance(92) {
        step(at, What::Archive);
    } else if dice.chance(30) {
        step(at, What::Snooze(Timestamp(at.0.max(now.0)).plus(dice.between(4 * HOUR, 4 * DAY))));
    }
}

/// What happens inside after a customer has written first.
fn aside(
    dice: &mut Dice,
    step: &mut impl FnMut(Timestamp, What) -> bool,
    story: &Story,
    blanks: &Blanks<'_>,
    at: Timestamp,
) {
    let soon = at.plus(dice.between(MINUTE, 25 * MINUTE));
    if dice.chance(55) {
        step(soon, What::Assign(dice.below(64)));
    }
    if let Some(tag) = story.tag.filter(|_| dice.chance(80)) {
        step(soon.plus(20_000), What::Tag(tag));
    }
    if dice.chance(6) {
        step(soon.plus(30_000), What::Tag("VIP"));
    }
    if let Some(note) = story.note.filter(|_| dice.chance(60)) {
        step(soon.plus(3 * MINUTE), What::Comment(dice.below(64), blanks.fill(note)));
    }
    if story.tag == Some("Quality") || story.tag == Some("Warranty") {
        let number = dice.between(120, 139);
        step(soon.plus(4 * MINUTE), What::Link(format!("https://tracker.lumenoak.example/issues/{number}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_the_same_every_time_and_in_order() {
        let now = Timestamp(1_760_000_000_000);
        let ((cases, steps), (_, again)) = (until(now), until(now));
        assert_eq!(cases.len(), CONVERSATIONS);
        assert_eq!(format!("{steps:?}"), format!("{again:?}"));
        assert!(steps.is_sorted_by_key(|step| step.at));
        assert!(steps.iter().all(|step| step.at < now));
        let begun: std::collections::HashSet<usize> = steps.iter().map(|step| step.about).collect();
        assert_eq!(begun.len(), CONVERSATIONS, "every conversation has begun");
        assert!(steps[0].at.0 < now.0 - 120 * DAY, "months of it");
    }

    #[test]
    fn no_blank_is_left_in_any_text() {
        let (_, steps) = until(Timestamp(1_760_000_000_000));
        assert!(!format!("{steps:?}").contains("{product}") && !format!("{steps:?}").contains("{name}"));
    }
}
