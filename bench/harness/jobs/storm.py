"""Jobs 13 and 14: streams through waves of lost connections, and what a second core brings."""

from harness.jobs.relay import Streams
from harness.scenario import Behind, Scenario, Subject, load, weir_serve
from harness.table import Column

STORM = [
    Column("devices", "streams", 0),
    Column("tokens_per_s", "tokens/s", 0),
    Column("drops", "lost connections", 0),
    Column("resumes", "resumed", 0),
    Column("audited", "audited", 0),
    Column("lag_p50_ms", "lag p50 ms", 2),
    Column("lag_p99_ms", "lag p99 ms", 2),
    Column("resume_p99_ms", "resume p99 ms", 2),
    Column("server_us_per_token", "CPU µs/token", 2),
    Column("server_cpu_percent", "server CPU %", 0),
    Column("load_cpu_percent", "load CPU %", 0),
    Column("provider_cpu_percent", "mock CPU %", 0),
    Column("provider_late_p99_ms", "mock late p99 ms", 2),
]


def storm(name, devices, seconds, cores=None, threads=1):
    """`seconds`: how long each answer streams; the waves come in the time in which all of them do."""
    rate = 30
    options = [
        "--devices", devices, "--rate", rate, "--tokens", rate * seconds, "--ramp", min(5, seconds / 4),
        "--every", 10 if seconds >= 30 else 3]
    return Behind(name, weir_serve(threads=threads), load("storm", *options), cores=cores)


def all_cores(bench):
    """Two processors for the server; they are the load's, too, where there are no others."""
    return ",".join(str(core) for core in bench.processors[:2])


def scenarios(quick):
    one, two = Streams(1000, 100, 4), Streams(1000, 100, 4)
    acks = load("acks", "--seconds", 3)
    storms = [storm("weir", 1000, 14)] if quick else [
        storm("weir", 5000, 40), storm("weir, 2,500 streams", 2500, 25)]
    scenarios = [
        Scenario("storm", "30 tokens/s each; every 10 s a tenth hangs up and resumes; each transcript audited"
                 if not quick else "30 tokens/s each; every 3 s a tenth hangs up and resumes; each transcript audited",
                 STORM, storms, job=13, once=True),
    ]
    if quick:
        return scenarios
    return scenarios + [
        Scenario("scaling", "one event loop on one core, and two on two", [
            Column("server_us_per_token", "CPU µs/token", 2),
            Column("server_us_per_ack", "CPU µs/ack", 1),
            Column("tokens_per_s", "tokens/s", 0),
            Column("acks_per_s", "acks/s", 0),
            Column("lag_p99_ms", "lag p99 ms", 2),
            Column("audited", "audited", 0),
            Column("server_cpu_percent", "server CPU %", 0),
            Column("load_cpu_percent", "load CPU %", 0),
        ], [
            one.weir(name="job 6, one loop"),
            two.weir(name="job 6, two loops", cores=all_cores, threads=2),
            Subject("job 9, one loop", weir_serve(), acks),
            Subject("job 9, two loops", weir_serve(threads=2), acks, cores=all_cores),
            storm("job 13, one loop", 2500, 12),
            storm("job 13, two loops", 2500, 12, cores=all_cores, threads=2),
        ], job=14, once=True),
    ]
