//! Archiving, trash, spam and ticket statuses.

use super::*;

#[test]
fn what_changes_nothing_leaves_no_event() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        for action in [Action::Archive, Action::Archive, Action::Trash, Action::Trash, Action::Restore, Action::Reopen]
        {
            fixture.write(move |work| act_on(work, id, action));
        }
        assert_eq!(told(&fixture), [Kind::Archive, Kind::Trash, Kind::Restore], "{}", fixture.engine);
        assert_eq!(seen(&fixture, id).shelf(), Shelf::Unassigned);
    }
}

#[test]
fn an_inbound_message_reopens_an_archived_conversation_without_a_reopen_event() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        fixture.write(move |work| act_on(work, id, Action::Archive));
        assert_eq!(begun(&fixture, "ann"), id, "{}", fixture.engine);
        assert_eq!(seen(&fixture, id).status(), Status::Open);
        assert_eq!(told(&fixture), [Kind::Archive]);
    }
}

#[test]
fn spam_stays_spam_whatever_arrives() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        fixture.write(move |work| act_on(work, id, Action::Spam));
        begun(&fixture, "ann");
        assert_eq!(seen(&fixture, id).status(), Status::Spam, "{}", fixture.engine);
    }
}

#[test]
fn what_lies_in_the_trash_may_be_called_spam() {
    for fixture in companies() {
        let id = begun(&fixture, "ann");
        for action in [Action::Trash, Action::Spam] {
            fixture.write(move |work| act_on(work, id, action));
        }
        assert_eq!(seen(&fixture, id).status(), Status::Spam, "{}", fixture.engine);
        begun(&fixture, "ann");
        assert_eq!(seen(&fixture, id).status(), Status::Spam, "{}", fixture.engine);
    }
}

#[test]
fn ticket_status_and_status_follow_each_other() {
    for fixture in companies() {
        let supplier = with_tickets(&fixture);
        let id = begun(&fixture, "ann");
        assert_eq!(category(&fixture, id), "open", "{}", fixture.engine);
        fixture.write(move |work| act_on(work, id, Action::Archive));
        assert_eq!(category(&fixture, id), "resolved");
        assert_eq!(told(&fixture), [Kind::Archive, Kind::TicketStatusUpdate]);
        fixture.write(move |work| {
            let mut held = hold(work, id)?;
            super::super::standing::set_ticket_status(work, &mut held, supplier)?;
            held.save(work)
        });
        let row = seen(&fixture, id);
        assert_eq!((row.ticket_status, row.status()), (Some(supplier), Status::Archived));
        begun(&fixture, "ann");
        assert_eq!((category(&fixture, id).as_str(), seen(&fixture, id).status()), ("open", Status::Open));
        let last: Vec<Kind> = fixture.kinds().into_iter().rev().take(2).collect();
        assert_eq!(last, [Kind::TicketStatusUpdate, Kind::Inbound]);
    }
}
