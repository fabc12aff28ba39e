"""R2: a charger becomes idle; how long until its waiting setting's first call reaches it, while thousands wait.

uv run python -m benchmarks.r2_reaction [--sizes 1000 10000] [--freed 500] [--per-second 25]

"""

import argparse
import math
import subprocess
import time

import psycopg

from benchmarks import rig
from benchmarks.r1_rollout import APPLIED, ARRIVED, BACKEND, wait, worker

WAITING = """
SELECT count(*) FROM chargers_delivery d JOIN chargers_rollout r ON r.id = d.rollout_id
JOIN installations_authenticationrevision v ON v.id = r.revision_id
WHERE r.installation_id = {} AND v.mode = 'ocpp_direct' AND d.state = 'waiting' AND d.reason = 'busy'
"""


def measure(environment: dict[str, str], count: int, freed: int, per_second: int) -> dict[str, float]:
    prefix = f"W{count}X"
    made = rig.script(environment, "benchmarks.populate", str(count), prefix, str(count), stdout=subprocess.PIPE)
    installation = made.communicate()[0].strip()
    with (
        worker(environment),
        rig.gateway(environment) as (_gateway, url),
        psycopg.connect(environment["DATABASE_URL"], autocommit=True) as database,
    ):
        chargers = rig.script(
            environment, "benchmarks.waiting", "--url", url, "--count", str(count), "--prefix", prefix,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert chargers.stdin is not None
        assert chargers.stdout is not None
        assert chargers.stdout.readline().strip() == "connected"
        wait(database, ARRIVED.format(installation), count)
        switch = rig.script(
            environment, "benchmarks.switch", installation, f"{BACKEND}/{{deviceId}}", stdout=subprocess.PIPE
        )
        rig.answer_line(switch.stdout)
        wait(database, WAITING.format(installation), count)
        time.sleep(5)

        def free(number: int, pace: int) -> dict[str, float]:
            assert chargers.stdin is not None
            chargers.stdin.write(f"free {number} {pace}\n")
            chargers.stdin.flush()
            return rig.answer_line(chargers.stdout)

        free(1, 1)  # the first wave
        wait(database, APPLIED.format(installation), 1)
        time.sleep(2)
        result = free(freed, per_second)
        wait(database, APPLIED.format(installation), freed + 1)
        chargers.kill()
        chargers.wait(30)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[1000, 10_000])
    parser.add_argument("--freed", type=int, default=500)
    parser.add_argument("--per-second", type=int, default=25)
    options = parser.parse_args()
    print("| waiting | became idle | reached | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|---|")
    found = {}
    with rig.bench_data() as environment:
        for count in options.sizes:
            row = found[count] = measure(environment, count, options.freed, options.per_second)
            print(f"| {count} | {' | '.join(str(value) for value in row.values())} |", flush=True)
    small, large = options.sizes
    growth = math.log(found[large]["p99_ms"] / found[small]["p99_ms"]) / math.log(large / small)
    print(f"\nexponent of the p99: {growth:.2f}")


if __name__ == "__main__":
    main()
