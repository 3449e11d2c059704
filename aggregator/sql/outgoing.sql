-- SPDX-License-Identifier: MIT
-- Messages to lanes.

-- STMT message_next
-- in: lane text
UPDATE lane SET message_last = message_last + 1 WHERE lane = $1;

-- STMT message_number
-- in: lane text
-- out: message_last int, message_received int
SELECT message_last, message_received FROM lane WHERE lane = $1;

-- STMT message_add
-- in: lane text, n int, type text, text text, sig blob
INSERT INTO message (lane, n, type, text, sig) VALUES ($1, $2, $3, $4, $5);

-- STMT message_list
-- Nothing while the numbers are unsure (OUTGOING_UNSURE).
-- in: lane text, room int
-- out: n int, type text, text text, sig blob
SELECT n, type, text, sig FROM message
WHERE lane = $1 AND (SELECT l.message_last FROM lane l WHERE l.lane = $1) < 1099511627776
ORDER BY n LIMIT $2;

-- STMT message_behind
-- What the lane has not got, also where its numbers are unsure.
-- in: lane text, n int
-- out: type text, text text
SELECT type, text FROM message WHERE lane = $1 AND n > $2 ORDER BY n;

-- STMT message_unsure
-- Numbers that kiosks have seen may have been given again: see outgoing.h.
-- scan: after a restore, once for every lane
-- in: unsure int
UPDATE lane SET message_last = message_last + $1
WHERE kind = 'kiosk' AND message_last < $1;

-- STMT message_resume
-- in: lane text, n int
UPDATE lane SET message_last = $2, message_received = $2 WHERE lane = $1;

-- STMT message_waiting
-- What a lane waits for that is not made anew when another one follows it.
-- in: lane text
-- out: type text, text text
SELECT type, text FROM message WHERE lane = $1 AND type IN ('answer', 'codes') ORDER BY n;

-- STMT message_received_set
-- in: lane text, message_received int
UPDATE lane SET message_received = $2 WHERE lane = $1;

-- STMT message_drop
-- What the lane has.
-- in: lane text, n int
DELETE FROM message WHERE lane = $1 AND n <= $2;
