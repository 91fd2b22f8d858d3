-- Every delivery paid for this index when it ended; what is old enough to be forgotten is found by its id as well.
DROP INDEX outbox_finished;
