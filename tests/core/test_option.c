// SPDX-License-Identifier: MIT
// option.c, option_table.c, option_help.c: the table, its three sources, the help and main.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "option.h"
#include "support/scratch.h"

static enum status run_ok(const struct option_set *set, struct err *err)
{
    (void)err;
    printf("port %lld\n", (long long)option_int(set, "port"));
    return STATUS_OK;
}

static enum status run_fail(const struct option_set *set, struct err *err)
{
    (void)set;
    return err_set(err, STATUS_CHECK_FAILED, "root differs; restore the backup");
}

static enum status run_mute(const struct option_set *set, struct err *err)
{
    (void)set;
    (void)err;
    return STATUS_BUSY;
}

static const struct option_def options[] = {
    {"data", OPTION_TEXT, "FOLDER", "var/x", 0, 0, NULL, "The data directory."},
    {"port", OPTION_INT, "N", "8080", 1, 65535, NULL, "The port."},
    {"level", OPTION_INT, "N", NULL, -5, 5, NULL, "A level."},
    {"screen-listen", OPTION_ADDRESS, "ADDRESS:PORT", "127.0.0.1:8080", 0, 0, " serve ",
     "Where the screen listens."},
    {"gate", OPTION_FLAG, NULL, NULL, 0, 0, " serve re ", "Be a gate."},
    {"name", OPTION_TEXT, "NAME", NULL, 0, 0, " re ", "A name."},
    {"from", OPTION_LIST, "FILE", NULL, 0, 0, " re ", "A file."},
};

static const struct command_def commands[] = {
    {"serve", NULL, 0, 0, "Serves.", run_ok},
    {"re", "FILE [FILE]", 1, 2, "Reads.", run_ok},
    {"check", NULL, 0, 0, "Checks.", run_fail},
    {"mute", NULL, 0, 0, "Says nothing.", run_mute},
};

static const struct program_def program = {
    .name = "hailong-test",
    .summary = "tests options",
    .env_prefix = "HLTEST_",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .commands = commands,
    .command_count = ARRAY_SIZE(commands),
};

enum { WORDS_MAX = 12 };

static enum status parse(const char *const *words, struct option_set **ret_set, struct err *err)
{
    static char store[WORDS_MAX][2048];
    char *argv[WORDS_MAX + 1] = {store[0]};
    int argc = 1;
    strcpy(store[0], "hailong-test");
    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc < WORDS_MAX);
        strcpy(store[argc], words[argc - 1]);
        argv[argc] = store[argc];
    }
    return option_parse(&program, argc, argv, ret_set, err);
}

