// SPDX-License-Identifier: MIT
// The keys of each kind: a good line of each is read, and every single change for the worse is
// refused by its name.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "form.h"
#include "kinds.h"
#include "note.h"

#define ID "00112233445566778899aabbccddeeff"
#define ID2 "ffeeddccbbaa99887766554433221100"
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOUR "2026-11-03T09+07"
// Digits of a note: what it says is looked at, its signature is not.
#define NOTE(size)                                                                                 \
    "hailong/" ID "\\n" size "\\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\\n\\n— x "         \
    "AAAAAAA=\\n"

// Entry 100 of a lane with these keys behind its envelope, in our JSON: ' for ".
static enum status read_keys(const char *kind, const char *keys, struct err *err)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, 2 * ENTRY_LIMIT_BYTES);
    buf_addf(&line, "{\"v\":1,\"lane\":\"" ID "\",\"seq\":100,\"kind\":\"%s\",\"id\":\"" ID "\"",
             kind);
    for (const char *c = keys; *c != '\0'; c++)
        buf_add_char(&line, *c == '\'' ? '"' : *c);
    buf_add_char(&line, '}');
    struct entry entry;
    enum status status = entry_read(line.data, line.size_bytes, &entry, err);
    if (status == STATUS_OK)
        entry_done(&entry);
    return status;
}

static void a_good_line_of_each_kind_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *keys;
    } rows[] = {
        {"boot", ",'hour':'" HOUR "','boot':1,'version':'0.1.0'"},
        {"boot", ",'part':0,'hour':'" HOUR "','boot':0,'version':'thử','clock':'unset'"},
        {"boot", ",'hour':'" HOUR "','boot':2,'version':'1','why':'gap'"},
        {"boot", ",'part':0,'hour':'" HOUR "','boot':2,'version':'1','after':{'lane':'" ID2
                 "','size':0,'root':'" HASH "'},'why':'restore'"},
        {"flag", ",'part':0,'hour':'" HOUR "','rule':'burst','version':1,'of':['" ID "']"},
        {"flag", ",'part':0,'hour':'" HOUR "','rule':'streak','version':1000000,'of':['" ID
                 "','" ID2 "'],'clock':'unset'"},
        {"flag", ",'part':0,'hour':'" HOUR "','rule':'hub','version':1,'of':['" ID
                 "'],'reason':'bấm thử','by':['Lê Văn A','Trần B']"},
        {"flag", ",'part':0,'hour':'" HOUR "','rule':'hub','version':1,'of':['" ID
                 "'],'reason':'nhầm','by':['A','B'],'undo':true"},
        {"void", ",'part':0,'hour':'" HOUR "','of':['" ID "'],'reason':'x','by':['A','B']"},
        {"void",
         ",'part':0,'hour':'" HOUR "','of':'" ID "','reason':'x','by':['A','B'],'undo':true"},
        {"redaction", ",'part':0,'day':'2026-11-03','of':'" ID
                      "','field':'text','reason':'personal_data','by':['A']"},
        {"redaction", ",'part':0,'day':'2026-11-03','of':'" ID
                      "','field':'contact','reason':'wrong_place','by':['A','B','C','D']"},
        {"clock",
         ",'part':0,'from_seq':0,'to_seq':100,'first':'" HOUR "','last':'" HOUR "','by':'ntp'"},
        {"clock", ",'part':0,'from_seq':5,'to_seq':6,'first':'" HOUR
                  "','last':'2026-12-01T00+07','by':'staff'"},
        {"comment", ",'part':0,'day':'2026-11-03','unit':'05533','area':'HT','text':'" HASH "'"},
        {"comment", ",'part':0,'day':'2026-11-03','unit':'05533','text':'" HASH "'"},
        {"petition", ",'part':0,'day':'2026-11-03','unit':'05533','area':'HT','text':'" HASH
                     "','contact':'" HASH "'"},
        {"slips", ",'part':0,'hour':'" HOUR "','unit':'05533','counts':[['HT','intake',3]]"},
        {"offered", ",'part':0,'hour':'" HOUR
                    "','unit':'05533','counts':[['HT','result',1],['SV-YT','refusal',1073741824]]"},
        {"visits", ",'hour':'" HOUR "','unit':'05533','counts':[['HT','supplement',9]],"
                   "'clock':'unset'"},
        {"seal", ",'part':0,'day':'2026-11-03','count':0"},
        {"seal",
         ",'part':0,'day':'2026-11-03','count':4,'levels':[0,0,0,0,10],'from':'2026-11-03'"},
        {"seal", ",'part':0,'day':'2026-11-03','count':4,'levels':[2,2,2,2,2],'from':'2026-10-30'"},
        {"ack", ",'part':0,'size':17,'root':'" HASH "','note':'" NOTE("17") "'"},
        {"audit", ",'part':0,'hour':'" HOUR "','unit':'05533','act':'join','detail':''"},
        {"audit", ",'part':0,'hour':'" HOUR "','unit':'','act':'xóa','detail':'d','by':['A','B']"},
        {"case", ",'anything':1"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {.text = ""};
        if (read_keys(rows[i].kind, rows[i].keys, &err) != STATUS_OK)
            fail_msg("row %zu, %s: %s", i, rows[i].kind, err.text);
        // One key more is always one too many.
        char more[2000];
        snprintf(more, sizeof more, "%s,'x':1", rows[i].keys);
        if (strcmp(rows[i].kind, "case") != 0)
            assert_int_equal(read_keys(rows[i].kind, more, &err), STATUS_BAD_INPUT);
    }
}

