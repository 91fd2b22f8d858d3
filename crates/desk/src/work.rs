//! The unit of work: what every operation gets in its hands, and how it begins and ends.
//!
//! A unit is a plain function over [`Work`]. It touches nothing else, because the store may run it again after a
//! conflict. When it returns, the rules react to what was recorded, and rows, events and outbox commit at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use db::{Bytes, Conn, Store};
use quick_cache::sync::Cache;

use crate::access::Access;
use crate::conversations::Conversation;
use crate::crypto::Random;
use crate::deliveries::{Fresh, Subscriber};
use crate::directory::{self, Directory};
use crate::error::{Error, Result};
use crate::events::{Event, Render, Shape};
use crate::ids::{CompanyId, ConversationId, EventId, RuleId, TeammateId};
use crate::rules;
use crate::sealing::SealingKey;
use crate::time::{Clock, Timestamp};

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// The teammate, or the bot that stands for the token, rule or app; absent for the system itself.
    pub teammate: Option<TeammateId>,
}

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person.
    Teammate,
    /// An API token.
    Api,
    /// An app through OAuth.
    OauthClient,
    /// An app by itself.
    App,
    /// A rule.
    Rule,
    /// A macro that a teammate ran.
    Macro,
    /// An AI agent.
    Agent,
    /// A channel: somebody outside wrote.
    Channel,
    /// An import.
    Import,
    /// A reminder that fell due.
    Reminder,
    /// Portico itself.
    System,
}

impl ActorKind {
    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            ActorKind::Teammate => "teammate",
            ActorKind::Api => "api",
            ActorKind::OauthClient => "oauth_client",
            ActorKind::App => "app",
            ActorKind::Rule => "rule",
            ActorKind::Macro => "macro",
            ActorKind::Agent => "agent",
            ActorKind::Channel => "channel",
            ActorKind::Import => "import",
            ActorKind::Reminder => "reminder",
            ActorKind::System => "system",
        }
    }

    /// Reads the name in the log; unknown names are the system's.
    pub fn parse(name: &str) -> ActorKind {
        let all = [
            ActorKind::Teammate,
            ActorKind::Api,
            ActorKind::OauthClient,
            ActorKind::App,
            ActorKind::Rule,
            ActorKind::Macro,
            ActorKind::Agent,
            ActorKind::Channel,
            ActorKind::Import,
            ActorKind::Reminder,
        ];
        all.into_iter().find(|kind| kind.as_str() == name).unwrap_or(ActorKind::System)
    }
}

impl Actor {
    /// Portico itself.
    pub const SYSTEM: Actor = Actor { kind: ActorKind::System, teammate: None };
}

/// On whose behalf a unit runs: the company, the actor, and what it may see.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The company; every statement is bound to it.
    pub company: CompanyId,
    /// Who acts.
    pub actor: Actor,
    /// What the actor may see.
    pub access: Arc<Access>,
}

impl Caller {
    /// Portico itself, within one company, seeing everything.
    pub fn system(company: CompanyId) -> Caller {
        Caller { company, actor: Actor::SYSTEM, access: Arc::new(Access::everything()) }
    }
}

/// The settings that operations depend on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This process's number among those that share the store (1 to 255).
    pub node: i64,
    /// How long a freshly committed delivery stays with the node that committed it, in milliseconds.
    pub lease: i64,
    /// The public base URL, without a trailing slash.
    pub public_url: String,
    /// How many directories are kept in memory.
    pub directories: usize,
    /// Seals the secrets that must be read again.
    pub sealing_key: SealingKey,
}

/// What a committed unit left for those who carry things outside.
#[derive(Debug)]
pub struct Committed {
    /// Where it happened.
    pub company: CompanyId,
    /// Deliveries whose lanes were idle: leased to this node and handed over in memory.
    pub fresh: Vec<Fresh>,
    /// The newest event recorded, if any.
    pub newest: Option<EventId>,
    /// A timer was set or moved.
    pub timers: bool,
    /// Receivers to which something is sent once more because a person wants it: however they fared, they are tried now.
    pub trusted: Vec<Subscriber>,
}

/// Who is rung after each commit. Called on the store's thread, so it only passes the matter on.
pub trait Bell: Send + Sync {
    /// A unit has committed.
    fn ring(&self, committed: Committed);
}

