//! What was said, who is told, and what Portico called: in memory, for as long as the program runs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use desk::sealing::Secret;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::portico::Voice;

/// Chats that are remembered; the one that was silent for longest goes first.
const MOST_CHATS: usize = 1_000;
/// What is remembered of each.
const MOST_ENTRIES: usize = 500;
/// Calls of Portico that are remembered.
const MOST_CALLS: usize = 100;
/// What the partner calls a visitor's conversation begins so; the visitor follows.
const CONVERSATION: &str = "chat-";

/// Every chat of the channel.
#[derive(Default)]
pub(super) struct Chats {
    known: Mutex<Known>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    voice: Option<Voice>,
    announced: Option<String>,
    is_deleted: bool,
    chats: HashMap<String, Chat>,
    calls: VecDeque<Call>,
    changes: u64,
}

#[derive(Default)]
struct Chat {
    entries: VecDeque<Entry>,
    touched: u64,
}

/// Something that was said.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    /// What the partner calls it, its `external_id`.
    pub(super) id: String,
    pub(super) from: From,
    /// Who in the team wrote it, if a person did.
    pub(super) author: Option<String>,
    pub(super) text: String,
    pub(super) state: State,
    /// Why it failed.
    pub(super) why: Option<String>,
    /// What Portico knows it by: a call that comes again is no second message.
    #[serde(skip)]
    pub(super) key: Option<String>,
}

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    Visitor,
    Team,
    /// A rule's.
    Automatic,
}

/// How far it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Sending,
    Arrived,
    Failed,
}

/// A call of Portico, as a developer wants to see it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    /// What was said, or what is wrong with it.
    pub(super) signature: &'static str,
    pub(super) body: Value,
    pub(super) status: u16,
    pub(super) answer: Value,
}

/// A visitor's name as it may stand in an address and as a handle.
pub(super) fn visitor(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let is_fine = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@+".contains(c));
    (is_fine && (1..=64).contains(&name.len())).then_some(name)
}

/// What the partner calls a visitor's conversation.
pub(super) fn conversation(visitor: &str) -> String {
    format!("{CONVERSATION}{visitor}")
}

/// Whose conversation is called so.
pub(super) fn visitor_of(conversation: &str) -> Option<String> {
    conversation.strip_prefix(CONVERSATION).and_then(visitor)
}

impl Chats {
    /// From now on the partner speaks for this app and channel.
    pub(super) fn speak_as(&self, voice: Voice) {
        self.lock().voice = Some(voice);
        self.tell();
    }

    /// Whom the partner speaks for, once that is known.
    pub(super) fn voice(&self) -> Option<Voice> {
        self.lock().voice.clone()
    }

    /// The app's secret, once there is one.
    pub(super) fn secret(&self) -> Option<Secret> {
        self.voice().map(|voice| voice.secret)
    }

    /// Portico is about to make a channel of this id.
    pub(super) fn announce(&self, channel: &str) {
        self.lock().announced = Some(channel.to_string());
    }

    /// The channel that was announced last.
    pub(super) fn announced(&self) -> Option<String> {
        self.lock().announced.clone()
    }

    /// Portico deleted a channel. Nothing more is said where it was ours.
    pub(super) fn close(&self, channel: &str) {
        let mut known = self.lock();
        known.is_deleted |= known.voice.as_ref().is_some_and(|voice| voice.channel == channel);
        drop(known);
        self.tell();
    }

    /// Whether the channel was deleted.
    pub(super) fn is_deleted(&self) -> bool {
        self.lock().is_deleted
    }

    /// A chat as its page shows it.
    pub(super) fn shown(&self, visitor: &str) -> Value {
        let known = self.lock();
        let channel = known.voice.as_ref().map(|voice| voice.channel.as_str()).filter(|channel| !channel.is_empty());
        let entries = known.chats.get(visitor).map(|chat| &chat.entries);
        json!({"visitor": visitor, "channel": channel, "is_deleted": known.is_deleted,
               "entries": entries.unwrap_or(&VecDeque::new())})
    }

    /// Adds what was said, unless it was said before: then its first id is answered, and how far it got.
    pub(super) fn add(&self, visitor: &str, entry: Entry) -> (String, Option<State>) {
        let mut known = self.lock();
        known.changes += 1;
        let now = known.changes;
        if known.chats.len() >= MOST_CHATS && !known.chats.contains_key(visitor) {
            let silent = known.chats.iter().min_by_key(|(_, chat)| chat.touched).map(|(name, _)| name.clone());
            silent.map(|name| known.chats.remove(&name));
        }
        let chat = known.chats.entry(visitor.to_string()).or_default();
        chat.touched = now;
        let is_same = |old: &&Entry| old.id == entry.id || (old.key.is_some() && old.key == entry.key);
        if let Some(old) = chat.entries.iter().find(is_same) {
            return (old.id.clone(), Some(old.state));
        }
        let id = entry.id.clone();
        chat.entries.push_back(entry);
        if chat.entries.len() > MOST_ENTRIES {
            chat.entries.pop_front();
        }
        drop(known);
        self.tell();
        (id, None)
    }

    /// Notes how far a message got.
    pub(super) fn mark(&self, visitor: &str, id: &str, (state, why): (State, Option<String>)) {
        let mut known = self.lock();
        let entries = known.chats.get_mut(visitor).into_iter().flat_map(|chat| chat.entries.iter_mut());
        for entry in entries.filter(|entry| entry.id == id) {
            (entry.state, entry.why) = (state, why.clone());
        }
        drop(known);
        self.tell();
    }

    /// Notes a call of Portico.
    pub(super) fn note(&self, call: Call) {
        let mut known = self.lock();
        known.calls.push_back(call);
        if known.calls.len() > MOST_CALLS {
            known.calls.pop_front();
        }
    }

    /// The calls of Portico, the oldest first.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().calls.iter().cloned().collect()
    }

    /// Hears of every change from now on.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
