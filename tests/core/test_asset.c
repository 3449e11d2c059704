// SPDX-License-Identifier: MIT
// asset.c and the tables that tools/embed.py makes; what embed.py refuses.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "asset.h"
#include "buf.h"
#include "coretest_assets.h"
#include "crypto.h"
#include "file.h"
#include "support/scratch.h"
#include "text.h"

static void every_file_stands_in_the_table_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *type;
        bool packed;
    } rows[] = {
        {"assets/style.css", "tests/core/files/assets/style.css", "text/css; charset=utf-8", true},
        {"assets/tiny.txt", "tests/core/files/assets/tiny.txt", "text/plain; charset=utf-8", false},
        {"assets/face.woff2", "tests/core/files/assets/face.woff2", "font/woff2", false},
        {"tests/core/files/words/vi.json", "tests/core/files/words/vi.json", "application/json",
         false},
        {"tests/core/files/pages/_head.html", "tests/core/files/pages/_head.html",
         "text/html; charset=utf-8", false},
    };
    struct err err = {0};
    assert_int_equal(crypto_open(&err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf file;
        uint8_t hash[CRYPTO_HASH_BYTES];
        char etag[19] = "\"";
        const struct asset *asset = asset_find(&coretest_assets, rows[i].name);
        assert_non_null(asset);
        buf_init(&file, 1 << 20);
        assert_int_equal(file_read(rows[i].path, &file, &err), STATUS_OK);
        assert_int_equal(asset->size_bytes, file.size_bytes);
        assert_memory_equal(asset->bytes, file.data, file.size_bytes + 1); // and the NUL
        assert_string_equal(asset->content_type, rows[i].type);
        crypto_sha256(file.data, file.size_bytes, hash);
        text_hex(hash, 8, etag + 1);
        (void)strcat(etag, "\"");
        assert_string_equal(asset->etag, etag);
        assert_int_equal(asset->gzip != NULL, rows[i].packed);
        assert_int_equal(asset->brotli != NULL, rows[i].packed);
        assert_true(!rows[i].packed || asset->gzip_size_bytes < asset->size_bytes);
        assert_true(!rows[i].packed || asset->brotli_size_bytes < asset->size_bytes);
    }
}

static void the_table_is_sorted_and_ended(void **state)
{
    (void)state;
    assert_true(coretest_assets.count >= 5);
    for (size_t i = 0; i + 1 < coretest_assets.count; i++)
        assert_true(strcmp(coretest_assets.assets[i].name, coretest_assets.assets[i + 1].name) < 0);
    assert_null(coretest_assets.assets[coretest_assets.count].name);
}

static void an_unknown_name_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "assets",
                                        "assets/",
                                        "assets/style.cs",
                                        "assets/style.css2",
                                        "assets/../assets/style.css",
                                        "zzz"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_null(asset_find(&coretest_assets, names[i]));
    const struct asset_table empty = {coretest_assets.assets, 0};
    assert_null(asset_find(&empty, "assets/style.css"));
}

// ---- embed.py
// ------------------------------------------------------------------------------------

struct bench {
    struct scratch scratch;
    char pairs[2000];
    char output[4000];
};

static void add_file(struct bench *bench, const char *name, const char *text)
{
    char path[SCRATCH_PATH_SIZE];
    char folder[SCRATCH_PATH_SIZE];
    struct err err = {0};
    scratch_path(&bench->scratch, name, path);
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(file_make_folder(folder, 0700, &err), STATUS_OK);
    assert_int_equal(file_write(path, text, strlen(text), 0600, &err), STATUS_OK);
    size_t size = strlen(bench->pairs);
    (void)snprintf(bench->pairs + size, sizeof(bench->pairs) - size, " %s=%s", name, path);
}

