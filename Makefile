# SPDX-License-Identifier: MIT
# Hài Lòng. `make help` lists the targets; README.md says where to start reading.

BUILD  ?= build
PREFIX ?= /usr/local
VAR    ?= var
# SAN=address (with undefined) or SAN=thread builds and tests in a folder of its own; SAN=fuzz,
# with clang, is what `make fuzz` builds.
SAN    ?=
# WERROR=1 (CI) makes every warning an error.
WERROR ?=

ifneq ($(SAN),)
BUILD := $(BUILD)-$(SAN)
endif

VERSION := 0.1.0
# No clock of a kiosk is right that stands before this day (civil, UTC+7). A constant, so that a build
# can be repeated; raised with VERSION, never past the day of the release.
BUILD_DAY := 2025-07-01

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -Wwrite-strings -Wcast-qual -Wundef
OPTIMISE ?= -O2 -g
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-ftrivial-auto-var-init=zero -fPIE
LINK_HARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(SAN),address)
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
LINK_HARDEN := -pie -fsanitize=address,undefined
OPTIMISE := -O1 -g
else ifeq ($(SAN),thread)
HARDEN := -fsanitize=thread -fno-omit-frame-pointer -fPIE
LINK_HARDEN := -pie -fsanitize=thread
OPTIMISE := -O1 -g
else ifeq ($(SAN),fuzz)
CC := clang
HARDEN := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
LINK_HARDEN := -pie -fsanitize=address,undefined
OPTIMISE := -O1 -g
else
HARDEN += -D_FORTIFY_SOURCE=2
endif
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

CPPFLAGS += -D_GNU_SOURCE -DHAILONG_VERSION='"$(VERSION)"' \
	-DHAILONG_BUILD_DAY='"$(BUILD_DAY)"' -Icore -Ischema -I$(BUILD)/gen
CFLAGS   += -std=gnu17 $(OPTIMISE) $(WARNINGS) $(HARDEN) -pthread
LDFLAGS  += $(LINK_HARDEN) -Wl,--as-needed -pthread

# Foreign libraries; --as-needed keeps what a program really uses (tools/check_tree.py looks).
LIBS_CORE  := -lmicrohttpd -lsqlite3 -ljansson -lsodium -lnettle -lutf8proc -lcurl -linih -lqrencode -lm
LIBS_PRINT := -lcairo

# ---- sources ---------------------------------------------------------------------------------

