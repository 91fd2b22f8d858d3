-- Whom a custom channel names is a key of the system behind it, in which capital letters count: as it is written it is
-- compared. So far it was in lower case, and so was the thread of a customer by whose name messages find their conversation.
UPDATE threads SET key = (
    SELECT h.handle FROM handles h
    WHERE h.company = threads.company AND h.source = 'custom' AND h.handle_key = threads.key
)
WHERE space = 'sender'
    AND EXISTS (
        SELECT 1 FROM handles h
        WHERE h.company = threads.company AND h.source = 'custom' AND h.handle_key = threads.key AND h.handle <> h.handle_key
    )
    AND EXISTS (
        SELECT 1 FROM channels c
        WHERE c.company = threads.company AND c.id = threads.channel AND c.contact_type = 'custom'
    );
UPDATE handles SET handle_key = handle WHERE source = 'custom' AND handle_key <> handle;
