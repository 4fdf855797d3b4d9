"""Outputs that carry no inventory facts, but whose rows are read faithfully."""

from typing import Final

ROWS_ONLY: Final = (
    "acpi", "airport", "airport-s", "amixer", "apachectl", "apt-cache-show", "apt-get-sqq",
    "authorized-keys", "bluetoothctl", "cbt", "certbot", "chage", "cksum", "conntrack", "crontab",
    "crontab-u", "date", "debconf-show", "dig", "dir", "du", "efibootmgr", "env", "ethtool", "file",
    "find", "finger", "fstab", "getfacl", "gpg", "group", "gshadow", "hash", "hashsum", "hciconfig",
    "history", "host", "hosts", "id", "iftop", "iostat", "ipconfig", "iptables", "iw-scan",
    "iwconfig", "jar-manifest", "jobs", "last", "ldd", "ls", "lsattr", "lsmod", "lsof", "mdadm",
    "mpstat", "needrestart", "net-localgroup", "net-user", "netrc", "nfsiostat", "nftables",
    "nsd-control", "ntpq", "openvpn", "os-prober", "pidstat", "ping", "pip-show", "postconf",
    "proc-buddyinfo", "proc-cmdline", "proc-consoles", "proc-crypto", "proc-devices",
    "proc-diskstats", "proc-driver-rtc", "proc-filesystems", "proc-interrupts", "proc-iomem",
    "proc-ioports", "proc-loadavg", "proc-locks", "proc-modules", "proc-mtrr", "proc-net-arp",
    "proc-net-dev", "proc-net-dev-mcast", "proc-net-if-inet6", "proc-net-igmp", "proc-net-igmp6",
    "proc-net-ipv6-route", "proc-net-netlink", "proc-net-netstat", "proc-net-packet",
    "proc-net-protocols", "proc-net-route", "proc-net-tcp", "proc-net-unix", "proc-pagetypeinfo",
    "proc-partitions", "proc-pid-fdinfo", "proc-pid-io", "proc-pid-maps", "proc-pid-mountinfo",
    "proc-pid-numa-maps", "proc-pid-smaps", "proc-pid-stat", "proc-pid-statm", "proc-pid-status",
    "proc-slabinfo", "proc-softirqs", "proc-stat", "proc-swaps", "proc-version", "proc-vmallocinfo",
    "proc-vmstat", "proc-zoneinfo", "ps", "resolve-conf", "sfdisk", "shadow", "ss", "ssh-conf",
    "sshd-conf", "stat", "swapon", "time", "top", "tracepath", "traceroute", "tune2fs", "typeset",
    "udevadm", "ufw", "ufw-appinfo", "update-alt-gs", "update-alt-q", "upsc", "veracrypt", "vmstat",
    "wc", "wg-show", "xrandr", "zipinfo",
)  # fmt: skip
