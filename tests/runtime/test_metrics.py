import re
import subprocess
import sys

from prometheus_client import Counter

from runtime.metrics import Metrics

# Two workers, forked after the counter is made, as gunicorn does with an application loaded before the fork. Each
# answers a line of commands on its standard input; the parent prints what it would expose.
PROGRAM = """
import os, sys, signal
from prometheus_client import Counter, Gauge, Histogram
from runtime.metrics import shared_metrics

with shared_metrics() as metrics:
    requests = Counter("requests", "Requests.", ["kind"], registry=metrics.registry)
    seconds = Histogram("seconds", "Seconds.", buckets=[1], registry=metrics.registry)

    def worker(count, expiry, pipe):
        gauge = Gauge("expiry", "Expiry.", multiprocess_mode="livemin", registry=metrics.registry)
        requests.labels("PVC").inc(count)
        seconds.observe(0.5)
        gauge.set(expiry)
        os.write(pipe, b".")
        signal.pause()

    def spawn(count, expiry):
        ready, done = os.pipe()
        pid = os.fork()
        if pid == 0:
            worker(count, expiry, done)
        os.read(ready, 1)
        return pid

    def end(pid):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        metrics.worker_ended(pid)

    def show(title):
        print("==", title)
        print(metrics.exposition().decode())

    first, second = spawn(2, 100), spawn(3, 50)
    show("both")
    end(second)
    show("one killed")
    third = spawn(10, 70)
    show("replaced")
    end(first)
    end(third)
    directory = os.environ["PROMETHEUS_MULTIPROC_DIR"]
print("== removed", not os.path.exists(directory))
"""


def sample(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, (name, text)
    return float(found[1])


def test_workers_add_up_survive_a_death_and_show_the_worst_of_the_living():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    _, both, killed, replaced, removed = done.stdout.split("== ")
    assert sample(both, 'requests_total{kind="PVC"}') == 5
    assert sample(both, "seconds_count") == 2
    assert sample(both, "expiry") == 50
    assert sample(killed, 'requests_total{kind="PVC"}') == 5
    assert sample(killed, "seconds_count") == 2
    assert sample(killed, "expiry") == 100
    assert sample(replaced, 'requests_total{kind="PVC"}') == 15
    assert sample(replaced, "expiry") == 70
    assert removed == "removed True\n"


def test_one_process_alone_needs_no_files():
    metrics = Metrics()
    Counter("things", "Things.", registry=metrics.registry).inc()
    assert sample(metrics.exposition().decode(), "things_total") == 1
