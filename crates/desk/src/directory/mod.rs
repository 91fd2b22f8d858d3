//! The small nouns of a company (people and their groups, workspaces, shifts, inboxes, channels, tags, statuses, field
//! definitions, rules, the names of message templates) held in memory per version, so that a page of conversations or an
//! arriving message needs no statement for them.
//!
//! Every unit reads the version (one row); whoever changes one of these nouns raises it in the same unit
//! ([`crate::Work::directory_changed`]), so a cached directory is never stale, in this process or another.

use std::collections::HashMap;
use std::sync::Arc;

use db::Conn;

use crate::apps::{self, Installed};
use crate::channels::shared::SharedCredentials;
use crate::channels::{self, Channel};
use crate::companies::{self, Company};
use crate::custom_fields::{self, CustomField};
use crate::error::Result;
use crate::ids::{
    ChannelId, CompanyId, InboxId, MessageTemplateFolderId, MessageTemplateId, SharedCredentialsId, ShiftId, StatusId,
    TagId, TeamId, TeammateGroupId, TeammateId,
};
use crate::inboxes::{self, Inbox};
use crate::message_templates::{self, Entry, Folder};
use crate::rules::{self, RuleBook};
use crate::shifts::{self, Shift};
use crate::statuses::{self, Status};
use crate::tags::{self, Tag};
use crate::teammate_groups::{self, TeammateGroup};
use crate::teammates::{self, Teammate};
use crate::teams::{self, Member, Team};
use crate::time::Timestamp;
use crate::time_offs::{self, Absence};

mod availability;
pub(crate) mod store;

/// One version of a company's small nouns. Everything is listed in id order, which is order of creation.
pub struct Directory {
    /// The company itself.
    pub company: Company,
    /// The compiled rules, in order.
    pub rules: Arc<RuleBook>,
    teammates: Vec<Teammate>,
    teams: Vec<Team>,
    members: Vec<Member>,
    shifts: Vec<Shift>,
    teammate_groups: Vec<TeammateGroup>,
    absences: Vec<Absence>,
    inboxes: Vec<Inbox>,
    inbox_access: Vec<(InboxId, TeammateId)>,
    channels: Vec<Channel>,
    shared_credentials: Vec<SharedCredentials>,
    tags: Vec<Tag>,
    statuses: Vec<Status>,
    custom_fields: Vec<CustomField>,
    message_templates: Vec<Entry>,
    message_template_folders: Vec<Folder>,
    apps: Vec<Arc<Installed>>,
    addresses: HashMap<String, Vec<ChannelId>>,
}

impl Directory {
    /// Reads it at an instant: time off that is over by then is left out. One that was read before knows what things were
    /// called that are gone now, for the rules that still name them.
    pub(crate) fn load(
        conn: &mut Conn,
        company: CompanyId,
        now: Timestamp,
        before: Option<&Directory>,
    ) -> Result<Directory> {
        let channels = channels::store::all(conn, company)?;
        let mut directory = Directory {
            company: companies::store::get(conn, company)?,
            rules: Arc::new(RuleBook::default()),
            teammates: teammates::store::all(conn, company)?,
            teams: teams::store::all(conn, company)?,
            members: teams::store::members(conn, company)?,
            shifts: shifts::all(conn, company)?,
            teammate_groups: teammate_groups::all(conn, company)?,
            absences: time_offs::absences(conn, company, now)?,
            inboxes: inboxes::store::all(conn, company)?,
            inbox_access: inboxes::store::access(conn, company)?,
            addresses: by_address(&channels),
            channels,
            shared_credentials: channels::store::all_shared(conn, company)?,
            tags: tags::store::all(conn, company)?,
            statuses: statuses::store::all(conn, company)?,
            custom_fields: custom_fields::store::all(conn, company)?,
            message_templates: message_templates::store::entries(conn, company)?,
            message_template_folders: message_templates::store::folders(conn, company)?,
            apps: apps::installed(conn, company)?,
        };
        let stored = rules::store::all(conn, company)?;
        directory.rules = Arc::new(RuleBook::compile(stored, &directory, before));
        Ok(directory)
    }

    /// A teammate or bot.
    pub fn teammate(&self, id: TeammateId) -> Option<&Teammate> {
        find(&self.teammates, id, |row| row.id)
    }

    /// All teammates and bots.
    pub fn teammates(&self) -> impl DoubleEndedIterator<Item = &Teammate> {
        self.teammates.iter()
    }

    /// A workspace.
    pub fn team(&self, id: TeamId) -> Option<&Team> {
        find(&self.teams, id, |row| row.id)
    }

    /// All workspaces, the oldest first.
    pub fn teams(&self) -> impl DoubleEndedIterator<Item = &Team> {
        self.teams.iter()
    }

