// SPDX-License-Identifier: MIT
// A copied lane: verifies the file that `hailong-kiosk export` prints, or one carried by hand. It
// is read as a stream, so that its size does not matter.
#ifndef HAILONG_LANEFILE_H
#define HAILONG_LANEFILE_H

#include "laneverify.h"
#include "transfer.h"

struct lanefile;
// Opens the file and reads its end. STATUS_CHECK_FAILED: it has no signed checkpoint and key
// there (cut), or they do not belong together; STATUS_BAD_INPUT: it is sealed.
enum status lanefile_open(const char *path, struct lanefile **ret_file, struct err *err) MUST_USE;
void lanefile_close(struct lanefile *file);
AUTO_POINTER(struct lanefile, lanefile_close)
const struct note_key *lanefile_key(const struct lanefile *file); // as the file names it
// Walks it through `verify`, which may know heads from elsewhere.
enum status lanefile_verify(struct lanefile *file, struct laneverify *verify,
                            struct laneverify_figures *ret_figures, struct err *err) MUST_USE;

#endif
