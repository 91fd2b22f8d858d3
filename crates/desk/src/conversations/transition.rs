//! The life of a conversation as one pure function: what each action makes of each state, and which events tell of it.

use super::Status;
use crate::events::Kind;
use crate::time::Timestamp;

/// Where a conversation is in its life. Waiting and archived ones share a status: both are out of the open lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// To be dealt with.
    Open,
    /// Out of sight until something happens: a snooze if there is an end, otherwise a ticket that waits for somebody.
    Waiting(Option<Timestamp>),
    /// Done.
    Archived,
    /// In the trash.
    Deleted,
    /// In the trash, as spam.
    Spam,
}

/// What is done to a conversation, or happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is done with.
    Archive,
    /// It is to be dealt with, wherever it was.
    Reopen,
    /// Into the trash.
    Trash,
    /// Out of the trash.
    Restore,
    /// Into the trash, as spam.
    Spam,
    /// It waits: until an instant, or for whatever comes. What is in the trash stays there.
    Wait(Option<Timestamp>),
    /// The snooze is called off.
    Unsnooze,
    /// The snooze is over.
    Remind,
    /// A message arrived, or a sent one came back: whoever is responsible has to see it. Spam stays where it is. The
    /// message's own event tells of it.
    Wake,
}

impl State {
    /// The status that is stored.
    pub fn status(self) -> Status {
        match self {
            State::Open => Status::Open,
            State::Waiting(_) | State::Archived => Status::Archived,
            State::Deleted => Status::Deleted,
            State::Spam => Status::Spam,
        }
    }

    /// When the snooze ends.
    pub fn snoozed_until(self) -> Option<Timestamp> {
        match self {
            State::Waiting(until) => until,
            _ => None,
        }
    }

    /// The category of ticket statuses that fits; what is in the trash keeps the one it had.
    pub fn category(self) -> Option<&'static str> {
        match self {
            State::Open => Some("open"),
            State::Waiting(_) => Some("waiting"),
            State::Archived => Some("resolved"),
            State::Deleted | State::Spam => None,
        }
    }

    /// Whether it is done with. What waits is not.
    pub fn is_over(self) -> bool {
        matches!(self, State::Archived | State::Deleted | State::Spam)
    }

    fn is_trashed(self) -> bool {
        matches!(self, State::Deleted | State::Spam)
    }
}

/// What an action makes of a state, and the events that tell of it, in order. Doing the same again changes nothing.
pub fn transition(state: State, action: Action) -> (State, &'static [Kind]) {
    let next = after(state, action);
    if next == state {
        return (state, &[]);
    }
    let events: &'static [Kind] = match action {
        Action::Archive if state.is_trashed() => &[Kind::Restore, Kind::Archive],
        Action::Archive => &[Kind::Archive],
        Action::Reopen if state.is_trashed() => &[Kind::Restore],
        Action::Reopen | Action::Unsnooze => &[Kind::Reopen],
        Action::Trash | Action::Spam => &[Kind::Trash],
        Action::Restore => &[Kind::Restore],
        Action::Wait(Some(_)) => &[Kind::Snoozed],
        Action::Wait(None) => &[Kind::TicketStatusUpdate],
        Action::Remind => &[Kind::Reminder],
        Action::Wake => &[],
    };
    (next, events)
}

fn after(state: State, action: Action) -> State {
    match (action, state) {
        (Action::Archive, _) => State::Archived,
        (Action::Trash, _) => State::Deleted,
        (Action::Spam, _) | (Action::Wake, State::Spam) => State::Spam,
        (Action::Reopen | Action::Wake, _) => State::Open,
        (Action::Restore, State::Deleted | State::Spam) => State::Open,
        (Action::Wait(until), State::Open | State::Waiting(_) | State::Archived) => State::Waiting(until),
        (Action::Unsnooze | Action::Remind, State::Waiting(Some(_))) => State::Open,
        (Action::Restore | Action::Wait(_) | Action::Unsnooze | Action::Remind, unmoved) => unmoved,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant() -> impl Strategy<Value = Timestamp> {
        (0i64..4).prop_map(Timestamp)
    }

    fn state() -> impl Strategy<Value = State> {
        prop_oneof![
            Just(State::Open),
            proptest::option::of(instant()).prop_map(State::Waiting),
            Just(State::Archived),
            Just(State::Deleted),
            Just(State::Spam),
        ]
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            Just(Action::Archive),
            Just(Action::Reopen),
            Just(Action::Trash),
            Just(Action::Restore),
            Just(Action::Spam),
            proptest::option::of(instant()).prop_map(Action::Wait),
            Just(Action::Unsnooze),
            Just(Action::Remind),
            Just(Action::Wake),
        ]
    }

    proptest! {
        #[test]
        fn doing_the_same_again_changes_nothing_and_tells_nothing(state in state(), action in action()) {
            let (once, _) = transition(state, action);
            prop_assert_eq!(transition(once, action), (once, &[][..]));
        }

        #[test]
        fn events_tell_of_changes_and_of_nothing_else(state in state(), action in action()) {
            let (next, events) = transition(state, action);
            prop_assert_eq!(events.is_empty(), next == state || action == Action::Wake);
        }

        #[test]
        fn reopening_and_archiving_end_a_snooze(state in state(), archive in any::<bool>()) {
            let (next, _) = transition(state, if archive { Action::Archive } else { Action::Reopen });
            prop_assert_eq!(next.snoozed_until(), None);
        }

        #[test]
        fn only_what_is_out_of_the_open_lists_can_be_snoozed(state in state(), actions in proptest::collection::vec(action(), 0..12)) {
            let end = actions.into_iter().fold(state, |state, action| transition(state, action).0);
            prop_assert!(end.snoozed_until().is_none() || end.status() == Status::Archived);
        }

        #[test]
        fn only_a_restore_leaves_the_trash_by_hand(state in state(), action in action()) {
            let (next, events) = transition(state, action);
            let left = state.is_trashed() && !next.is_trashed();
            prop_assert_eq!(left && action != Action::Wake, events.contains(&Kind::Restore));
        }
    }

    #[test]
    fn what_an_inbound_message_does_to_each_state() {
        for (before, after) in [
            (State::Open, State::Open),
            (State::Waiting(Some(Timestamp(5))), State::Open),
            (State::Waiting(None), State::Open),
            (State::Archived, State::Open),
            (State::Deleted, State::Open),
            (State::Spam, State::Spam),
        ] {
            assert_eq!(transition(before, Action::Wake), (after, &[][..]), "{before:?}");
        }
    }
}