    /// Who belongs to a workspace.
    pub fn members(&self, team: TeamId) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.team == team)
    }

    /// Every membership of every workspace.
    pub fn memberships(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// A shift.
    pub fn shift(&self, id: ShiftId) -> Option<&Shift> {
        find(&self.shifts, id, |row| row.id)
    }

    /// All shifts, the oldest first.
    pub fn shifts(&self) -> impl DoubleEndedIterator<Item = &Shift> {
        self.shifts.iter()
    }

    /// A teammate group.
    pub fn teammate_group(&self, id: TeammateGroupId) -> Option<&TeammateGroup> {
        find(&self.teammate_groups, id, |row| row.id)
    }

    /// All teammate groups, the oldest first.
    pub fn teammate_groups(&self) -> impl DoubleEndedIterator<Item = &TeammateGroup> {
        self.teammate_groups.iter()
    }

    /// An inbox.
    pub fn inbox(&self, id: InboxId) -> Option<&Inbox> {
        find(&self.inboxes, id, |row| row.id)
    }

    /// All inboxes.
    pub fn inboxes(&self) -> impl DoubleEndedIterator<Item = &Inbox> {
        self.inboxes.iter()
    }

    /// Who may open an inbox: its owner; the members of its workspace if it is public, those listed by name, and those
    /// of the groups that open it.
    pub fn inbox_teammates(&self, inbox: &Inbox) -> Vec<TeammateId> {
        let groups = self.teammate_groups.iter().filter(|group| group.opens(inbox));
        let members = inbox.team.filter(|_| inbox.is_public).into_iter();
        let mut all: Vec<TeammateId> = members
            .flat_map(|team| self.members(team).map(|member| member.teammate))
            .chain(self.inbox_access.iter().filter(|(of, _)| *of == inbox.id).map(|(_, teammate)| *teammate))
            .chain(groups.flat_map(|group| group.members.iter().copied()))
            .chain(inbox.owner)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A channel.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        find(&self.channels, id, |row| row.id)
    }

    /// The channels with an address, whatever its letter case: the company's own before those of its apps, which give
    /// addresses of theirs, and the oldest first among either.
    pub fn channels_at(&self, address: &str) -> impl Iterator<Item = &Channel> {
        let found = self.addresses.get(&address.to_lowercase()).map_or(&[][..], Vec::as_slice);
        found.iter().filter_map(|id| self.channel(*id))
    }

    /// All channels.
    pub fn channels(&self) -> impl DoubleEndedIterator<Item = &Channel> {
        self.channels.iter()
    }

    /// Credentials that many channels share.
    pub fn shared_credentials(&self, id: SharedCredentialsId) -> Option<&SharedCredentials> {
        find(&self.shared_credentials, id, |row| row.id)
    }

    /// All of these.
    pub fn all_shared_credentials(&self) -> impl DoubleEndedIterator<Item = &SharedCredentials> {
        self.shared_credentials.iter()
    }

    /// A tag.
    pub fn tag(&self, id: TagId) -> Option<&Tag> {
        find(&self.tags, id, |row| row.id)
    }

    /// All tags.
    pub fn tags(&self) -> impl DoubleEndedIterator<Item = &Tag> {
        self.tags.iter()
    }

    /// A ticket status.
    pub fn status(&self, id: StatusId) -> Option<&Status> {
        find(&self.statuses, id, |row| row.id)
    }

    /// All ticket statuses.
    pub fn statuses(&self) -> impl DoubleEndedIterator<Item = &Status> {
        self.statuses.iter()
    }

    /// A message template, without what it says.
    pub fn message_template(&self, id: MessageTemplateId) -> Option<&Entry> {
        find(&self.message_templates, id, |row| row.id)
    }

    /// All message templates, without what they say.
    pub fn message_templates(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.message_templates.iter()
    }

    /// A folder of message templates.
    pub fn message_template_folder(&self, id: MessageTemplateFolderId) -> Option<&Folder> {
        find(&self.message_template_folders, id, |row| row.id)
    }

    /// All folders of message templates.
    pub fn message_template_folders(&self) -> impl DoubleEndedIterator<Item = &Folder> {
        self.message_template_folders.iter()
    }

    /// The apps that are installed, switched off ones among them, by number.
    pub fn apps(&self) -> impl DoubleEndedIterator<Item = &Arc<Installed>> {
        self.apps.iter()
    }

    /// The field definitions of one kind of owner (`contact`, `conversation` …).
    pub fn custom_fields(&self, owner_kind: &str) -> impl Iterator<Item = &CustomField> {
        self.custom_fields.iter().filter(move |field| field.owner_kind == owner_kind)
    }
}

fn by_address(channels: &[Channel]) -> HashMap<String, Vec<ChannelId>> {
    let mut found: HashMap<String, Vec<ChannelId>> = HashMap::new();
    let (own, of_apps): (Vec<_>, Vec<_>) = channels.iter().partition(|channel| channel.app.is_none());
    for channel in own.into_iter().chain(of_apps) {
        found.entry(channel.address.to_lowercase()).or_default().push(channel.id);
    }
    found
}

fn find<T, K: Ord + Copy>(rows: &[T], key: K, of: impl Fn(&T) -> K) -> Option<&T> {
    rows.binary_search_by_key(&key, of).ok().map(|at| &rows[at])
}
