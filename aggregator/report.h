// SPDX-License-Identifier: MIT
// The totals of one unit and period as one JSON model: pages, the JSON interface, CSV and the
// terminal table all show this and nothing else. docs/INDICATORS.md numbers the definitions.
#ifndef HAILONG_REPORT_H
#define HAILONG_REPORT_H

#include "hub.h"
#include "period.h"

// The model (every key is always there; what is unknown is null):
// {"unit":{"code","name","note"},
//  "period":{"name","from","to","words","words_en","free":bool},   from and to are inclusive days
//  "plan":{"id","document","note"},
//  "trial":bool,"sample":bool,"made":"2026-11-21",
//  "witness":bool (heads of the hub's lane and of all these lanes came back cosigned by another
//     organisation),"witness_time":"2026-11-21 09:12"|null (the oldest of these cosignatures),
//  "clock_behind":bool (the hub's clock is known to be wrong: hubhead_clock),
//  "insufficient_below":30,
//  "groups":[{"code","name","name_en","parent" (code or ""),"item":"overall"|"agency",
//     "item_note" (Vietnamese text or null),"item_pooled":bool (overall stands in for agency),
//     FIGURE, "target" (number or null),"verdict","by_plan" ("met"|"not_met"|null),
//     "interval":["92.11","97.02"]|null,"firm":bool|null (null: no target or no verdict of ours),
//     "needed" (further answers that would settle it, or null),"source",
//     "paper":FIGURE|null,"parts":[{"code","name","name_en",FIGURE,"by_plan"}] (YTGD, else []),
//     "warning" (Vietnamese text or null),"warning_areas":["SV-YT"] (what it is about)}],
//  "areas":[{"code","name","name_en","group" (code or null),FIGURE,"target","verdict","by_plan"}],
//  "posters":FIGURE|null, "all_in":FIGURE|null, "linked":FIGURE|null,      item overall, all areas
//  "flagged":FIGURE|null,          null, as all_in then, from 1 to 9 flagged answers: only counted
//  "flagged_count":5|null, "voided":2,                   left out: answers (IND-14), responses
//  (IND-15) "time_ranges":[{"first":"2026-11-14T09+07","last":"2026-11-16T08+07","count":3}],
//  IND-16 "by_channel":[{"channel":"screen"|"slip"|"poster"|"paper"|"online",FIGURE}],
//  "total":FIGURE                                              headline, item overall, all areas
//  "denominator":"answers",
//  "lanes":[{"lane","unit","kind":"kiosk"|"hub","how":"join"|"by hand"|"own","entries":17,
//     "last_contact":"2026-11-03 09:12"|null,"refusal":text|null,
//     "witness":{"name","size","time","time_s"}|null}]}
// FIGURE is "satisfied","answered","percent","levels":[n1,…,n5] (n1 worst); as an object of its
// own where a key names it, as members where it stands alone. "percent" is text with a point and
// two decimals (more where two would show a target that is not reached), or null without answers.
// "verdict": "met","not_met","insufficient","no_data", or null when there is no target but there
// are answers. posters, all_in, linked, flagged, flagged_count, paper are null and by_channel is []
// for a free range whose ends do not lie on half-month borders (channels are counted by
// half-months).

// Makes the model from a reading connection. STATUS_NOT_FOUND: no such unit in the setup.
enum status report_model(const struct hub *hub, struct db *db, const char *unit,
                         const struct period *period, json_t **ret_model, struct err *err) MUST_USE;
// Whether a report by the command line leaves an `audit` entry: a free range does, and so do live
// figures (of a period that has not ended) of a hub that is no trial.
bool report_is_logged(const struct hub *hub, const struct period *period);
// For web handlers: reads the period's name, borrows a connection of hub->readers, makes the
// model (given). A free range (auditors and the local command line only) and an unreadable
// period are STATUS_BAD_INPUT, an unknown unit STATUS_NOT_FOUND.
enum status report_read(const struct hub *hub, const char *unit, const char *period,
                        json_t **ret_model, struct err *err) MUST_USE;
// The model as CSV: one row per group and per area (header row first, no BOM). Each row says by
// itself whose it is: unit, first and last day, and "CHẠY THỬ", "DỮ LIỆU MẪU" or both as its mark.
enum status report_csv(const json_t *model, struct buf *out, struct err *err) MUST_USE;

#endif
