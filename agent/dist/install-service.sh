#!/bin/sh
# Installs the agent from this folder, or brings an installed one up to date. What does not come to work is taken back:
# the version that was there runs again.
#
#   install-service.sh [--config FILE] [--wait SECONDS]                as root: a service of systemd with a user of its own
#   install-service.sh --prefix DIR [--config FILE] [--wait SECONDS]   everything below DIR, as whoever calls, without systemd
#   install-service.sh --root DIR                                      everything below DIR and nothing is started
#
# --config FILE is who the agent is, for one that is not paired yet. With VESPID_AGENT_PAIRING_TOKEN and VESPID_API_BASE
# it pairs itself. It counts as working when it is connected within --wait seconds (30).
set -eu
root="" prefix="" config="" wait=30
while [ $# -gt 1 ]; do
  case "$1" in
    --root) root="$2" ;;
    --prefix) prefix="$2" ;;
    --config) config="$2" ;;
    --wait) wait="$2" ;;
    *) break ;;
  esac
  shift 2
done
[ $# = 0 ] || { echo "usage: install-service.sh [--root DIR | --prefix DIR] [--config FILE] [--wait SECONDS]" >&2; exit 2; }
fail() { echo "install-service.sh: $1" >&2; exit 1; }
[ -n "$prefix" ] || [ "$(id -u)" = 0 ] || fail "must be run as root, or with --prefix"
here="$(cd "$(dirname "$0")" && pwd)"
[ -x "$here/bin/vespid-agent" ] || fail "there is no agent in $here"
if [ -n "$prefix" ]; then
  mkdir -p "$prefix"
  prefix="$(cd "$prefix" && pwd)"
  place="$prefix/agent" data="$prefix/data" environment="$prefix/environment"
else
  place="$root/opt/vespid-agent" data="$root/var/lib/vespid-agent" environment="$root/etc/vespid-agent/environment"
fi
new="$place.new" old="$place.old"

# Becomes a command of the installed agent, with its environment and as its user.
become() {
  if [ -r "$environment" ]; then
    while IFS= read -r line; do
      case "$line" in [A-Za-z_]*=*) export "$line" ;; esac
    done <"$environment"
  fi
  export VESPID_AGENT_CONFIG_PATH="$data/agent.json" VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT="$data/workspaces"
  if [ -z "$prefix" ] && command -v setpriv >/dev/null; then
    export HOME="$data"
    exec setpriv --reuid vespid --regid vespid --init-groups "$place/bin/vespid-agent" "$@"
  fi
  # Of no session, so that it outlives the one that installs it.
  if [ "$1" = start ] && command -v setsid >/dev/null; then exec setsid "$place/bin/vespid-agent" "$@"; fi
  exec "$place/bin/vespid-agent" "$@"
}

agent() { (become "$@"); }

start() {
  if [ -z "$prefix" ]; then systemctl restart vespid-agent; return; fi
  # Nothing of it may hold what its caller reads from: SSH would wait for its end.
  (exec >>"$data/out.log" 2>&1 </dev/null; become start) &
}

stop() {
  if [ -z "$prefix" ]; then systemctl stop vespid-agent; else agent stop >/dev/null 2>&1 || true; fi
}

# Waits until it is connected, or at least runs when "$1" is 1.
works() {
  tries=$((wait * 5))
  while [ "$tries" -gt 0 ]; do
    code=0
    agent status >/dev/null 2>&1 || code=$?
    [ "$code" -gt "$1" ] || return 0
    sleep 0.2
    tries=$((tries - 1))
  done
  return 1
}

take_back() {
  echo "install-service.sh: $1; taking it back" >&2
  stop || true
  rm -rf "$place"
  if [ -d "$old" ]; then
    mv "$old" "$place"
    [ -n "$prefix" ] || cp "$place/systemd/vespid-agent.service" /etc/systemd/system/vespid-agent.service
    [ -n "$prefix" ] || systemctl daemon-reload
    if [ "$before" -le 1 ]; then
      start
      works "$before" || fail "the version before does not work either"
      fail "the version before runs again"
    fi
    fail "the version before is in its place"
  fi
  fail "nothing was installed"
}

if [ -z "$root$prefix" ] && ! id vespid >/dev/null 2>&1; then
  useradd --system --home-dir /var/lib/vespid-agent --shell /usr/sbin/nologin vespid
fi

# Beside the old one, which runs until the new one has shown that it starts at all. With the times of its files, by
# which Java knows that its cache is theirs.
mkdir -p "$(dirname "$place")"
rm -rf "$new" "$old"
cp -Rp "$here" "$new"
[ "$(id -u)" != 0 ] || chown -R 0:0 "$new"
"$new/bin/vespid-agent" --version >/dev/null || { rm -rf "$new"; fail "the agent does not start; nothing was changed"; }

mkdir -p "$data" "$(dirname "$environment")"
chmod 0700 "$data"
if [ ! -e "$environment" ]; then
  (umask 077; echo '# Variables of docs/agent.md, one a line.' >"$environment")
fi
if [ -z "$prefix" ]; then
  mkdir -p "$root/etc/systemd/system" "$root/usr/local/bin"
  chmod 0750 "$(dirname "$environment")"
fi
if [ -n "$config" ] && [ ! -e "$data/agent.json" ]; then (umask 077; cp "$config" "$data/agent.json"); fi
[ -n "$root$prefix" ] || chown -R vespid:vespid "$data"

# How the one that is there is: 0 connected, 1 runs, 3 is stopped or not there.
before=3
if [ -z "$root" ] && [ -x "$place/bin/vespid-agent" ]; then
  before=0
  agent status >/dev/null 2>&1 || before=$?
  if [ "$before" -le 1 ]; then stop; fi
fi
[ ! -d "$place" ] || mv "$place" "$old"
mv "$new" "$place"
if [ -z "$prefix" ]; then
  cp "$place/systemd/vespid-agent.service" "$root/etc/systemd/system/vespid-agent.service"
  chmod 0644 "$root/etc/systemd/system/vespid-agent.service"
  ln -sfn /opt/vespid-agent/bin/vespid-agent "$root/usr/local/bin/vespid-agent"
fi
[ -z "$root" ] || { rm -rf "$old"; echo "installed below $root"; exit 0; }
if [ -z "$prefix" ]; then
  systemctl daemon-reload
  systemctl enable vespid-agent
fi

if [ ! -e "$data/agent.json" ] && [ -n "${VESPID_AGENT_PAIRING_TOKEN:-}" ]; then
  agent connect --no-start || take_back "it could not be paired"
fi
if [ ! -e "$data/agent.json" ]; then
  rm -rf "$old"
  echo "installed; pair it, then start it:"
  if [ -n "$prefix" ]; then
    echo "  VESPID_AGENT_CONFIG_PATH=$data/agent.json $place/bin/vespid-agent connect --pairing-token <token> --api-base <url>"
  else
    echo "  sudo -u vespid VESPID_AGENT_CONFIG_PATH=$data/agent.json vespid-agent connect --no-start --pairing-token <token> --api-base <url>"
    echo "  systemctl start vespid-agent"
  fi
  exit 0
fi
# One that had no connection before need not have one now: its gateway may be away.
wanted=0
[ "$before" != 1 ] || wanted=1
unset VESPID_AGENT_PAIRING_TOKEN
start || take_back "it could not be started"
works "$wanted" || take_back "it was not connected within $wait s"
rm -rf "$old"
echo "executor $(agent status --json | sed -n 's/.*"executorId":"\([^"]*\)".*/\1/p')"