static struct option_set *parsed(const char *const *words)
{
    struct option_set *set = NULL;
    struct err err = {0};
    if (parse(words, &set, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_non_null(set);
    return set;
}
#define PARSED(...) parsed((const char *const[]){__VA_ARGS__, NULL})

static void a_list_has_one_line_for_each_time_it_is_given(void **state)
{
    (void)state;
    AUTO(option_freep) struct option_set *none = PARSED("re", "x");
    assert_null(option_text(none, "from"));
    AUTO(option_freep)
    struct option_set *set =
        PARSED("re", "x", "--from", "a b", "--from=c", "--name", "n", "--from", "d");
    assert_string_equal(option_text(set, "from"), "a b\nc\nd");
    setenv("HLTEST_FROM", "weaker", 1);
    AUTO(option_freep) struct option_set *line = PARSED("re", "x", "--from", "a");
    AUTO(option_freep) struct option_set *environment = PARSED("re", "x");
    unsetenv("HLTEST_FROM");
    assert_string_equal(option_text(line, "from"), "a");
    assert_string_equal(option_text(environment, "from"), "weaker");
}

static void without_options_the_defaults_hold(void **state)
{
    (void)state;
    AUTO(option_freep) struct option_set *set = PARSED("serve");
    assert_ptr_equal(option_command(set), &commands[0]);
    assert_string_equal(option_text(set, "data"), "var/x");
    assert_int_equal(option_int(set, "port"), 8080);
    assert_int_equal(option_int(set, "level"), 0);
    assert_null(option_text(set, "level"));
    assert_false(option_flag(set, "gate"));
    assert_false(option_given(set, "data"));
    assert_null(option_text(set, "config"));
    assert_int_equal(option_argument_count(set), 0);
    assert_null(option_argument(set, 0));
}

static void options_stand_anywhere_and_the_last_wins(void **state)
{
    (void)state;
    AUTO(option_freep)
    struct option_set *set = PARSED("--port", "1", "re", "--gate", "một", "--name=x", "-",
                                    "--port=65535", "--level", "-5");
    assert_int_equal(option_int(set, "port"), 65535);
    assert_int_equal(option_int(set, "level"), -5);
    assert_true(option_flag(set, "gate"));
    assert_true(option_given(set, "gate"));
    assert_string_equal(option_text(set, "name"), "x");
    assert_int_equal(option_argument_count(set), 2);
    assert_string_equal(option_argument(set, 0), "một");
    assert_string_equal(option_argument(set, 1), "-");
    assert_null(option_argument(set, 2));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    AUTO(option_freep) struct option_set *set = PARSED("re", "--", "--port", "--");
    assert_int_equal(option_argument_count(set), 2);
    assert_string_equal(option_argument(set, 0), "--port");
    assert_string_equal(option_argument(set, 1), "--");
    assert_false(option_given(set, "port"));
}

static void a_flag_can_be_switched_off_again(void **state)
{
    (void)state;
    AUTO(option_freep) struct option_set *set = PARSED("serve", "--gate", "--gate=false");
    assert_false(option_flag(set, "gate"));
    assert_true(option_given(set, "gate"));
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"127.0.0.1:0", true},
        {"[::1]:65535", true},
        {"localhost:80", true},
        {"one-cua.vn:443", true},
        {"::1:80", false},
        {"[::1:80", false},
        {"[::g]:80", false},
        {"[]:80", false},
        {"127.0.0.1", false},
        {"127.0.0.1:", false},
        {":80", false},
        {"127.0.0.1:65536", false},
        {"127.0.0.1:-1", false},
        {"127.0.0.1:8o", false},
        {"a b:80", false},
        {"http://a:80", false},
        {"", false},
        {"é:80", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const words[] = {"serve", "--screen-listen", rows[i].text, NULL};
        AUTO(option_freep) struct option_set *set = NULL;
        struct err err = {0};
        assert_int_equal(parse(words, &set, &err), rows[i].good ? STATUS_OK : STATUS_USAGE);
        if (rows[i].good)
            assert_string_equal(option_text(set, "screen-listen"), rows[i].text);
        else
            assert_non_null(strstr(err.text, "--screen-listen must be ADDRESS:PORT"));
    }
}

static void a_host_longer_than_a_name_can_be_is_refused(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'a', 256);
    strcpy(text + 256, ":80");
    const char *const words[] = {"serve", "--screen-listen", text, NULL};
    struct option_set *set = NULL;
    assert_int_equal(parse(words, &set, NULL), STATUS_USAGE);
    AUTO(option_freep) struct option_set *fits = NULL;
    const char *const shorter[] = {"serve", "--screen-listen", text + 1, NULL};
    assert_int_equal(parse(shorter, &fits, NULL), STATUS_OK);
}

static void a_wrong_line_says_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        const char *says;
    } rows[] = {
        {{NULL}, "one of: serve re check mute"},
        {{"sreve"}, "one of: serve re check mute"},
        {{"--port", "1"}, "one of: serve"},
        {{"serve", "--prt", "1"},
         "there are --data --port --level --screen-listen --gate --config"},
        {{"--prt"}, "--gate --name --from --config"},
        {{"serve", "-p"}, "no option -p here"},
        {{"serve", "--"}, NULL},
        {{"serve", "--port"}, "--port needs a value: --port N"},
        {{"serve", "--port", "--gate"}, "--port needs a value"},
        {{"serve", "--port", "0"}, "--port must be a whole number from 1 to 65535"},
        {{"serve", "--port=65536"}, "--port must be"},
        {{"serve", "--port="}, "--port must be"},
        {{"serve", "--gate=yes"}, "--gate must be true or false"},
        {{"serve", "--name", "x"}, "serve does not take --name"},
        {{"serve", "x"}, "takes options only"},
        {{"re"}, "write: hailong-test re FILE [FILE]"},
        {{"re", "a", "b", "c"}, "write: hailong-test re FILE [FILE]"},
        {{"re", "--name", "a\nb", "f"}, "--name must be UTF-8 text"},
        {{"re", "--name", "\xff", "f"}, "--name must be UTF-8 text"},
        {{"re", "--name", "", "f"}, "--name is empty; give it a"},
        {{"re", "--name=", "f"}, "--name is empty"},
        {{"re", "--from", "", "f"}, "--from is empty"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct option_set *set = NULL;
        struct err err = {0};
        enum status status = parse(rows[i].words, &set, &err);
        assert_int_equal(status, rows[i].says != NULL ? STATUS_USAGE : STATUS_OK);
        if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, err.text);
        assert_true((set != NULL) == (status == STATUS_OK));
        option_free(set);
    }
}

