// SPDX-License-Identifier: MIT
// `make power`: cuts the power N times under the real kiosk. No acknowledged answer may be lost or
// doubled, no slip may open again, no tree may break. The controls (a weaker disk promise, an
// acknowledgement before the commit) must be caught in the same run.
//
//   power [--states N] [--seed S] [--folder FOLDER]
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chores.h"
#include "clock.h"
#include "file.h"
#include "form.h"
#include "log.h"
#include "plan.h"
#include "power.h"

enum {
    PROCESSES = 2,
    // One state in this many is also read by journal_verify, which parses each entry …
    WHOLE_EVERY = 16,
    // … one in this many is opened by the kiosk itself, which gets every request again …
    AGAIN_EVERY = 1000,
    // … and one in this many is cut again while that restart is running.
    COMPOUND_EVERY = 2000,
    COMPOUND_STATES = 300,
    CONTROL_STATES = 1500, // at least, for each control
    SHOWN_MAX = 5,
};
// 2026-11-03T09:30:00+07:00, a Tuesday.
#define NOW_S INT64_C(1793673000)
#define SETUP "schema/examples/ba-xuyen.json"

static const char *const control_names[POWER_CONTROLS] = {
    "real", "synchronous=NORMAL", "synchronous=OFF", "acknowledged before the commit"};

const char *power_synchronous;

struct counts {
    int64_t states[POWER_CONTROLS], violations[POWER_CONTROLS];
    int64_t runs, restarts, compound, promises;
    int64_t texts, seals, rounds; // of the promises
};

struct run {
    struct counts *counts;
    enum power_control control;
    const struct power_trace *trace;
    struct buf setup; // the document that the kiosk began with
    char folder[512], lane[ENTRY_LANE_CHARS + 1];
    const char *name;
    unsigned first_seed, seed;
    int64_t left;   // states to go
    bool compound;  // itself the trace of a restart
    int64_t number; // of the state
};

unsigned power_random(unsigned *seed, unsigned below)
{
    // xorshift32: the same on every machine
    unsigned x = *seed == 0 ? 1 : *seed;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *seed = x;
    return (x >> 8) % below;
}

void power_need(bool good, const char *what, const struct err *err)
{
    if (good)
        return;
    fprintf(stderr, "power: %s: %s\n", what, err == NULL ? "failed" : err->text);
    exit(1);
}

int __real_sqlite3_exec(sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
                        void *context, char **ret_text);
int __wrap_sqlite3_exec(sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
                        void *context, char **ret_text);

