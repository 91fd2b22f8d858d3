//! What search promises, on every store.

use super::{Query, parse};
use crate::companies::New;
use crate::ids::ConversationId;
use crate::messages::{Content, Incoming, Sender, receive};
use crate::paging::Window;
use crate::testing::{Fixture, companies};
use crate::work::Caller;

fn write(fixture: &Fixture, handle: &str, subject: &str, text: &str) -> ConversationId {
    let (channel, handle, subject, text) = (fixture.custom, handle.to_string(), subject.to_string(), text.to_string());
    fixture.write(move |work| {
        let incoming = Incoming {
            channel,
            sender: Sender { handle: handle.clone(), name: None, contact: None },
            subject: subject.clone(),
            content: Content::plain(&text),
            thread: None,
            external_id: None,
            headers: None,
            uploads: Vec::new(),
            written_at: None,
        };
        Ok(receive(work, &incoming)?.conversation)
    })
}

fn found(fixture: &Fixture, text: &str) -> (Vec<ConversationId>, i64) {
    let query: Query = parse(text).expect("a query");
    fixture.write(move |work| {
        let found = super::conversations(work, &query, &Window::first(50))?;
        Ok((found.page.rows.iter().map(|row| row.id).collect(), found.total))
    })
}

#[test]
fn words_are_found_in_subjects_and_bodies_the_latest_first() {
    for fixture in companies() {
        let lamp = write(&fixture, "ann", "A missing lamp", "Only one arrived");
        let chair = write(&fixture, "bob", "A chair", "It has no lamp, but it wobbles");
        assert_eq!(found(&fixture, "LAMP"), (vec![chair, lamp], 2), "{}", fixture.engine);
        assert_eq!(found(&fixture, "lamp wobbles"), (vec![chair], 1), "{}", fixture.engine);
        assert_eq!(found(&fixture, "\"missing lamp\""), (vec![lamp], 1), "{}", fixture.engine);
        assert_eq!(found(&fixture, "lamp from:ann"), (vec![lamp], 1), "{}", fixture.engine);
        assert_eq!(found(&fixture, "from:ann from:bob").1, 2, "{}", fixture.engine);
        assert_eq!(found(&fixture, "table"), (vec![], 0), "{}", fixture.engine);
    }
}

#[test]
fn no_mark_in_a_query_is_an_operator() {
    for fixture in companies() {
        let id = write(&fixture, "ann", "", "What about AND-gates (and OR) * NEAR 50% off; it's \"fine\"");
        for text in ["AND-gates", "(and", "OR*", "50%", "it's", "NEAR", "off;", "'", "& | !", "a:b"] {
            let (ids, _) = found(&fixture, text);
            assert!(ids.is_empty() || ids == [id], "{}: {text}", fixture.engine);
        }
    }
}

#[test]
fn signs_alone_find_nothing() {
    for fixture in companies() {
        let id = write(&fixture, "ann", "Lamp", "one");
        for text in ["\u{1f389}", "*", "-", ". . .", "\"\u{1f389}\"", "is:open \u{1f389}"] {
            assert_eq!(found(&fixture, text), (vec![], 0), "{}: {text}", fixture.engine);
        }
        for text in ["lamp \u{1f389}", "is:open", "is:open lamp *"] {
            assert_eq!(found(&fixture, text), (vec![id], 1), "{}: {text}", fixture.engine);
        }
    }
}

#[test]
fn status_and_time_narrow_a_search() {
    for fixture in companies() {
        let id = write(&fixture, "ann", "Lamp", "one");
        let now = fixture.desk.clock().now().0 / 1_000;
        assert_eq!(found(&fixture, "is:open is:unassigned is:unreplied").0, [id]);
        assert_eq!(found(&fixture, "is:archived").1, 0);
        assert_eq!(found(&fixture, &format!("before:{}", now + 60)).0, [id]);
        assert_eq!(found(&fixture, &format!("after:{}", now + 60)).1, 0);
        assert_eq!(found(&fixture, &format!("during:{now}")).0, [id]);
    }
}