static void a_text_has_a_longest_size(void **state)
{
    (void)state;
    char text[1026];
    memset(text, 'x', 1025);
    text[1025] = '\0';
    const char *const words[] = {"re", "f", "--name", text, NULL};
    struct option_set *set = NULL;
    assert_int_equal(parse(words, &set, NULL), STATUS_USAGE);
    text[1024] = '\0';
    AUTO(option_freep) struct option_set *fits = NULL;
    assert_int_equal(parse(words, &fits, NULL), STATUS_OK);
    assert_int_equal(strlen(option_text(fits, "name")), 1024);
}

// ---- environment and file ----------------------------------------------------------------------

static void line_wins_over_environment_over_file_over_default(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "cấu hình.ini", path);
    static const char ini[] =
        "\xEF\xBB\xBF; lời\r\n[serve]\r\ndata = a folder\r\nport=3\nlevel: -1\n\n"
        "port = 4\nscreen-listen = [::1]:9\nname = not taken by serve\n"
        "gate = true";
    assert_int_equal(file_write(path, ini, sizeof ini - 1, 0600, NULL), STATUS_OK);
    setenv("HLTEST_PORT", "5", 1);
    setenv("HLTEST_LEVEL", "5", 1);
    setenv("HLTEST_SCREEN_LISTEN", "", 1); // empty counts as not set
    setenv("HLTEST_NAME", "\xff", 1);      // not looked at: serve does not take it
    AUTO(option_freep) struct option_set *set = PARSED("serve", "--config", path, "--level", "2");
    assert_string_equal(option_text(set, "data"), "a folder");
    assert_int_equal(option_int(set, "port"), 5);
    assert_int_equal(option_int(set, "level"), 2);
    assert_string_equal(option_text(set, "screen-listen"), "[::1]:9");
    assert_true(option_flag(set, "gate"));
    assert_false(option_given(set, "name"));
    assert_string_equal(option_text(set, "config"), path);
    unsetenv("HLTEST_PORT");
    setenv("HLTEST_CONFIG", path, 1);
    AUTO(option_freep) struct option_set *by_environment = PARSED("serve");
    assert_int_equal(option_int(by_environment, "port"), 4);
    unsetenv("HLTEST_CONFIG");
    unsetenv("HLTEST_LEVEL");
    unsetenv("HLTEST_SCREEN_LISTEN");
    unsetenv("HLTEST_NAME");
}

static void a_wrong_variable_is_named(void **state)
{
    (void)state;
    setenv("HLTEST_PORT", "high", 1);
    const char *const words[] = {"serve", NULL};
    struct option_set *set = NULL;
    struct err err = {0};
    enum status status = parse(words, &set, &err);
    unsetenv("HLTEST_PORT");
    assert_int_equal(status, STATUS_USAGE);
    assert_memory_equal(err.text, "HLTEST_PORT must be", 19);
}

static void assert_ini(const char *text, size_t size, const char *says)
{
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "x.ini", path);
    assert_int_equal(file_write(path, text, size, 0600, NULL), STATUS_OK);
    const char *const words[] = {"re", "f", "--config", path, NULL};
    AUTO(option_freep) struct option_set *set = NULL;
    struct err err = {0};
    assert_int_equal(parse(words, &set, &err), says != NULL ? STATUS_USAGE : STATUS_OK);
    if (says != NULL && strstr(err.text, says) == NULL)
        fail_msg("%s", err.text);
}

static void a_wrong_file_says_in_which_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", NULL},
        {"\n# x\n; y\n", NULL},
        {"port = 1\nprt = 2\n", "line 2: prt: no such option"},
        {"port = 1\n\nnonsense\n", "line 3: write it as name = value"},
        {"[open\n", "line 1: write it"},
        {"port = 0\n", "line 1: port must be a whole number"},
        {"gate = yes", "line 1: gate must be true or false"},
        {"config = other.ini", "line 1: config: no such option"},
        {"name = a\n  b\n", "line 2: write it"},
        {"name = a\n  name = b\n", NULL},
        {"\nname = \x1b[0m", "line 2: not UTF-8 text"},
        {"name = \xff", "line 1: not UTF-8 text"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_ini(rows[i].text, strlen(rows[i].text), rows[i].says);
    assert_ini("port = 1\0\n", 10, "line 1: not UTF-8 text");
}

