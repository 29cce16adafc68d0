#!/bin/sh
# Install the system parts the tests need: a browser, Chinese fonts, GDAL's command line; with "bench" the peers too.
# On Debian and Ubuntu by apt-get, as root or through sudo; elsewhere say what is missing and fail.
set -eu

what="${1:-tests}"
missing=""
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
chromium_found() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
fonts_found() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }
postgis_found() { ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1; }
nginx_found() { command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; }

chromium_found || missing="$missing chromium"
fonts_found || missing="$missing fontconfig fonts-noto-cjk"
need ogrinfo gdal-bin
if [ "$what" = bench ]; then
    postgis_found || missing="$missing postgresql postgresql-postgis"
    nginx_found || missing="$missing nginx-light"
    need wrk wrk
fi

[ -n "$missing" ] || exit 0

run=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 && run="sudo -n"
    [ -n "$run" ] || { echo "Needed for the $what:$missing. Install them as root and run make again." >&2; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "Needed for the $what (Debian names):$missing. Install them and run make again." >&2; exit 1; }

echo "Installing for the $what:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$run apt-get install -y -qq --no-install-recommends $missing >/dev/null

chromium_found || { echo "Chromium is still missing after apt-get." >&2; exit 1; }
fonts_found || { echo "A Chinese font is still missing after apt-get." >&2; exit 1; }
command -v ogrinfo >/dev/null 2>&1 || { echo "ogrinfo is still missing after apt-get." >&2; exit 1; }
if [ "$what" = bench ]; then
    postgis_found || { echo "PostGIS is still missing after apt-get." >&2; exit 1; }
    nginx_found || { echo "nginx is still missing after apt-get." >&2; exit 1; }
    command -v wrk >/dev/null 2>&1 || { echo "wrk is still missing after apt-get." >&2; exit 1; }
fi
