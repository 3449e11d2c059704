// SPDX-License-Identifier: MIT
// Small files that matter: keys, setups. Written durably (temporary file, fsync, rename, fsync of
// the folder) with the mode given; read whole up to a limit.
#ifndef HAILONG_FILE_H
#define HAILONG_FILE_H

#include "buf.h"

// Appends the whole file. STATUS_NOT_FOUND when there is none, STATUS_TOO_LARGE past the limit of
// `out`.
enum status file_read(const char *path, struct buf *out, struct err *err) MUST_USE;
// Replaces the file whole; afterwards it is durable.
enum status file_write(const char *path, const void *bytes, size_t size_bytes, unsigned mode,
                       struct err *err) MUST_USE;
// Writes a file that is not there yet. STATUS_CONFLICT when it is, and it stays as it was.
enum status file_write_once(const char *path, const void *bytes, size_t size_bytes, unsigned mode,
                            struct err *err) MUST_USE;
// Creates the folder and its missing parents with `mode`; an existing one is fine.
enum status file_make_folder(const char *path, unsigned mode, struct err *err) MUST_USE;
// Overwrites with zeros, syncs and unlinks. A missing file is fine.
enum status file_destroy(const char *path, struct err *err) MUST_USE;
bool file_exists(const char *path);
// Renames durably, over an existing file: the file's bytes and both folders are synced. Both on one
// filesystem.
enum status file_move(const char *from, const char *to, struct err *err) MUST_USE;
// Copies a file of any size durably. STATUS_CONFLICT when `to` is there.
enum status file_copy(const char *from, const char *to, unsigned mode, struct err *err) MUST_USE;
// Calls `each` with the name of every entry of the folder except "." and ".."; stops at the first
// status that is not STATUS_OK and returns it.
typedef enum status (*file_each_fn)(const char *name, void *context, struct err *err);
enum status file_list(const char *folder, file_each_fn each, void *context,
                      struct err *err) MUST_USE;

#endif