/// The shared inbox over a store: the one value that handlers, workers and commands hold.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) random: Random,
    store: Store,
    clock: Clock,
    last_tick: AtomicI64,
    directories: Cache<(u64, CompanyId, i64), Arc<Directory>>,
    /// The one that was read last, which knows what things were called that a newer one lacks.
    latest: Cache<(u64, CompanyId), Arc<Directory>>,
    /// How often what was read has been forgotten.
    forgotten: AtomicU64,
    renderer: OnceLock<Arc<dyn Render>>,
    bell: OnceLock<Arc<dyn Bell>>,
}

impl Desk {
    /// A desk over a migrated store.
    pub fn new(store: Store, settings: Settings, random: Random) -> Desk {
        let (directories, latest) = (Cache::new(settings.directories.max(1)), Cache::new(settings.directories.max(1)));
        Desk(Arc::new(Inner {
            settings,
            random,
            store,
            clock: Clock::default(),
            last_tick: AtomicI64::new(0),
            directories,
            latest,
            forgotten: AtomicU64::new(0),
            renderer: OnceLock::new(),
            bell: OnceLock::new(),
        }))
    }

    /// Says who renders the bytes that leave the building. Once, at start-up.
    pub fn render_with(&self, renderer: Arc<dyn Render>) {
        let _ = self.0.renderer.set(renderer);
    }

    /// Says who is rung after a commit. Once, at start-up.
    pub fn ring(&self, bell: Arc<dyn Bell>) {
        let _ = self.0.bell.set(bell);
    }

    /// Forgets what it has read: the store below was put back to another state, or the clock to another time. What a unit
    /// that has begun before still reads, it keeps to itself.
    pub fn forget(&self) {
        self.0.forgotten.fetch_add(1, Ordering::SeqCst);
        self.0.directories.clear();
        self.0.latest.clear();
    }

    /// The store below.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock of this process.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Random bytes for what is made outside of a unit (keys, boundaries).
    pub fn random(&self) -> &Random {
        &self.0.random
    }

    /// Runs a unit that may change things. It answers after the commit; the unit may run more than once.
    pub async fn write<T: Send + 'static>(
        &self,
        caller: &Caller,
        unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (inner, caller) = (self.0.clone(), caller.clone());
        self.0.store.write(move |conn| Work::change(&inner, conn, &caller, &unit)).await
    }

    /// Runs a unit as part of one that somebody else has begun on the store: what follows from a delivery commits
    /// together with the delivery's own record.
    pub fn within<T>(&self, conn: &mut Conn, caller: &Caller, unit: impl Fn(&mut Work<'_>) -> Result<T>) -> Result<T> {
        Work::change(&self.0, conn, caller, &unit)
    }

    /// Runs a unit that only reads, on a snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        caller: &Caller,
        unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (inner, caller) = (self.0.clone(), caller.clone());
        self.0.store.read(move |conn| unit(&mut Work::begin(&inner, conn, &caller))).await
    }

    /// [`Desk::write`] for threads that may wait: commands and tests.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        caller: &Caller,
        unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (inner, caller) = (self.0.clone(), caller.clone());
        self.0.store.write_blocking(move |conn| Work::change(&inner, conn, &caller, &unit))
    }

    /// [`Desk::read`] for threads that may wait.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        caller: &Caller,
        unit: impl Fn(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (inner, caller) = (self.0.clone(), caller.clone());
        self.0.store.read_blocking(move |conn| unit(&mut Work::begin(&inner, conn, &caller)))
    }
}

/// Why something happens: the event and rule that led here, and how long the chain already is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The event that was reacted to.
    pub event: EventId,
    /// The rule that reacted.
    pub rule: RuleId,
    /// 1 for what a rule does about a first event, 2 for what a rule does about that, and so on.
    pub depth: i64,
}

/// A unit of work in progress.
pub struct Work<'c> {
    /// The engine's transaction.
    pub conn: &'c mut Conn,
    /// The company that every statement is bound to.
    pub company: CompanyId,
    /// Who acts.
    pub actor: Actor,
    /// What the actor may see.
    pub access: Arc<Access>,
    /// The one instant of this unit.
    pub now: Timestamp,
    /// What led here, if a rule did.
    pub cause: Option<Cause>,
    /// Whether rules pass over what is recorded from here on: imports and mass actions.
    pub skips_rules: bool,
    pub(crate) desk: &'c Inner,
    /// How often what was read had been forgotten when it began.
    forgotten: u64,
    pub(crate) traces: Traces,
}