static void a_wrong_value_or_missing_key_is_named(void **state)
{
    (void)state;
#define FLAG ",'hour':'" HOUR "','rule':'hub','version':1,'of':['" ID "']"
#define VOID_HEAD ",'hour':'" HOUR "','reason':'x'"
#define REDACTION ",'day':'2026-11-03','of':'" ID "'"
#define SPAN(from, to, first, last)                                                                \
    ",'from_seq':" from ",'to_seq':" to ",'first':'" first "','last':'" last "'"
#define COMMENT ",'day':'2026-11-03','unit':'05533'"
#define COUNTS ",'hour':'" HOUR "','unit':'05533','counts':"
    static const struct {
        const char *kind, *keys, *says;
    } rows[] = {
        {"boot", ",'boot':1,'version':'1'", "\"hour\""},
        {"boot", ",'hour':null,'boot':1,'version':'1'", "\"hour\""},
        {"boot", ",'hour':9,'boot':1,'version':'1'", "\"hour\""},
        {"boot", ",'hour':'2026-11-03T24+07','boot':1,'version':'1'", "\"hour\""},
        {"boot", ",'hour':'" HOUR "','version':'1'", "\"boot\""},
        {"boot", ",'hour':'" HOUR "','boot':2,'version':'1','why':'fork'", "\"after\""},
        {"boot", ",'hour':'" HOUR "','boot':-1,'version':'1'", "\"boot\""},
        {"boot", ",'hour':'" HOUR "','boot':1.0,'version':'1'", "\"boot\""},
        {"boot", ",'hour':'" HOUR "','boot':1,'version':''", "\"version\""},
        {"boot", ",'hour':'" HOUR "','boot':1,'version':1", "\"version\""},
        {"boot", ",'hour':'" HOUR "','boot':1,'version':'1','clock':'set'", "\"clock\""},
        {"boot", ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork'", "both"},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','after':{'lane':'" ID "','size':1,'root':'" HASH
         "'}",
         "both"},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','why':'fire','after':{'lane':'" ID
         "','size':1,'root':'" HASH "'}",
         "\"why\""},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork','after':{'lane':'" ID
         "','size':-1,'root':'" HASH "'}",
         "\"size\""},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork','after':{'lane':'" ID
         "','size':1,'root':'" ID "'}",
         "\"after\""},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork','after':{'lane':'x"
         "','size':1,'root':'" HASH "'}",
         "\"after\""},
        {"boot",
         ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork','after':{'lane':'" ID
         "','size':1,'root':'" HASH "','y':1}",
         "\"y\""},
        {"boot", ",'hour':'" HOUR "','boot':1,'version':'1','why':'fork','after':[]", "\"after\""},
        {"flag", FLAG, "\"reason\""},
        {"flag", FLAG ",'reason':'x'", "\"reason\""},
        {"flag", FLAG ",'by':['A','B']", "\"reason\""},
        {"flag", FLAG ",'reason':'','by':['A','B']", "\"reason\""},
        {"flag", FLAG ",'reason':'x','by':[]", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':'A'", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':['A','A']", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':['A','']", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':['A',1]", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':['A','B','C','D','E']", "\"by\""},
        {"flag", FLAG ",'reason':'x','by':['A','B'],'undo':false", "\"undo\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1,'of':['" ID "'],'undo':true",
         "rule"},
        {"flag", ",'hour':'" HOUR "','rule':'hours','version':1,'of':['" ID "']", "\"rule\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':0,'of':['" ID "']", "\"version\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1000001,'of':['" ID "']",
         "\"version\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1,'of':[]", "\"of\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1,'of':'" ID "'", "\"of\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1,'of':['" ID "','" ID "']",
         "\"of\""},
        {"flag", ",'hour':'" HOUR "','rule':'burst','version':1,'of':['" HASH "']", "\"of\""},
        {"void", VOID_HEAD ",'by':['A']", "\"of\""},
        {"void", VOID_HEAD ",'of':'12','by':['A']", "\"of\""},
        {"void", VOID_HEAD ",'of':[1],'by':['A']", "\"of\""},
        {"void", VOID_HEAD ",'of':'" ID "'", "\"by\""},
        {"void", ",'hour':'" HOUR "','of':'" ID "','by':['A']", "\"reason\""},
        {"void", ",'hour':'" HOUR "','of':'" ID "','by':['A'],'reason':'a\\nb'", "\"reason\""},
        {"redaction", REDACTION ",'reason':'law','by':['A']", "\"field\""},
        {"redaction", REDACTION ",'field':'level','reason':'law','by':['A']", "\"field\""},
        {"redaction", REDACTION ",'field':'text','reason':'shame','by':['A']", "\"reason\""},
        {"redaction", REDACTION ",'field':'text','reason':'law'", "\"by\""},
        {"redaction", ",'day':'2026-02-29','of':'" ID "','field':'text','reason':'law','by':['A']",
         "\"day\""},
        {"redaction",
         ",'day':'2026-11-03','of':['" ID "'],'field':'text','reason':'law','by':['A']", "\"of\""},
        {"clock", SPAN("0", "5", HOUR, HOUR), "\"by\""},
        {"clock", SPAN("0", "5", HOUR, HOUR) ",'by':'moon'", "\"by\""},
        {"clock", SPAN("5", "5", HOUR, HOUR) ",'by':'ntp'", "\"from_seq\""},
        {"clock", SPAN("-1", "5", HOUR, HOUR) ",'by':'ntp'", "\"from_seq\""},
        {"clock", SPAN("0", "101", HOUR, HOUR) ",'by':'ntp'", "\"to_seq\""},
        {"clock", SPAN("0", "5", HOUR, "2026-11-03T08+07") ",'by':'ntp'", "\"first\""},
        {"clock", SPAN("0", "5", "x", HOUR) ",'by':'ntp'", "\"first\""},
        {"comment", COMMENT, "\"text\""},
        {"comment", COMMENT ",'text':'" ID "'", "\"text\""},
        {"comment", COMMENT ",'text':'góp ý'", "\"text\""},
        {"comment", COMMENT ",'text':'" HASH "','area':''", "\"area\""},
        {"comment", COMMENT ",'text':'" HASH "','contact':'" HASH "'", "\"contact\""},
        {"comment", ",'day':'2026-11-03','unit':'055330000','text':'" HASH "'", "\"unit\""},
        {"petition", COMMENT ",'text':'" HASH "'", "\"contact\""},
        {"slips", COUNTS "[]", "\"counts\""},
        {"slips", COUNTS "{}", "\"counts\""},
        {"slips", COUNTS "[['HT','intake']]", "\"counts\""},
        {"slips", COUNTS "[['HT','intake',0]]", "\"counts\""},
        {"slips", COUNTS "[['HT','intake',1073741825]]", "\"counts\""},
        {"slips", COUNTS "[['ht','intake',1]]", "\"counts\""},
        {"offered", COUNTS "[['HT','lunch',1]]", "\"counts\""},
        {"visits", COUNTS "[['HT','intake',1,1]]", "\"counts\""},
        {"visits", COUNTS "[['HT','intake','1']]", "\"counts\""},
        {"seal", ",'day':'2026-11-03'", "\"count\""},
        {"seal", ",'day':'2026-11-03','count':-1", "\"count\""},
        {"seal", ",'day':'2026-11-03','count':1,'levels':[2,2,2,2,2]", "both"},
        {"seal", ",'day':'2026-11-03','count':1,'from':'2026-11-03'", "both"},
        {"seal", ",'day':'2026-11-03','count':1,'levels':[0,0,0,0,9],'from':'2026-11-03'",
         "\"levels\""},
        {"seal", ",'day':'2026-11-03','count':1,'levels':[9,9,9,9],'from':'2026-11-03'",
         "\"levels\""},
        {"seal", ",'day':'2026-11-03','count':1,'levels':[9,9,9,9,-1],'from':'2026-11-03'",
         "\"levels\""},
        {"seal", ",'day':'2026-11-03','count':1,'levels':[9,9,9,9,9],'from':'2026-11-04'",
         "\"from\""},
        {"ack", ",'size':17,'root':'" HASH "'", "\"note\""},
        {"ack", ",'size':17,'root':'" HASH "','note':'x'", "\"note\""},
        {"ack", ",'size':18,'root':'" HASH "','note':'" NOTE("17") "'", "\"size\""},
        {"ack", ",'size':17,'root':'00" ID ID "','note':'" NOTE("17") "'", "\"root\""},
        {"ack", ",'size':17,'root':'" ID ID2 "','note':'" NOTE("17") "'", "\"root\""},
        {"audit", ",'hour':'" HOUR "','unit':'','act':'','detail':''", "\"act\""},
        {"audit", ",'hour':'" HOUR "','act':'x','detail':''", "\"unit\""},
        {"audit", ",'hour':'" HOUR "','unit':'','act':'x'", "\"detail\""},
        {"audit", ",'hour':'" HOUR "','unit':'','act':'x','detail':'','by':[]", "\"by\""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {.text = ""};
        if (read_keys(rows[i].kind, rows[i].keys, &err) != STATUS_BAD_INPUT)
            fail_msg("row %zu, %s was taken: %s", i, rows[i].kind, rows[i].keys);
        if (strstr(err.text, rows[i].says) == NULL || strstr(err.text, "entry 100") == NULL)
            fail_msg("row %zu says: %s", i, err.text);
    }
}