// Runs embed.py over the files; its exit code, with what it said in bench->output.
static int embed(struct bench *bench)
{
    char command[4096];
    (void)snprintf(command, sizeof(command),
                   "python3 tools/embed.py --name t --out %s/gen/t_assets %s 2>&1",
                   bench->scratch.folder, bench->pairs);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(bench->output, 1, sizeof(bench->output) - 1, pipe);
    bench->output[size] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

#define WORDS(language, words)                                                                     \
    "{\"language\":\"" language "\",\"name\":\"x\",\"words\":{" words "}}"

static void faulty_inputs_end_the_build_and_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *expected;
    } rows[] = {
        {"a.json", "{\"a\":1,}", "a.json: not valid JSON"},
        {"a.json", "{\"a\":1,\"a\":2}", "key 'a' stands twice"},
        {"a.json", "\xff", "a.json: not valid JSON"},
        {"words/en.json", WORDS("en", "\"b\":\"x\""), "en.json: a is missing"},
        {"words/en.json", WORDS("en", "\"a\":\"x {n}\",\"b\":\"x\""), "vi.json: b is missing"},
        {"words/en.json", WORDS("en", "\"a\":\"x {m}\""), "a: other {placeholders}"},
        {"words/en.json", WORDS("en", "\"a\":\"x\""), "a: other {placeholders}"},
        {"words/en.json", WORDS("vi", "\"a\":\"x {n}\""), "\"language\" must be 'en'"},
        {"words/en.json", WORDS("en", "\"a\":\"\""), "a: a word is a text"},
        {"words/en.json", WORDS("en", "\"a\":1"), "a: a word is a text"},
        {"words/en.json", WORDS("en", "\"a b\":\"x\""), "a key is [a-z][a-z0-9_]*"},
        {"words/en.json", "{}", "a catalogue has exactly"},
        {"words/en.json", "[]", "a catalogue has exactly"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bench bench = {.scratch = scratch_make()};
        AUTO(scratch_remove) struct scratch scratch = bench.scratch;
        add_file(&bench, "words/vi.json", WORDS("vi", "\"a\":\"{n} ý\""));
        add_file(&bench, rows[i].name, rows[i].text);
        assert_int_equal(embed(&bench), 1);
        if (strstr(bench.output, rows[i].expected) == NULL)
            fail_msg("%s", bench.output);
        assert_null(strstr(bench.output, "Traceback"));
    }
}

static void missing_files_and_names_end_the_build(void **state)
{
    (void)state;
    static const char *const pairs[] = {" a=/nonexistent/a", " a", " =a", " a="};
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct bench bench = {.scratch = scratch_make()};
        AUTO(scratch_remove) struct scratch scratch = bench.scratch;
        (void)strcpy(bench.pairs, pairs[i]);
        assert_int_equal(embed(&bench), 1);
        assert_null(strstr(bench.output, "Traceback"));
    }
    struct bench bench = {.scratch = scratch_make()};
    AUTO(scratch_remove) struct scratch scratch = bench.scratch;
    add_file(&bench, "a.txt", "a");
    add_file(&bench, "a.txt", "b");
    assert_int_equal(embed(&bench), 1);
    assert_non_null(strstr(bench.output, "given twice"));
}

static void a_table_without_files_compiles(void **state)
{
    (void)state;
    char command[1024];
    struct bench bench = {.scratch = scratch_make()};
    AUTO(scratch_remove) struct scratch scratch = bench.scratch;
    assert_int_equal(embed(&bench), 0);
    (void)snprintf(command, sizeof(command),
                   "cd %s/gen && cc -Wall -Wextra -Wpedantic -Werror -std=gnu17 -I$OLDPWD/core "
                   "-c t_assets.c -o t.o && cc -c t_assets.S -o s.o",
                   bench.scratch.folder);
    assert_int_equal(system(command), 0);
}

static size_t seen;

static enum status see_three(const struct asset *asset, struct err *err)
{
    if (strncmp(asset->name, "assets/", 7) != 0)
        return err_set(err, STATUS_INTERNAL, "of another folder");
    return ++seen < 3 ? STATUS_OK : err_set(err, STATUS_GONE, "enough");
}

static void a_folder_is_walked_until_somebody_refuses(void **state)
{
    (void)state;
    struct err err;
    seen = 0;
    assert_int_equal(asset_each(&coretest_assets, "assets/", see_three, &err), STATUS_GONE);
    assert_int_equal(seen, 3);
    assert_int_equal(asset_each(&coretest_assets, "nowhere/", see_three, &err), STATUS_OK);
    assert_int_equal(seen, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_walked_until_somebody_refuses),
        cmocka_unit_test(every_file_stands_in_the_table_whole),
        cmocka_unit_test(the_table_is_sorted_and_ended),
        cmocka_unit_test(an_unknown_name_is_not_found),
        cmocka_unit_test(faulty_inputs_end_the_build_and_are_named),
        cmocka_unit_test(missing_files_and_names_end_the_build),
        cmocka_unit_test(a_table_without_files_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