static void a_line_longer_than_the_reader_takes_is_refused_not_cut(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    memcpy(text, "name = ", 7);
    assert_ini(text, 197, NULL);
    assert_ini(text, 198, "line 1: longer than 197 bytes");
    text[197] = '\r';
    text[198] = '\n';
    assert_ini(text, 199, NULL);
    text[197] = ';'; // libinih alone would take the rest for a comment
    assert_ini(text, 199, "longer than 197 bytes");
}

static void the_longest_line_arrives_whole(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], text[197];
    scratch_path(&scratch, "x.ini", path);
    memset(text, 'x', sizeof text);
    memcpy(text, "name=", 5);
    assert_int_equal(file_write(path, text, sizeof text, 0600, NULL), STATUS_OK);
    AUTO(option_freep) struct option_set *set = PARSED("re", "f", "--config", path);
    assert_int_equal(strlen(option_text(set, "name")), 192);
}

static void a_missing_or_huge_file_is_an_error(void **state)
{
    (void)state;
    const char *const words[] = {"serve", "--config", "/no/such.ini", NULL};
    struct option_set *set = NULL;
    struct err err = {0};
    assert_int_equal(parse(words, &set, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "/no/such.ini"));
    const char *const endless[] = {"serve", "--config", "/dev/zero", NULL};
    assert_int_equal(parse(endless, &set, &err), STATUS_TOO_LARGE);
}

static void a_name_that_is_not_in_the_table_is_a_bug(void **state)
{
    (void)state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    AUTO(option_freep) struct option_set *set = PARSED("serve", "--data", "x");
    assert_null(option_text(set, "no-such"));
    assert_int_equal(option_int(set, "no-such"), 0);
    assert_false(option_flag(set, "no-such"));
    assert_false(option_given(set, "no-such"));
    assert_int_equal(option_int(set, "data"), 0); // has no number
}

// ---- help and main -----------------------------------------------------------------------------

static void the_help_holds_every_row_of_the_table(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100000);
    option_help(&program, NULL, &out);
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        assert_non_null(strstr(buf_text(&out), options[i].name));
        assert_non_null(strstr(buf_text(&out), options[i].help));
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        assert_non_null(strstr(buf_text(&out), commands[i].help));
    assert_non_null(strstr(buf_text(&out), "From 1 to 65535. Default: 8080."));
    assert_non_null(strstr(buf_text(&out), "--config FILE"));
    assert_non_null(strstr(buf_text(&out), "re FILE [FILE]"));
    assert_non_null(strstr(buf_text(&out), "HLTEST_CONFIG"));
}

static void the_help_of_a_command_holds_its_own_options_only(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100000);
    option_help(&program, &commands[1], &out);
    assert_memory_equal(buf_text(&out), "Usage: hailong-test re [OPTION]… FILE [FILE]\n", 46);
    assert_non_null(strstr(buf_text(&out), "--name NAME"));
    assert_non_null(strstr(buf_text(&out), "--gate\n"));
    assert_null(strstr(buf_text(&out), "--screen-listen"));
    buf_clear(&out);
    option_help(&program, &commands[0], &out);
    assert_non_null(strstr(buf_text(&out), "--screen-listen"));
    assert_null(strstr(buf_text(&out), "--name"));
}

struct outcome {
    int code;
    char out[20000], err[4000];
};

static void read_file(const char *path, char *ret_text, size_t size)
{
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, size - 1);
    assert_int_equal(file_read(path, &buf, NULL), STATUS_OK);
    strcpy(ret_text, buf_text(&buf));
}

// Runs option_main in a child with its output in files (or stdout on a full disk).
static void run_main(const char *const *words, const char *stdout_path, struct outcome *ret)
{
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char out[SCRATCH_PATH_SIZE], err[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "out", out);
    scratch_path(&scratch, "err", err);
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *argv[WORDS_MAX] = {NULL};
        int argc = 0;
        for (; words[argc] != NULL; argc++)
            argv[argc] = strdup(words[argc]);
        bool ready = freopen(stdout_path != NULL ? stdout_path : out, "w", stdout) != NULL &&
                     freopen(err, "w", stderr) != NULL;
        int code = ready ? option_main(&program, argc, argv) : 99;
        bool ignored = signal(SIGPIPE, SIG_DFL) == SIG_IGN;
        for (int i = 0; i < argc; i++)
            free(argv[i]);
        exit(ignored ? code : 98);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    ret->code = WEXITSTATUS(result);
    ret->out[0] = '\0';
    if (stdout_path == NULL)
        read_file(out, ret->out, sizeof ret->out);
    read_file(err, ret->err, sizeof ret->err);
}

