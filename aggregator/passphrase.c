// SPDX-License-Identifier: MIT
// Reads passphrases.
#include "passphrase.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "crypto.h"
#include "text.h"

static void close_file(FILE **file)
{
    if (*file != NULL && *file != stdin)
        fclose(*file);
}

// One line without its end.
static enum status read_line(FILE *file, char ret_line[PASSPHRASE_BYTES], struct err *err)
{
    if (fgets(ret_line, PASSPHRASE_BYTES, file) == NULL)
        return ferror(file) ? err_errno(err, "reading the passphrase failed")
                            : err_set(err, STATUS_BAD_INPUT, "there is no passphrase to read");
    size_t size = strcspn(ret_line, "\r\n");
    if (ret_line[size] == '\0' && size == PASSPHRASE_BYTES - 1)
        return err_set(err, STATUS_BAD_INPUT, "the passphrase is too long");
    ret_line[size] = '\0';
    if (!text_is_clean(ret_line, size, true))
        return err_set(err, STATUS_BAD_INPUT,
                       "the passphrase is no UTF-8 text or has control characters in it");
    return STATUS_OK;
}

static enum status ask(FILE *terminal, const char *question, const char *who,
                       char ret_line[PASSPHRASE_BYTES], struct err *err)
{
    struct termios before, quiet;
    int fd = fileno(terminal);
    if (tcgetattr(fd, &before) != 0)
        return err_errno(err, "the terminal cannot be asked");
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL; // the next line begins on one of its own
    fprintf(terminal, "%s %s: ", question, who);
    fflush(terminal);
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
        return err_errno(err, "the terminal's echo cannot be switched off");
    enum status status = read_line(terminal, ret_line, err);
    // A terminal that stays silent is cured by `stty echo`; the answer is what matters here.
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    return status;
}

static void wipe(char (*line)[PASSPHRASE_BYTES])
{
    crypto_wipe(*line, sizeof *line);
}

static enum status ask_all(const char *who, bool twice, char ret_passphrase[PASSPHRASE_BYTES],
                           struct err *err)
{
    AUTO(close_file) FILE *terminal = fopen("/dev/tty", "r+e");
    AUTO(wipe) char again[PASSPHRASE_BYTES] = "";
    if (terminal == NULL)
        return err_set(err, STATUS_USAGE,
                       "there is no terminal to ask at; give --passphrase-file FILE, or - for "
                       "standard input");
    TRY(ask(terminal, "Passphrase of", who, ret_passphrase, err));
    if (!twice)
        return STATUS_OK;
    TRY(ask(terminal, "Again, passphrase of", who, again, err));
    return strcmp(again, ret_passphrase) == 0
               ? STATUS_OK
               : err_set(err, STATUS_BAD_INPUT, "the two passphrases differ; nothing was changed");
}

enum status passphrase_read(const char *path, const char *who, bool twice,
                            char ret_passphrase[PASSPHRASE_BYTES], struct err *err)
{
    if (path == NULL)
        return ask_all(who, twice, ret_passphrase, err);
    AUTO(close_file) FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        return err_errno(err, "the passphrase file cannot be opened");
    return read_line(file, ret_passphrase, err);
}