#[test]
fn whatever_leads_the_same_is_found() {
    for fixture in companies() {
        let handles = ["ann", "bob", "eve"];
        for number in 0..12 {
            write(&fixture, handles[number % 3], "A lamp", if number % 4 == 0 { "brass" } else { "glass" });
        }
        let queries = [
            "lamp",
            "brass",
            "lamp from:ann",
            "lamp brass from:ann from:eve is:open",
            "from:bob is:unreplied",
            "is:open",
            "is:trashed lamp",
            "brass is:archived",
            "lamp from:nobody",
            "nowhere from:ann",
        ];
        for text in queries {
            let query: Query = parse(text).expect("a query");
            // With a threshold of one everything is frequent and walked through; with others this or that leads, and the
            // conversations with a word are met in the order of all of them, or not soon enough and looked up.
            let ways: Vec<Vec<ConversationId>> = [1, 2, 4, 40, 100, 10_000]
                .into_iter()
                .map(|few| {
                    let query = query.clone();
                    fixture.write(move |work| {
                        let (mut ids, mut window) = (Vec::new(), Window::first(2));
                        loop {
                            let found = super::find::conversations(work, &query, &window, few)?;
                            ids.extend(found.page.rows.iter().map(|row| row.id));
                            match found.page.next {
                                Some(next) => window.after = Some(next),
                                None => return Ok(ids),
                            }
                        }
                    })
                })
                .collect();
            assert!(ways.windows(2).all(|pair| pair[0] == pair[1]), "{}: {text}: {ways:?}", fixture.engine);
            assert_eq!(found(&fixture, text).1, ways[0].len() as i64, "{}: {text}", fixture.engine);
        }
    }
}

#[test]
fn only_the_own_company_is_found_in_an_index_that_all_share() {
    for mut fixture in companies() {
        let lamp = write(&fixture, "ann", "Lamp", "brass");
        let new = New { name: "Other".to_string(), slug: "other".to_string(), has_ticketing: false };
        let (other, ()) = crate::companies::found(&fixture.desk, new, |_| Ok(())).expect("a second company is founded");
        let own = std::mem::replace(&mut fixture.caller, Caller::system(other));
        for text in ["lamp", "lamp is:open"] {
            assert_eq!(found(&fixture, text), (vec![], 0), "{}: {text}", fixture.engine);
        }
        fixture.caller = own;
        assert_eq!(found(&fixture, "lamp"), (vec![lamp], 1), "{}", fixture.engine);
    }
}

#[test]
fn what_lies_in_no_inbox_is_found_once_by_who_sees_everything() {
    for fixture in companies() {
        let lamp = write(&fixture, "ann", "Lamp", "brass");
        let chair = write(&fixture, "bob", "Chair", "no lamp");
        fixture.write(move |work| {
            let sql = "DELETE FROM conversation_inboxes WHERE company = $1 AND conversation = $2";
            Ok(work.conn.exec(sql, db::args![work.company, lamp])?)
        });
        assert_eq!(found(&fixture, "lamp"), (vec![chair, lamp], 2), "{}", fixture.engine);
    }
}

#[test]
fn a_conversation_in_several_inboxes_counts_once() {
    for fixture in companies() {
        let query = parse("lamp").expect("a query");
        let ids = [write(&fixture, "ann", "Lamp", "brass"), write(&fixture, "bob", "Lamp", "glass")];
        fixture.write(move |work| {
            let sql = "INSERT INTO conversation_inboxes (company, conversation, inbox, shelf, bumped_at) \
                       SELECT company, conversation, inbox + 1, shelf, bumped_at FROM conversation_inboxes \
                       WHERE company = $1";
            Ok(work.conn.exec(sql, db::args![work.company])?)
        });
        // Three docs would be many; these are two in two inboxes each.
        let found = fixture.write(move |work| super::find::conversations(work, &query, &Window::first(5), 3));
        let found = (found.page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), found.total);
        assert_eq!(found, (vec![ids[1], ids[0]], 2), "{}", fixture.engine);
    }
}
