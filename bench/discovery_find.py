"""How fast live agents are found: 65,536 loopback addresses of which 5 % answer, responder in C beside us.

    python bench/discovery_find.py [--rate 2000] [--addresses 65536] [--compare]

Prints one line a run: found, expected, seconds, addresses a second. ``--compare`` runs onesixtyone too.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from itsm.discovery.probe.find import Found, Pace, find
from itsm.discovery.probe.pacing import SUBNET_RATE
from itsm.discovery.probe.snmp.knock import community_knock
from itsm.discovery.probe.targets import interleaved

RESPONDER = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
/* One socket on all loopback addresses: answers where (address % 20 == 7), from the address asked. */
int main(void) {
  int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 8 << 20;
  setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in me = {.sin_family = AF_INET}, peer;
  if (bind(s, (struct sockaddr *)&me, sizeof me)) return 1;
  socklen_t length = sizeof me;
  getsockname(s, (struct sockaddr *)&me, &length);
  printf("%d\n", ntohs(me.sin_port)); fflush(stdout);
  for (;;) {
    unsigned char in[2048]; char control[256];
    struct iovec vector = {in, sizeof in};
    struct msghdr message = {&peer, sizeof peer, &vector, 1, control, sizeof control, 0};
    ssize_t n = recvmsg(s, &message, 0);
    if (n < 30) continue;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    struct in_pktinfo *info = c ? (struct in_pktinfo *)CMSG_DATA(c) : 0;
    if (!info || ntohl(info->ipi_addr.s_addr) % 20 != 7) continue;
    int at = 5 + 2 + in[6];                       /* the PDU behind version and community */
    in[at] = 0xa2;                                /* a response, and its value an empty string */
    if (in[n - 2] == 5 && in[n - 1] == 0) in[n - 2] = 4;
    info->ipi_ifindex = 0; info->ipi_spec_dst = info->ipi_addr;
    vector.iov_len = n; message.msg_controllen = CMSG_SPACE(sizeof *info);
    sendmsg(s, &message, 0);
  }
}
"""


def addresses(count: int) -> list[str]:
    return [f"127.{40 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(count)]


def answers(address: str) -> bool:
    a, b, c, d = map(int, address.split("."))
    return ((a << 24) + (b << 16) + (c << 8) + d) % 20 == 7


async def run(everyone: list[str], port: int, rate: float | None) -> None:
    heard: list[Found] = []
    start, cpu = time.perf_counter(), time.process_time()
    await find(
        everyone,
        port,
        community_knock("public"),
        heard.append,
        pace=Pace(rate, subnet_rate=None if rate is None else SUBNET_RATE),
    )
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    expected = sum(map(answers, everyone))
    right = sum(answers(one.address) for one in heard)
    pace = "unpaced" if rate is None else f"{rate:,.0f}/s"
    print(f"ours {pace:>10}: found {right}/{expected} of {len(everyone)} in {took:.2f} s ({cpu:.2f} s CPU)")


def compare(everyone: list[str], port: int, folder: Path) -> None:
    program = shutil.which("onesixtyone")
    if program is None:
        print("onesixtyone is not installed: no comparison")
        return
    listed = folder / "addresses"
    listed.write_text("\n".join(everyone))
    for wait in ("0", "1"):
        start = time.perf_counter()
        command = [program, "-p", str(port), "-w", wait, "-i", str(listed), "public"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=600)
        found = len(set(re.findall(rb"(127\.[0-9.]+) \[public\]", done.stdout)))
        took = time.perf_counter() - start
        print(f"onesixtyone -w {wait}: found {found}/{sum(map(answers, everyone))} in {took:.2f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--addresses", type=int, default=65_536)
    options.add_argument("--rate", type=float, default=2_000)
    options.add_argument("--compare", action="store_true")
    given = options.parse_args()
    everyone = interleaved(addresses(given.addresses))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "responder.c").write_text(RESPONDER)
        subprocess.run(["cc", "-O2", "-o", folder / "responder", folder / "responder.c"], check=True)
        with subprocess.Popen([folder / "responder"], stdout=subprocess.PIPE, text=True) as responder:
            try:
                assert responder.stdout is not None
                port = int(responder.stdout.readline())
                asyncio.run(run(everyone, port, None))
                asyncio.run(run(everyone, port, given.rate))
                if given.compare:
                    compare(everyone, port, folder)
            finally:
                responder.kill()


if __name__ == "__main__":
    main()
