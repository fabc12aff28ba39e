"""G2: resident memory of the server per idle, authenticated charger, ours beside the library's own.

uv run python -m benchmarks.g2_memory [--count 5000]
"""

import argparse
import subprocess
import sys

from benchmarks import rig


def growth(pid: int, url: str, count: int) -> float:
    """KiB of resident memory per connection that boots once and then stays silent."""
    before = rig.Usage.of(pid)
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", "--url", url, "--count", str(count), "--rounds", "0",
         "--settle", str(5 + count / 150), "--hold"],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdout.readline()
    load.stdin.write("\n")
    load.stdin.flush()
    rig.answer_line(load.stdout)
    after = rig.Usage.of(pid)
    load.stdin.write("\n")
    load.stdin.close()
    load.wait(60)
    return (after.resident_bytes - before.resident_bytes) / count / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    options = parser.parse_args()
    sizes = [options.count // 5, options.count]
    rows: list[tuple[str, int, float]] = []
    with rig.bench_data() as environment:
        rig.script(environment, "benchmarks.populate", str(options.count), stdout=subprocess.DEVNULL).wait()
        for size in sizes:
            with rig.server([sys.executable, "-m", "benchmarks.servers.echo"]) as (process, url):
                rows.append(("floor: echo", size, growth(process.pid, url, size)))
            with rig.gateway(environment) as (process, url):
                rows.append(("portal gateway", size, growth(process.pid, url, size)))
    print("| server | chargers | KiB per charger | × floor |")
    print("|---|---|---|---|")
    for name, size, kib in rows:
        floor = next(value for other, count, value in rows if other == "floor: echo" and count == size)
        print(f"| {name} | {size} | {kib:.1f} | {kib / floor:.2f} |")


if __name__ == "__main__":
    main()
