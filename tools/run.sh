#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up the example office in a folder (once), starts hub and kiosk on loopback, joins them and
# prints the addresses. Ctrl-C stops both; the next run goes on with the same data.
# usage: tools/run.sh [--sample] BUILD_FOLDER DATA_FOLDER
#   SCREEN=, PHONE=, HUB= (address:port) in the environment choose other ports.
set -eu

sample=
if [ "$1" = --sample ]; then sample=1; shift; fi
build=$1 data=$2
kiosk=$build/hailong-kiosk hub=$build/hailong-aggregator
screen=${SCREEN:-127.0.0.1:8080} phone=${PHONE:-127.0.0.1:8081} office=${HUB:-127.0.0.1:8090}
kiosk_pid= hub_pid=

stop() {
    trap '' INT TERM
    # the kiosk first: it hands over what it still has
    for pid in $kiosk_pid $hub_pid; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    echo
    echo "Đã dừng. Dữ liệu nằm trong $data; chạy lại để tiếp tục. (Stopped; data kept.)"
    exit 0
}
fail() {
    echo "$1" >&2
    for pid in $kiosk_pid $hub_pid; do kill "$pid" 2>/dev/null || true; done
    exit 74
}
# waits until a daemon that writes to log $2 listens on $3
await() {
    tries=0
    until grep -q "event=listening.*listener=$3" "$2" 2>/dev/null; do
        kill -0 "$1" 2>/dev/null || { cat "$2" >&2; fail "The program stopped; its messages are above."; }
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "No answer after 60 s; see $2."
        sleep 0.1
    done
}

mkdir -p "$data"
setup=schema/examples/ba-xuyen.json
if [ -n "$sample" ]; then
    setup=$data/setup.json
    [ -f "$setup" ] || sed 's/"sample": *false/"sample": true/' schema/examples/ba-xuyen.json >"$setup"
fi
# A stamp says that a folder was made to the end: one that was interrupted is made anew.
if [ ! -f "$data/.hub-made" ]; then
    rm -rf "$data/hub" "$data/kiosk" "$data/.kiosk-made"
    "$hub" init --data "$data/hub" --setup "$setup"
    touch "$data/.hub-made"
fi
if [ ! -f "$data/.kiosk-made" ]; then
    rm -rf "$data/kiosk"
    "$kiosk" init --data "$data/kiosk" --setup "$setup"
    [ -z "$sample" ] || "$kiosk" sample --data "$data/kiosk" --days 365
    touch "$data/.kiosk-made"
fi

trap stop INT TERM
# setsid: Ctrl-C comes to this script alone, which stops the two in the right order
setsid "$hub" serve --data "$data/hub" --listen "$office" >"$data/hub.log" 2>&1 &
hub_pid=$!
await $hub_pid "$data/hub.log" hub
[ -s "$data/kiosk/keys/hub.vkey" ] ||
    "$hub" join --data "$data/hub" --unit 05533 |
        "$kiosk" enrol --data "$data/kiosk" --hub "http://$office" --phrase - >/dev/null
setsid "$kiosk" serve --data "$data/kiosk" --screen-listen "$screen" --phone-listen "$phone" \
    --hub "http://$office" >"$data/kiosk.log" 2>&1 &
kiosk_pid=$!
await $kiosk_pid "$data/kiosk.log" phone
if [ -n "$sample" ]; then
    echo "Đang gửi dữ liệu mẫu lên máy tổng hợp… (sending the sample data)"
    "$kiosk" sync --data "$data/kiosk"
fi

echo
echo "Hài Lòng đang chạy (CHẠY THỬ${sample:+, DỮ LIỆU MẪU})"
echo
echo "  Màn hình quầy 1 (counter screen, opens once):  $("$kiosk" pair --data "$data/kiosk" --counter 1)"
echo "  Bàn cán bộ (desk, opens once):                 $("$kiosk" pair --data "$data/kiosk" --desk)"
echo "  Kết quả của cơ quan (the office's totals):     http://$office/"
echo
echo "  Phiếu QR cho điện thoại (a slip for a phone):"
"$kiosk" slip --data "$data/kiosk" --area HT --format text
echo "Nhật ký (logs): $data/kiosk.log, $data/hub.log. Ctrl-C để dừng (to stop)."

# ends when one of the two ends, or by Ctrl-C
while kill -0 $kiosk_pid 2>/dev/null && kill -0 $hub_pid 2>/dev/null; do
    sleep 1 &
    wait $! || true
done
tail -n 3 "$data/kiosk.log" "$data/hub.log" >&2
fail "One of the two programs stopped; its last messages are above."
