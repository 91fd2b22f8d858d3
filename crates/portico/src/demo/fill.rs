//! Plays the plan: every step is a unit of work of its own, at its own time, so that rules react as they would have.

use std::collections::HashMap;

use desk::conversations::linking::{self, Links};
use desk::conversations::{self, Action, assign, tagging};
use desk::ids::{ConversationId, TeammateId};
use desk::messages::threading::Space;
use desk::messages::{self, Content, Incoming, Letter, Options, Reply, Sender};
use desk::teammates::Who;
use desk::{Actor, ActorKind, Caller, Desk, Error, Result, Work};
use desk::{Timestamp, comments};

use super::company::Sample;
use super::plan::{Case, Customer, Step, What};
use super::stories;

/// Units that may be under way at once: the store commits those that wait together.
const AT_ONCE: usize = 128;

/// Plays all steps.
pub(super) async fn play(
    desk: &Desk,
    caller: &Caller,
    sample: &Sample,
    (cases, steps): (&[Case], &[Step]),
) -> Result<()> {
    let mut begun: HashMap<usize, ConversationId> = HashMap::new();
    let mut rest = steps;
    while !rest.is_empty() {
        // As many steps as there are in a row that do not build on each other.
        let mut wave: Vec<usize> = Vec::new();
        let length = rest.iter().take(AT_ONCE).take_while(|step| {
            let is_free = !wave.contains(&step.about);
            wave.push(step.about);
            is_free
        });
        let (now, later) = rest.split_at(length.count());
        let units = now.iter().map(|step| {
            let act = Act {
                at: Some(step.at),
                desk: cases[step.about].desk,
                customer: cases[step.about].customer.clone(),
                thread: format!("case-{}", step.about),
                conversation: begun.get(&step.about).copied(),
                what: step.what.clone(),
            };
            let sample = sample.clone();
            desk.write(caller, move |work| act.run(work, &sample))
        });
        for (step, done) in now.iter().zip(futures_util::future::join_all(units).await) {
            begun.insert(step.about, done?);
        }
        rest = later;
    }
    Ok(())
}

/// One step with all it needs.
pub(super) struct Act {
    /// When it happens; absent for now.
    pub(super) at: Option<Timestamp>,
    pub(super) desk: stories::Desk,
    pub(super) customer: Customer,
    /// What keeps its messages together.
    pub(super) thread: String,
    /// Where; absent before the first message.
    pub(super) conversation: Option<ConversationId>,
    pub(super) what: What,
}

impl Act {
    /// Does it. Answers the conversation.
    pub(super) fn run(&self, work: &mut Work<'_>, sample: &Sample) -> Result<ConversationId> {
        if let Some(at) = self.at {
            work.now = at;
        }
        let people = sample.people(self.desk);
        let somebody = |number: usize| people[number % people.len()];
        if let What::Receive { subject, body } = &self.what {
            return receive(work, sample, self, subject, body);
        }
        let id = self.conversation.ok_or(Error::NotFound("conversation"))?;
        let assignee = conversations::see(work, id)?.assignee.unwrap_or_else(|| somebody(0));
        match &self.what {
            What::Receive { .. } => {}
            What::Assign(number) => {
                by(work, somebody(number / 8), |work| assign::assign(work, id, Some(&Who::Id(somebody(*number)))))?
            }
            What::Reply(body) => reply(work, id, assignee, body)?,
            What::Comment(number, body) => {
                by(work, somebody(*number), |work| comments::add(work, id, &comments::New::plain(body)))?;
            }
            What::Tag(name) => {
                if let Some(tag) = sample.tag(name) {
                    by(work, assignee, |work| tagging::tag(work, id, &[tag]))?;
                }
            }
            What::Link(url) => {
                by(work, assignee, |work| linking::link(work, id, &Links::Urls(vec![url.clone()])))?;
            }
            What::Snooze(until) => {
                by(work, assignee, |work| conversations::act_on(work, id, Action::Wait(Some(*until))))?
            }
            What::Archive => by(work, assignee, |work| conversations::act_on(work, id, Action::Archive))?,
        }
        Ok(id)
    }
}

fn by<T>(work: &mut Work<'_>, who: TeammateId, part: impl FnOnce(&mut Work<'_>) -> Result<T>) -> Result<T> {
    work.acting(Actor { kind: ActorKind::Teammate, teammate: Some(who) }, part)
}

fn receive(work: &mut Work<'_>, sample: &Sample, act: &Act, subject: &str, body: &str) -> Result<ConversationId> {
    let incoming = Incoming {
        channel: sample.channel(act.desk),
        sender: Sender { handle: act.customer.handle.clone(), name: Some(act.customer.name.clone()), contact: None },
        subject: subject.to_string(),
        content: Content::markdown(body),
        thread: Some((Space::Incoming, act.thread.clone())),
        external_id: None,
        headers: None,
        uploads: Vec::new(),
        written_at: None,
    };
    Ok(messages::receive(work, &incoming)?.conversation)
}

fn reply(work: &mut Work<'_>, conversation: ConversationId, author: TeammateId, body: &str) -> Result<()> {
    let letter = Letter {
        to: messages::Addressees::default(),
        sender_name: None,
        subject: None,
        content: Content::markdown(body),
        quote: None,
        signature: messages::Signing::Nothing,
        uploads: Vec::new(),
    };
    let reply =
        Reply { conversation, channel: None, letter, author: Some(Who::Id(author)), options: Options::default() };
    messages::reply(work, &reply).map(drop)
}