CORE_SRC   := $(wildcard core/*.c)
SCHEMA_SRC := $(wildcard schema/*.c)
KIOSK_SRC  := $(filter-out kiosk/hailong_kiosk.c,$(wildcard kiosk/*.c))
HUB_SRC    := $(filter-out aggregator/hailong_aggregator.c,$(wildcard aggregator/*.c))
PRINT_SRC  := $(filter-out print/hailong_print.c,$(wildcard print/*.c))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
GEN := $(BUILD)/gen
# stamps of generated sources; each makes NAME.c (or .S) and NAME.h
GEN_HEADERS := $(GEN)/kiosk_sql.h $(GEN)/hub_sql.h $(GEN)/schema_assets.h $(GEN)/kiosk_assets.h \
	$(GEN)/hub_assets.h

PROGRAMS := $(BUILD)/hailong-kiosk $(BUILD)/hailong-aggregator $(BUILD)/hailong-print

.PHONY: all build run demo test lint fuzz bench check-long install clean help

all: build

help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

build: ## compile the three programs into build/
	@tools/need.sh build
	@tools/npm.sh tools/npm build/npm
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) $(PROGRAMS)

run: build ## set up the example office under var/ and start both daemons
	@tools/run.sh $(BUILD) $(VAR)

demo: build ## as run, in var/demo, with a believable year of sample data
	@tools/run.sh --sample $(BUILD) $(VAR)/demo

# ---- generated sources -----------------------------------------------------------------------

$(GEN):
	@mkdir -p $@

$(GEN)/kiosk_sql.h: $(wildcard kiosk/sql/*.sql schema/migrations/kiosk/*.sql) tools/sqlc.py | $(GEN)
	python3 tools/sqlc.py --name kiosk --out $(GEN)/kiosk_sql --sql kiosk/sql --migrations schema/migrations/kiosk
$(GEN)/hub_sql.h: $(wildcard aggregator/sql/*.sql schema/migrations/hub-sqlite/*.sql) tools/sqlc.py | $(GEN)
	python3 tools/sqlc.py --name hub --out $(GEN)/hub_sql --sql aggregator/sql --migrations schema/migrations/hub-sqlite

# The small schema of the database layer's own tests.
$(GEN)/coretest_sql.h: $(wildcard tests/core/sql/*.sql tests/core/migrations/*.sql) tools/sqlc.py | $(GEN)
	python3 tools/sqlc.py --name coretest --out $(GEN)/coretest_sql --sql tests/core/sql --migrations tests/core/migrations

# Each asset is NAME=PATH: the name in the program's table and the file.
named = $(foreach f,$(1),$(f)=$(f))
as_asset = $(foreach f,$(1),assets/$(notdir $(f))=$(f))
SCHEMA_ASSETS := $(wildcard schema/forms/*.json schema/plans/*.json schema/*.json)
FONTS := $(wildcard build/npm/node_modules/@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-400-normal.woff2 \
	build/npm/node_modules/@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-600-normal.woff2 \
	build/npm/node_modules/@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-400-normal.woff2 \
	build/npm/node_modules/@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-600-normal.woff2)
KIOSK_PAGES := $(wildcard kiosk/pages/*.html kiosk/words/*.json core/pages/*.html)
KIOSK_ASSETS := $(wildcard kiosk/assets/* core/assets/*) $(FONTS)
HUB_PAGES := $(wildcard aggregator/pages/*.html aggregator/words/*.json core/pages/*.html)
HUB_ASSETS := $(wildcard aggregator/assets/* core/assets/*) $(FONTS)

$(GEN)/schema_assets.h: $(SCHEMA_ASSETS) tools/embed.py | $(GEN)
	python3 tools/embed.py --name schema --out $(GEN)/schema_assets $(call named,$(SCHEMA_ASSETS))
$(GEN)/kiosk_assets.h: $(KIOSK_PAGES) $(KIOSK_ASSETS) tools/embed.py | $(GEN)
	python3 tools/embed.py --name kiosk --out $(GEN)/kiosk_assets $(call named,$(KIOSK_PAGES)) $(call as_asset,$(KIOSK_ASSETS))
$(GEN)/hub_assets.h: $(HUB_PAGES) $(HUB_ASSETS) tools/embed.py | $(GEN)
	python3 tools/embed.py --name hub --out $(GEN)/hub_assets $(call named,$(HUB_PAGES)) $(call as_asset,$(HUB_ASSETS))

# ---- objects, libraries, programs -------------------------------------------------------------

$(BUILD)/%.o: %.c | $(GEN_HEADERS)
	@mkdir -p $(dir $@)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

GEN_OBJ_C = $(CC) $(CPPFLAGS) $(CFLAGS) -c $(1).c -o $@
$(BUILD)/gen/%_sql.o: $(GEN)/%_sql.h
	$(call GEN_OBJ_C,$(GEN)/$*_sql)
$(BUILD)/gen/%_assets.o: $(GEN)/%_assets.h
	$(CC) -c $(GEN)/$*_assets.S -o $(GEN)/$*_assets_bytes.o
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $(GEN)/$*_assets.c -o $(GEN)/$*_assets_table.o
	ld -r $(GEN)/$*_assets_table.o $(GEN)/$*_assets_bytes.o -o $@

$(BUILD)/libcore.a: $(call object,$(CORE_SRC))
$(BUILD)/libschema.a: $(call object,$(SCHEMA_SRC)) $(GEN)/schema_assets.o
$(BUILD)/libkiosk.a: $(call object,$(KIOSK_SRC)) $(GEN)/kiosk_sql.o $(GEN)/kiosk_assets.o
$(BUILD)/libhub.a: $(call object,$(HUB_SRC)) $(GEN)/hub_sql.o $(GEN)/hub_assets.o
$(BUILD)/libprint.a: $(call object,$(PRINT_SRC))
$(BUILD)/lib%.a:
	@rm -f $@
	ar rcs $@ $^

LINK = $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)
$(BUILD)/hailong-kiosk: $(BUILD)/kiosk/hailong_kiosk.o $(BUILD)/libkiosk.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) $(LIBS_CORE)
$(BUILD)/hailong-aggregator: $(BUILD)/aggregator/hailong_aggregator.o $(BUILD)/libhub.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) $(LIBS_CORE)
$(BUILD)/hailong-print: $(BUILD)/print/hailong_print.o $(BUILD)/libprint.a $(BUILD)/libcore.a
	$(LINK) $(LIBS_CORE) $(LIBS_PRINT)

# ---- tests -----------------------------------------------------------------------------------
# tests/ROOM/test_NAME.c is one cmocka program; it links its room and what the room may use.

TEST_SRC := $(wildcard tests/core/test_*.c tests/schema/test_*.c tests/kiosk/test_*.c \
	tests/aggregator/test_*.c tests/print/test_*.c)
TEST_BIN := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
TEST_CPPFLAGS := -Itests -Ikiosk -Iaggregator -Iprint
$(BUILD)/tests/%.o: CPPFLAGS += $(TEST_CPPFLAGS)
TEST_LINK = $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(LIBS_CORE)

SUPPORT := $(call object,$(wildcard tests/support/*.c))
$(BUILD)/tests/core/test_%: $(BUILD)/tests/core/test_%.o $(SUPPORT) $(BUILD)/libcore.a
	$(TEST_LINK)
# The small files of the page and server tests.
SERVER_TESTS := test_server test_server_writer
FILE_TESTS := $(addprefix $(BUILD)/tests/core/,test_asset test_page raw_http_server $(SERVER_TESTS))
$(GEN)/coretest_assets.h: $(wildcard tests/core/files/*/*) tools/embed.py | $(GEN)
	python3 tools/embed.py --name coretest --out $(GEN)/coretest_assets \
	  $(foreach f,$(wildcard tests/core/files/*/*),$(patsubst tests/core/files/assets/%,assets/%,$(f))=$(f))
$(addsuffix .o,$(FILE_TESTS)): | $(GEN)/coretest_assets.h
$(FILE_TESTS): $(GEN)/coretest_assets.o
$(BUILD)/tests/core/serving.o: | $(GEN)/coretest_assets.h $(GEN)/coretest_sql.h
$(addprefix $(BUILD)/tests/core/,$(SERVER_TESTS)): $(BUILD)/tests/core/serving.o
$(BUILD)/tests/core/raw_http_server: $(BUILD)/tests/core/raw_http_server.o $(SUPPORT) $(BUILD)/libcore.a
	$(TEST_LINK)
DB_TESTS := $(addprefix $(BUILD)/tests/core/test_,db stmt migrate dbpool writer writer_disk server server_writer)
$(addsuffix .o,$(DB_TESTS)) $(BUILD)/tests/core/notes.o: | $(GEN)/coretest_sql.h
$(DB_TESTS): $(GEN)/coretest_sql.o
$(BUILD)/tests/core/test_writer $(BUILD)/tests/core/test_writer_disk: $(BUILD)/tests/core/notes.o
$(BUILD)/tests/schema/test_%: $(BUILD)/tests/schema/test_%.o $(SUPPORT) $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(TEST_LINK)
$(BUILD)/tests/kiosk/test_%: $(BUILD)/tests/kiosk/test_%.o $(SUPPORT) $(BUILD)/libkiosk.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(TEST_LINK)
$(BUILD)/tests/aggregator/test_%: $(BUILD)/tests/aggregator/test_%.o $(SUPPORT) $(BUILD)/libhub.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(TEST_LINK)
HUB_TESTS := $(addprefix $(BUILD)/tests/aggregator/test_,hub ledger tally paper report lane_api carry \
	enrolment outgoing cosign lanestate lane_actions tallybatch successor hubhead witness)
$(HUB_TESTS): $(BUILD)/tests/aggregator/office.o
STAFF_TESTS := $(addprefix $(BUILD)/tests/aggregator/test_,person proposal textstore quarantine correction retree hub_restore)
$(STAFF_TESTS): $(BUILD)/tests/aggregator/office.o $(BUILD)/tests/aggregator/staff.o
$(BUILD)/tests/print/test_%: $(BUILD)/tests/print/test_%.o $(SUPPORT) $(BUILD)/libprint.a $(BUILD)/libcore.a
	$(TEST_LINK) $(LIBS_PRINT)

# Simulated power cuts and the shim that makes calls fail.
TORTURE_BIN := $(BUILD)/tests/torture/power $(BUILD)/tests/torture/fault.so
$(BUILD)/tests/torture/power: $(call object,$(wildcard tests/torture/power*.c)) $(BUILD)/libkiosk.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) -Wl,--wrap=sqlite3_exec,--wrap=hubcall_post $(LIBS_CORE)
$(BUILD)/tests/torture/fault.so: tests/torture/fault.c
	@mkdir -p $(dir $@)
	$(CC) -D_GNU_SOURCE $(if $(filter address,$(SAN)),-DFAULT_BEHIND_SANITIZER) -O2 -Wall -Wextra -shared -fPIC -o $@ $< -ldl

unit-build: $(TEST_BIN) $(BUILD)/tests/core/raw_http_server $(TORTURE_BIN) $(BUILD)/tests/bench/fill $(PROGRAMS)

unit: unit-build ## unit tests only
	@python3 tools/run_tests.py $(TEST_BIN)

E2E := build/npm-e2e

test: ## everything that must hold: unit tests, both databases, browser, kill loop
	@tools/need.sh test
	@tools/npm.sh tools/npm build/npm
	@tools/npm.sh tests/e2e $(E2E)
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) unit-build
	@$(MAKE) --no-print-directory test-parts

test-parts:
	@rm -f $(BUILD)/statements.log
	@HAILONG_STATEMENTS_LOG=$(abspath $(BUILD))/statements.log sh tools/steps.sh \
	  "python3 tools/run_tests.py $(TEST_BIN)" \
	  "python3 tests/core/raw_http.py" \
	  "python3 tests/aggregator/postgresql.py" \
	  "python3 tests/e2e/bad_input.py --build $(BUILD)" \
	  "python3 tests/torture/kill.py --kills 30 --build $(BUILD)" \
	  "python3 tests/torture/race.py --posts 1000 --build $(BUILD)" \
	  "python3 tests/torture/secrecy.py --days 50 --build $(BUILD)" \
	  "python3 tests/torture/tamper.py --rounds 2 --build $(BUILD)" \
	  "python3 tests/torture/second.py --build $(BUILD)" \
	  "python3 tests/torture/witness.py --build $(BUILD)" \
	  "$(BUILD)/tests/torture/power --states 20000" \
	  "python3 tests/torture/torture.py --every 11 --build $(BUILD)" \
	  "python3 tests/torture/enospc.py --build $(BUILD)" \
	  "python3 tests/torture/erase.py --build $(BUILD)" \
	  "python3 tests/torture/lossy.py --build $(BUILD)" \
	  "python3 tests/torture/restore.py --build $(BUILD)" \
	  "python3 tests/torture/clock.py --walks 1 --build $(BUILD)" \
	  "node tests/e2e/smoke.mjs" \
	  "python3 tools/check_statements.py $(BUILD)/statements.log"

test-address: ## unit tests and short proofs under address and undefined sanitizers
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) SAN=address unit-build
	@sh tools/steps.sh \
	  "python3 tools/run_tests.py --timeout 300 $(patsubst build/%,build-address/%,$(TEST_BIN))" \
	  "BUILD=build-address python3 tests/core/raw_http.py" \
	  "python3 tests/torture/kill.py --kills 3 --build build-address" \
	  "build-address/tests/torture/power --states 4000" \
	  "python3 tests/torture/torture.py --every 241 --build build-address" \
	  "python3 tests/torture/enospc.py --build build-address"

QUICK = $(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2)
power: ## N=20000 simulated power cuts under the kiosk: nothing acknowledged is lost
	@$(QUICK) $(BUILD)/tests/torture/power
	@$(BUILD)/tests/torture/power --states $(or $(N),20000)

torture: ## every N=7th call that can fail does, once and for good
	@$(QUICK) $(TORTURE_BIN) $(PROGRAMS)
	@python3 tests/torture/torture.py --every $(or $(N),7) --build $(BUILD)

enospc: ## N=2 times a full disk under kiosk and hub
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/enospc.py --rounds $(or $(N),2) --build $(BUILD)

lossy: ## N=1000 entries synced over a line that breaks, both programs killed meanwhile
	@$(QUICK) $(PROGRAMS) $(BUILD)/tests/bench/fill
	@python3 tests/torture/lossy.py --entries $(or $(N),1000) --build $(BUILD)

restore: ## N=1 times: backup under load, restore, a clone, copies made by hand
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/restore.py --rounds $(or $(N),1) --build $(BUILD)

clock: ## N=10 random walks of the clock under the kiosk, beside those that are known
	@tools/need.sh test
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/clock.py --walks $(or $(N),10) --build $(BUILD)

kill: ## N=30 times SIGKILL under four raters, a comment and the sync
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/kill.py --kills $(or $(N),30) --build $(BUILD)

race: ## N=1000 requests at once from one page, of one slip; retries later
	@tools/need.sh test
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/race.py --posts $(or $(N),1000) --build $(BUILD)

erase: ## N=24 texts, half of them erased by two people: found nowhere
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/erase.py --texts $(or $(N),24) --build $(BUILD)

secrecy: ## N=50 simulated days: nobody with all files finds a ballot
	@tools/need.sh test
	@$(QUICK) $(PROGRAMS)
	@python3 tests/torture/secrecy.py --days $(or $(N),50) --build $(BUILD)

check-long: unit-build ## the proofs at full size, with their times (hours)
	@sh tools/steps.sh \
	  "$(BUILD)/tests/torture/power --states 1000000" \
	  "python3 tests/torture/torture.py --every 1 --build $(BUILD)" \
	  "python3 tests/torture/enospc.py --rounds 20 --build $(BUILD)" \
	  "python3 tests/torture/restore.py --rounds 20 --build $(BUILD)" \
	  "python3 tests/torture/clock.py --walks 300 --build $(BUILD)" \
	  "python3 tests/torture/lossy.py --entries 100000 --build $(BUILD)" \
	  "python3 tests/torture/tamper.py --rounds 100 --build $(BUILD)" \
	  "python3 tests/torture/second.py --changes 10000 --build $(BUILD)" \
	  "python3 tests/torture/kill.py --kills 2000 --build $(BUILD)" \
	  "python3 tests/torture/race.py --posts 5000 --build $(BUILD)" \
	  "python3 tests/torture/erase.py --texts 400 --build $(BUILD)" \
	  "python3 tests/torture/secrecy.py --days 1000 --build $(BUILD)"

# the programs that have threads of their own
THREADED := core/test_writer core/test_writer_disk core/test_server core/test_server_writer core/test_reaper core/test_control core/test_dbpool \
	core/test_fetch kiosk/test_rating kiosk/test_kiosk
test-thread: ## threaded tests under the thread sanitizer
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) SAN=thread $(addprefix build-thread/tests/,$(THREADED))
	@python3 tools/run_tests.py --timeout 300 $(addprefix build-thread/tests/,$(THREADED))

# Rounds of every class of tampering; check-long takes 100.
tamper: ## verify finds every change of a journal: each class at N random places
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) $(BUILD)/hailong-kiosk
	@python3 tests/torture/tamper.py --rounds $(or $(N),10) --build $(BUILD)

witness: ## heads of a commune cosigned by a province: forks and old copies are refused
	@$(QUICK) $(BUILD)/hailong-kiosk $(BUILD)/hailong-aggregator
	@python3 tests/torture/witness.py --build $(BUILD)

lint: ## formatting, clang-tidy, cppcheck, the tree's own rules
	@tools/need.sh lint
	@tools/npm.sh tools/npm build/npm
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) WERROR=1 unit-build
	@sh tools/lint.sh $(BUILD)

BENCH_TOOLS := $(addprefix $(BUILD)/tests/bench/,load probe fill intake slow_sync.so)
$(BUILD)/tests/bench/slow_sync.so: tests/bench/slow_sync.c
	@mkdir -p $(dir $@)
	$(CC) -D_GNU_SOURCE -O2 -shared -fPIC -o $@ $< -ldl
$(BUILD)/tests/bench/fill: $(BUILD)/tests/bench/fill.o $(BUILD)/libkiosk.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) $(LIBS_CORE)
$(BUILD)/tests/bench/intake: $(BUILD)/tests/bench/intake.o $(BUILD)/libhub.a $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) $(LIBS_CORE)
$(BUILD)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(dir $@)
	$(CC) -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $< -lsqlite3

FUZZ_BIN := $(patsubst tests/fuzz/%.c,build-fuzz/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libschema.a $(BUILD)/libcore.a
	$(LINK) -fsanitize=fuzzer $(LIBS_CORE)

MINUTES ?= 1
fuzz: ## each target of tests/fuzz for MINUTES=1; found inputs stay in build-fuzz/
	@tools/need.sh fuzz
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) SAN=fuzz $(FUZZ_BIN)
	@sh tools/fuzz.sh $(MINUTES) $(FUZZ_BIN)

bench: ## ratios to this machine's limits, a table and build/bench.json (SHORT=1: under 3 minutes)
	@tools/need.sh build bench
	@tools/npm.sh tools/npm build/npm
	@$(MAKE) --no-print-directory $(or $(filter -j%,$(MAKEFLAGS)),-j2) $(PROGRAMS) $(BENCH_TOOLS)
	@python3 tests/bench/bench.py --build $(BUILD) $(if $(SHORT),--short)

install: build ## copy programs and manuals to PREFIX (default /usr/local), under DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 docs/man/hailong-kiosk.8 docs/man/hailong-aggregator.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 docs/man/hailong-print.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -d $(DESTDIR)$(PREFIX)/share/doc/hailong $(DESTDIR)$(PREFIX)/share/hailong/examples
	install -m 644 README.md LICENSE LICENSES/* docs/*.md $(DESTDIR)$(PREFIX)/share/doc/hailong/
	install -m 644 schema/examples/*.json $(DESTDIR)$(PREFIX)/share/hailong/examples/

clean: ## remove what was built (data under var/ stays)
	rm -rf build build-address build-thread build-fuzz

.PHONY: kill race secrecy erase lossy tamper unit-build unit test-parts test-address test-thread power torture enospc clock witness
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