// ,'KEY':[ITEM,ITEM,…] with `count` items; %zu in an item is its number.
static void add_list(struct buf *keys, const char *key, size_t count, bool ids)
{
    buf_addf(keys, ",'%s':[", key);
    for (size_t i = 0; i < count; i++) {
        buf_add_text(keys, i == 0 ? "" : ",");
        if (ids)
            buf_addf(keys, "'%032zx'", i);
        else
            buf_addf(keys, "['HT','intake',1]");
    }
    buf_add_char(keys, ']');
}

static void lists_and_texts_end_at_their_limits(void **state)
{
    (void)state;
    // 300 rows of this length fill an entry; the limit of rows guards shorter ones.
    static const struct {
        size_t count;
        bool ids;
        enum status status;
    } lists[] = {
        {KINDS_OF_MAX, true, STATUS_OK},
        {KINDS_OF_MAX + 1, true, STATUS_BAD_INPUT},
        {300, false, STATUS_OK},
        {KINDS_COUNTS_MAX, false, STATUS_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        AUTO(buf_done) struct buf keys;
        buf_init(&keys, 2 * ENTRY_LIMIT_BYTES);
        buf_add_text(&keys, lists[i].ids ? ",'hour':'" HOUR "','rule':'burst','version':1"
                                         : ",'hour':'" HOUR "','unit':'05533'");
        add_list(&keys, lists[i].ids ? "of" : "counts", lists[i].count, lists[i].ids);
        assert_int_equal(read_keys(lists[i].ids ? "flag" : "slips", buf_text(&keys), NULL),
                         lists[i].status);
    }
    for (size_t chars = KINDS_NAME_CHARS; chars <= KINDS_NAME_CHARS + 1; chars++) {
        AUTO(buf_done) struct buf keys;
        buf_init(&keys, ENTRY_LIMIT_BYTES);
        buf_add_text(&keys, VOID_HEAD ",'of':'" ID "','by':['");
        for (size_t i = 0; i < chars; i++)
            buf_add_text(&keys, "ễ");
        buf_add_text(&keys, "']");
        assert_int_equal(read_keys("void", buf_text(&keys), NULL),
                         chars == KINDS_NAME_CHARS ? STATUS_OK : STATUS_BAD_INPUT);
    }
    for (size_t chars = KINDS_REASON_CHARS; chars <= KINDS_REASON_CHARS + 1; chars++) {
        AUTO(buf_done) struct buf keys;
        buf_init(&keys, ENTRY_LIMIT_BYTES);
        buf_add_text(&keys, ",'hour':'" HOUR "','of':'" ID "','by':['A'],'reason':'");
        for (size_t i = 0; i < chars; i++)
            buf_add_char(&keys, 'x');
        buf_add_text(&keys, "'");
        assert_int_equal(read_keys("void", buf_text(&keys), NULL),
                         chars == KINDS_REASON_CHARS ? STATUS_OK : STATUS_BAD_INPUT);
    }
}

static int open_all(void **state)
{
    (void)state;
    return crypto_open(NULL) == STATUS_OK && form_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_line_of_each_kind_is_read),
        cmocka_unit_test(a_wrong_value_or_missing_key_is_named),
        cmocka_unit_test(lists_and_texts_end_at_their_limits),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
