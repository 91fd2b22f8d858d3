//! What a rule may name, by whose it is: nobody acts through a rule on what is not theirs.

use super::leaf::Noun;
use crate::access::Owner;
use crate::directory::Directory;
use crate::ids::{ChannelId, InboxId, MessageTemplateId, ShiftId, TagId, TeamId, TeammateId};

/// Whether a rule of an owner may name a thing. The company's may name everything, a workspace's what belongs to the
/// workspace or to the company, and a teammate's also what is that teammate's own or of a workspace joined. A workspace's
/// rule hands conversations over to other workspaces, so their inboxes and channels are open to it.
pub(super) fn may_name(directory: &Directory, rule: Owner, noun: Noun, id: i64) -> bool {
    match noun {
        Noun::Tag => directory.tag(TagId(id)).is_some_and(|tag| reaches(directory, rule, tag.team, tag.owner)),
        Noun::Template => directory
            .message_template(MessageTemplateId(id))
            .is_some_and(|template| reaches(directory, rule, template.team, template.owner)),
        Noun::Inbox => is_inbox_near(directory, rule, InboxId(id)),
        Noun::Channel => {
            directory.channel(ChannelId(id)).is_some_and(|channel| is_inbox_near(directory, rule, channel.inbox))
        }
        Noun::Shift => {
            directory.shift(ShiftId(id)).is_some_and(|shift| reaches(directory, rule, Some(shift.team), None))
        }
        Noun::Team => is_near(directory, rule, Some(TeamId(id)), None),
        // These are the company's.
        Noun::Account
        | Noun::Application
        | Noun::Contact
        | Noun::ContactList
        | Noun::CustomField
        | Noun::Link
        | Noun::Teammate
        | Noun::TeammateGroup
        | Noun::TicketStatus => true,
    }
}

fn is_inbox_near(directory: &Directory, rule: Owner, inbox: InboxId) -> bool {
    directory.inbox(inbox).is_some_and(|inbox| is_near(directory, rule, inbox.team, inbox.owner))
}

/// Whether a rule may look at a place, or send a conversation there.
fn is_near(directory: &Directory, rule: Owner, team: Option<TeamId>, owner: Option<TeammateId>) -> bool {
    match (rule, Owner::of(team, owner)) {
        (Owner::Team(_), Owner::Team(_)) => true,
        _ => reaches(directory, rule, team, owner),
    }
}

fn reaches(directory: &Directory, rule: Owner, team: Option<TeamId>, owner: Option<TeammateId>) -> bool {
    match (rule, Owner::of(team, owner)) {
        (Owner::Company, _) | (_, Owner::Company) => true,
        (Owner::Teammate(who), Owner::Team(team)) => directory.members(team).any(|member| member.teammate == who),
        (rule, owner) => rule == owner,
    }
}