/// What a unit has done so far, beside its rows.
#[derive(Default)]
pub(crate) struct Traces {
    /// Events that rules have not reacted to yet.
    pub(crate) recorded: VecDeque<Event>,
    /// Deliveries whose lanes were idle.
    pub(crate) fresh: Vec<Fresh>,
    /// The events whose bytes were stored, with the bytes if that was now.
    pub(crate) rendered: Vec<(EventId, Shape, Option<Bytes>)>,
    /// A timer was set or moved.
    pub(crate) timers: bool,
    /// Receivers that a person wants to be tried.
    trusted: Vec<Subscriber>,
    /// Every event that was recorded.
    events: Vec<EventId>,
    /// The conversation that was written last, for the rules that react to it.
    saved: Option<Box<Conversation>>,
    directory: Option<Arc<Directory>>,
    directory_is_ours: bool,
}

impl<'c> Work<'c> {
    pub(crate) fn begin(desk: &'c Inner, conn: &'c mut Conn, caller: &Caller) -> Work<'c> {
        // Before the clock and the store are read, so that nothing of before counts as read after.
        let forgotten = desk.forgotten.load(Ordering::SeqCst);
        Work {
            conn,
            company: caller.company,
            actor: caller.actor,
            access: caller.access.clone(),
            now: desk.clock.now(),
            cause: None,
            skips_rules: false,
            desk,
            forgotten,
            traces: Traces::default(),
        }
    }

    fn change<T>(
        desk: &Arc<Inner>,
        conn: &mut Conn,
        caller: &Caller,
        unit: &impl Fn(&mut Work<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut work = Work::begin(desk, conn, caller);
        let answer = unit(&mut work)?;
        rules::react(&mut work)?;
        work.hand_over(desk);
        Ok(answer)
    }

    /// Leaves for after the commit what the senders should take up at once.
    fn hand_over(self, desk: &Arc<Inner>) {
        let Traces { fresh, timers, trusted, events, .. } = self.traces;
        let newest = events.into_iter().max();
        if fresh.is_empty() && newest.is_none() && !timers && trusted.is_empty() {
            return;
        }
        let Some(bell) = desk.bell.get().cloned() else { return };
        let committed = Committed { company: self.company, fresh, newest, timers, trusted };
        self.conn.after_commit(Box::new(move || bell.ring(committed)));
    }

    /// A new id: time-ordered, and unique among all processes on the store.
    pub fn new_id(&mut self) -> i64 {
        self.new_id_after(0)
    }

    /// A new id that is greater than a given one, whatever the clocks of other nodes say.
    pub fn new_id_after(&mut self, floor: i64) -> i64 {
        let by_clock = (self.now.0 - ID_EPOCH).max(0) << 13;
        let least = by_clock.max((floor >> 8) + 1);
        let update = |last: i64| Some(least.max(last + 1));
        let last = self.desk.last_tick.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update).unwrap_or(0);
        (least.max(last + 1) << 8) | self.desk.settings.node
    }

    /// The smallest id that could be made at an instant: what is older has a smaller one.
    pub(crate) fn first_id_at(at: Timestamp) -> i64 {
        ((at.0 - ID_EPOCH).max(0) << 13) << 8
    }

    /// Unpredictable bytes.
    pub fn random(&self) -> &Random {
        &self.desk.random
    }

    /// The public base URL, without a trailing slash.
    pub fn public_url(&self) -> &'c str {
        &self.desk.settings.public_url
    }

    /// The company's small nouns as this unit sees them.
    pub fn directory(&mut self) -> Result<Arc<Directory>> {
        if let Some(directory) = &self.traces.directory {
            return Ok(directory.clone());
        }
        let directory = self.load_directory()?;
        self.traces.directory = Some(directory.clone());
        Ok(directory)
    }

    fn load_directory(&mut self) -> Result<Arc<Directory>> {
        let company = (self.forgotten, self.company);
        if self.traces.directory_is_ours {
            let before = self.desk.latest.get(&company);
            return Ok(Arc::new(Directory::load(self.conn, self.company, self.now, before.as_deref())?));
        }
        let version = directory::store::version(self.conn, self.company).map_err(|error| match error.is_missing() {
            true => Error::NotFound("company"),
            false => error.into(),
        })?;
        let key = (self.forgotten, self.company, version);
        if let Some(known) = self.desk.directories.get(&key) {
            return Ok(known);
        }
        let before = self.desk.latest.get(&company);
        let loaded = Arc::new(Directory::load(self.conn, self.company, self.now, before.as_deref())?);
        self.desk.directories.insert(key, loaded.clone());
        self.desk.latest.insert(company, loaded.clone());
        Ok(loaded)
    }

    /// Must be called by whoever changes a noun of the directory. From here on this unit reads its own, uncommitted
    /// version, which nobody else may see: a rollback could give the same number to another one.
    pub fn directory_changed(&mut self) -> Result<()> {
        directory::store::raise(self.conn, self.company)?;
        self.traces.directory = None;
        self.traces.directory_is_ours = true;
        Ok(())
    }

    /// The same for another company's directory, where what it shows is shared with this one: an app that it installed.
    pub(crate) fn directory_of_other_changed(&mut self, company: CompanyId) -> Result<()> {
        directory::store::raise(self.conn, company)?;
        Ok(())
    }

    /// The key that secrets are sealed with at rest.
    pub fn sealing_key(&self) -> &'c SealingKey {
        &self.desk.settings.sealing_key
    }

    /// Who renders the bytes that leave the building.
    pub(crate) fn renderer(&self) -> Result<Arc<dyn Render>> {
        self.desk.renderer.get().cloned().ok_or_else(|| Error::Internal("no renderer was set at start-up".into()))
    }

    /// A conversation's row as this unit has written it, if it was the last one that it wrote.
    pub(crate) fn saved(&self, id: ConversationId) -> Option<&Conversation> {
        self.traces.saved.as_deref().filter(|row| row.id == id)
    }

    /// Keeps the row that was just written.
    pub(crate) fn save(&mut self, row: &Conversation) {
        self.traces.saved = Some(Box::new(row.clone()));
    }

    /// Must be called by whoever changes rows of conversations by other ways than
    /// [`Held::save`](crate::conversations::Held::save).
    pub(crate) fn conversations_changed(&mut self) {
        self.traces.saved = None;
    }

    /// A person wants a receiver to be tried now, whatever became of earlier tries.
    pub(crate) fn trust(&mut self, subscriber: Subscriber) {
        if !self.traces.trusted.contains(&subscriber) {
            self.traces.trusted.push(subscriber);
        }
    }

    /// Whether an event was recorded by this unit.
    pub(crate) fn is_new(&self, event: EventId) -> bool {
        self.traces.events.contains(&event)
    }

    pub(crate) fn remember(&mut self, event: Event) {
        self.traces.events.push(event.id);
        self.traces.recorded.push_back(event);
    }

    /// Runs a part of the unit that is undone alone if it fails: its rows, its events and what it would have sent.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Work<'_>) -> Result<T>) -> Result<T> {
        let undone = self.traces.mark();
        let mut traces = std::mem::take(&mut self.traces);
        let (company, actor, access, now) = (self.company, self.actor, self.access.clone(), self.now);
        let (cause, skips_rules, desk, forgotten) = (self.cause, self.skips_rules, self.desk, self.forgotten);
        let answer = self.conn.savepoint(|conn| {
            let inner = std::mem::take(&mut traces);
            let mut work =
                Work { conn, company, actor, access, now, cause, skips_rules, desk, forgotten, traces: inner };
            let answer = part(&mut work);
            traces = work.traces;
            answer
        });
        self.traces = traces;
        if answer.is_err() {
            self.traces.back_to(undone);
        }
        answer
    }

    /// Runs a part of the unit as somebody else, then goes on as before.
    pub fn acting<T>(&mut self, actor: Actor, part: impl FnOnce(&mut Work<'c>) -> Result<T>) -> Result<T> {
        let before = std::mem::replace(&mut self.actor, actor);
        let answer = part(self);
        self.actor = before;
        answer
    }
}

/// How far a unit had come.
struct Mark {
    lengths: [usize; 4],
    timers: bool,
    directory: Option<Arc<Directory>>,
    directory_is_ours: bool,
}

impl Traces {
    fn mark(&self) -> Mark {
        Mark {
            lengths: [self.recorded.len(), self.fresh.len(), self.rendered.len(), self.events.len()],
            timers: self.timers,
            directory: self.directory.clone(),
            directory_is_ours: self.directory_is_ours,
        }
    }

    /// Forgets what came behind a mark; nothing that stood there is taken away in between.
    fn back_to(&mut self, mark: Mark) {
        let [recorded, fresh, rendered, events] = mark.lengths;
        self.recorded.truncate(recorded);
        self.fresh.truncate(fresh);
        self.rendered.truncate(rendered);
        self.events.truncate(events);
        self.timers = mark.timers;
        self.saved = None;
        self.directory = mark.directory;
        self.directory_is_ours = mark.directory_is_ours;
    }
}

/// Ids count from here (2020-01-01), so that they last: 42 bits of milliseconds, 13 of sequence, 8 of node.
const ID_EPOCH: i64 = 1_577_836_800_000;
