//! The types of events, in one table: those of the contract, and internal ones, which lists leave out and webhooks tell
//! under a name of the contract.

macro_rules! kinds {
    (public { $($(#[$pd:meta])* $public:ident $pname:literal),+ $(,)? } internal { $($(#[$id:meta])* $internal:ident $iname:literal),+ $(,)? }) => {
        /// What an event says has happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$pd])* $public,)+
            $($(#[$id])* $internal,)+
        }

        impl Kind {
            /// Every kind that lists show.
            pub const PUBLIC: &'static [Kind] = &[$(Kind::$public),+];

            /// The name in the log; outside it is that of [`Kind::told_as`].
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$public => $pname,)+
                    $(Kind::$internal => $iname,)+
                }
            }

            /// Reads a name.
            pub fn parse(name: &str) -> Option<Kind> {
                match name {
                    $($pname => Some(Kind::$public),)+
                    $($iname => Some(Kind::$internal),)+
                    _ => None,
                }
            }

            /// Whether lists show it.
            pub fn is_public(self) -> bool {
                matches!(self, $(Kind::$public)|+)
            }
        }
    };
}

impl Kind {
    /// The kind by which an event calls itself outside. What the public list has no word for borrows one: the nearest
    /// that says something true of the conversation, with the same kind of target, so that typed clients can read it.
    pub fn told_as(self) -> Kind {
        match self {
            // To those who look at it from outside, it left the open ones like an archived one, and came back.
            Kind::Snoozed => Kind::Archive,
            Kind::Unsnoozed => Kind::Reopen,
            Kind::FollowerAdded => Kind::Assign,
            Kind::FollowerRemoved => Kind::Unassign,
            Kind::AppEvent => Kind::LinkAdded,
            Kind::CommentEdited => Kind::Comment,
            public if public.is_public() => public,
            // Some detail changed: the word that claims nothing about messages, people or the status.
            _ => Kind::CustomFieldUpdated,
        }
    }
}

kinds! {
    public {
        /// Assigned to a teammate.
        Assign "assign",
        /// The assignee was removed.
        Unassign "unassign",
        /// Archived.
        Archive "archive",
        /// Back among the open ones.
        Reopen "reopen",
        /// Moved to the trash, or marked as spam.
        Trash "trash",
        /// Back from the trash.
        Restore "restore",
        /// A snooze ended.
        Reminder "reminder",
        /// A comment was posted.
        Comment "comment",
        /// A teammate was mentioned in a comment.
        Mention "mention",
        /// A message was received.
        Inbound "inbound",
        /// The first message of a new conversation was sent.
        Outbound "outbound",
        /// A reply was sent.
        OutReply "out_reply",
        /// Moved to other inboxes.
        Move "move",
        /// A message was forwarded.
        Forward "forward",
        /// A tag was added.
        Tag "tag",
        /// A tag was removed.
        Untag "untag",
        /// A message could not be sent.
        SendingError "sending_error",
        /// A message failed at the recipient.
        MessageBounceError "message_bounce_error",
        /// Other conversations went up in this one.
        ConversationsMerged "conversations_merged",
        /// A link was added.
        LinkAdded "link_added",
        /// A link was removed.
        LinkRemoved "link_removed",
        /// A custom field of the conversation changed.
        CustomFieldUpdated "custom_field_updated",
        /// A macro was run.
        MacroTriggered "macro_triggered",
        /// A topic was recognised.
        TopicIdentified "topic_identified",
        /// The ticket status changed.
        TicketStatusUpdate "ticket_status_update",
        /// A call began.
        CallStarted "call_started",
        /// The caller hung up before being connected.
        CallAbandoned "call_abandoned",
        /// The call waits in a queue.
        CallQueued "call_queued",
        /// The call is on hold.
        CallOnHold "call_on_hold",
        /// The call is parked.
        CallParked "call_parked",
        /// The call goes on.
        CallResumed "call_resumed",
        /// The call was connected.
        CallConnected "call_connected",
        /// Nobody answered.
        CallMissed "call_missed",
        /// The call ended.
        CallHangup "call_hangup",
        /// The call was handed to somebody else.
        CallTransferred "call_transferred",
        /// The words of the call are there.
        CallTranscriptAdded "call_transcript_added",
        /// The words left on the answering machine are there.
        CallVoicemailTranscriptAdded "call_voicemail_transcript_added",
    }
    internal {
        /// Snoozed until a time. No type of the public list says so.
        Snoozed "internal.snoozed",
        /// A snooze was called off.
        Unsnoozed "internal.unsnoozed",
        /// A draft was made, changed or deleted.
        Draft "internal.draft",
        /// A follower was added.
        FollowerAdded "internal.follower_added",
        /// A follower was removed.
        FollowerRemoved "internal.follower_removed",
        /// A comment was edited or pinned.
        CommentEdited "internal.comment_edited",
        /// The subject, due time or another detail changed.
        Details "internal.details",
        /// A message was imported from elsewhere.
        Imported "internal.imported",
        /// A message was sent by its channel.
        Delivered "internal.delivered",
        /// A message that had failed is to be sent once more.
        Resent "internal.resent",
        /// A message was seen by its recipient.
        Seen "internal.seen",
        /// A conversation was deleted for good.
        Deleted "internal.deleted",
        /// A chain of rules was cut.
        RuleChainCut "internal.rule_chain_cut",
        /// A rule failed.
        RuleFailed "internal.rule_failed",
        /// An application told of something that happened to an object of its own.
        AppEvent "internal.app_event",
        /// A delivery was sent once more by hand.
        Replayed "internal.replayed",
        /// The configuration changed.
        Setting "internal.setting",
    }
}
