#!/bin/sh
# Install the system parts the tests need: a browser, Chinese fonts, GDAL's command line, documents as pictures.
# On Debian and Ubuntu by apt-get, as root or through sudo; elsewhere say what is missing and fail.
set -eu

missing=""
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
chromium_found() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
fonts_found() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }

chromium_found || missing="$missing chromium"
fonts_found || missing="$missing fontconfig fonts-noto-cjk"
need ogrinfo gdal-bin

[ -n "$missing" ] || exit 0

run=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 && run="sudo -n"
    [ -n "$run" ] || { echo "The tests need:$missing. Install them as root and run make test again." >&2; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "The tests need (Debian names):$missing. Install them and run make test again." >&2; exit 1; }

echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$run apt-get install -y -qq --no-install-recommends $missing >/dev/null

chromium_found || { echo "Chromium is still missing after apt-get." >&2; exit 1; }
fonts_found || { echo "A Chinese font is still missing after apt-get." >&2; exit 1; }
command -v ogrinfo >/dev/null 2>&1 || { echo "ogrinfo is still missing after apt-get." >&2; exit 1; }