static void main_reports_by_exit_code_and_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        int code;
        const char *out, *err;
    } rows[] = {
        {{"t", "serve", "--port", "9"}, 0, "port 9\n", ""},
        {{"t", "--version"}, 0, "hailong-test " HAILONG_VERSION "\n", ""},
        {{"t", "check"},
         1,
         "",
         "<3>event=failed status=check_failed text=\"root differs; restore the backup\"\n"},
        {{"t", "mute"}, 75, "", "<3>event=failed status=busy text=\"failed: busy\"\n"},
        {{"t", "serve", "x"},
         2,
         "",
         "<3>event=failed status=usage text=\"serve takes options only, no arguments\"\n"},
    };
    static struct outcome outcome;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        run_main(rows[i].words, NULL, &outcome);
        assert_int_equal(outcome.code, rows[i].code);
        assert_string_equal(outcome.out, rows[i].out);
        assert_string_equal(outcome.err, rows[i].err);
    }
}

static void help_is_asked_for_in_words(void **state)
{
    (void)state;
    static struct outcome outcome;
    run_main((const char *const[]){"t", "--help", NULL}, NULL, &outcome);
    assert_int_equal(outcome.code, 0);
    assert_memory_equal(outcome.out, "hailong-test: tests options\n", 28);
    run_main((const char *const[]){"t", "re", "--help", NULL}, NULL, &outcome);
    assert_int_equal(outcome.code, 0);
    assert_memory_equal(outcome.out, "Usage: hailong-test re ", 23);
    run_main((const char *const[]){"t", "nonsense", "--help", NULL}, NULL, &outcome);
    assert_int_equal(outcome.code, 0);
    assert_memory_equal(outcome.out, "hailong-test: tests options\n", 28);
}

static void a_result_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    static struct outcome outcome;
    run_main((const char *const[]){"t", "serve", NULL}, "/dev/full", &outcome);
    assert_int_equal(outcome.code, 74);
    assert_non_null(strstr(outcome.err, "the result cannot be written"));
}

static void a_terminal_gets_a_plain_line(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    int saved = dup(STDERR_FILENO);
    dup2(other, STDERR_FILENO);
    char first[] = "t", second[] = "check";
    char *argv[] = {first, second, NULL};
    int code = option_main(&program, 2, argv);
    dup2(saved, STDERR_FILENO);
    char text[200] = "";
    ssize_t got = read(terminal, text, sizeof text - 1);
    close(saved);
    close(other);
    close(terminal);
    assert_int_equal(code, 1);
    assert_true(got > 0);
    assert_string_equal(text, "hailong-test: root differs; restore the backup\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_defaults_hold),
        cmocka_unit_test(a_list_has_one_line_for_each_time_it_is_given),
        cmocka_unit_test(options_stand_anywhere_and_the_last_wins),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_flag_can_be_switched_off_again),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(a_host_longer_than_a_name_can_be_is_refused),
        cmocka_unit_test(a_wrong_line_says_what_to_write),
        cmocka_unit_test(a_text_has_a_longest_size),
        cmocka_unit_test(line_wins_over_environment_over_file_over_default),
        cmocka_unit_test(a_wrong_variable_is_named),
        cmocka_unit_test(a_wrong_file_says_in_which_line),
        cmocka_unit_test(a_line_longer_than_the_reader_takes_is_refused_not_cut),
        cmocka_unit_test(the_longest_line_arrives_whole),
        cmocka_unit_test(a_missing_or_huge_file_is_an_error),
        cmocka_unit_test(a_name_that_is_not_in_the_table_is_a_bug),
        cmocka_unit_test(the_help_holds_every_row_of_the_table),
        cmocka_unit_test(the_help_of_a_command_holds_its_own_options_only),
        cmocka_unit_test(main_reports_by_exit_code_and_one_line),
        cmocka_unit_test(help_is_asked_for_in_words),
        cmocka_unit_test(a_result_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(a_terminal_gets_a_plain_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
