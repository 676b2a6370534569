#!/bin/sh
# Installs the agent from this folder as a service of systemd, or brings an installed one up to date.
#
#   install-service.sh [--root DIR]    with --root everything goes below DIR and systemd is left alone
set -eu
root=""
if [ "${1:-}" = --root ]; then root="$2"; shift 2; fi
[ $# = 0 ] || { echo "usage: install-service.sh [--root DIR]" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "install-service.sh: must be run as root" >&2; exit 1; }
here="$(cd "$(dirname "$0")" && pwd)"
[ -x "$here/bin/vespid-agent" ] || { echo "install-service.sh: there is no agent in $here" >&2; exit 1; }

if [ -z "$root" ] && ! id vespid >/dev/null 2>&1; then
  useradd --system --home-dir /var/lib/vespid-agent --shell /usr/sbin/nologin vespid
fi

# Whole, or not at all: the old one runs until the new one is in its place.
new="$root/opt/vespid-agent.new" old="$root/opt/vespid-agent.old" place="$root/opt/vespid-agent"
rm -rf "$new" "$old"
mkdir -p "$new"
cp -R "$here/." "$new/"
chown -R 0:0 "$new"
"$new/bin/vespid-agent" --version >/dev/null || { rm -rf "$new"; echo "install-service.sh: the agent does not start; nothing was changed" >&2; exit 1; }
[ ! -d "$place" ] || mv "$place" "$old"
mv "$new" "$place"
rm -rf "$old"

mkdir -p "$root/var/lib/vespid-agent" "$root/etc/vespid-agent" "$root/etc/systemd/system" "$root/usr/local/bin"
chmod 0700 "$root/var/lib/vespid-agent"
chmod 0750 "$root/etc/vespid-agent"
[ -n "$root" ] || chown vespid:vespid /var/lib/vespid-agent
if [ ! -e "$root/etc/vespid-agent/environment" ]; then
  (umask 077; echo '# Variables of docs/agent.md, one a line.' >"$root/etc/vespid-agent/environment")
fi
cp "$place/systemd/vespid-agent.service" "$root/etc/systemd/system/vespid-agent.service"
chmod 0644 "$root/etc/systemd/system/vespid-agent.service"
ln -sfn /opt/vespid-agent/bin/vespid-agent "$root/usr/local/bin/vespid-agent"

[ -z "$root" ] || { echo "installed below $root"; exit 0; }
systemctl daemon-reload
systemctl enable vespid-agent
if [ -e /var/lib/vespid-agent/agent.json ]; then
  systemctl restart vespid-agent
else
  echo "pair it, then start it:"
  echo "  sudo -u vespid VESPID_AGENT_CONFIG_PATH=/var/lib/vespid-agent/agent.json vespid-agent connect --pairing-token <token> --api-base <url>"
  echo "  systemctl start vespid-agent"
fi
