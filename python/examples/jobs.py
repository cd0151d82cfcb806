# SPDX-License-Identifier: Apache-2.0
"""Jobs that are done at least once: a worker has a lease on its job, and when it dies the job goes to another one."""

from __future__ import annotations

import multiprocessing
import os
import signal

import brine

JOBS = 20


def work(jobs: brine.Pipe, done: brine.Pipe) -> None:
    for job in jobs:
        with job:  # leaving the block acknowledges the job; after an exception it goes back
            if job["n"] == 0 and job.deliveries == 1:
                os.kill(os.getpid(), signal.SIGKILL)  # the worst that can happen
            done.put({"n": job["n"], "square": job["n"] ** 2, "deliveries": job.deliveries}, timeout=30)


def main() -> None:
    context, name = multiprocessing.get_context("spawn"), f"jobs.{os.getpid()}"
    with brine.Pool.create(name, "64M") as pool:
        try:
            # What was delivered five times and never done goes to the pipe "failed".
            jobs = pool.serve("jobs", JOBS, leases=True, max_deliveries=5, dead_letter="failed")
            done = pool.serve("done", JOBS)
            for n in range(JOBS):
                jobs.put({"n": n})
            workers = [context.Process(target=work, args=(pool.connect("jobs"), done), daemon=True) for _ in range(2)]
            for worker in workers:
                worker.start()
            results: dict[int, tuple[int, int]] = {}
            while len(results) < JOBS:
                result = done.get(timeout=30)
                results[result["n"]] = result["square"], result["deliveries"]
            jobs.close()  # the end of the stream: the workers end
            assert results == {n: (n * n, 2 if n == 0 else 1) for n in range(JOBS)}
            assert pool.connect("failed").empty()
            for worker in workers:
                worker.join(30)
            print(f"{len(results)} jobs done, the first one at the second attempt: its worker was killed")
        finally:
            brine.Pool.unlink(name)


if __name__ == "__main__":
    main()
