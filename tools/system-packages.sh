#!/bin/sh
# Install what the tests need beside Python: Chromium, PostgreSQL, net-snmp's agent, OpenSSH's server.
set -eu
missing=""
want() { [ -e "$2" ] || missing="$missing $1"; }
want chromium /usr/bin/chromium
want snmpd /usr/sbin/snmpd
want snmp /usr/bin/snmpget
want openssh-server /usr/sbin/sshd
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
    export DEBIAN_FRONTEND=noninteractive
    # The tests start their own servers: keep the packages from starting theirs.
    guard=/usr/sbin/policy-rc.d
    [ -e "$guard" ] || { printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod +x "$guard" && trap 'rm -f "$guard"' EXIT; }
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "not installed, so some tests are skipped:$missing (Debian's packages)" >&2
fi
