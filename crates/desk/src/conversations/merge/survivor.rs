//! Which of several conversations lives on when they are merged (contract/domain.md section 3.3).

use std::cmp::Reverse;

use crate::ids::ConversationId;
use crate::time::Timestamp;

/// What is asked of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which one it is.
    pub id: ConversationId,
    /// How many messages it has.
    pub messages: i64,
    /// Whether somebody is responsible for it.
    pub is_assigned: bool,
    /// When somebody last commented.
    pub last_comment: Option<Timestamp>,
    /// How many tags it has.
    pub tags: i64,
    /// When it began.
    pub created_at: Timestamp,
}

/// The one with the most messages; among equals one with an assignee, then the most recent comment, then the most tags,
/// then the oldest.
pub fn survivor(candidates: &[Candidate]) -> Option<ConversationId> {
    let rank = |one: &&Candidate| {
        (one.messages, one.is_assigned, one.last_comment, one.tags, Reverse(one.created_at), Reverse(one.id))
    };
    candidates.iter().max_by_key(rank).map(|one| one.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn candidate()(
            id in 1i64..9,
            messages in 0i64..3,
            is_assigned in any::<bool>(),
            last_comment in proptest::option::of(0i64..3),
            tags in 0i64..3,
            created_at in 0i64..3,
        ) -> Candidate {
            Candidate {
                id: ConversationId(id),
                messages,
                is_assigned,
                last_comment: last_comment.map(Timestamp),
                tags,
                created_at: Timestamp(created_at),
            }
        }
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        proptest::collection::vec(candidate(), 1..6).prop_map(|mut all| {
            all.sort_by_key(|one| one.id);
            all.dedup_by_key(|one| one.id);
            all
        })
    }

    /// The rules of the contract one by one, each leaving those that are best by it.
    fn by_the_book(mut left: Vec<Candidate>) -> ConversationId {
        fn best<K: Ord>(left: &mut Vec<Candidate>, key: impl Fn(&Candidate) -> K) {
            if let Some(most) = left.iter().map(&key).max() {
                left.retain(|one| key(one) == most);
            }
        }
        best(&mut left, |one| one.messages);
        best(&mut left, |one| one.is_assigned);
        best(&mut left, |one| one.last_comment.map_or(-1, |at| at.0));
        best(&mut left, |one| one.tags);
        best(&mut left, |one| -one.created_at.0);
        best(&mut left, |one| -one.id.0);
        left[0].id
    }

    proptest! {
        #[test]
        fn the_rules_are_those_of_the_contract_in_their_order(all in candidates()) {
            prop_assert_eq!(survivor(&all), Some(by_the_book(all)));
        }

        #[test]
        fn the_order_in_which_they_are_named_decides_nothing((all, shuffled) in candidates().prop_flat_map(|all| {
            (Just(all.clone()), Just(all).prop_shuffle())
        })) {
            prop_assert_eq!(survivor(&all), survivor(&shuffled));
        }

        #[test]
        fn who_loses_against_some_loses_against_more(all in candidates()) {
            let winner = survivor(&all);
            let fewer: Vec<Candidate> = all.iter().enumerate()
                .filter(|(at, one)| Some(one.id) == winner || at % 2 == 0)
                .map(|(_, one)| *one)
                .collect();
            prop_assert_eq!(survivor(&fewer), winner);
        }
    }
}