// How a control weakens the kiosk: by the one pragma that it sets itself.
int __wrap_sqlite3_exec(sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
                        void *context, char **ret_text)
{
    if (power_synchronous != NULL && strcmp(sql, "PRAGMA synchronous=FULL") == 0)
        sql = power_synchronous;
    return __real_sqlite3_exec(handle, sql, row, context, ret_text);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// ---- recording ----------------------------------------------------------------------------------

static void weaken(enum power_control control)
{
    power_synchronous = control == POWER_NORMAL ? "PRAGMA synchronous=NORMAL"
                        : control == POWER_OFF  ? "PRAGMA synchronous=OFF"
                                                : NULL;
    power_early = control == POWER_EARLY;
}

static void start_recording(struct run *run, struct power_trace *trace)
{
    power_image_load(&trace->begin, run->folder);
    power_record(trace, run->first_seed % 2 == 1);
    power_vfs(POWER_VFS_RECORD);
}

static void stop_recording(struct power_trace *trace)
{
    power_record(NULL, false);
    power_vfs(POWER_VFS_PLAIN);
    trace->end_s = clock_now_s();
    weaken(POWER_REAL);
}

static void record_work(struct run *run, const struct power_work *work, struct power_trace *trace)
{
    struct err err = {0};
    clock_fix(NOW_S);
    remove_folder(run->folder);
    power_need(kiosk_init(run->folder, SETUP, &err) == STATUS_OK, "init", &err);
    power_need(kiosk_lane(run->folder, run->lane, &err) == STATUS_OK, "lane", &err);
    power_hub_begin(run->folder, trace);
    weaken(run->control);
    start_recording(run, trace);
    struct kiosk *kiosk = NULL;
    power_need(kiosk_open(run->folder, &kiosk, &err) == STATUS_OK, "open", &err);
    memcpy(trace->slip_key, kiosk->slip_key, sizeof trace->slip_key);
    power_requests = trace;
    work->run(&kiosk, run->folder, &run->seed);
    power_requests = NULL;
    kiosk_close(kiosk);
    stop_recording(trace);
}

// ---- states -------------------------------------------------------------------------------------

static void report(struct run *run, const char *wrong)
{
    run->counts->violations[run->control]++;
    if (run->control != POWER_REAL || run->counts->violations[POWER_REAL] > SHOWN_MAX)
        return;
    printf("VIOLATION in \"%s\"%s, seed %u, state %" PRId64 ": %s\n", run->name,
           run->compound ? " (cut during recovery)" : "", run->first_seed, run->number, wrong);
    fflush(stdout);
}

// The kiosk itself starts on this state and gets every request again. When `trace` is given, that
// restart is recorded.
static void restart(struct run *run, const struct power_image *image, size_t promises,
                    struct power_trace *trace)
{
    struct err err = {0};
    struct kiosk *kiosk = NULL;
    char setup[540];
    snprintf(setup, sizeof setup, "%s/setup.json", run->folder);
    power_image_store(image, run->folder);
    // A changed setup is written behind its entries: the file may be the one before.
    power_need(file_write(setup, run->setup.data, run->setup.size_bytes, 0644, &err) == STATUS_OK,
               "the setup", &err);
    clock_fix(run->trace->end_s);
    start_recording(run, trace);
    for (size_t i = 0; i < promises; i++) { // what was promised before holds on
        struct power_promise promise;
        power_promise_copy(&promise, &run->trace->promises[i]);
        power_promise(&promise);
    }
    memcpy(trace->slip_key, run->trace->slip_key, sizeof trace->slip_key);
    power_hub_resume(trace, run->trace, promises);
    const char *wrong = NULL;
    if (kiosk_open(run->folder, &kiosk, &err) != STATUS_OK ||
        chores_expire(kiosk, &err) != STATUS_OK)
        wrong = err.text;
    else
        wrong = power_work_again(kiosk, run->trace, &run->seed);
    kiosk_close(kiosk);
    stop_recording(trace);
    run->counts->restarts++;
    struct power_image after = {0};
    power_image_load(&after, run->folder);
    if (wrong == NULL)
        wrong = power_check(&after, trace, trace->promise_count, run->folder, run->lane, true);
    if (wrong != NULL)
        report(run, wrong);
    power_image_done(&after);
}

static bool each_state(void *context, struct power_image *image, size_t promises);

static void cut_again(struct run *run, const struct power_trace *trace)
{
    struct run second = *run;
    second.compound = true;
    second.trace = trace;
    second.left = COMPOUND_STATES < run->left ? COMPOUND_STATES : run->left;
    const int64_t before = second.left;
    power_replay(trace, &second.seed, each_state, &second);
    run->left -= before - second.left;
    run->counts->compound += before - second.left;
    run->seed = second.seed;
}

static bool each_state(void *context, struct power_image *image, size_t promises)
{
    struct run *run = context;
    if (run->left <= 0)
        return false;
    run->left--;
    run->number++;
    run->counts->states[run->control]++;
    const int64_t number = run->counts->states[run->control];
    const char *wrong =
        power_check(image, run->trace, promises, run->folder, run->lane, number % WHOLE_EVERY == 0);
    if (wrong != NULL) {
        report(run, wrong);
        return true;
    }
    if (run->control != POWER_REAL || run->compound || number % AGAIN_EVERY != 0)
        return true;
    struct power_trace trace = {0};
    restart(run, image, promises, &trace);
    if (number % COMPOUND_EVERY == 0)
        cut_again(run, &trace);
    power_trace_done(&trace);
    return true;
}

static void count_promises(struct counts *counts, const struct power_trace *trace)
{
    counts->promises += (int64_t)trace->promise_count;
    for (size_t i = 0; i < trace->promise_count; i++) {
        counts->texts += trace->promises[i].words != NULL;
        counts->seals += trace->promises[i].sealed > 0;
        counts->rounds += trace->promises[i].acked > 0;
    }
}

// One recording and its cuts. Returns how many states it had.
static int64_t run_once(struct run *run, const struct power_work *work, unsigned seed,
                        int64_t limit)
{
    struct power_trace trace = {0};
    run->seed = run->first_seed = seed;
    run->name = work->name;
    run->trace = &trace;
    run->left = limit;
    run->number = 0;
    record_work(run, work, &trace);
    run->counts->runs++;
    count_promises(run->counts, &trace);
    power_replay(&trace, &run->seed, each_state, run);
    power_trace_done(&trace);
    return limit - run->left;
}

static void run_all(const char *folder, int64_t states, unsigned seed, struct counts *counts)
{
    struct run run = {.counts = counts};
    struct err err = {0};
    buf_init(&run.setup, SETUP_LIMIT_BYTES);
    power_need(file_read(SETUP, &run.setup, &err) == STATUS_OK, "the setup", &err);
    snprintf(run.folder, sizeof run.folder, "%s/data", folder);
    power_vfs_register();
    power_vfs(POWER_VFS_PLAIN);
    size_t next = 0;
    for (int64_t done = 0; done < states; next++)
        done += run_once(&run, &power_works[next % power_work_count], seed++, states - done);
    for (int control = POWER_NORMAL; control < POWER_CONTROLS; control++) {
        run.control = (enum power_control)control;
        const int64_t wanted = states / 20 > CONTROL_STATES ? states / 20 : CONTROL_STATES;
        for (int64_t done = 0; done < wanted; next++)
            done += run_once(&run, &power_works[next % power_work_count], seed++, wanted - done);
    }
}

// ---- processes ----------------------------------------------------------------------------------

static pid_t begin_process(const char *folder, int64_t states, unsigned seed, int *ret_pipe)
{
    int ends[2];
    power_need(pipe(ends) == 0, "pipe", NULL);
    const pid_t child = fork();
    power_need(child >= 0, "fork", NULL);
    if (child == 0) {
        struct counts counts = {0};
        close(ends[0]);
        run_all(folder, states, seed, &counts);
        power_need(write(ends[1], &counts, sizeof counts) == sizeof counts, "pipe", NULL);
        exit(0);
    }
    close(ends[1]);
    *ret_pipe = ends[0];
    return child;
}

static bool end_process(pid_t child, int pipe_end, struct counts *sum)
{
    struct counts counts;
    const bool told = read(pipe_end, &counts, sizeof counts) == sizeof counts;
    int state = 0;
    waitpid(child, &state, 0);
    close(pipe_end);
    if (!told || state != 0)
        return false;
    for (int i = 0; i < POWER_CONTROLS; i++) {
        sum->states[i] += counts.states[i];
        sum->violations[i] += counts.violations[i];
    }
    sum->runs += counts.runs;
    sum->restarts += counts.restarts;
    sum->compound += counts.compound;
    sum->promises += counts.promises;
    sum->texts += counts.texts;
    sum->seals += counts.seals;
    sum->rounds += counts.rounds;
    return true;
}

static int print_result(const struct counts *sum, unsigned seed)
{
    bool good = sum->violations[POWER_REAL] == 0 && sum->restarts > 0;
    if (sum->texts == 0 || sum->seals == 0 || sum->rounds == 0) {
        printf("FAILED: no text, no seal or no round with the hub met a cut\n");
        good = false;
    }
    printf("power: %" PRId64 " states of %" PRId64 " runs (%" PRId64 " promises, of them %" PRId64
           " texts, %" PRId64 " seals, %" PRId64 " rounds with the hub; %" PRId64
           " restarts with every request sent again, %" PRId64
           " cuts during recovery; seed %u): %" PRId64 " violations; controls:",
           sum->states[POWER_REAL], sum->runs, sum->promises, sum->texts, sum->seals, sum->rounds,
           sum->restarts, sum->compound, seed, sum->violations[POWER_REAL]);
    for (int i = POWER_NORMAL; i < POWER_CONTROLS; i++) {
        printf(" %s %" PRId64 " of %" PRId64 "%s", control_names[i], sum->violations[i],
               sum->states[i], i + 1 < POWER_CONTROLS ? "," : "\n");
        if (sum->violations[i] == 0) {
            printf("\nFAILED: the control \"%s\" was not caught\n", control_names[i]);
            good = false;
        }
    }
    printf("%d passed, %d failed\n", good ? POWER_CONTROLS : 0, good ? 0 : 1);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    int64_t states = 20000;
    unsigned seed = (unsigned)time(NULL) & 0xffffffU;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--states") == 0)
            states = atoll(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--folder") == 0)
            base = argv[i + 1];
    }
    char folder[200];
    snprintf(folder, sizeof folder, "%.150s/hailong-power-XXXXXX", base);
    power_need(mkdtemp(folder) != NULL, "a folder for the images", NULL);
    log_set_level(LOG_LEVEL_ERROR);     // lost answers of the hub would be told each time
    unsetenv("HAILONG_STATEMENTS_LOG"); // it would be written at each of a million closings
    pid_t children[PROCESSES];
    int pipes[PROCESSES];
    struct counts sum = {0};
    bool good = true;
    for (int i = 0; i < PROCESSES; i++) {
        char own[256];
        snprintf(own, sizeof own, "%s/%d", folder, i);
        children[i] = begin_process(own, (states + PROCESSES - 1) / PROCESSES,
                                    seed + 100000U * (unsigned)(i + 1), &pipes[i]);
    }
    for (int i = 0; i < PROCESSES; i++)
        good = end_process(children[i], pipes[i], &sum) && good;
    remove_folder(folder);
    if (!good) {
        printf("FAILED: a process ended early\n0 passed, 1 failed\n");
        return 1;
    }
    return print_result(&sum, seed);
}
